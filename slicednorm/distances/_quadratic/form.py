"""A distance as a quadratic form in the Hermite sums of a sample.

With h_l = He_l/√l! and S_l = n^(−1/2) Σ_i h_l(y_i), l ≥ 1, the distances that are quadratic in the empirical
distribution are n·d = Σ_lm B_lm S_l S_m (the Wasserstein distances up to terms of higher order). Under the null the
sums along two directions with cosine ρ have the covariance δ_lm ρ^l, by Mehler's formula. So B says all about the
distribution of a mean over slices as n grows, and a few numbers more what is different at n rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]

# The first order that is left when location and scale have been estimated.
FIRST_ORDER = {"standard": 1, "composite": 3}


def _nothing(null: str, n: int) -> float:
    return 0.0


@dataclass(frozen=True)
class Quadratic:
    """A distance as a quadratic form in Hermite sums, and what n rows change.

    Attributes
    ----------
    matrix : callable
        ``matrix(n)`` is B, (L, L), for the orders l, m = 1..L. Under the composite null the orders 1 and 2 drop out.
    mean : callable
        ``mean(null, n)`` is the mean of n·d of one slice.
    excess : callable
        ``excess(null, n)`` are the coefficients e_0, e_1, ... of what the covariance Σ_p c_p ρ^p of n·d along two
        directions with cosine ρ has beyond c_p = 2 Σ B_lm², l + m = p.
    beyond : callable
        ``beyond(null, n)`` is the variance of the orders beyond the matrix. They correlate only along equal directions.
    skewed : frozenset of str
        The nulls under which the excess comes with a skewness of its own: its terms are not just larger but fewer.
    """

    matrix: Callable[[int], Floats]
    mean: Callable[[str, int], float]
    excess: Callable[[str, int], Floats]
    beyond: Callable[[str, int], float] = _nothing
    skewed: frozenset[str] = frozenset()


def reduced(matrix: Floats, null: str) -> Floats:
    """Return B with the orders that a null leaves.

    Examples
    --------
    >>> reduced(np.ones((3, 3)), "composite")
    array([[0., 0., 0.],
           [0., 0., 0.],
           [0., 0., 1.]])
    """
    left = matrix.copy()
    gone = FIRST_ORDER[null] - 1
    left[:gone] = 0.0
    left[:, :gone] = 0.0
    return left


def covariance(matrix: Floats) -> Floats:
    """Return c_0, ..., c_2L of the covariance Σ_p c_p ρ^p = 2 Σ_lm B_lm² ρ^(l+m) of two slices."""
    order = len(matrix)
    squares = 2.0 * matrix * matrix
    found = np.zeros(2 * order + 1)
    for row in range(order):
        found[row + 2 : row + 2 + order] += squares[row]
    return found


def polynomial(coefficients: Mapping[int, float]) -> Floats:
    """Return the coefficients by power, from 0 on.

    Examples
    --------
    >>> polynomial({1: 2.0, 3: -1.0})
    array([ 0.,  2.,  0., -1.])
    """
    found = np.zeros(max(coefficients) + 1)
    for power, coefficient in coefficients.items():
        found[power] = coefficient
    return found


def padded_sum(first: Floats, second: Floats) -> Floats:
    """Return the sum of two sequences of coefficients, of which one may be longer."""
    if len(first) < len(second):
        first, second = second, first
    total = first.copy()
    total[: len(second)] += second
    return total
