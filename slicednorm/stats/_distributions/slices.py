"""The null distribution of a mean over slices, for the directions that were drawn or given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import DirectionKind
from slicednorm.distances import Distance
from slicednorm.distances._quadratic.form import Floats, reduced
from slicednorm.stats._distributions.gram import gram_law, power_means
from slicednorm.stats._distributions.remainder import with_remainder
from slicednorm.stats._distributions.sphere import drawn_power_means, sphere_law
from slicednorm.stats._distributions.sphere import power_means as sphere_means
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._types import Null

# Up to this number of directions their own cosines are taken. More that were drawn by the package are judged by the
# whole sphere, which differs by less than their luck.
MOST_COSINES = 512

# So many directions of a user are taken by their cosines at most, if they are not spread like random ones.
MOST_GIVEN = 2_048

# How many null distributions are kept: a training tests one shape along one set of directions again and again, and its
# parts each time.
_KEPT = 64
_recent: dict[tuple[object, ...], WeightedChi2] = {}

# How many standard deviations the even powers of cosines may be from those of random directions, and how many
# directions are looked at.
_SPREAD = 5.0
_LOOKED_AT = 1_024


@dataclass(frozen=True)
class Slices:
    """The directions of a mean over slices.

    Attributes
    ----------
    directions : ndarray of shape (k, D)
        Unit vectors.
    kind : {"iid", "orthogonal"} or None
        How they were drawn, None if they are a user's.
    """

    directions: NDArray[Any]
    kind: DirectionKind | None

    @property
    def count(self) -> int:
        """The number k of directions."""
        return len(self.directions)

    @cached_property
    def fingerprint(self) -> bytes:
        """What tells the directions from others."""
        rows = np.ascontiguousarray(self.directions)
        return blake2b(rows.data, digest_size=16, key=repr((rows.shape, rows.dtype.str)).encode()).digest()

    @property
    def dim(self) -> int:
        """The number D of columns."""
        return self.directions.shape[1]

    def power_means(self, most: int) -> Floats:
        """Return the means of ρ^p, p = 0..most, over all pairs of directions."""
        if self.by_sphere:
            return drawn_power_means(self.dim, self.count, self.kind == "orthogonal", most)
        return power_means(self.all_cosines, most)

    @cached_property
    def by_sphere(self) -> bool:
        """Whether the whole sphere stands for the directions."""
        if self.count <= MOST_COSINES or self.dim == 1:
            return False
        return self.kind is not None or self._spread_like_random()

    def _spread_like_random(self) -> bool:
        """Return whether a user's directions cover the sphere as evenly as random ones."""
        dim = self.dim
        some = self._cosines(min(self.count, _LOOKED_AT))
        pairs = some[np.triu_indices(len(some), 1)]
        for power in (2, 4, 8):
            mean, square = sphere_means(dim, 2 * power)[[power, 2 * power]]
            if not abs(np.mean(pairs**power) - mean) <= _SPREAD * np.sqrt((square - mean**2) / len(pairs)):
                return False
        # The second moments of all of them.
        rows = self._unit()
        moments = rows.T @ rows / self.count
        excess = float(np.sum(moments * moments)) - 1.0 / dim - (1.0 - 1.0 / dim) / self.count
        return abs(excess) <= _SPREAD * np.sqrt(2.0) / self.count / dim

    def _unit(self, count: int | None = None) -> Floats:
        rows = self.directions[:count].astype(np.float64)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))

    @cached_property
    def all_cosines(self) -> Floats:
        """The cosines of all pairs, (k, k)."""
        return self._cosines(self.count)

    def _cosines(self, count: int) -> Floats:
        rows = self._unit(count)
        found = np.clip(rows @ rows.T, -1.0, 1.0)
        np.fill_diagonal(found, 1.0)
        return found


def quadratic_law(
    matrix: Floats, excess: Floats, slices: Slices, *, beyond: float = 0.0, fewer: bool = False
) -> WeightedChi2:
    """Return the null distribution of the mean of Σ_lm B_lm S_l S_m over slices.

    Parameters
    ----------
    matrix : ndarray of shape (L, L)
        B, with the orders that the null leaves.
    excess : ndarray
        What the covariance along two directions has beyond 2 Σ B_lm² ρ^(l+m), by power of ρ.
    slices : Slices
        The directions.
    beyond : float, default: 0.0
        The variance of one slice by the orders beyond the matrix.
    fewer : bool, default: False
        Whether the excess comes with a skewness of its own.
    """
    key = (matrix.tobytes(), excess.tobytes(), slices.kind, slices.fingerprint, beyond, fewer)
    found = _recent.get(key)
    if found is None:
        # The last bits of a matrix product depend on the number of threads; and more than one is slower here.
        with single_threaded_blas():
            found = _computed(matrix, excess, slices, beyond, fewer)
        while len(_recent) >= _KEPT:
            _recent.pop(next(iter(_recent)), None)
        _recent[key] = found
    return found


def _computed(matrix: Floats, excess: Floats, slices: Slices, beyond: float, fewer: bool) -> WeightedChi2:
    most = max(2 * len(matrix) + 2, len(excess) - 1)
    if slices.by_sphere:
        law = sphere_law(matrix, slices.dim, slices.count, slices.kind == "orthogonal")
    else:
        law = gram_law(matrix, slices.all_cosines)
    means = slices.power_means(most)
    mean, variance = law.mean(), law.var() + float(excess @ means[: len(excess)])
    law = law.stretched(mean, variance, fewer=fewer)
    return with_remainder(law.weights, law.degrees, mean, variance + beyond * float(means[-1]))


def slices_law(distance: Distance, n: int, null: Null, slices: Slices) -> WeightedChi2:
    """Return the null distribution of the mean of a distance over slices of samples of n rows.

    Parameters
    ----------
    distance : Distance
        The distance, one that is quadratic.
    n : int
        Number of rows.
    null : {"standard", "composite"}
        Null hypothesis.
    slices : Slices
        The directions.
    """
    form = distance.quadratic
    assert form is not None
    law = quadratic_law(
        reduced(form.matrix(n), null),
        form.excess(null, n),
        slices,
        beyond=form.beyond(null, n),
        fewer=null in form.skewed,
    )
    return law.shifted_to(form.mean(null, n)).scaled(1.0 / n)
