"""Cramér-von Mises: (1/n) Σ (u_i − p_i)² + 1/(12n²), u_i = Φ(y_(i)), p_i = (2i − 1)/(2n).

It is a mean over all pairs, (1/n²) Σ_ij h(u_i, u_j) with h(u, v) = 1/3 − max(u, v) + (u² + v²)/2. The unbiased form
leaves out the pairs i = j, where h(u, u) = 1/12 + (2u − 1)²/4, and divides by n(n − 1).
"""

from __future__ import annotations

from typing import Any

from slicednorm.distances import _normal
from slicednorm.distances._distance import Distance
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._positions import centred_midpoints
from slicednorm.distances._quadratic.degrees import Falling, Standardised
from slicednorm.distances._quadratic.edf import edf_form
from slicednorm.distances._quadratic.hermite import DENSITY, tail


def _value(xp: Any, centred: Array, twice: Array, unbiased: bool) -> Array:
    n = twice.shape[-1]
    squares = 0.25 * xp.vecdot(twice, twice)
    if not unbiased:
        return squares / n + 1.0 / (12.0 * n * n)
    return (squares - 0.25 * xp.vecdot(centred, centred) / n - (1.0 - 1.0 / n) / 12.0) / (n - 1.0)


def value(y: Array, *, unbiased: bool = False) -> Array:
    """Return d_S of sorted samples y (..., n); n times it is scipy's ``cramervonmises`` statistic.

    Examples
    --------
    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.009302
    """
    xp = array_namespace(y)
    centred = _normal.centred_cdf(xp, y)
    return _value(xp, centred, centred - centred_midpoints(xp, y), unbiased)


def value_and_gradient(y: Array, *, unbiased: bool = False) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_(i) = (2/n)(u_i − p_i) φ(y_(i))."""
    xp = array_namespace(y)
    n = y.shape[-1]
    centred = _normal.centred_cdf(xp, y)
    twice = centred - centred_midpoints(xp, y)
    slope = (twice - centred / n) / (n - 1.0) if unbiased else twice / n
    return _value(xp, centred, twice, unbiased), slope * _normal.pdf(xp, y)


DISTANCE = Distance(
    name="cvm",
    title="Cramér-von Mises",
    sensitive_to="location and shape in the middle",
    model="scvmae",
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=True,
    source="arXiv 1901.10417, eq. 4, with the sign of its middle term corrected",
    options=frozenset({"unbiased"}),
    quadratic=edf_form(
        lambda: DENSITY,
        mean=1.0 / 6.0,
        variance=1.0 / 45.0,
        own=lambda: 1.0 / 12.0 + (0.5 - tail()) ** 2,
        standardised=Standardised(Falling(-0.0065), Falling(0.00565), Falling(0.096), Falling(0.1)),
    ),
)
