"""The pair form of the spectral distances, for samples of any scale, in O(n) and with no n×n matrix.

    E_γ(y) = (1/n²) Σ_ij κ(y_i − y_j; 2γ) + κ(0; 2 + 2γ) − (2/n) Σ_i κ(y_i; 1 + 2γ),    κ(x; v) = √(2π/v) exp(−x²/(2v))

The kernel of the pairs reaches only w = √(4γ log 1/ε). So the line is cut into tiles of width w; points meet only
points of their own and the adjacent tile, and the sum over those is a trapezoidal rule of period 3w, of some 40
nodes whatever the scale of the data. In float64, because the pair form cancels where the sample is near to normal.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

# Where a kernel counts as gone, in float64.
EPSILON = 1e-16


def _tiles(y: np.ndarray[Any, Any], gamma: float) -> tuple[Any, ...]:
    """Cut one sorted float64 sample into tiles and return what the far path's value and gradient share."""
    log_eps = -math.log(EPSILON)
    width = math.sqrt(4.0 * gamma * log_eps)
    index = np.floor(y / width)
    starts = np.flatnonzero(np.concatenate([[True], index[1:] != index[:-1]]))
    tile = index[starts]
    adjacent = np.flatnonzero(np.diff(tile) == 1.0)
    local = y - (index + 0.5) * width
    step = 2.0 * math.pi / (3.0 * width)
    nodes = step * np.arange(math.ceil(math.sqrt(log_eps / gamma) / step) + 1)
    weights = 2.0 * step * np.exp(-gamma * nodes * nodes)
    weights[0] *= 0.5
    return width, starts, adjacent, local, nodes, weights


def _far_pairs(y: np.ndarray[Any, Any], gamma: float, with_gradient: bool) -> tuple[float, Any]:
    """Return ∫ |Σ exp(i t y)|² exp(−γt²) dt of one sorted sample, and its gradient by y if asked for."""
    width, starts, adjacent, local, nodes, weights = _tiles(y, gamma)
    rotation = np.exp(1j * (nodes[1] - nodes[0]) * local)
    phase = np.ones_like(rotation)
    counts = np.diff(np.append(starts, y.size))
    total = 0.0
    slope = np.zeros_like(y) if with_gradient else None
    for t, weight in zip(nodes, weights, strict=True):
        sums = np.add.reduceat(phase, starts)
        # A neighbour's phases are seen from this tile's centre: exp(i t w) for the one above.
        met = sums.copy()
        turn = np.exp(1j * t * width)
        met[adjacent] += turn * sums[adjacent + 1]
        met[adjacent + 1] += np.conj(turn) * sums[adjacent]
        total += weight * float(np.real(np.vdot(sums, met)))
        if slope is not None:
            slope += (2.0 * weight * t) * np.imag(phase.conj() * np.repeat(met, counts))
        phase *= rotation
    return total, slope


def _kernel(y: Any, variance: float) -> Any:
    """Return ∫ cos(t y) exp(−variance t²/2) dt."""
    return math.sqrt(2.0 * math.pi / variance) * np.exp(-0.5 * y * y / variance)


def far_value(y: np.ndarray[Any, Any], gamma: float) -> float:
    """Return E_γ of one sample of any scale, by tiles."""
    y = np.sort(y.astype(np.float64))
    n = y.size
    pairs, _ = _far_pairs(y, gamma, with_gradient=False)
    return float(
        pairs / (n * n) + _kernel(np.float64(0.0), 2.0 + 2.0 * gamma) - 2.0 * np.mean(_kernel(y, 1.0 + 2.0 * gamma))
    )


def far_gradient(y: np.ndarray[Any, Any], gamma: float) -> np.ndarray[Any, Any]:
    """Return ∂E_γ/∂y_i of one sample of any scale, by tiles."""
    order = np.argsort(y)
    y = y.astype(np.float64)[order]
    n = y.size
    _, slope = _far_pairs(y, gamma, with_gradient=True)
    variance = 1.0 + 2.0 * gamma
    result = np.empty_like(y)
    result[order] = slope / (n * n) + (2.0 / n) * y / variance * _kernel(y, variance)
    return result
