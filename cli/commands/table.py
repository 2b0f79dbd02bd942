"""``slicednorm table``: its options, and where its table and its figures go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import click

from ..terminal.errors import InputError
from ..terminal.output import make_folder, whole_file


def _draw(folder: str, runs: Any, names: Iterable[str]) -> None:
    try:
        from slicednorm_studies.autoencoders.figures import draw_metrics
    except ImportError:
        raise InputError("--figures needs seaborn; pip install 'slicednorm[plot]'") from None
    make_folder(folder, "--figures")
    for data in names:
        with whole_file(os.path.join(folder, f"metrics-{data}.png"), "--figures") as path:
            draw_metrics(runs, data).savefig(path, dpi=150)


@click.command(
    context_settings={"max_content_width": 100},
    epilog="""\b
    Examples:
      slicednorm table runs
      slicednorm table runs/mnist-scwae-s0 runs/mnist-scwae-s1 --last 1
      slicednorm table runs --csv table.csv --figures figures
    """,
)
@click.argument("folders", metavar="RUNS...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--last",
    metavar="N",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="A run's value is its mean over the last N epochs with metrics (FID and p-value: of the last alone).",
)
@click.option(
    "--csv", "csv_path", metavar="FILE", type=click.Path(), help="Write the numbers in long form as CSV as well."
)
@click.option(
    "--figures",
    metavar="FOLDER",
    type=click.Path(),
    help="Draw the measures against the epoch: metrics-DATA.png for each data set.",
)
def table(folders: tuple[str, ...], last: int, csv_path: str | None, figures: str | None) -> None:
    """Put trained runs beside Table 1 of the paper, as Markdown.

    RUNS are folders that 'slicednorm train' made, or folders that hold some. Runs that differ in the seed alone are
    averaged: the table shows mean ± standard deviation, and the paper's value below it.

    Exit status: 0 the table was printed, 2 input or usage is wrong.
    """
    # Imported here, not at the top: the help must not wait for pandas.
    from slicednorm_studies.autoencoders.errors import StudyError
    from slicednorm_studies.autoencoders.records import find_runs
    from slicednorm_studies.autoencoders.table import comparable, remarks, summarise, to_markdown

    from ..show.table import encodable

    try:
        runs = find_runs(folders)
        shown = comparable(runs)
    except StudyError as error:
        raise InputError(str(error)) from None
    for line in remarks(runs):
        click.echo(f"slicednorm table: {line}", err=True)
    if not shown:
        raise InputError("none of the runs has metrics yet; wait for the first epoch of one")
    if csv_path is not None:
        with whole_file(csv_path, "--csv") as path:
            summarise(runs, last).to_csv(path, index=False)
    if figures is not None:
        _draw(figures, runs, dict.fromkeys(data for data, _ in shown))
    click.echo(encodable(to_markdown(runs, last), sys.stdout.encoding or "ascii"))
