"""Kolmogorov-Smirnov: max_i max(i/n − u_i, u_i − (i−1)/n) = max_i |u_i − p_i| + 1/(2n), p_i = (2i − 1)/(2n)."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, is_numpy_namespace

from slicednorm.distances import _normal
from slicednorm.distances._distance import Distance
from slicednorm.distances._normal import Array
from slicednorm.distances._positions import midpoints

# Φ is first taken at every so many sorted values, then where the largest deviation can still be.
_STRIDE = 32


def _twice_deviation(xp: Any, y: Array, p: Array) -> Array:
    """Return 2(u − p), centred at 0 to keep the digits that 1 − u loses."""
    return _normal.centred_cdf(xp, y) - (2.0 * p - 1.0)


def _pruned_maximum(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return max_i |2(u_i − p_i)| of each row of y (rows, n) without Φ at most of the values.

    Between two values at which u is known, i < l, both u and p only grow, so that there
    u − p ≤ u_l − p_{i+1} and p − u ≤ p_{l−1} − u_i.
    """
    rows, n = y.shape
    p = midpoints(np, y)
    grid = np.append(np.arange(0, n - 1, _STRIDE), n - 1)
    deviation = _twice_deviation(np, y[:, grid], p[grid])
    maximum = np.max(np.abs(deviation), axis=-1)
    # In doubled units p grows by 2/n a value.
    growth = (2.0 / n) * (np.diff(grid) - 1)
    bound = np.maximum(deviation[:, 1:] + growth.astype(y.dtype), growth.astype(y.dtype) - deviation[:, :-1])
    row, cell = np.nonzero(bound > maximum[:, np.newaxis])
    if row.size:
        inside = np.minimum(grid[cell][:, np.newaxis] + np.arange(1, _STRIDE), n - 1)
        refined = np.max(np.abs(_twice_deviation(np, y[row[:, np.newaxis], inside], p[inside])), axis=-1)
        np.maximum.at(maximum, row, refined)
    return maximum


def value(y: Array) -> Array:
    """Return d_S of sorted samples y (..., n), the two-sided statistic of ``scipy.stats.kstest``.

    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.174678
    """
    xp = array_namespace(y)
    n = y.shape[-1]
    if is_numpy_namespace(xp) and n > 4 * _STRIDE:
        maximum = _pruned_maximum(y.reshape(-1, n)).reshape(y.shape[:-1])
    else:
        maximum = xp.max(xp.abs(_twice_deviation(xp, y, midpoints(xp, y))), axis=-1)
    return 0.5 * maximum + 0.5 / n


def gradient(y: Array) -> Array:
    """Return ∂d/∂y_(i) = ±φ(y_(i)) at the value that attains the maximum (the first of equals), 0 elsewhere."""
    xp = array_namespace(y)
    deviation = _twice_deviation(xp, y, midpoints(xp, y))
    at = xp.argmax(xp.abs(deviation), axis=-1, keepdims=True)
    here = xp.arange(y.shape[-1], dtype=at.dtype, device=getattr(y, "device", None)) == at
    return xp.where(here, xp.sign(deviation) * _normal.pdf(xp, y), xp.zeros_like(y))


DISTANCE = Distance(
    name="ks",
    title="Kolmogorov-Smirnov",
    model="sksae",
    value=value,
    gradient=gradient,
    needs_sorted=True,
    source="arXiv 1901.10417 (SKSAE), two-sided as in scipy.stats.kstest",
)
