"""The Wasserstein distances w2 and sw to the normal distribution, as quadratic forms at n rows.

Their limit is diagonal, B_ll = 1/l, and its trace diverges: at n rows the orders beyond log n or so are missing. But
with I(p) = φ(Q_p), n·w2 = Σ y_i² + n − 2n ∫ I(F_n(x)) dx is a function of the empirical distribution, whose part of
degree two (Hoeffding's) is exact at every n: the weight 1/φ of the limit is replaced by

    A_n(x) = −n² E[I((J + 2)/n) − 2 I((J + 1)/n) + I(J/n)],    J binomial with n − 2 trials and probability Φ(x).

What the parts of higher degree add to the variance was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from slicednorm.distances._large_n import Series
from slicednorm.distances._quadratic.degrees import Falling, Standardised
from slicednorm.distances._quadratic.edf import edf_matrix
from slicednorm.distances._quadratic.form import Floats, Quadratic, covariance, polynomial, reduced
from slicednorm.distances._quadratic.hermite import DENSITY, NODES, STEP, tail
from slicednorm.distances._quadratic.standardised import mean_deviation

# Where so many rows are expected below x, the limit of a binomial mean is exact enough.
_MANY = 500.0

# Up to this number of rows means are exact; above it they come from a fitted series.
_EXACT_MEANS = 1_000


def _isoperimetric(p: Floats) -> Floats:
    """Return φ(Q_p), which is 0 at 0 and 1."""
    from scipy import special

    return np.asarray(np.exp(-0.5 * special.ndtri(p) ** 2) / math.sqrt(2.0 * math.pi))


def _binomial(trials: int, p: Floats, most: int) -> Floats:
    """Return P(J = j), j = 0..most, for each probability p."""
    from scipy import special

    j = np.arange(most + 1)
    log = special.gammaln(trials + 1.0) - special.gammaln(j + 1.0) - special.gammaln(trials - j + 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(log + np.multiply.outer(np.log(p), j) + np.multiply.outer(np.log1p(-p), trials - j)))


@lru_cache(maxsize=8)
def weight_of(n: int) -> Floats:
    """Return A_n at the nodes."""
    found = 1.0 / DENSITY
    few = (n * tail() < _MANY) & (NODES <= 0.0)
    most = min(n - 2, int(_MANY + 12.0 * math.sqrt(_MANY) + 40.0))
    second = np.diff(_isoperimetric(np.arange(most + 3) / n), 2)
    found[few] = -float(n) * n * (_binomial(n - 2, tail()[few], most) @ second)
    found[NODES > 0.0] = found[NODES < 0.0][::-1]
    found.flags.writeable = False
    return found


@lru_cache(maxsize=8)
def expected_order_statistics(n: int) -> Floats:
    """Return E y_(1), ..., E y_(n) of n standard normal values.

    Examples
    --------
    >>> expected_order_statistics(2).round(6)
    array([-0.56419,  0.56419])
    """
    from scipy import special

    half = NODES >= 0.0
    parts = np.where(NODES[half] == 0.0, 0.5, 1.0) * STEP
    # P(y_(i) > x) is that at most i − 1 of n values are below x, and −y_(i) is distributed as y_(n+1−i).
    rows = np.arange(n)
    exceeds = parts @ special.bdtr(rows, n, 1.0 - tail()[half][:, np.newaxis])
    return np.asarray(exceeds - exceeds[::-1])


@dataclass(frozen=True)
class Spread:
    """What the parts of a distance of higher degree than two add to the covariance of two slices, as measured.

    Attributes
    ----------
    added : Falling
        What they add to the variance of one slice, in units of that of the part of degree two.
    shape : mapping of int to float
        How that depends on the cosine ρ of two directions, by power.
    """

    added: Falling
    shape: Mapping[int, float]


def wasserstein_form(
    scale: float, series: Series, *, standard: Spread, composite: Standardised, skewed: frozenset[str] = frozenset()
) -> Quadratic:
    """Return the quadratic form of a Wasserstein distance.

    Parameters
    ----------
    scale : float
        1 for the distance to the normal distribution, 2 for that to a sample of it.
    series : Series
        The means of n·d for many rows.
    standard : Spread
        What the parts of higher degree add to the covariance under the standard null.
    composite : Standardised
        How the covariance of two slices of standardised rows differs from that of the part of degree two.
    skewed : frozenset of str, default: none
        The nulls under which they add to the skewness as well.
    """

    @lru_cache(maxsize=4)
    def matrix(n: int) -> Floats:
        found = scale * edf_matrix(weight_of(n))
        found.flags.writeable = False
        return found

    @lru_cache(maxsize=8)
    def mean(null: str, n: int) -> float:
        if n > _EXACT_MEANS:
            return series.mean(null, n)
        expected = expected_order_statistics(n)
        deviation = mean_deviation(n) if null == "composite" else 1.0
        if scale == 1.0:
            from scipy import special

            quantiles = special.ndtri(np.arange(n + 1) / n)
            shares = -n * np.diff(np.exp(-0.5 * quantiles**2)) / math.sqrt(2.0 * math.pi)
            return float(2.0 * n - 2.0 * (shares @ expected) / deviation)
        return float(2.0 * n - 2.0 * (expected @ expected) / deviation**2)

    @lru_cache(maxsize=8)
    def excess(null: str, n: int) -> Floats:
        chaos = covariance(reduced(matrix(n), null))
        if null == "composite":
            return composite.excess(chaos, 0.0, n)
        return polynomial(standard.shape) * (standard.added.at(n) * float(chaos.sum()))

    return Quadratic(matrix=matrix, mean=mean, excess=excess, skewed=skewed)
