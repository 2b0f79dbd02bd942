"""The null distribution at a large n, from replicates of a smaller n₀, corrected for what changes with n.

Under the null the distributions of the distances, times n^order, converge, and so do those of their means and maxima
over slices. How fast does not depend on D: the joint distribution of a few slices depends on D only through the angles
between their directions. This holds under the composite null as well: standardised rows are uniform among the frames of
n-space that are orthogonal to (1, ..., 1), and so is any part of them that few directions span.

But an error that is small relative to the spread of one slice is not small relative to that of a mean of many. Terms of
order 1/n₀ are small enough for n₀ = 1,000; each distance says what else changes (`slicednorm.distances`, the field
``large_n``):

- A mean that moves: replicates are shifted by the difference.
- A series as its limit, Σ (Z_j² − 1)/j times a scale, plus a mean that grows like log log n; the terms beyond
  j ≈ log n are missing. The mean is exact; the missing variance, which hardly correlates between slices, is added to a
  mean over them by scaling. A maximum over slices does not spread by it, but moves: a variance g added to a
  distribution whose tail falls off as exp(−λt) multiplies the tail by exp(λ² g/2), which is a shift by λ g/2. The
  first term of the limit, j = 1 (standard null) or 3 (composite null, where location and scale are gone), has
  λ = j/2.
- A formula that depends on n: replicates of n₀ rows take that of n.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance
from slicednorm.stats._limits import current

# Under the composite null: the number of rows per column beyond which the null distribution is that of fewer rows, and
# the number of these per column. A sample must have more rows than columns, and a nearly square one is standardised
# badly.
_LARGE_PER_COLUMN = 4
_SMALLER_PER_COLUMN = 2

# The term of the limit whose correlation between slices stands for that of the missing terms.
_MISSING_TERM = 10


def replicate_size(n: int, dim: int = 1, null: str = "standard") -> int:
    """Return the number of rows of the replicates by which a sample (n, D) may be judged.

    Parameters
    ----------
    n : int
        Number of rows of the sample.
    dim : int, default: 1
        Number of its columns.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis.

    Returns
    -------
    int
        Number of rows of each replicate; n if replicates of fewer rows cannot stand for them.
    """
    columns = dim if null == "composite" else 0
    if n <= max(current().large_n, _LARGE_PER_COLUMN * columns):
        return n
    return max(current().smaller_n, _SMALLER_PER_COLUMN * columns)


def each_by_itself(distance: Distance, aggregate: str) -> bool:
    """Return whether `enlarged` makes each replicate that of n rows by itself, without knowing the others."""
    return distance.large_n.series is None or aggregate == "max"


def adapted(distance: Distance, n: int) -> Distance:
    """Return the distance whose distribution at fewer rows has the limit of this one's at n rows."""
    value_for = distance.large_n.value_for
    return distance if value_for is None else replace(distance, value=value_for(n))


def _power(n: int, order: float) -> float:
    """Return n^order; a square root is rounded as by `math.sqrt`."""
    return math.sqrt(n) if order == 0.5 else float(n) ** order


def _mean_power(dim: int, power: int) -> float:
    """Return the mean of (v'w)^power, power even, over pairs of independent directions."""
    log = math.lgamma(0.5 * dim) + math.lgamma(0.5 * (power + 1))
    return math.exp(log - math.lgamma(0.5 * (dim + power)) - math.lgamma(0.5)) if dim > 1 else 1.0


def enlarged(
    law: NDArray[np.float64],
    distance: Distance,
    *,
    n: int,
    size: int,
    null: str,
    aggregate: str,
    dim: int,
    n_slices: int,
) -> NDArray[np.float64]:
    """Return replicates of a statistic at n rows from its replicates at ``size`` rows.

    Parameters
    ----------
    law : ndarray of shape (M,), dtype=float64
        Replicates with ``size`` rows.
    distance : Distance
        The statistic.
    n : int
        Number of rows that the returned replicates stand for.
    size : int
        Number of rows of the given replicates.
    null : {"standard", "composite"}
        Null hypothesis.
    aggregate : {"mean", "max"}
        How the slices are combined.
    dim, n_slices : int
        Numbers of columns and of directions.
    """
    if n == size:
        return law
    scaled = _power(size, distance.order) * law
    change = distance.large_n
    if change.shift is not None:
        scaled = scaled + change.shift(size, n)
    if change.series is not None:
        before, after = change.series.mean(null, size), change.series.mean(null, n)
        grown = change.series.missing_variance(size) - change.series.missing_variance(n)
        if aggregate == "mean" or n_slices == 1:
            # Var = V/k + (1 − 1/k) C: the variance V of one slice grows, and C grows by what the missing terms share.
            together = _mean_power(dim, 2 * _MISSING_TERM)
            grown *= (1.0 + (n_slices - 1) * together) / n_slices
            scaled = after + math.sqrt(1.0 + grown / float(np.var(scaled))) * (scaled - before)
        else:
            rate = change.series.tail_rate(null)
            scaled = scaled + (after - before) + (1.0 - 1.0 / n_slices) * 0.5 * rate * grown
    return np.asarray(scaled / _power(n, distance.order))
