"""Each column by itself: a table for a terminal, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slicednorm.paper._numbers import pvalue_text

from .grid import grid
from .numbers import number

if TYPE_CHECKING:
    import pandas as pd

_HEADER = ("column", "mean", "sd", "skewness", "kurtosis", "A-D p", "S-W p")


def _pvalue(row: Any, test: str) -> str:
    """Return the p-value of a test of a column, adjusted where it is."""
    value = row.get(f"{test}_pvalue_holm", row.get(f"{test}_pvalue"))
    return "-" if value is None or value != value else pvalue_text(value)


def _number(row: Any, name: str) -> str:
    value = row.get(name)
    return "-" if value is None or value != value else number(value)


def columns_as_text(frame: pd.DataFrame) -> list[str]:
    """Return lines for a terminal on what `column_table` returns: what fits there of it."""
    rows = []
    for name, row in frame.iterrows():
        numbers = [_number(row, what) for what in ("mean", "sd", "skewness", "kurtosis")]
        rows.append([str(name), *numbers, _pvalue(row, "anderson_darling"), _pvalue(row, "shapiro_wilk")])
    adjusted = any(str(name).endswith("_holm") for name in frame)
    note = "p-values by Anderson-Darling and Shapiro-Wilk, adjusted over the columns" if adjusted else ""
    return [*grid(_HEADER, rows, right=range(1, len(_HEADER))), *[note] * bool(note)]


def columns_as_json(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what `column_table` returns, an object a column."""
    rows = zip(frame.index, frame.to_dict("records"), strict=True)
    return [{"column": name} | {str(what): value for what, value in row.items()} for name, row in rows]
