"""The pair form of the spectral distances, for samples of any scale, in O(n) and with no n×n matrix.

    E_γ(y) = (1/n²) Σ_ij κ(y_i − y_j; 2γ) + κ(0; 2 + 2γ) − (2/n) Σ_i κ(y_i; 1 + 2γ),    κ(x; v) = √(2π/v) exp(−x²/(2v))

The kernel of the pairs reaches only w = √(4γ log 1/ε). So the line is cut into tiles of width w; points meet only
points of their own and the adjacent tiles, and the sum over those is a trapezoidal rule of period 3w, of some 40
nodes at any scale of the data. It is computed in float64, because the pair form cancels if the sample is nearly normal.

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

# The height below which a kernel counts as zero, in float64.
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


class _NumpySegments:
    """Segments of sorted samples (rows, n), the runs of points in one tile, in flat arrays: as many as there are."""

    def __init__(self, tile: np.ndarray[Any, Any]) -> None:
        climb = np.full(tile.shape, np.inf)
        np.subtract(tile[:, 1:], tile[:, :-1], out=climb[:, 1:])
        (self._starts,) = np.nonzero(climb.ravel() > 0.0)
        self._counts = np.diff(self._starts, append=tile.size)
        self._rows = np.searchsorted(self._starts, np.arange(0, tile.size, tile.shape[1]))
        # Whether the next segment lies in the adjacent tile of the same row.
        self.touches = np.append(climb.ravel()[self._starts[1:]] == 1.0, False).astype(np.float64)

    def flat(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return values.ravel()

    def sums(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.add.reduceat(values, self._starts)

    def spread(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.repeat(values, self._counts)

    def by_row(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.add.reduceat(values, self._rows)


class _Segments:
    """Segments in arrays (rows, n), whose shape does not depend on the values: unused places are 0."""

    def __init__(self, xp: Any, tile: Array) -> None:
        self._xp = xp
        climb = tile[:, 1:] - tile[:, :-1]
        zero = xp.zeros_like(tile[:, :1])
        climbs = xp.concat([zero, xp.astype(climb > 0.0, tile.dtype)], axis=-1)
        self._places = xp.astype(xp.cumulative_sum(climbs, axis=-1), xp.int64)
        self.touches = self.sums(xp.concat([xp.astype(climb == 1.0, tile.dtype), zero], axis=-1))

    def flat(self, values: Array) -> Array:
        return values

    def sums(self, values: Array) -> Array:
        return self._xp.zeros_like(values).scatter_add(-1, self._places, values)

    def spread(self, values: Array) -> Array:
        return self._xp.take_along_axis(values, self._places, axis=-1)

    def by_row(self, values: Array) -> Array:
        return self._xp.sum(values, axis=-1)


def _shifted(xp: Any, values: Array) -> tuple[Array, Array]:
    """Return the values of the segment after and before each, 0 beyond the ends."""
    zero = xp.zeros_like(values[..., :1])
    after = xp.concat([values[..., 1:], zero], axis=-1)
    return after, xp.concat([zero, values[..., :-1]], axis=-1)


def _pairs(xp: Any, y: Array, gamma: float, with_gradient: bool) -> tuple[Array, Array]:
    """Return ∫ |Σ exp(i t y)|² exp(−γt²) dt of sorted samples (rows, n), and its gradient in y if asked for."""
    rule = _rule(gamma)
    tile = xp.floor(y / rule.width)
    segments = _NumpySegments(tile) if is_numpy_namespace(xp) else _Segments(xp, tile)
    local = segments.flat(y - (tile + 0.5) * rule.width)
    turn = xp.exp(1j * (rule.step * local))
    phase = xp.ones_like(turn)
    total = xp.zeros_like(segments.touches)
    slope = xp.zeros_like(local)
    for j, weight in enumerate(rule.weights):
        sums = segments.sums(phase)
        # A neighbour's phases relative to this tile's centre: exp(i t w) for the tile above.
        above, _ = _shifted(xp, sums)
        _, below = _shifted(xp, segments.touches * sums)
        shift = complex(math.cos(j * rule.step * rule.width), math.sin(j * rule.step * rule.width))
        met = sums + shift * (segments.touches * above) + shift.conjugate() * below
        total = total + weight * xp.real(xp.conj(sums) * met)
        if with_gradient:
            slope = slope + (2.0 * weight * j * rule.step) * xp.imag(xp.conj(phase) * segments.spread(met))
        phase = phase * turn
    return segments.by_row(total), xp.reshape(slope, y.shape)


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
    # The inverse of the order puts the slopes back.
    back = xp.argsort(order, axis=-1)
    return value, xp.take_along_axis(slope, back, axis=-1) / count + (2.0 / (n * variance)) * y * cross
