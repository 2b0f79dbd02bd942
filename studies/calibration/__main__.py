"""Do the ways to a p-value hold? All beside exact ones, then sequential replicates, kept laws, fewer rows, the tail.

    python -m slicednorm_studies.calibration --out docs/results/calibration.md

Each part keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from slicednorm import __version__

from .compared import compared_page
from .fewer_rows import fewer_rows_page, small_levels_page
from .kept import kept_page
from .sequential import sequential_page
from .tail import tail_page

PARTS: dict[str, Callable[[int, Path], Iterator[str]]] = {
    "compared": compared_page,
    "sequential": sequential_page,
    "kept": kept_page,
    "tail": tail_page,
    "fewer-rows": fewer_rows_page,
    "small-levels": small_levels_page,
}


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Parts to run.  [default: all]")
@click.option("--jobs", default=-1, show_default=True, help="Threads; -1 for all cores.")
@click.option(
    "--work",
    default="build/calibration",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what is finished.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def main(parts: tuple[str, ...], jobs: int, work: Path, out: Path | None) -> None:
    """Run the study and print its page."""
    os.environ["SLICEDNORM_CACHE"] = "off"
    work.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Ways to a p-value",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. "
        "Repeat with `python -m slicednorm_studies.calibration` (or `make calibration`).",
        "",
    ]
    for part in parts or PARTS:
        click.echo(part, err=True)
        lines += PARTS[part](jobs, work)
    text = "\n".join(lines).rstrip() + "\n"
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
