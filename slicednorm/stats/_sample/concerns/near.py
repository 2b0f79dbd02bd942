"""A note on rows that nearly repeat others: copies in another unit, or with a little noise.

Near a row the density of rows hardly changes. So of its m nearest rows the distances r to the power of the dimension d
are those of m points that fall uniformly: (r_1/r_m)^d is a Beta(1, m − 1) variable, whatever the distribution of the
rows, and of n rows about n s/2 pairs have a probability of at most s. The dimension is that at which rows spread about
each other, by Levina and Bickel's estimate, E log(r_m/r_h) = (ψ(m) − ψ(h))/d ("Maximum likelihood estimation of
intrinsic dimension", Adv. Neural Inf. Process. Syst. 17 (2004)): it is low where columns depend on each other.
Columns that come in steps, but for a little noise, have pairs as near; so pairs must also be more than columns that are
near in so many pairs would have in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.concerns.note import DataNote
from slicednorm.stats._sample.concerns.order import standardised
from slicednorm.stats._sample.concerns.repeats import hashes
from slicednorm.stats._sample.concerns.values import Array, Column, spread_over
from slicednorm.stats._sample.rows import Rows

# So many rows are compared, about the middle of a column if there are more, by so many columns of theirs. Neighbours
# are looked for along so many principal components: more would take longer, and are not needed to tell copies.
_MOST_ROWS, _MOST_COLUMNS, _COMPONENTS = 1 << 13, 64, 4
_LEAST_ROWS = 20

# The neighbour m with whose distance that of the nearest is compared: farther than all copies of a row.
_NEIGHBOUR = 16

# Rows nearly repeat if no column differs by more than this, in standard deviations.
_NEAR = 0.01

# Pairs are noted if chance has so many once in 10,000, at any of their distances; and if columns that are independent
# have as many in common once in 1,000, even if they had this many times what they are expected to have.
_RARE, _RARE_OF_COLUMNS, _TIMES = 1e-4, 1e-3, 3.0


@dataclass(frozen=True)
class _Pairs:
    """Pairs of rows that are each other's nearest, by their probabilities, and the largest difference in each."""

    probabilities: Array
    differences: Array


def _positions(rows: Rows, key: int) -> NDArray[np.intp]:
    """Return the rows to compare: all, or those in the middle of a column, so that copies are there together."""
    if rows.n <= _MOST_ROWS:
        return np.arange(rows.n)
    first = (rows.n - _MOST_ROWS) // 2
    return np.sort(np.argsort(rows.column(key), kind="stable")[first : first + _MOST_ROWS])


def _near_pairs(z: Array, everything: Array) -> _Pairs:
    """Return the near pairs of distinct rows, by the standardised columns z; all of ``everything`` must be near."""
    from scipy import special
    from scipy.spatial import cKDTree

    n, scores = len(z), z
    if z.shape[1] > _COMPONENTS:
        scores = z @ np.linalg.eigh(z.T @ z / n)[1][:, -_COMPONENTS:]
    most = min(_NEIGHBOUR, n // 2)
    queried: Any = cKDTree(scores).query(scores, k=most + 1)
    distances, neighbours = queried
    own = np.arange(n)
    nearest = np.where(neighbours[:, 0] == own, neighbours[:, 1], neighbours[:, 0])
    one, half, last = distances[:, 1], distances[:, most // 2], distances[:, most]
    spread = half > 0.0
    log_ratio = float(np.mean(np.log(last[spread] / half[spread]))) if spread.any() else 0.0
    span = float(special.digamma(most) - special.digamma(most // 2))
    dim = min(float(scores.shape[1]), span / log_ratio) if log_ratio > 0.0 else float(scores.shape[1])
    first = np.flatnonzero((nearest[nearest] == own) & (own < nearest) & (last > 0.0))
    differences = np.abs(everything[first] - everything[nearest[first]]).max(axis=1)
    first, differences = first[differences <= _NEAR], differences[differences <= _NEAR]
    inside = (one[first] / last[first]) ** dim
    probabilities = -np.expm1((most - 1) * np.log1p(-np.minimum(inside, 1.0 - 1e-16)))
    order = np.argsort(probabilities, kind="stable")
    return _Pairs(probabilities[order], differences[order])


def _in_common(z: Array, difference: float) -> float:
    """Return how many pairs of rows columns have in common that are so near in each of them, by their correlations."""
    n = len(z)
    pairs = 0.5 * n * (n - 1.0)
    ordered = np.sort(z, axis=0)
    own = np.arange(1, n + 1)
    near = [float(np.sum(np.searchsorted(one, one + difference, side="right") - own)) for one in ordered.T]
    logs = np.log(np.maximum(near, 1.0) / pairs)
    with np.errstate(all="ignore"):
        sign, log_det = np.linalg.slogdet(np.atleast_2d(z.T @ z / n))
    together = 0.5 * float(log_det) if sign > 0.0 else -math.inf
    if n < 4 * z.shape[1]:
        together = max(together, -0.5 * z.shape[1])  # of so few rows the determinant is too small
    return pairs * math.exp(min(float(logs.sum()) - together, float(logs.min())))


def notes_on_near_repeats(rows: Rows, columns: Sequence[Column]) -> list[DataNote]:
    """Return a note if rows lie nearer to others than chance brings them.

    Parameters
    ----------
    rows : Rows
        The sample.
    columns : sequence of Column
        What its columns are like.
    """
    from scipy import special

    varied = [column for column in columns if column.sd > 0.0]
    if rows.n < _LEAST_ROWS or len(varied) < 2:
        return []
    key = max(varied, key=lambda column: column.distinct).index
    positions = _positions(rows, key)
    compared = np.asarray([column.index for column in varied], np.intp)
    values = rows.at(positions, compared)
    values = values[np.sort(np.unique(hashes(values), return_index=True)[1])]
    if len(values) < _LEAST_ROWS:
        return []
    everything, _ = standardised(values.astype(np.float64))
    if everything.shape[1] < 2:
        return []
    z = everything[:, spread_over(everything.shape[1], _MOST_COLUMNS)]
    n = len(z)
    found = _near_pairs(z, everything)
    count = np.arange(1, len(found.probabilities) + 1)
    expected = np.maximum(0.5 * n * found.probabilities, np.finfo(np.float64).tiny)
    if not count.size or special.pdtrc(count - 1, expected).min() > _RARE:
        return []
    # As many as are least to be expected; the probabilities themselves underflow.
    pairs = int(np.argmin(special.xlogy(count, expected) - expected - special.gammaln(count + 1.0))) + 1
    difference = float(found.differences[:pairs].max())
    if not special.pdtrc(pairs - 1, _TIMES * _in_common(z, difference)) <= _RARE_OF_COLUMNS:
        return []
    of = "" if n == rows.n else f" among {n:,} that were compared"
    said = f"{pairs:,} pairs of rows{of} are" if pairs > 1 else f"2 rows{of} are"
    return [
        DataNote(
            "nearly repeated rows",
            f"{said} nearly the same: no column differs by more than {difference:.1g} of its standard deviation, which "
            "chance does not bring about. The tests take rows as independent, and copies are not, also in another unit "
            "or with a little noise: leave them out.",
            (),
            {"pairs": float(pairs), "difference": difference, "compared": float(n)},
        )
    ]
