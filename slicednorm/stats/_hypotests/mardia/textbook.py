"""Mardia's measures in the form of textbooks and of other packages, by the moments of their limiting distributions.

Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970).
"""

from __future__ import annotations

import math


def kurtosis_limit(n: int, dim: int) -> tuple[float, float]:
    """Return the mean and the variance of b2 in the limit of many rows, when the rows are standardised."""
    return float(dim * (dim + 2)), 8.0 * dim * (dim + 2) / n


def classical_skewness(b1: float, n: int) -> float:
    """Return n·b1/6, in the limit of χ² with D(D + 1)(D + 2)/6 degrees of freedom.

    >>> classical_skewness(0.12, 50)
    1.0
    """
    return n * b1 / 6


def classical_kurtosis(b2: float, n: int, dim: int) -> float:
    """Return z = (b2 − D(D + 2))/√(8 D(D + 2)/n), in the limit standard normal.

    >>> classical_kurtosis(9.0, 64, 2)
    1.0
    """
    mean, variance = kurtosis_limit(n, dim)
    return (b2 - mean) / math.sqrt(variance)
