"""The exact laws of rows that were standardised by their own mean and variance (divisor n).

The standardised sample of one slice is √n times a uniform point of the unit sphere of the n − 1 dimensions that are
orthogonal to (1, ..., 1). So (y_1, y_2) is √(n − 1) times two coordinates of a uniform unit vector there, turned to
have the correlation −1/(n − 1). It does not depend on the number of columns.
"""

from __future__ import annotations

import math

import numpy as np

from slicednorm.distances._legendre import legendre_rule
from slicednorm.distances._quadratic.form import Floats

_ORDER = 64


def above(x: Floats, n: int) -> Floats:
    """Return P(y_1 > x), x ≥ 0."""
    from scipy import special

    inside = np.clip(1.0 - x * x / (n - 1.0), 0.0, 1.0)
    return np.asarray(0.5 * special.betainc(0.5 * (n - 2.0), 0.5, inside))


def both_above(x: Floats, n: int) -> Floats:
    """Return P(y_1 > x, y_2 > x), x ≥ 0.

    The radius R of the two coordinates has P(R > r) = (1 − r²/(n − 1))^((n−3)/2), and their angle is uniform.
    """
    alpha = 0.5 * math.acos(-1.0 / (n - 1.0))
    width = 0.5 * math.pi - alpha
    angles, weights = legendre_rule(_ORDER)
    nearest = np.cos(alpha + 0.5 * width * (angles + 1.0))
    inside = np.clip(1.0 - (x[:, np.newaxis] / nearest) ** 2 / (n - 1.0), 0.0, 1.0)
    return np.asarray(inside ** (0.5 * (n - 3.0)) @ weights * (0.5 * width / math.pi))


def mean_deviation(n: int) -> float:
    """Return the mean of the standard deviation, divisor n, of n standard normal values."""
    return math.sqrt(2.0 / n) * math.exp(math.lgamma(0.5 * n) - math.lgamma(0.5 * (n - 1.0)))
