"""Distances n ∫ (F_n − Φ)² w: Cramér-von Mises (w = φ) and Anderson-Darling (w = φ/(Φ(1 − Φ)))."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from slicednorm.distances._quadratic import standardised as rows
from slicednorm.distances._quadratic.degrees import Standardised
from slicednorm.distances._quadratic.form import (
    Floats,
    Quadratic,
    covariance,
    padded_sum,
    reduced,
)
from slicednorm.distances._quadratic.hermite import (
    NODES,
    ORDER,
    STEP,
    coefficients,
    indicators,
    tail,
)

# From this number of rows on, a mean differs from its limit by a constant over n, to 1e-6 of it.
_SMOOTH = 1_000


def edf_matrix(weight: Floats, order: int = ORDER) -> Floats:
    """Return B_lm = ∫ φ² h_{l−1} h_{m−1} w/√(lm) of a weight at the nodes."""
    found = indicators(order)
    return np.asarray((found * (weight * STEP)) @ found.T)


def mean_of_standardised(weight: Floats, n: int) -> float:
    """Return the mean of n·d under the composite null, by the exact laws of one and of two standardised rows."""
    half = NODES >= 0.0
    beyond, exact = tail()[half], rows.above(NODES[half], n)
    both = rows.both_above(NODES[half], n)
    # E(F_n − Φ)² at x is that of the upper tail, and the same at −x.
    squares = exact / n + (1.0 - 1.0 / n) * both - 2.0 * beyond * exact + beyond * beyond
    parts = np.where(NODES[half] == 0.0, 1.0, 2.0) * weight[half]
    return float(n * STEP * np.sum(parts * squares))


def edf_form(
    weight_of: Callable[[], Floats],
    *,
    mean: float,
    variance: float,
    own: Callable[[], Floats],
    standardised: Standardised,
) -> Quadratic:
    """Return the quadratic form of a distance.

    Parameters
    ----------
    weight_of : callable
        ``weight_of()`` is the weight w at the nodes of `hermite`.
    mean : float
        The mean of n·d under the standard null, which is exact at every n.
    variance : float
        Its variance under the standard null as n grows.
    own : callable
        ``own()`` is h(y, y) at the nodes, where n·d = (1/n) Σ_ij h(y_i, y_j).
    standardised : Standardised
        How the covariance of two slices of standardised rows differs from its limit.
    """

    @lru_cache(maxsize=1)
    def matrix() -> Floats:
        found = edf_matrix(weight_of())
        found.flags.writeable = False
        return found

    @lru_cache(maxsize=1)
    def beyond() -> float:
        # The orders that the composite null takes away are low ones: what is beyond the matrix is the same.
        return variance - float(covariance(matrix()).sum())

    @lru_cache(maxsize=1)
    def diagonal() -> Floats:
        return np.concatenate([[0.0], coefficients(own(), ORDER) ** 2])

    def excess(null: str, n: int) -> Floats:
        chaos = covariance(reduced(matrix(), null))
        if null == "composite":
            return standardised.excess(chaos, beyond(), n)
        last = np.zeros(len(chaos) + 2)
        last[-1] = beyond()
        return padded_sum(diagonal(), -padded_sum(chaos, last)) / n

    @lru_cache(maxsize=16)
    def mean_at(null: str, n: int) -> float:
        if null == "standard":
            return mean
        if n <= _SMOOTH:
            return mean_of_standardised(weight_of(), n)
        limit = mean - float(np.trace(matrix()[:2, :2]))
        return limit + (mean_of_standardised(weight_of(), _SMOOTH) - limit) * _SMOOTH / n

    return Quadratic(matrix=lambda n: matrix(), mean=mean_at, excess=excess, beyond=lambda null, n: beyond())
