"""The networks of the paper: one encoder and one decoder for each data set, whatever the penalty."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Encoding(NamedTuple):
    """What an encoder makes of a batch: latents (n, D), and the laws they were drawn from (VAE alone)."""

    z: Tensor
    mean: Tensor | None = None
    log_variance: Tensor | None = None


class Parts(NamedTuple):
    """The encoder up to its last layer, how many features it ends in, and the decoder."""

    trunk: nn.Module
    features: int
    decoder: nn.Module


def _dense(*sizes: int) -> list[nn.Module]:
    """Return linear layers, each followed by ReLU."""
    layers: list[nn.Module] = []
    for before, after in pairwise(sizes):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return layers


def _perceptron(shape: tuple[int, int, int], hidden: tuple[int, ...], latent_dim: int) -> Parts:
    pixels = shape[0] * shape[1] * shape[2]
    trunk = nn.Sequential(nn.Flatten(), *_dense(pixels, *hidden))
    back = _dense(latent_dim, *reversed(hidden))
    decoder = nn.Sequential(*back, nn.Linear(hidden[0], pixels), nn.Sigmoid(), nn.Unflatten(1, shape))
    return Parts(trunk, hidden[-1], decoder)


def _mnist(latent_dim: int) -> Parts:
    return _perceptron((1, 28, 28), (200, 200, 200), latent_dim)


def _digits(latent_dim: int) -> Parts:
    return _perceptron((1, 8, 8), (128, 128), latent_dim)


def _cifar10(latent_dim: int) -> Parts:
    # A 2×2 kernel with padding makes one row more, one without makes it one less: 32 33 16 17 16.
    trunk = nn.Sequential(
        *(nn.Conv2d(3, 3, 2, padding=1), nn.ReLU()),
        *(nn.Conv2d(3, 32, 2, stride=2), nn.ReLU()),
        *(nn.Conv2d(32, 32, 2, padding=1), nn.ReLU()),
        *(nn.Conv2d(32, 32, 2), nn.ReLU()),
        nn.Flatten(),
        *_dense(32 * 16 * 16, 128),
    )
    # And back: 16 17 16 33 32.
    decoder = nn.Sequential(
        *_dense(latent_dim, 128, 32 * 16 * 16),
        nn.Unflatten(1, (32, 16, 16)),
        *(nn.ConvTranspose2d(32, 32, 2), nn.ReLU()),
        *(nn.ConvTranspose2d(32, 32, 2, padding=1), nn.ReLU()),
        *(nn.ConvTranspose2d(32, 32, 3, stride=2), nn.ReLU()),
        nn.Conv2d(32, 3, 2),
        nn.Sigmoid(),
    )
    return Parts(trunk, 128, decoder)


def _celeba(latent_dim: int) -> Parts:
    def down(before: int, after: int) -> list[nn.Module]:
        return [nn.Conv2d(before, after, 4, stride=2, padding=1), nn.ReLU()]

    def up(before: int, after: int) -> list[nn.Module]:
        return [nn.ConvTranspose2d(before, after, 4, stride=2, padding=1), nn.ReLU()]

    trunk = nn.Sequential(
        *(*down(3, 32), *down(32, 32), *down(32, 64), *down(64, 64)),
        nn.Flatten(),
        *_dense(64 * 4 * 4, 1024, 256),
    )
    decoder = nn.Sequential(
        *_dense(latent_dim, 256, 1024, 64 * 4 * 4),
        nn.Unflatten(1, (64, 4, 4)),
        *(*up(64, 64), *up(64, 32), *up(32, 32)),
        nn.ConvTranspose2d(32, 3, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return Parts(trunk, 256, decoder)


_NETWORKS = {"mnist": _mnist, "fashion-mnist": _mnist, "cifar10": _cifar10, "celeba": _celeba, "digits": _digits}


class AutoEncoder(nn.Module):
    """An encoder and a decoder; with ``gaussian`` the encoder gives a normal law, and the latent is drawn from it.

    Parameters
    ----------
    data : str
        The data set whose networks are taken.
    latent_dim : int
        Number D of latent variables.
    gaussian : bool, default: False
        Whether the encoder has the head of a VAE.
    """

    def __init__(self, data: str, latent_dim: int, *, gaussian: bool = False) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.gaussian = gaussian
        self.trunk, features, self.decoder = _NETWORKS[data](latent_dim)
        self.head = nn.Linear(features, 2 * latent_dim if gaussian else latent_dim)

    def encode(self, x: Tensor, noise: Tensor | None = None) -> Encoding:
        """Return the latents of images in [0, 1]; a VAE makes them with ``noise`` (n, D) from N(0, I)."""
        features = self.trunk(x)
        # In float32 under autocast too: latents of three digits are full of ties.
        with torch.autocast(x.device.type, enabled=False):
            code = self.head(features.float())
        if not self.gaussian:
            return Encoding(code)
        mean, log_variance = code.chunk(2, dim=1)
        assert noise is not None
        return Encoding(mean + torch.exp(log_variance / 2) * noise, mean, log_variance)

    def forward(self, x: Tensor, noise: Tensor | None = None) -> tuple[Encoding, Tensor]:
        """Return the latents of images and the images made of them."""
        encoding = self.encode(x, noise)
        return encoding, self.decoder(encoding.z)


# Glorot's initialisation is assumed: it is the default of the library that the authors' published code is written in.
_LAYERS = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def build_network(data: str, latent_dim: int, *, gaussian: bool, seed: int) -> AutoEncoder:
    """Return a network whose weights are a function of the seed; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AutoEncoder(data, latent_dim, gaussian=gaussian)
        for layer in network.modules():
            if isinstance(layer, _LAYERS):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
    return network
