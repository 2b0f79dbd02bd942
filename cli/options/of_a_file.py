"""The options of how a file is read, which every command that takes a sample has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def parsed_selection(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """Return the columns that an option names."""
    if value is None:
        return None
    from ..readers.columns import Selection

    try:
        return Selection.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _na_values(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    from ..readers.missing import NaValues

    try:
        return NaValues.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of how a file is read: ``selection``, ``key``, ``index``, ``header`` and so on."""
    options = (
        click.option(
            "--columns",
            "selection",
            metavar="A,B,...",
            callback=parsed_selection,
            help="Columns to use: names or patterns of them ('petal*') where the file has names, positions from 0, "
            "ranges a:b without b (1: is all but the first). An item that begins with ! leaves out: '!id,!date' is "
            "all but these.  [default: all that hold numbers]",
        ),
        click.option(
            "--key",
            metavar="NAME",
            help="Which array of an .npz, .safetensors or .pt file that holds several, or which sheet of an .xlsx "
            "file.",
        ),
        click.option(
            "--index",
            metavar="auto|none|COLUMN",
            default="auto",
            show_default=True,
            help="auto leaves out row numbers that a table was saved with (a first column without a name, pandas' "
            "index), none takes every column as data. COLUMN names the rows, in messages and among outliers, and is no "
            "data.",
        ),
        click.option(
            "--header",
            type=click.Choice(["auto", "yes", "no"]),
            default="auto",
            show_default=True,
            help="Whether the first row of a text file or a sheet holds names of columns; auto asks where that is "
            "doubtful.",
        ),
        click.option(
            "--decimal",
            type=click.Choice([".", ","]),
            help="The decimal sign of text.  [default: .]",
        ),
        click.option(
            "--na-values",
            metavar="A,B,...",
            callback=_na_values,
            help="Numbers and words that stand for missing values, besides empty cells, NA, NaN, . and the like.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
