"""The null law at a large n from replicates of a smaller n₀, with what changes on the way put right.

Under the null the distances, times n (`ks`: √n), have laws that converge, and so do those of their means and maxima
over slices; D does not matter for how fast, since the law of a few slices depends on D only by the angles between
their directions, under the composite null as well: standardised rows are uniform among the frames of n-space that
are orthogonal to (1, ..., 1), and so is any part of them that few directions span.

But an error that is small beside the spread of one slice is not small beside that of a mean of
many. What is left of order 1/n₀ is small enough for n₀ = 1,000; three statistics need more:

- `ks`: the mean of √n d is c − 1/(6√n) + O(1/n) (c = √(π/2) log 2 under the standard null): replicates are shifted by
  the difference.
- `w2` and `sw`: n d has the limit Σ (Z_j² − 1)/j (twice that for `sw`), to which a mean is added that grows as log
  log n, and of which the terms beyond j ≈ log n are missing. The mean is exact, by quadrature over the expected order
  statistics; the missing variance, 2/(log n + c), which hardly correlates between slices, is added to a mean over them
  by scaling. A maximum over slices does not spread by it, but moves: a variance g added to a law whose tail falls
  off as exp(−λt) multiplies the tail by exp(λ² g/2), which is a shift by λ g/2. The first term of the limit, j = 1
  (standard null) or 3 (composite null, where location and scale are gone), has λ = j/2.
- `cw`: its bandwidth depends on n; replicates of n₀ rows take that of n.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance, cw

# From how many rows on a law is that of fewer, and of how many.
LARGE = 2_000
SMALLER = 1_000

# The same by the number of columns under the composite null, where a sample has to have more rows than columns, and
# nearly square ones are standardised badly.
_LARGE_PER_COLUMN = 4
_SMALLER_PER_COLUMN = 2

# Means of n·d, fitted as scale·log(log n + a) + b + c/(log n + a)² to the exact ones from n = 500 to 10,000,000,
# where it errs by less than 6e-4: (a, b, c) for each null.
_MEANS = {
    ("w2", "standard"): (0.83493, 1.24922, 2.33905),
    ("w2", "composite"): (0.77728, -0.24849, 2.67065),
    ("sw", "standard"): (-0.32448, 2.48996, 1.62132),
    ("sw", "composite"): (-0.43279, -0.50070, 2.80092),
}

# The limit has 1 for `w2` and 2 for `sw` in the place of the law's scale. The missing variance is 2/(log n + c) times
# its square, c fitted to simulated slices.
_SCALES = {"w2": 1.0, "sw": 2.0}
_MISSING = {"w2": 0.63, "sw": 0.78}

# The first term of the limit under each null, from which its tail comes.
_FIRST_TERM = {"standard": 1, "composite": 3}

# The term of the limit by whose correlation between slices the missing ones are judged.
_MISSING_TERM = 10


def replicate_size(n: int, dim: int = 1, null: str = "standard") -> int:
    """Return how many rows the replicates have by which a sample (n, D) may be judged."""
    columns = dim if null == "composite" else 0
    if n <= max(LARGE, _LARGE_PER_COLUMN * columns):
        return n
    return max(SMALLER, _SMALLER_PER_COLUMN * columns)


def beyond_all_sizes(dim: int, null: str) -> int:
    """Return a number of rows for which the law is that of fewer: the law of all larger samples."""
    return max(LARGE, _LARGE_PER_COLUMN * dim if null == "composite" else 0) + 1


def adapted(distance: Distance, n: int) -> Distance:
    """Return the distance whose law at fewer rows has the limit of this one's at n rows."""
    if distance.name != "cw":
        return distance
    return replace(distance, value=partial(distance.value, gamma=cw.bandwidth(n)))


def _log_mean(name: str, null: str, n: int) -> float:
    a, b, c = _MEANS[name, null]
    shifted = math.log(n) + a
    return _SCALES[name] * math.log(shifted) + b + c / shifted**2


def _missing_variance(name: str, n: int) -> float:
    """Return by how much the variance of n·d of one slice falls short of its limit."""
    return _SCALES[name] ** 2 * 2.0 / (math.log(n) + _MISSING[name])


def _mean_power(dim: int, power: int) -> float:
    """Return the mean of (v'w)^power, power even, over pairs of independent directions."""
    log = math.lgamma(0.5 * dim) + math.lgamma(0.5 * (power + 1))
    return math.exp(log - math.lgamma(0.5 * (dim + power)) - math.lgamma(0.5)) if dim > 1 else 1.0


def enlarged(
    law: NDArray[np.float64], name: str, *, n: int, size: int, null: str, aggregate: str, dim: int, n_slices: int
) -> NDArray[np.float64]:
    """Return replicates of a statistic at n rows from those of a sliced law at ``size`` rows.

    Parameters
    ----------
    law : (M,) replicates with ``size`` rows.
    name, null, aggregate, dim, n_slices : whose law it is.
    """
    if n == size:
        return law
    if name == "ks":
        scaled = math.sqrt(size) * law + (1.0 / math.sqrt(size) - 1.0 / math.sqrt(n)) / 6.0
        return np.asarray(scaled / math.sqrt(n))
    scaled = size * law
    if name in _SCALES:
        before, after = _log_mean(name, null, size), _log_mean(name, null, n)
        grown = _missing_variance(name, size) - _missing_variance(name, n)
        if aggregate == "mean" or n_slices == 1:
            # Var = V/k + (1 − 1/k) C: the variance V of one slice grows, and C by what the missing terms share.
            together = _mean_power(dim, 2 * _MISSING_TERM)
            grown *= (1.0 + (n_slices - 1) * together) / n_slices
            scaled = after + math.sqrt(1.0 + grown / float(np.var(scaled))) * (scaled - before)
        else:
            rate = 0.5 * _FIRST_TERM[null] / _SCALES[name]
            scaled = scaled + (after - before) + (1.0 - 1.0 / n_slices) * 0.5 * rate * grown
    return np.asarray(scaled / n)
