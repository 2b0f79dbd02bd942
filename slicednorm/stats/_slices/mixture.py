"""Whether a one-dimensional sample is made of parts: two groups, or a few rows far out and a normal rest.

Two normal components, each with a mean, a variance and a share, are fitted by expectation and maximisation. What they
gain in likelihood over one normal distribution is a score of its own. It says that the sample is not normal, not that
it has parts: a skewed sample gains as well. So the fit is compared with the best sinh-arcsinh distribution (Jones and
Pewsey, Biometrika 96, 2009), which has one peak, and any skewness and tails. Shares and means are those of the fitted
components: a cut between two groups that overlap would move both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

# A sample is represented by this number of values: the outermost on either side, and means of neighbours between.
_POINTS, _ENDS = 1024, 128

# Parts of these shares are tried, above and below, and a part on both sides beyond 1.5.
_TRIED = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
_OUTSIDE = 1.5

# No component is narrower than this part of the sample's standard deviation: a few close values are not a part.
_NARROWEST = 0.2

_SWEEPS, _HOPEFUL, _LITTLE = 60, (15, 4), 1e-3

# By how much the log-likelihood of parts must exceed that of one distribution with a single peak, in addition to the
# price of the parameters; and by how much if one resembles the other: two groups of about one size look like a flat
# distribution, and scattered rows like heavy tails.
_BETTER, _MUCH_BETTER = 1.0, 8.0
_ONE_SIZE = 0.25

# Two groups: the density between them falls below this part of the lower peak; they are close if their means are less
# than this many times the sum of their standard deviations apart. A part consists of rows far out if its share is at
# most _FEW, and it lies _FAR of the rest's standard deviations away or is _WIDE times as wide.
_VALLEY, _APART = 0.9, 1.75
_FEW, _FAR, _WIDE = 0.07, 3.0, 2.5

# Two groups fit a sample if its distribution function is nowhere farther from theirs than this: the first number times
# 1/√n, or the second for very many rows. Values on a grid, along a direction that blurs it a little, are many groups
# and not two.
_FITS, _FITS_ANYHOW = 1.2, 0.03

# Rows far out lie in a lump if they are this many of their own standard deviations away; else they are scattered.
_LUMP = 1.5

# If a smaller part of the values is distinct, their density tells nothing about peaks.
_LEAST_DISTINCT = 0.5

_LOG_ROOT = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Mixture:
    """Normal components by ascending means: their shares, means and standard deviations, (k,) each."""

    log_likelihood: float
    shares: Array
    means: Array
    sds: Array

    def density(self, at: Array) -> Array:
        """Return the density at given points."""
        z = (at - self.means[:, np.newaxis]) / self.sds[:, np.newaxis]
        heights = self.shares / self.sds / math.sqrt(2.0 * math.pi)
        return np.asarray(heights @ np.exp(-0.5 * z * z))

    def distribution(self, at: Array) -> Array:
        """Return the distribution function at given points."""
        from scipy import special

        return np.asarray(self.shares @ special.ndtr((at - self.means[:, np.newaxis]) / self.sds[:, np.newaxis]))


@dataclass(frozen=True)
class Parts:
    """What a sample is made of.

    ``rest`` is the number of the component of most rows if the others lie far out, None for two groups.
    """

    kind: Literal["bimodality", "outliers"]
    laws: Mixture
    rest: int | None = None


def _points(u: Array) -> tuple[Array, Array]:
    """Return the values that represent a sorted sample, and how many rows each stands for."""
    n = len(u)
    if n <= _POINTS:
        return u, np.ones(n)
    edges = np.linspace(_ENDS, n - _ENDS, _POINTS - 2 * _ENDS + 1).astype(np.intp)
    counts = np.diff(edges)
    middle = np.add.reduceat(u[: n - _ENDS], edges[:-1]) / counts
    ones = np.ones(_ENDS)
    return np.concatenate([u[:_ENDS], middle, u[-_ENDS:]]), np.concatenate([ones, counts, ones])


def _fitted(u: Array, weights: Array, belongs: Array) -> Mixture:
    """Return the most likely of the mixtures that start from memberships (starts, k, points)."""
    n = float(weights.sum())
    powers = np.stack([np.ones_like(u), u, u * u], axis=1) * weights[:, np.newaxis]
    before = np.full(len(belongs), -np.inf)
    for sweep in range(_SWEEPS):
        sums = np.maximum(belongs @ powers, [1e-300, -np.inf, 0.0])
        shares = np.maximum(sums[..., 0], 1.0) / n
        means = sums[..., 1] / sums[..., 0]
        variances = np.maximum(sums[..., 2] / sums[..., 0] - means * means, _NARROWEST**2)
        z = (u - means[..., np.newaxis]) ** 2 / variances[..., np.newaxis]
        logs = (np.log(shares) - 0.5 * np.log(variances))[..., np.newaxis] - 0.5 * z
        top = logs.max(axis=1, keepdims=True)
        total = top + np.log(np.sum(np.exp(logs - top), axis=1, keepdims=True))
        likelihood = total[:, 0] @ weights
        belongs = np.exp(logs - total)
        if sweep == _HOPEFUL[0]:
            some = np.argsort(-likelihood, kind="stable")[: _HOPEFUL[1]]
            belongs, before = belongs[some], likelihood[some]
        elif sweep > _HOPEFUL[0]:
            if np.max(likelihood - before) < _LITTLE:
                break
            before = likelihood
    best = int(np.argmax(likelihood))
    order = np.argsort(means[best], kind="stable")
    return Mixture(
        float(likelihood[best]) - n * _LOG_ROOT,
        (shares[best] / shares[best].sum())[order],
        means[best][order],
        np.sqrt(variances[best])[order],
    )


def _two(u: Array, weights: Array) -> Mixture:
    height = np.cumsum(weights) / weights.sum()
    starts = [side for share in _TRIED for side in (height > 1.0 - share, height <= share)]
    starts.append(np.abs(u) > _OUTSIDE)
    one = np.clip(np.asarray(starts, dtype=np.float64), 1e-3, 1.0 - 1e-3)
    return _fitted(u, weights, np.stack([1.0 - one, one], axis=1))


def _on_both_sides(u: Array, weights: Array, middle: float, reach: float) -> Mixture | None:
    """Return a fit of three components, the outer two of rows beyond the middle's reach; None if there are none."""
    low, high = u < middle - reach, u > middle + reach
    if not (low.any() and high.any()):
        return None
    starts = np.clip(np.asarray([[low, ~(low | high), high]], dtype=np.float64), 1e-3, 1.0)
    return _fitted(u, weights, starts / starts.sum(axis=1, keepdims=True))


def _of_one_law(u: Array, weights: Array) -> float:
    """Return the log-likelihood of the normal distribution with the sample's moments."""
    n = float(weights.sum())
    mean = float(u @ weights) / n
    return -n * (_LOG_ROOT + 0.5 * math.log(float((u - mean) ** 2 @ weights) / n) + 0.5)


def _minus_sinh_arcsinh(u: Array, weights: Array, parameters: Array) -> float:
    """Return minus the log-likelihood of a location, a log scale, a skewness and a log tail weight."""
    location, scale, skewness, tails = parameters
    if np.abs(parameters).max() > 6.0:
        return math.inf
    z = (u - location) * math.exp(-scale)
    turned = np.clip(math.exp(tails) * np.arcsinh(z) - skewness, -50.0, 50.0)
    logs = np.log(np.cosh(turned)) - 0.5 * np.sinh(turned) ** 2 - 0.5 * np.log1p(z * z)
    return float(weights.sum()) * (_LOG_ROOT + scale - tails) - float(logs @ weights)


def _of_one_peak(u: Array, weights: Array) -> float:
    """Return the log-likelihood of the best distribution with one peak, and any skewness and tails."""
    from scipy import optimize

    median = float(np.median(u))
    starts = ((0.0, 0.0, 0.0, 0.0), (0.0, -0.7, 0.0, -0.5), (median, -0.5, 0.5, -0.2), (median, -0.5, -0.5, -0.2))
    found = [
        optimize.minimize(
            partial(_minus_sinh_arcsinh, u, weights),
            np.asarray(start),
            method="Nelder-Mead",
            options={"maxiter": 400, "xatol": 1e-3, "fatol": 1e-2},
        ).fun
        for start in starts
    ]
    return -float(min(found))


def _has_density(u: Array) -> bool:
    return len(u) > 3 and int(np.count_nonzero(np.diff(u))) + 1 >= _LEAST_DISTINCT * len(u)


def gain(u: Array) -> float:
    """Return twice the log-likelihood that two normal components gain over one; 0 if most of the values are tied.

    Parameters
    ----------
    u : ndarray of shape (n,), dtype=float64
        Sorted values of mean 0 and variance 1.
    """
    if not _has_density(u):
        return 0.0
    points = _points(u)
    return max(0.0, 2.0 * (_two(*points).log_likelihood - _of_one_law(*points)))


def _valley(laws: Mixture) -> float:
    """Return the lowest density between the means, as a part of the lower peak; 1 if it does not fall."""
    grid = np.linspace(laws.means[0], laws.means[-1], 201)
    density = laws.density(grid)
    lowest = int(np.argmin(density))
    peaks = density[: lowest + 1].max(), density[lowest:].max()
    return float(density[lowest] / min(peaks))


def two_groups(u: Array) -> Mixture | None:
    """Return two components with a valley between them, None if the best two have none."""
    laws = _two(*_points(u))
    return laws if _valley(laws) < 1.0 else None


def _fits(laws: Mixture, u: Array, weights: Array) -> bool:
    n = float(weights.sum())
    height = (np.cumsum(weights) - 0.5 * weights) / n
    return bool(np.abs(laws.distribution(u) - height).max() < max(_FITS / math.sqrt(n), _FITS_ANYHOW))


def _are_far(sides: Mixture) -> bool:
    """Return whether the outer two of three components are a few rows far out."""
    nearest = float(np.diff(sides.means).min())
    return bool(1.0 - sides.shares[1] <= _FEW and nearest > _FAR * sides.sds[1])


def parts(u: Array) -> Parts | None:
    """Return what a sample is made of, None if a distribution with one peak fits as well.

    Parameters
    ----------
    u : ndarray of shape (n,), dtype=float64
        Sorted values of mean 0 and variance 1.
    """
    if not _has_density(u):
        return None
    u, weights = _points(u)
    n = float(weights.sum())
    laws = _two(u, weights)
    rest = int(np.argmax(laws.shares))
    few = float(1.0 - laws.shares[rest])
    away = float(abs(laws.means[1] - laws.means[0]) / laws.sds[rest])
    wide = float(laws.sds[1 - rest] / laws.sds[rest])
    parameters = 5
    found: Parts | None = None
    if few <= _FEW and away > _FAR:
        found = Parts("outliers", laws, rest)
    elif _valley(laws) < _VALLEY and _fits(laws, u, weights):
        found = Parts("bimodality", laws)
    elif wide > _WIDE:
        sides = _on_both_sides(u, weights, float(laws.means[rest]), _FAR * float(laws.sds[rest]))
        more = -math.inf if sides is None else sides.log_likelihood - laws.log_likelihood
        if sides is not None and _are_far(sides) and (more > _BETTER or few > _FEW):
            parameters, laws, rest, few = 8, sides, 1, float(1.0 - sides.shares[1])
        if few <= _FEW:
            found = Parts("outliers", laws, rest)
    if found is None:
        return None
    price = 0.5 * (parameters - 4) * math.log(n)
    close = float(laws.means[1] - laws.means[0]) < _APART * float(laws.sds.sum())
    flat = found.kind == "bimodality" and (few > _ONE_SIZE or close)
    scattered = len(laws.means) == 2 and found.kind == "outliers" and not is_lump(found, 1 - rest)
    better = _MUCH_BETTER if flat or scattered else _BETTER
    return found if laws.log_likelihood - price - _of_one_peak(u, weights) > better else None


def is_lump(made_of: Parts, index: int) -> bool:
    """Return whether a part lies apart from the rest, and is not scattered about it."""
    laws, rest = made_of.laws, made_of.rest
    if rest is None or len(laws.means) > 2:
        return True
    away = abs(laws.means[index] - laws.means[rest])
    return bool(away > _FAR * laws.sds[rest] and away > _LUMP * laws.sds[index])
