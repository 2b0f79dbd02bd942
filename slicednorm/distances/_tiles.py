"""The pair form of the spectral distances, for samples of any scale, in O(n) and with no n×n matrix.

    E_γ(y) = (1/n²) Σ_ij κ(y_i − y_j; 2γ) + κ(0; 2 + 2γ) − (2/n) Σ_i κ(y_i; 1 + 2γ),    κ(x; v) = √(2π/v) exp(−x²/(2v))

The kernel of the pairs reaches only w = √(4γ log 1/ε). So the line is cut into tiles of width w; points meet only
points of their own and the adjacent tile, and the sum over those is a trapezoidal rule of period 3w, of some 40
nodes whatever the scale of the data. In float64, because the pair form cancels where the sample is near to normal.

All shapes follow from that of y alone and nothing is read back, so that a GPU never waits and a graph can be captured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import is_numpy_namespace

from slicednorm.distances._namespace import Array, wide_dtype

# Where a kernel counts as gone, in float64.
EPSILON = 1e-16


@dataclass(frozen=True)
class _Rule:
    """The tiles' width, and the trapezoidal rule of period 3·width that sums a kernel over neighbours."""

    width: float
    step: float
    weights: tuple[float, ...]


@lru_cache(maxsize=64)
def _rule(gamma: float) -> _Rule:
    log_eps = -math.log(EPSILON)
    width = math.sqrt(4.0 * gamma * log_eps)
    step = 2.0 * math.pi / (3.0 * width)
    count = math.ceil(math.sqrt(log_eps / gamma) / step) + 1
    weights = [2.0 * step * math.exp(-gamma * (j * step) ** 2) for j in range(count)]
    weights[0] *= 0.5
    return _Rule(width, step, tuple(weights))


def _segment_sum(xp: Any, values: Array, segments: Array) -> Array:
    """Return, at [r, s], the sum of the values of row r that lie in segment s; both arrays are (rows, n)."""
    if not is_numpy_namespace(xp):
        return xp.zeros_like(values).scatter_add(-1, segments, values)
    rows, n = values.shape
    places = segments + n * np.arange(rows)[:, np.newaxis]
    return np.bincount(places.ravel(), weights=values.ravel(), minlength=rows * n).reshape(rows, n)


def _next(xp: Any, values: Array) -> Array:
    """Return the values of the segment after each, 0 after the last."""
    return xp.concat([values[:, 1:], xp.zeros_like(values[:, :1])], axis=-1)


def _previous(xp: Any, values: Array) -> Array:
    """Return the values of the segment before each, 0 before the first."""
    return xp.concat([xp.zeros_like(values[:, :1]), values[:, :-1]], axis=-1)


def _pairs(xp: Any, y: Array, gamma: float, with_gradient: bool) -> tuple[Array, Array]:
    """Return ∫ |Σ exp(i t y)|² exp(−γt²) dt of sorted samples (rows, n), and its gradient by y if asked for."""
    rule = _rule(gamma)
    tile = xp.floor(y / rule.width)
    climb = tile[:, 1:] - tile[:, :-1]
    first = xp.zeros_like(tile[:, :1])
    segments = xp.astype(xp.cumulative_sum(xp.astype(climb > 0.0, y.dtype), axis=-1), xp.int64)
    segments = xp.concat([xp.astype(first, xp.int64), segments], axis=-1)
    # 1 for a segment whose next one lies in the adjacent tile.
    touches = _segment_sum(xp, xp.concat([xp.astype(climb == 1.0, y.dtype), first], axis=-1), segments)
    local = y - (tile + 0.5) * rule.width
    cos, sin = xp.ones_like(local), xp.zeros_like(local)
    turn_cos, turn_sin = xp.cos(rule.step * local), xp.sin(rule.step * local)
    total = xp.zeros_like(y[:, 0])
    slope = xp.zeros_like(y)
    for j, weight in enumerate(rule.weights):
        sum_cos, sum_sin = _segment_sum(xp, cos, segments), _segment_sum(xp, sin, segments)
        # A neighbour's phases are seen from this tile's centre: exp(i t w) for the one above.
        above_cos, above_sin = touches * _next(xp, sum_cos), touches * _next(xp, sum_sin)
        below_cos, below_sin = _previous(xp, touches * sum_cos), _previous(xp, touches * sum_sin)
        c, s = math.cos(j * rule.step * rule.width), math.sin(j * rule.step * rule.width)
        met_cos = sum_cos + c * (above_cos + below_cos) - s * (above_sin - below_sin)
        met_sin = sum_sin + c * (above_sin + below_sin) + s * (above_cos - below_cos)
        total = total + weight * (xp.vecdot(sum_cos, met_cos) + xp.vecdot(sum_sin, met_sin))
        if with_gradient:
            here_cos = xp.take_along_axis(met_cos, segments, axis=-1)
            here_sin = xp.take_along_axis(met_sin, segments, axis=-1)
            slope = slope + (2.0 * weight * j * rule.step) * (cos * here_sin - sin * here_cos)
        cos, sin = cos * turn_cos - sin * turn_sin, sin * turn_cos + cos * turn_sin
    return total, slope


def kernel(xp: Any, y: Array, variance: float) -> Array:
    """Return κ(y; variance) = ∫ cos(t y) exp(−variance t²/2) dt."""
    return math.sqrt(2.0 * math.pi / variance) * xp.exp(-0.5 * y * y / variance)


def far(xp: Any, y: Array, gamma: float, unbiased: bool, with_gradient: bool) -> tuple[Array, Array | None]:
    """Return E_γ of samples (rows, n) of any scale, in double precision, and ∂E_γ/∂y if asked for.

    The unbiased form leaves out the pairs i = j and divides by n(n − 1).
    """
    y = xp.astype(y, wide_dtype(xp, y))
    n = y.shape[-1]
    order = xp.argsort(y, axis=-1)
    pairs, slope = _pairs(xp, xp.take_along_axis(y, order, axis=-1), gamma, with_gradient)
    count = n * n
    if unbiased:
        pairs = pairs - n * math.sqrt(math.pi / gamma)
        count = n * (n - 1)
    variance = 1.0 + 2.0 * gamma
    cross = kernel(xp, y, variance)
    value = pairs / count + math.sqrt(math.pi / (1.0 + gamma)) - 2.0 * xp.mean(cross, axis=-1)
    if not with_gradient:
        return value, None
    # The order's own order puts the slopes back.
    back = xp.argsort(order, axis=-1)
    return value, xp.take_along_axis(slope, back, axis=-1) / count + (2.0 / (n * variance)) * y * cross
