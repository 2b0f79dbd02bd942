"""Means over all pairs of standardised rows: their exact mean and covariances at n rows.

Along one direction, n·d = (1/n) Σ_ij f(y_i − y_j) − 2 Σ_i g(y_i) + n c with even f and g. With the point θ of
`degrees`, y_i − y_j and y_i are multiples of ⟨a, θ⟩, where a is the unit vector along e_i − e_j, or that along
e_i − (1, ..., 1)/n. So f and g are sums of zonal harmonics, whose products have means that depend on the cosines
between the vectors a alone: 1, ½ or 0, and so on.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances._legendre import legendre_rule
from slicednorm.distances._quadratic.degrees import DEGREES, legendre

Array: TypeAlias = NDArray[np.float64]


_ORDER = 400
_FARTHEST = 16.0


@dataclass(frozen=True)
class PairKernel:
    """A statistic (1/n) Σ_ij f(i, j) − 2 Σ_i g(i) + n c.

    Attributes
    ----------
    pair : callable
        f, of the difference between two projected rows, or of the squared distance between two rows. It may overwrite
        what it is given.
    single : callable
        g, of a projected row, or of the squared length of a row.
    constant : float
        c.
    """

    pair: Callable[[Array], Array]
    single: Callable[[Array], Array]
    constant: float


def _half_line(dimensions: int) -> tuple[Array, Array]:
    """Return nodes y ≥ 0 and weights of the law of √N ⟨a, θ⟩ over |y|."""
    last = min(_FARTHEST, math.sqrt(dimensions))
    nodes, rule = legendre_rule(_ORDER)
    y = 0.5 * last * (nodes + 1.0)
    weights = rule * np.exp(0.5 * (dimensions - 3.0) * np.log1p(-np.minimum(y * y / dimensions, 1.0 - 1e-16)))
    return y, weights / weights.sum()


def _orthonormal(y: Array, dimensions: int) -> Array:
    """Return the orthonormal polynomials π_0, ..., π_DEGREES of that law at nodes."""
    index = 0.5 * dimensions - 1.0

    def step(k: int) -> float:
        return math.sqrt(dimensions * k * (k + 2.0 * index - 1.0) / (4.0 * (k + index) * (k + index - 1.0)))

    found = np.empty((DEGREES + 1, len(y)))
    found[0] = 1.0
    found[1] = y / step(1)
    for k in range(1, DEGREES):
        found[k + 1] = (y * found[k] - step(k) * found[k - 1]) / step(k + 1)
    return found


def standardised_moments(kernel: PairKernel, n: int) -> tuple[float, Array]:
    """Return the mean of n·d over standardised samples of n rows, and v_0, ..., v_DEGREES.

    Parameters
    ----------
    kernel : PairKernel
        f and g along one direction.
    n : int
        Number of rows, at least 4.
    """
    dimensions = n - 1
    y, weights = _half_line(dimensions)
    polynomials = _orthonormal(y, dimensions)
    of_pairs = polynomials @ (weights * kernel.pair(math.sqrt(2.0 * n / dimensions) * y))
    of_rows = polynomials @ (weights * kernel.single(y.copy()))
    disjoint = legendre(0.0, dimensions)
    sharing = legendre(math.sqrt(n / (2.0 * dimensions)), dimensions)
    # Sums of P_p over all couples of the vectors a: of ordered pairs, of a pair and a row, and of rows.
    pairs = n * (n - 1.0) * (2.0 + 4.0 * (n - 2) * legendre(0.5, dimensions) + (n - 2.0) * (n - 3.0) * disjoint)
    mixed = n * (n - 1.0) * (2.0 * sharing + (n - 2.0) * disjoint)
    rows = n * (1.0 + (n - 1.0) * legendre(-1.0 / dimensions, dimensions))
    found = (of_pairs / n) ** 2 * pairs - 4.0 / n * of_pairs * of_rows * mixed + 4.0 * of_rows**2 * rows
    # Odd degrees cancel, and there is no harmonic of degree 2 that all rows enter alike.
    found[1::2] = found[0] = found[2] = 0.0
    nothing = float(kernel.pair(np.zeros(1))[0])
    mean = nothing + (n - 1.0) * of_pairs[0] - 2.0 * n * of_rows[0] + n * kernel.constant
    return float(mean), np.maximum(found, 0.0)
