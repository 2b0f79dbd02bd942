"""Make the example latents that the repository ships: MNIST test digits, as a trained model encodes them.

slicednorm train --model scwae --data mnist --epochs 30 --out RUN
python -m slicednorm_studies.example_latents RUN --out docs/examples/mnist_scwae.npy

The others are by ae, vae, swae and sksae, likewise with seed 0 and 30 epochs.
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The .npy file to write.")
@click.option("--count", default=2000, show_default=True, help="How many test images.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the images are.")
def main(run: Path, out: Path, count: int, data_dir: Path | None) -> None:
    """Write the example latents."""
    from .autoencoders.evaluation import load_model

    model = load_model(run, data_dir, "cpu", say=click.echo)
    np.save(out, model.encode("test").latents[:count])


if __name__ == "__main__":
    main()
