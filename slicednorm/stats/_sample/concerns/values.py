"""The values of single columns: how many differ, in which steps they lie, and whether one stands out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.rows import Rows

Array: TypeAlias = NDArray[np.float64]

# How many values are looked at, of at least so many rows and at most so many rows and columns. Steps that matter make
# ties among these, too.
_MOST_VALUES, _LEAST_ROWS, _MOST_ROWS, _MOST_COLUMNS = 1 << 20, 512, 1 << 14, 2048

# Columns with a smaller share of tied rows are taken to be continuous.
_TIED = 0.05

# Neighbours on a grid differ by more than this many roundings of the largest value.
_ROUNDINGS = 4.0
# Numbers in files have so many decimals at the most.
_MOST_DECIMALS = 9
_CLEAR = 32.0


@dataclass(frozen=True)
class Column:
    """The values of a column.

    ``step`` is the distance between neighbours, 0 for a column without ties; ``on_grid`` whether all values are whole
    steps apart. ``common`` is the value that is there most often, ``share`` its share, ``next_share`` that of the next.
    """

    index: int
    distinct: int
    tied: float
    low: float
    high: float
    sd: float
    step: float = 0.0
    on_grid: bool = False
    common: float = 0.0
    share: float = 0.0
    next_share: float = 0.0

    @property
    def whole(self) -> bool:
        """Whether all values are whole numbers."""
        return self.on_grid and self.step == round(self.step) and self.low == round(self.low)


@dataclass(frozen=True)
class Looked:
    """The rows and the columns that are looked at: their values (rows, columns), and where they are."""

    values: NDArray[Any]
    columns: NDArray[np.intp]

    @property
    def n(self) -> int:
        """How many rows are looked at."""
        return len(self.values)


def spread_over(n: int, most: int) -> NDArray[np.intp]:
    """Return at most so many of n positions, evenly spread."""
    return np.arange(n) if n <= most else np.arange(most) * n // most


def looked_at(rows: Rows) -> Looked:
    """Return the part of a sample whose values are looked at, the same for the same shape."""
    columns = spread_over(rows.dim, _MOST_COLUMNS)
    most = min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_VALUES // len(columns)))
    return Looked(rows.at(spread_over(rows.n, most), None if len(columns) == rows.dim else columns), columns)


def rounding_of(rows: Rows, largest: float) -> float:
    """Return how far apart stored values are near a value, 0 for whole numbers."""
    return float(np.spacing(np.asarray(largest, dtype=rows.stored))) if rows.stored.kind == "f" else 0.0


def grid_step(values: Array, rounding: float) -> float | None:
    """Return the step of the grid on which distinct values lie, None if they lie on none.

    Parameters
    ----------
    values : ndarray of shape (m,), dtype=float64
        Values, ascending, m ≥ 2.
    rounding : float
        The largest rounding of a value. Values that are closer count as one.

    Examples
    --------
    >>> grid_step(np.asarray([0.1, 0.2, 0.1 + 0.2, 0.7]), 1e-16)
    0.1
    >>> grid_step(np.asarray([0.1, 0.2, 0.3123, 0.7]), 1e-16) is None
    True
    """
    noise = _ROUNDINGS * rounding
    away = values - values[0]
    with np.errstate(over="ignore"):
        gaps = np.diff(away)
    gaps = gaps[gaps > noise]
    if not gaps.size or gaps.min() <= _CLEAR * noise:
        return None
    step = float(gaps.min())
    # The smallest gap is rounded, and that adds up over many steps: it is measured over ever longer ones.
    reach = step
    while reach < away[-1]:
        reach = min(4.0 * reach, float(away[-1]))
        far = float(away[np.searchsorted(away, reach, side="right") - 1])
        if far > noise:
            step = far / max(1.0, round(far / step))
    off = np.abs(away - step * np.round(away / step))
    if off.max() > noise:
        return None
    digits = 12 if noise < 1e-9 * step else 6
    return float(f"{step:.{digits}g}")


def decimal_step(values: NDArray[Any], rounding: float) -> float:
    """Return the last decimal to which all values are written, 0 where they have all digits of their dtype.

    Parameters
    ----------
    values : ndarray of shape (n,)
        The values of a column, of which none need be tied.
    rounding : float
        The largest rounding of a stored value.

    Examples
    --------
    >>> decimal_step(np.asarray([172.31, 168.4, 181.02]), 3e-14)
    0.01
    >>> decimal_step(np.asarray([0.1, 1.0 / 3.0]), 1e-16)
    0.0
    """
    with np.errstate(all="ignore"):
        for digits in range(_MOST_DECIMALS + 1):
            scaled = values.astype(np.float64) * 10.0**digits
            tolerance = max(1e-6, 2.0 * rounding * 10.0**digits)
            if tolerance > 1e-2:
                break
            if np.abs(scaled - np.round(scaled)).max() <= tolerance:
                return float(10.0**-digits)
    return 0.0


def _local_step(values: Array, counts: NDArray[np.intp]) -> float:
    """Return how far apart neighbours are where most rows lie, from the distinct values of a column and their counts.

    Numbers of few digits are no grid: their steps grow with their size.
    """
    # With few ties the distances are those of a sample, and not of the values it can have.
    if len(values) > counts.sum() / 2:
        return 0.0
    with np.errstate(over="ignore"):
        gaps = np.diff(values)
    order = np.argsort(gaps, kind="stable")
    rows = np.cumsum(counts[:-1][order])
    return float(gaps[order[np.searchsorted(rows, rows[-1] / 2)]])


def columns_of(rows: Rows, looked: Looked) -> list[Column]:
    """Return what the values of each column are like."""
    ordered = np.sort(looked.values, axis=0)
    distinct = 1 + np.count_nonzero(ordered[1:] != ordered[:-1], axis=0)
    with np.errstate(all="ignore"):
        # Powers of the largest floats overflow.
        largest = np.maximum(np.abs(ordered[0]), np.abs(ordered[-1])).astype(np.float64)
        unit = np.where(largest > 0.0, largest, 1.0)
        deviations = unit * np.std(looked.values / unit, axis=0, dtype=np.float64)
    found = []
    for place, index in enumerate(looked.columns.tolist()):
        tied = 1.0 - float(distinct[place]) / looked.n
        low, high = float(ordered[0, place]), float(ordered[-1, place])
        if tied < _TIED or distinct[place] == 1 or not deviations[place] > 0.0:
            found.append(Column(index, int(distinct[place]), tied, low, high, float(deviations[place])))
            continue
        values, counts = np.unique(ordered[:, place].astype(np.float64), return_counts=True)
        step = grid_step(values, rounding_of(rows, float(largest[place])))
        order = np.argsort(-counts, kind="stable")
        found.append(
            Column(
                index,
                len(values),
                tied,
                low,
                high,
                float(deviations[place]),
                _local_step(values, counts) if step is None else step,
                step is not None,
                float(values[order[0]]),
                float(counts[order[0]]) / looked.n,
                float(counts[order[1]]) / looked.n,
            )
        )
    return found


def tie_probability(column: Column, rounding: float) -> float:
    """Return how often two rows have the same value: for a normal column in such steps, h ∫ f² = h/(2 s √π).

    A value that stands out is counted with its own share.
    """
    step = max(column.step, rounding)
    return min(1.0, step / (2.0 * column.sd * math.sqrt(math.pi)) + column.share**2) if column.sd > 0.0 else 1.0
