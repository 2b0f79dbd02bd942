"""The power of every test, by alternative and shape of the sample.

    python -m slicednorm_studies.power --out docs/results

Critical values come from one set of null samples a shape and null. What is finished is in OUT/power.csv, and an
interrupted study continues from there; OUT/power.png and OUT/power.md are made of it.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

from .figure import figure
from .grid import Size, run
from .report import page


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option(
    "--samples",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Samples a cell; a shape may have a share of them.",
)
@click.option("--normal-samples", default=5000, show_default=True, type=click.IntRange(min=1), help="For the size.")
@click.option("--null-samples", default=20_000, show_default=True, type=click.IntRange(min=19), help="For the levels.")
@click.option("--jobs", default=-1, show_default=True, help="Processes; -1 for all cores.")
@click.option(
    "--work",
    default="build/power",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the null statistics.",
)
@click.option(
    "--out",
    default="build/power",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the table, the figure and the page.",
)
def main(samples: int, normal_samples: int, null_samples: int, jobs: int, work: Path, out: Path) -> None:
    """Run the missing part of the study, and write its page."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for folder in (work, out):
        folder.mkdir(parents=True, exist_ok=True)
    size = Size(null_samples, samples, normal_samples)
    table = run(out / "power.csv", size, jobs, work, lambda line: click.echo(line, err=True))
    figure(table, out / "power.png")
    (out / "power.md").write_text(page(table, size), encoding="utf-8")


if __name__ == "__main__":
    main()
