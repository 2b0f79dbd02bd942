"""The columns of a sample, each by itself: what a page shows of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from slicednorm import stats
from slicednorm.stats._hypotests.holm import holm_adjusted

from ..show.numbers import very_small
from ..testing.findings import Findings

if TYPE_CHECKING:
    import pandas as pd

# A table of more columns is read by nobody; and of more groups times columns.
_MOST, _MOST_CELLS = 60, 600

_DESCRIBED = ("mean", "sd", "min", "median", "max", "skewness", "kurtosis")
_TESTED = ("anderson_darling_pvalue", "shapiro_wilk_pvalue")


def described_columns(found: Findings, workers: int, *, adjust: bool = True) -> pd.DataFrame | None:
    """Return `slicednorm.stats.column_table` of a sample, None if it is too wide or cannot be described."""
    report, sample = found.report, found.sample
    if sample.dim > _MOST:
        return None
    names = report.names
    if names is None:
        names = tuple(str(position) for position in report.columns or range(sample.dim))
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return stats.column_table(sample, names=names, adjust=adjust, rng=report.seed, workers=workers)
    except ValueError:
        # Too few rows, or values that overflow: the tests say so.
        return None


def _chance(value: float) -> str:
    return "-" if np.isnan(value) else very_small(value) or f"{value:.2g}"


def column_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the columns as rows of a page's table: what they are like, and adjusted p-values."""
    return [
        {
            "name": str(name),
            "described": [f"{row[key]:.4g}" if key in row and not np.isnan(row[key]) else "-" for key in _DESCRIBED],
            "chances": [_chance(row[f"{key}_holm"]) if f"{key}_holm" in row else "-" for key in _TESTED],
        }
        for name, row in frame.iterrows()
    ]


def cells_of_groups(frames: dict[str, pd.DataFrame | None]) -> tuple[list[str], list[tuple[str, list[str]]]] | None:
    """Return the p-values of the columns of groups, adjusted over all of them: names of the columns, rows by group.

    None if there are none, or too many to read.
    """
    there = {group: frame for group, frame in frames.items() if frame is not None and _TESTED[0] in frame}
    if not there:
        return None
    each = [[str(name) for name in frame.index] for frame in there.values()]
    names = max(each, key=len)
    if any(some != names for some in each):
        # Some groups are without some of the columns, which are told by their names.
        if any(len(set(some)) < len(some) for some in each):
            return None
        names = list(dict.fromkeys(name for some in (names, *each) for name in some))
    if len(there) * len(names) > _MOST_CELLS:
        return None
    chances = np.full((len(there), len(names)), np.nan)
    for row, some, frame in zip(chances, each, there.values(), strict=True):
        places = range(len(names)) if some == names else [names.index(name) for name in some]
        row[list(places)] = frame[_TESTED[0]].to_numpy(np.float64)
    adjusted = holm_adjusted([None if np.isnan(p) else float(p) for p in chances.ravel()])
    cells = iter("-" if p is None else _chance(p) for p in adjusted)
    return names, [(group, [next(cells) for _ in names]) for group in there]
