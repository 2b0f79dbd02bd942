"""Kolmogorov-Smirnov: ``max_i max(i/n − u_i, u_i − (i−1)/n) = max_i |u_i − p_i| + 1/(2n)``, p_i = (2i − 1)/(2n)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances import _normal, cvm
from slicednorm.distances._distance import Distance
from slicednorm.distances._large_n import LargeN
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._positions import centred_midpoints, twice_deviation

# Φ is first computed at every √n/8-th sorted value, then only where the largest deviation can still be: between two of
# these values a deviation can exceed theirs by 2·stride/n, while the maximum is about 0.9/√n.
_STRIDES_PER_ROOT = 8
_LEAST_STRIDE = 8

# The norm of u − p that stands in for its maximum in the search for a direction.
_POWER = 8


def _pruned_maximum(y: np.ndarray[Any, Any], stride: int) -> np.ndarray[Any, Any]:
    """Return max_i |2(u_i − p_i)| of each row of y (rows, n) without Φ at most of the values.

    Between two values i < l at which u is known, u and p only grow, so that u − p ≤ u_l − p_{i+1} and
    p − u ≤ p_{l−1} − u_i there.
    """
    n = y.shape[-1]
    cells = n // stride
    blocked = cells * stride
    # 2p − 1 at every value; the grid has the first value of every cell and the last value of all.
    centred = centred_midpoints(np, y)
    grid = np.append(np.arange(0, blocked, stride), n - 1)
    known = _normal.centred_cdf(np, np.concatenate([y[:, :blocked:stride], y[:, -1:]], axis=-1))
    maximum = np.max(np.abs(known - centred[grid]), axis=-1)
    bound = np.maximum(known[:, 1:] - centred[grid[:-1] + 1], centred[grid[1:] - 1] - known[:, :-1])
    row, cell = np.nonzero(bound > maximum[:, np.newaxis])
    if row.size:
        # Whole cells are gathered, which copies runs of memory instead of single values.
        steps = (y.strides[0], stride * y.strides[1], y.strides[1])
        in_cells = np.lib.stride_tricks.as_strided(y, (len(y), cells, stride), steps, writeable=False)
        deviation = _normal.centred_cdf(np, in_cells[row, cell]) - centred[:blocked].reshape(cells, stride)[cell]
        np.maximum.at(maximum, row, np.max(np.abs(deviation), axis=-1))
    if blocked < n:
        rest = np.abs(_normal.centred_cdf(np, y[:, blocked:]) - centred[blocked:])
        maximum = np.maximum(maximum, np.max(rest, axis=-1))
    return maximum


def value(y: Array) -> Array:
    """Return d_S of sorted samples y (..., n), the two-sided statistic of ``scipy.stats.kstest``.

    Examples
    --------
    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.174678
    """
    xp = array_namespace(y)
    n = y.shape[-1]
    stride = math.isqrt(n) // _STRIDES_PER_ROOT
    if is_numpy_namespace(xp) and stride >= _LEAST_STRIDE:
        maximum = _pruned_maximum(y.reshape(-1, n), stride).reshape(y.shape[:-1])
    else:
        maximum = xp.max(xp.abs(twice_deviation(xp, y)), axis=-1)
    return 0.5 * maximum + 0.5 / n


def value_and_gradient(y: Array) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_(i): ±φ(y_(i)) at the value that attains the maximum (the first of equals), 0 elsewhere."""
    xp = array_namespace(y)
    deviation = twice_deviation(xp, y)
    at = xp.argmax(xp.abs(deviation), axis=-1, keepdims=True)
    largest = xp.take_along_axis(deviation, at, axis=-1)
    density = _normal.pdf(xp, xp.take_along_axis(y, at, axis=-1))
    here = xp.arange(y.shape[-1], dtype=at.dtype, device=device(y)) == at
    slope = xp.where(here, xp.sign(largest) * density, xp.zeros_like(density))
    return 0.5 * xp.abs(largest[..., 0]) + 0.5 / y.shape[-1], slope


def _smooth_maximum(y: np.ndarray[Any, Any]) -> tuple[Array, Array]:
    """Return the norms (mean |u_i − p_i|⁸)^(1/8) of sorted samples (..., n), float64, and their gradients.

    The gradient of the maximum itself is that of a single value, and does not tell where the maximum moves when the
    direction turns. The values near it do.
    """
    deviation = 0.5 * twice_deviation(np, y)
    largest = np.maximum(np.max(np.abs(deviation), axis=-1, keepdims=True), np.finfo(np.float64).tiny)
    relative = deviation / largest
    powers = relative ** (_POWER - 1)
    mean = np.mean(powers * relative, axis=-1, keepdims=True)
    slope = mean ** (1.0 / _POWER - 1.0) / y.shape[-1] * powers * _normal.pdf(np, y)
    return (largest * mean ** (1.0 / _POWER))[..., 0], slope


def _shift(before: int, after: int) -> float:
    """Return what the mean of √n·d, c − 1/(6√n) + O(1/n), gains between two n; c = √(π/2) log 2 (standard null)."""
    return (1.0 / math.sqrt(before) - 1.0 / math.sqrt(after)) / 6.0


DISTANCE = Distance(
    name="ks",
    title="Kolmogorov-Smirnov",
    sensitive_to="the largest gap between the distribution functions",
    model="sksae",
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=True,
    source="arXiv 1901.10417 (SKSAE), two-sided as in scipy.stats.kstest",
    order=0.5,
    large_n=LargeN(shift=_shift),
    # Cramér-von Mises is smooth, and its peak is near; the norm is climbed from there.
    ascent=(cvm.value_and_gradient, _smooth_maximum),
)
