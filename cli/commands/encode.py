"""``slicednorm encode``: the latents of a trained model, as a file that ``slicednorm test`` reads."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..options.studies import run_option
from ..terminal.output import whole_file
from ..terminal.studies import studies


def _npy(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if os.path.splitext(value)[1] != ".npy":
        raise click.BadParameter(f"{value}: the latents are written as .npy; name such a file.")
    return value


@click.command(context_settings={"max_content_width": 100})
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--split",
    type=click.Choice(["test", "train"]),
    default="test",
    show_default=True,
    help="Which images.",
)
@click.option(
    "-o", "--out", metavar="FILE", required=True, callback=_npy, help="The .npy file to write, (n, D) float32."
)
@run_option("--data-dir")
@run_option("--device")
def encode(run: Path, split: str, out: str, data_dir: str | None, device: str) -> None:
    """Write the latents of the images of a split, one a row, by the model in RUN.

    RUN is a folder that 'slicednorm train' made. If the training is not finished, the newest checkpoint is taken.
    The latents of a VAE are draws from its distribution for each image, always with the same noise.

    Exit status: 0 written, 2 input or usage is wrong.
    """
    with studies("encoding"):
        import numpy as np
        from slicednorm_studies.autoencoders.evaluation import load_model

        with whole_file(out, "--out") as path:
            model = load_model(run, data_dir, device, say=lambda text: click.echo(text, err=True))
            latents = model.encode(split).latents
            with open(path, "wb") as file:
                np.save(file, latents)
    click.echo(f"{out}: {latents.shape[0]:,} latents of {latents.shape[1]} dimensions ({split}, epoch {model.epoch})")
