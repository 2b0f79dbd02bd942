"""Make the example latents that the repository ships: MNIST test digits in principal components.

    python -m slicednorm_studies.example_latents DATA --out docs/examples/mnist_pca20.npy

DATA is a folder that holds MNIST in torchvision's layout (MNIST/raw/t10k-images-idx3-ubyte.gz). The first 2,000
test images are projected on their first 20 principal components, each standardised to mean 0 and variance 1, and
written as float32: real, linear latents, uncorrelated and of unit variance, and plainly not Gaussian.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

_IMAGES = Path("MNIST/raw/t10k-images-idx3-ubyte.gz")
_MAGIC = 2051


def read_images(path: Path) -> NDArray[np.uint8]:
    """Read an IDX file of images, gzipped, as (count, pixels)."""
    data = gzip.decompress(path.read_bytes())
    magic, count, height, width = np.frombuffer(data, ">i4", 4)
    if magic != _MAGIC:
        raise click.ClickException(f"{path}: not an IDX file of images (it begins with {magic}, not {_MAGIC})")
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, height * width)


def principal_latents(images: NDArray[Any], dim: int) -> NDArray[np.float32]:
    """Return the images' first principal components, standardised, their signs fixed."""
    centred = images / 255.0 - np.mean(images / 255.0, axis=0)
    _, _, components = np.linalg.svd(centred, full_matrices=False)
    components = components[:dim]
    largest = np.argmax(np.abs(components), axis=1)
    components *= np.sign(components[np.arange(dim), largest])[:, np.newaxis]
    latents = centred @ components.T
    return (latents / latents.std(axis=0)).astype(np.float32)


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The .npy file to write.")
@click.option("--count", default=2000, show_default=True, help="How many test images.")
@click.option("--dim", default=20, show_default=True, help="How many components.")
def main(data: Path, out: Path, count: int, dim: int) -> None:
    """Write the example latents."""
    np.save(out, principal_latents(read_images(data / _IMAGES)[:count], dim))


if __name__ == "__main__":
    main()
