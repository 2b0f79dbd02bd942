"""Rows and columns that are taken as data and may be none: a last row of totals, dates written as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .note import Note
from .table import Table

# A last row of sums is told among so many others, in so many columns: counts of few rows may add up by chance.
_FEWEST_ROWS, _FEWEST_COLUMNS, _MANY_ROWS = 4, 2, 10

# How far sums may be off, as a part of what is summed: they may be rounded.
_ROUNDED = 1e-9

# From the first to the last day that is taken for a date.
_FIRST_DAY, _LAST_DAY = 19000101, 21001231


def remarks(table: Table) -> tuple[Note, ...]:
    """Return a sentence on each of the rows and columns that may be no data."""
    array = table.array
    if array.dtype.kind not in "iuf" or array.ndim != 2 or isinstance(array, np.memmap) or not len(array):
        return ()
    columns = array if table.take is None else array[:, table.take]
    # A row that is called a total is said to be one already.
    totals = () if any(note.kind == "totals" for note in table.notes) else _totals(columns)
    return (*totals, *_dates(columns, table))


def _totals(columns: NDArray[np.generic]) -> tuple[Note, ...]:
    n, dim = columns.shape
    if n <= _FEWEST_ROWS or (dim < _FEWEST_COLUMNS and n <= _MANY_ROWS):
        return ()
    values = columns.astype(np.float64)
    with np.errstate(all="ignore"):
        others, last = values[:-1], values[-1]
        sizes = np.nansum(np.abs(others), axis=0)
        off = np.abs(np.nansum(others, axis=0) - last)
    if not ((off <= _ROUNDED * sizes) & (sizes > 0.0)).all():
        return ()
    text = (
        "The last row is the sum of the others in every column, and is tested like them: if it holds totals, delete it."
    )
    return (Note(text, "totals"),)


def _dates(columns: NDArray[np.generic], table: Table) -> tuple[Note, ...]:
    found = [index for index in range(columns.shape[1]) if _are_dates(columns[:, index])]
    if not found:
        return ()
    names = [table.column(index) for index in found]
    items = ",".join(f"!{(table.names and table.names[index]) or _position(table, index)}" for index in found)
    looks = "looks like dates" if len(found) == 1 else "look like dates"
    tested = "is tested as numbers" if len(found) == 1 else "are tested as numbers"
    text = f"{', '.join(names)} {looks}, such as {columns[0, found[0]]:.0f}, and {tested}; --columns '{items}' "
    return (Note(f"{text[:1].upper()}{text[1:]}leaves {'it' if len(found) == 1 else 'them'} out.", "dates"),)


def _position(table: Table, index: int) -> int:
    return table.columns[index] if table.columns else index


def _are_dates(column: NDArray[np.generic]) -> bool:
    """Tell days that are written as numbers, 20200131."""
    values = column.astype(np.float64)
    values = values[np.isfinite(values)]
    if len(values) < _FEWEST_ROWS or values.min() < _FIRST_DAY or values.max() > _LAST_DAY:
        return False
    month, day = values // 100 % 100, values % 100
    return bool((values == np.floor(values)).all() and _within(month, 12) and _within(day, 31))


def _within(numbers: NDArray[np.float64], most: int) -> bool:
    return bool(numbers.min() >= 1 and numbers.max() <= most)
