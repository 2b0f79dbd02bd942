"""Epps-Pulley: ∫ |φ_n(t) − exp(−t²/2)|² exp(−t²/2) dt, φ_n the empirical characteristic function."""

from slicednorm.distances import _spectral
from slicednorm.distances._distance import Distance
from slicednorm.distances._namespace import Array, array_namespace

_GAMMA = 0.5


def value(y: Array, *, reach: float | None = None) -> Array:
    """Return d_S of samples y (..., n) in any order; n times it is the statistic of Epps and Pulley.

    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.011687
    """
    return _spectral.weighted_value(array_namespace(y), y, _GAMMA, reach)


def gradient(y: Array, *, reach: float | None = None) -> Array:
    """Return ∂d/∂y_i, in the order of y."""
    return _spectral.weighted_gradient(array_namespace(y), y, _GAMMA, reach)


DISTANCE = Distance(
    name="ep",
    title="Epps-Pulley",
    model=None,
    value=value,
    gradient=gradient,
    needs_sorted=False,
    source="Epps and Pulley, Biometrika 70 (1983)",
)
