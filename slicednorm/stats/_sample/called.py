"""What the columns and the rows of a sample are called: by a DataFrame's names and labels, else by their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._arguments import spelled


@dataclass(frozen=True, eq=False)
class Called:
    """What messages call the columns in use and the rows of the data.

    Attributes
    ----------
    columns : tuple of str or None
        Names of the columns in use; None where they are numbered from 0.
    rows : sequence or None
        A label for each row of the data; None where they are numbered from 0.
    """

    columns: tuple[str, ...] | None = None
    rows: Any = None

    def column(self, index: int) -> str:
        """Return "column length" or "column 2 (from 0)"."""
        return f"column {index} (from 0)" if self.columns is None else f"column {self.columns[index]}"

    @cached_property
    def _times(self) -> Counter[str] | None:
        """How often each label is there, None where no two rows have the same."""
        if self.rows is None or getattr(self.rows, "is_unique", False):
            return None
        return Counter(map(as_text, self.rows))

    def name(self, number: int) -> str:
        """Return "Berlin" or "7"; where several rows have a label, "Berlin (row 7 from 0)"."""
        if self.rows is None:
            return str(number)
        label = as_text(self.rows[number])
        repeats = self._times is not None and self._times[label] > 1
        return f"{label} (row {number} from 0)" if repeats else label

    def row(self, number: int) -> str:
        """Return "row Berlin" or "row 7 (from 0)"."""
        return f"row {number} (from 0)" if self.rows is None else f"row {self.name(number)}"

    def cell(self, row: int, column: int) -> str:
        """Return the place of a value: "row 7, column 2 (from 0)", "row Berlin, column length" and the like."""
        if self.rows is None and self.columns is None:
            return f"row {row}, {self.column(column)}"
        return f"{self.row(row)}, {self.column(column)}"


def as_text(label: Any) -> str:
    """Return what a label is called: whole numbers without a point, the levels of several with slashes between them."""
    if isinstance(label, tuple):
        return "/".join(map(as_text, label))
    if isinstance(label, (float, np.floating)):
        return f"{label:.15g}"
    return str(label)


def listed(words: Sequence[str]) -> str:
    """Return a few words as a list: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _names(given: Any) -> tuple[str, ...] | None:
    """Return names of columns as text; None if they only count from 0."""
    names = list(given)
    if all(isinstance(name, (int, np.integer)) for name in names) and names == list(range(len(names))):
        return None
    return tuple(as_text(name) for name in names)


def called_in(x: Any, columns: NDArray[np.intp] | None = None) -> Called:
    """Return what a DataFrame, a Series, a table or an array of records calls its columns and rows.

    Parameters
    ----------
    x : object
        What a user passes as a sample.
    columns : ndarray, dtype=intp, optional
        Positions of the columns in use, None for all of them.
    """
    module = type(x).__module__.partition(".")[0]
    names, labels = None, None
    if module == "pandas" and hasattr(x, "index"):
        import pandas as pd

        if not (isinstance(x.index, pd.RangeIndex) and (x.index.start, x.index.step) == (0, 1)):
            labels = x.index
        names = _names(x.columns) if hasattr(x, "columns") else _of_one(x.name)
    elif module == "polars" and hasattr(x, "to_numpy"):
        names = _names(x.columns) if hasattr(x, "columns") else _of_one(x.name)
    elif module == "pyarrow" and hasattr(x, "column_names"):
        names = _names(x.column_names)
    elif isinstance(x, np.ndarray) and x.dtype.names is not None:
        names = _names(x.dtype.names)
    if names is not None and columns is not None:
        names = tuple(names[index] for index in columns.tolist())
    return Called(names, labels)


def _of_one(name: Any) -> tuple[str, ...] | None:
    """Return the name of a single column."""
    return None if name is None or name == "" else (as_text(name),)


def checked_names(names: Sequence[str] | None, called: Called, dim: int) -> Sequence[str] | None:
    """Return names of D columns: those that were given, else those of the sample, else None.

    Raises
    ------
    TypeError
        If names are not words.
    ValueError
        If they do not name each column.
    """
    if names is None:
        return called.columns
    if isinstance(names, str) or not hasattr(names, "__len__"):
        raise TypeError(f"names must be a sequence of {dim} names, one for each column, got {spelled(names)}")
    given = list(names)
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong:
        kind = type(wrong[0]).__name__
        raise TypeError(f"names must be words, got one of type {kind}: {wrong[0]}; pass [str(name) for name in names]")
    if len(given) != dim:
        raise ValueError(f"names must name each of the {dim} columns, got {len(given)}")
    return [str(name) for name in given]
