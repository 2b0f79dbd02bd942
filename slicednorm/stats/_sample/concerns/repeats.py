"""A note on rows that are there several times, more often than the steps of their values explain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.concerns.note import DataNote
from slicednorm.stats._sample.concerns.steps import is_few
from slicednorm.stats._sample.concerns.values import Column, Looked, rounding_of, tie_probability
from slicednorm.stats._sample.rows import Rows

# Of so many rows one column is read, in so many stretches if there are more; by its value rows are chosen, of which at
# most so many values are compared. So either all copies of a row are among them or none.
_MOST_ROWS, _STRETCHES, _MOST_VALUES, _MOST_COMPARED = 1 << 20, 64, 1 << 21, 1 << 15

# Repeats are noted if a normal sample in such steps has so many once in 1,000, even if it had this many times what it
# is expected to have: other samples have more ties.
_RARE, _TIMES = 1e-3, 3.0

# In a single column a repeat is a tie, and how values were computed makes ties too (a mean taken off in float32): they
# are noted if they are this share of the rows.
_MANY = 0.1

_WORD = np.uint64(0x9E3779B97F4A7C15)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return words whose every bit depends on all bits of the words given (the finaliser of splitmix64)."""
    with np.errstate(over="ignore"):
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(words ^ (words >> np.uint64(31)))


def hashes(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a hash of 64 bits of every row of floats (rows, columns); 0 and −0 are the same."""
    bits = np.ascontiguousarray(values + values.dtype.type(0.0))
    words = bits.view(np.uint32 if bits.dtype.itemsize == 4 else np.uint64).astype(np.uint64)
    total = np.zeros(len(values), np.uint64)
    with np.errstate(over="ignore"):
        for column in range(values.shape[1]):
            total = _mixed(total * np.uint64(3) + words[:, column] + _WORD)
    return total


def _positions(n: int) -> NDArray[np.intp]:
    if n <= _MOST_ROWS:
        return np.arange(n)
    length = _MOST_ROWS // _STRETCHES
    starts = np.arange(_STRETCHES) * (n - length) // (_STRETCHES - 1)
    return np.unique(np.add.outer(starts, np.arange(length)))


def repeated(rows: Rows, key: int) -> tuple[NDArray[np.intp], float]:
    """Return how often each of the rows looked at is there, and which share of the sample's rows these are.

    Parameters
    ----------
    rows : Rows
        The sample.
    key : int
        The column by whose values rows are chosen, if not all are compared.
    """
    positions = _positions(rows.n)
    most = min(_MOST_COMPARED, max(1024, _MOST_VALUES // rows.dim))
    if len(positions) > most:
        own = hashes(rows.at(positions, np.asarray([key], dtype=np.intp)))
        positions = positions[own % np.uint64(-(-len(positions) // most)) == 0]
    if rows.dim <= _MOST_VALUES // 1024:
        values = rows.at(positions)
    else:
        values = rows.at(positions, np.arange(_MOST_VALUES // 1024))
    return np.unique(hashes(values), return_counts=True)[1], len(positions) / rows.n


def _expected(rows: Rows, looked: Looked, columns: Sequence[Column]) -> float:
    """Return how many pairs of rows of a normal sample in such steps are the same: C(n, 2) ∫ f² Π h."""
    each = [tie_probability(column, rounding_of(rows, max(abs(column.low), abs(column.high)))) for column in columns]
    few = [place for place, column in enumerate(columns) if column.sd > 0.0][:64]
    with np.errstate(all="ignore"):
        correlation = np.atleast_2d(np.corrcoef(looked.values[:, few].astype(np.float64), rowvar=False))
    # Where columns go together, so do their ties.
    sign, log_det = np.linalg.slogdet(correlation) if np.isfinite(correlation).all() else (0.0, 0.0)
    together = 0.5 * float(log_det) if sign > 0.0 else -math.inf
    if looked.n < 4 * len(few):
        # Of so few rows the determinant is too small, and hardly known.
        together = max(together, -0.5 * len(few))
    logs = sum(math.log(max(p, 1e-300)) for p in each) - together
    smallest = min(each)
    return 0.5 * rows.n * (rows.n - 1.0) * min(smallest, math.exp(min(logs, 0.0)))


def notes_on_repeats(
    rows: Rows, looked: Looked, columns: Sequence[Column], names: Sequence[str] | None
) -> list[DataNote]:
    """Return a note if rows are there several times that a normal sample in such steps would have once.

    Parameters
    ----------
    rows : Rows
        The sample.
    looked : Looked
        The part of it whose values were looked at.
    columns : sequence of Column
        What its columns are like.
    names : sequence of str or None
        Names of the columns.
    """
    from scipy import special

    varied = [column for column in columns if column.sd > 0.0 and not is_few(column, rows.n)]
    if not varied:
        return []  # rows of few values repeat
    key = max(varied, key=lambda column: column.distinct).index
    counts, share = repeated(rows, key)
    seen, different = int(counts.sum()), len(counts)
    again = seen - different
    if not again or (len(varied) == 1 and again < _MANY * seen):
        return []
    if not special.pdtrc(again - 1, _TIMES * share * _expected(rows, looked, varied)) <= _RARE:
        return []
    if counts.min() == counts.max():
        each = f"Each of {different:,} rows" if share == 1.0 else f"Each of {different:,} rows that were compared"
        said = f"{each} is there {counts[0]} times."
    else:
        of = "" if share == 1.0 else f" of {seen:,} that were compared"
        said = f"{again:,} rows{of} repeat others exactly." if again > 1 else f"1 row{of} repeats another exactly."
    return [
        DataNote(
            "repeated rows",
            f"{said} The tests take rows as independent, and copies are not: leave them out.",
            (),
            {"repeats": float(again), "different": float(different), "compared": float(seen)},
        )
    ]
