"""Cramér-von Mises: (1/n) Σ (u_i − p_i)² + 1/(12n²), u_i = Φ(y_(i)), p_i = (2i − 1)/(2n)."""

from slicednorm.distances import _normal
from slicednorm.distances._distance import Distance
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._positions import twice_deviation


def value(y: Array) -> Array:
    """Return d_S of sorted samples y (..., n); n times it is scipy's ``cramervonmises`` statistic.

    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.009302
    """
    xp = array_namespace(y)
    n = y.shape[-1]
    twice = twice_deviation(xp, y)
    return 0.25 * xp.vecdot(twice, twice) / n + 1.0 / (12.0 * n * n)


def gradient(y: Array) -> Array:
    """Return ∂d/∂y_(i) = (2/n)(u_i − p_i) φ(y_(i))."""
    xp = array_namespace(y)
    return twice_deviation(xp, y) * _normal.pdf(xp, y) / y.shape[-1]


DISTANCE = Distance(
    name="cvm",
    title="Cramér-von Mises",
    model="scvmae",
    value=value,
    gradient=gradient,
    needs_sorted=True,
    source="arXiv 1901.10417, eq. 4, with the sign of its middle term mended",
)
