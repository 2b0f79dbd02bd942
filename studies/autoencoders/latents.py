"""From images to latents, reconstructions and back, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .devices import Compute
from .methods import METHODS
from .networks import AutoEncoder, Encoding, build_network
from .settings import Settings

_BATCH = 1000

# The seed of the noise that a VAE's latents are drawn with outside of training.
_NOISE_SEED = 20190129


@dataclass(frozen=True)
class Encoded:
    """Latents (n, D) float32 of images, and the mean squared error, summed over pixels, of their reconstructions."""

    latents: NDArray[np.float32]
    reconstruction_error: float


def pixels(images: Tensor, compute: Compute) -> Tensor:
    """Return uint8 images as numbers in [0, 1] on the device of the computation."""
    return images.to(compute.device, non_blocking=True).float().div_(255.0)


def squared_error(reconstruction: Tensor, x: Tensor) -> Tensor:
    """Return the squared error summed over pixels and images, in float32 whatever the networks computed in."""
    return (reconstruction.float() - x).square().sum()


def _passes(network: AutoEncoder, images: Tensor, compute: Compute) -> Iterator[tuple[Tensor, Encoding, Tensor]]:
    """Yield pixels, encodings and reconstructions, a batch of images at a time."""
    generator = torch.Generator().manual_seed(_NOISE_SEED)
    with torch.inference_mode():
        for batch in images.split(_BATCH):
            noise = None
            if network.gaussian:
                noise = torch.randn(len(batch), network.latent_dim, generator=generator).to(compute.device)
            x = pixels(batch, compute)
            with compute.precision():
                encoding, reconstruction = network(x, noise)
            yield x, encoding, reconstruction


def encode(network: AutoEncoder, images: Tensor, compute: Compute) -> Encoded:
    """Return the latents of images and the error of their reconstructions.

    A VAE's latents are draws from the laws of the rows, as in training, but with equal noise at every call.
    """
    latents, total = [], torch.zeros((), dtype=torch.float64)
    for x, encoding, reconstruction in _passes(network, images, compute):
        latents.append(encoding.z.cpu())
        total += squared_error(reconstruction, x).cpu().double()
    return Encoded(torch.cat(latents).numpy(), float(total) / len(images))


def reconstruct(network: AutoEncoder, images: Tensor, compute: Compute) -> Tensor:
    """Return the reconstructions of images, as uint8 images."""
    return torch.cat([as_images(made) for _, _, made in _passes(network, images, compute)])


def as_images(values: Tensor) -> Tensor:
    """Return numbers in [0, 1] as uint8 images on the CPU."""
    return values.detach().float().mul(255.0).round_().clamp_(0.0, 255.0).to("cpu", torch.uint8)


def decode(network: AutoEncoder, z: Tensor, compute: Compute) -> Tensor:
    """Return the images that latents (n, D) stand for, as uint8 images."""
    made = []
    with torch.inference_mode():
        for batch in z.split(_BATCH):
            with compute.precision():
                made.append(as_images(network.decoder(batch.to(compute.device))))
    return torch.cat(made)


def prior_latents(count: int, latent_dim: int, seed: int) -> Tensor:
    """Return draws from the prior N(0, I); fewer draws are the first of more."""
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))


def network_for(settings: Settings) -> AutoEncoder:
    """Return the network of a run as it is before the first step."""
    gaussian = METHODS[settings.model].gaussian
    return build_network(settings.data, settings.latent_dim, gaussian=gaussian, seed=settings.seed)
