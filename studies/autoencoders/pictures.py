"""Pictures of what a model does, as PNG: samples, reconstructions, interpolations, and its latents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from slicednorm._runtime.files import replacing

from .devices import Compute
from .latents import decode, encode, prior_latents, reconstruct
from .networks import AutoEncoder

_SIDE = 8
_STEPS = 10
_SEED = 7
_LEAST_SIDE = 32  # pixels; smaller images are enlarged to it
_POINTS = 2000


def save_grid(path: Path, images: Tensor, columns: int) -> None:
    """Write uint8 images (n, C, H, W) as one picture, row by row."""
    zoom = max(1, -(-_LEAST_SIDE // images.shape[-1]))
    enlarged = images.repeat_interleave(zoom, dim=-1).repeat_interleave(zoom, dim=-2)
    grid = make_grid(enlarged, nrow=columns, padding=2, pad_value=255)
    with replacing(path) as temporary:
        to_pil_image(grid).save(temporary)


def save_samples(path: Path, network: AutoEncoder, compute: Compute) -> None:
    """Draw images of latents from the prior, which are equal at every call."""
    save_grid(path, decode(network, prior_latents(_SIDE * _SIDE, network.latent_dim, _SEED), compute), _SIDE)


def save_reconstructions(path: Path, network: AutoEncoder, images: Tensor, compute: Compute) -> None:
    """Draw the first images in rows, each row over the row of its reconstructions."""
    shown = images[: 4 * _SIDE]
    shown = shown[: len(shown) // _SIDE * _SIDE]
    pairs = zip(shown.split(_SIDE), reconstruct(network, shown, compute).split(_SIDE), strict=True)
    save_grid(path, torch.cat([row for pair in pairs for row in pair]), _SIDE)


def save_interpolations(path: Path, network: AutoEncoder, images: Tensor, compute: Compute) -> None:
    """Draw steps on the line between the latents of two images, one pair a row, with the images at both ends."""
    shown = images[: 2 * _SIDE]
    z = torch.from_numpy(encode(network, shown, compute).latents)
    share = torch.linspace(0.0, 1.0, _STEPS)[:, None]
    rows = []
    for start, end, first, last in zip(z[::2], z[1::2], shown[::2], shown[1::2], strict=True):
        between = decode(network, torch.lerp(start[None], end[None], share), compute)
        rows += [first[None], between, last[None]]
    save_grid(path, torch.cat(rows), _STEPS + 2)


def save_latents(path: Path, latents: NDArray[np.float32], labels: NDArray[np.int64] | None) -> None:
    """Draw the first two coordinates of latents over the circles that hold 50, 90 and 99% of N(0, I)."""
    import seaborn as sns
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 5.0), layout="constrained")
    axes = figure.subplots()
    second = min(1, latents.shape[1] - 1)
    x, y = latents[:_POINTS, 0], latents[:_POINTS, second]
    hue = None if labels is None else labels[:_POINTS]
    few = hue is not None and len(np.unique(hue)) <= 10
    sns.scatterplot(
        x=x,
        y=y,
        hue=hue if few else None,
        palette="tab10" if few else None,
        s=8,
        linewidth=0,
        ax=axes,
        legend="full" if few else False,
    )
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    for share in (0.5, 0.9, 0.99):
        radius = np.sqrt(-2.0 * np.log1p(-share))
        axes.plot(radius * np.cos(angle), radius * np.sin(angle), color="0.3", linewidth=0.8)
        plate = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.5}
        axes.text(0.0, radius, f"{share:.0%}", fontsize=7, ha="center", va="center", bbox=plate)
    axes.set(xlabel="latent coordinate 1", ylabel=f"latent coordinate {second + 1}", aspect="equal")
    if few:
        sns.move_legend(axes, "upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, title="class")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120)
