"""Options that several commands have, and the checks of their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_LARGEST = 2**31 - 1


def _count(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value > _LARGEST:
        raise click.BadParameter(f"{value} is more than {_LARGEST}.")
    return value


def _jobs(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value == 0 or value < -1:
        raise click.BadParameter(f"{value} is neither a number of cores from 1 nor -1 for all of them.")
    return value


def slices_option() -> Callable[[Any], Any]:
    """Return the option of the number of directions."""
    return click.option(
        "--slices",
        metavar="K",
        type=click.IntRange(1),
        callback=_count,
        default=256,
        show_default=True,
        help="Number of directions to project on.",
    )


def resamples_option(default: int) -> Callable[[Any], Any]:
    """Return the option of the number of replicates."""
    return click.option(
        "--resamples",
        metavar="M",
        type=click.IntRange(1),
        callback=_count,
        default=default,
        show_default=True,
        help="Number of null replicates; the smallest possible p-value is 1/(M + 1).",
    )


def jobs_option() -> Callable[[Any], Any]:
    """Return the option of the number of cores."""
    return click.option(
        "--jobs",
        metavar="J",
        type=int,
        default=-1,
        callback=_jobs,
        help="Cores to use; the answer does not depend on it.  [default: all]",
    )
