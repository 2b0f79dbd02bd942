"""What a penalty adds to the step of a training: every method on MNIST's networks, in turns, in one run."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import click
import numpy as np

from ..autoencoders.settings import MODELS, Settings

STEPS, BATCH, EPOCHS, ROUNDS = 100, 128, 3, 5
BOUND = 1.35  # of an SCWAE's step to a plain autoencoder's
THREADS = (1, 2)


def measure(threads: int) -> dict[str, float]:
    """Return the seconds of a step of each model: the shortest mean over an epoch of all rounds."""
    import torch

    from ..autoencoders.data import Images
    from ..autoencoders.run_folder import RunFolder
    from ..autoencoders.training import Place, train

    # Images of noise: a step takes as long as with digits, and no data set has to be there.
    pixels = np.random.default_rng(0).integers(0, 256, (STEPS * BATCH, 1, 28, 28), dtype=np.uint8)
    images = Images("mnist", torch.from_numpy(pixels), torch.from_numpy(pixels[:100]), None, None)
    place = Place(threads=threads, images=images)
    best: dict[str, float] = defaultdict(lambda: np.inf)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            for model in MODELS:
                out = Path(folder) / f"{model}-{number}"
                settings = Settings(
                    model, "mnist", epochs=EPOCHS, evaluate_every=EPOCHS, pictures_every=0, n_resamples=1
                )
                train(settings.resolved(), out, place, resume=False, say=lambda text: None)
                seconds = [row["seconds"] for row in RunFolder(out).metrics()]
                best[model] = min(best[model], *(value / STEPS for value in seconds))
    return dict(best)


def rows(threads: int) -> list[str]:
    """Return a table of one number of threads."""
    seconds = measure(threads)
    lines = [
        f"### {threads} thread{'s' if threads > 1 else ''}",
        "",
        "| model | ms a step | images/s | ratio to ae | bound |",
        "| --- | --- | --- | --- | --- |",
    ]
    for model, step in sorted(seconds.items(), key=lambda item: item[1]):
        bound = f"{BOUND}" if model == "scwae" else ""
        lines.append(f"| {model} | {1e3 * step:.2f} | {BATCH / step:,.0f} | {step / seconds['ae']:.2f} | {bound} |")
    return [*lines, ""]


@click.command(help=(__doc__ or "").split("\n", 1)[0])
def main() -> None:
    """Run the benchmark and print it as Markdown."""
    import torch

    click.echo(
        f"The whole step of `slicednorm train` on MNIST's networks, from bytes in memory to Adam: batch {BATCH}, "
        f"D = 20, k = 50, float32 on the CPU, torch {torch.__version__}. The methods take turns; each figure is the "
        f"best mean over {STEPS} steps of {ROUNDS * EPOCHS}.\n"
    )
    for threads in THREADS:
        click.echo("\n".join(rows(threads)))


if __name__ == "__main__":
    main()
