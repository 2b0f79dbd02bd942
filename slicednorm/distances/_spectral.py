"""Distances between characteristic functions under a Gaussian weight, in O(n·K) and with no n×n matrix.

    E_γ(y) = ∫ |φ_n(t) − exp(−t²/2)|² exp(−γ t²) dt,    φ_n(t) = (1/n) Σ exp(i t y_i)

`ep` is E at γ = 1/2, `cw` is E/(2π) at Silverman's γ. By Parseval E is 2π times a sum of Gaussian kernels over
all pairs; as an integral it is a sum of squares, which keeps its digits where the pairs cancel.

**Near data** (|y| ≤ 40): the trapezoidal rule, exponentially accurate. Its step is 2π/P; it returns the pair sum
with every kernel repeated at period P, so P must put the nearest copy of each of the three kernels out of reach,
for points no farther than R from 0. The nodes t_j = j·h, j = 1..2AB, are written a ± b, with A giant and B baby
steps, so that all the sums Σ cos t_j y, Σ sin t_j y come out of one matrix product of cos/sin at a with
cos/sin at b: 2A + 2B rows per sample instead of 4AB. Those rows come from two-term recurrences of a few steps.

**Far data**: R, and so the number of nodes, grows with the farthest point, while the kernel reaches only
w = √(4γ log 1/ε). So the line is cut into tiles of width w; points meet only points of their own and the
adjacent tile, for which a period of 3w is enough, whatever the scale of the data: some 40 nodes. In float64,
because the pair form cancels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances._normal import Array

FAR = 40.0

# Elements of one sample that are processed together: the rows of cosines then stay in cache.
_BLOCK = 8192

# Where a kernel counts as gone. Float32 rounds the sums at 1e-7, so fewer nodes serve it as well.
_EPSILON = {4: 1e-7, 8: 1e-16}


@dataclass(frozen=True)
class Grid:
    """The nodes (a_i ± b_j)·step of the trapezoidal rule, a_i = 2B·i + B + 1/2... and their weights."""

    step: float
    giants: int
    babies: int

    @property
    def nodes(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return t_j, j = 1..2·giants·babies."""
        return self.step * np.arange(1, 2 * self.giants * self.babies + 1)


def make_grid(gamma: float, reach: float, itemsize: int) -> Grid:
    """Return the grid that integrates samples within ``reach`` of 0 to the precision of their dtype."""
    log_eps = -math.log(_EPSILON[itemsize])

    def width(variance: float) -> float:
        return math.sqrt(2.0 * variance * log_eps)

    period = max(2.0 * reach + width(2.0 * gamma), reach + width(1.0 + 2.0 * gamma), width(2.0 + 2.0 * gamma))
    step = 2.0 * math.pi / period
    count = math.ceil(math.sqrt(log_eps / gamma) / step)
    # Rows cost about as much as their products at this balance; multiples of four suit the matrix product.
    babies = 4 if count <= 160 else 4 * math.ceil(math.sqrt(count / 2.0) / 4.0)
    return Grid(step, math.ceil(count / (2 * babies)), babies)


def _phases(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return (…, 2A, n) cosines then sines at the giant steps and (…, 2B, n) at the baby steps."""
    theta = y * (0.5 * grid.step)
    cos, sin = [xp.cos(theta)], [xp.sin(theta)]
    twice = 4.0 * cos[0] * cos[0] - 2.0
    # Half-odd multiples of θ: the one before the first is its mirror image.
    cos.append(twice * cos[0] - cos[0])
    sin.append(twice * sin[0] + sin[0])
    while len(cos) <= grid.babies:
        cos.append(twice * cos[-1] - cos[-2])
        sin.append(twice * sin[-1] - sin[-2])
    b = grid.babies
    giant_cos, giant_sin = [cos[b]], [sin[b]]
    if grid.giants > 1:
        # Steps of 2Bθ from (B + 1/2)θ; the one before the first is −(B − 1/2)θ.
        twice = 2.0 * (cos[b] * cos[b - 1] - sin[b] * sin[b - 1])
        giant_cos.append(twice * cos[b] - cos[b - 1])
        giant_sin.append(twice * sin[b] + sin[b - 1])
    while len(giant_cos) < grid.giants:
        giant_cos.append(twice * giant_cos[-1] - giant_cos[-2])
        giant_sin.append(twice * giant_sin[-1] - giant_sin[-2])
    return xp.stack(giant_cos + giant_sin, axis=-2), xp.stack(cos[:b] + sin[:b], axis=-2)


def _node_sums(xp: Any, products: Array, grid: Grid) -> tuple[Array, Array]:
    """Turn the (…, 2A, 2B) products of phases into Σ cos t_j y and Σ sin t_j y, each (…, 2AB)."""
    a, b = grid.giants, grid.babies
    cc, cs = products[..., :a, :b], products[..., :a, b:]
    sc, ss = products[..., a:, :b], products[..., a:, b:]
    # Nodes of giant i: a_i − b_B … a_i − b_1, a_i + b_1 … a_i + b_B.
    cos = xp.concat([xp.flip(cc + ss, axis=-1), cc - ss], axis=-1)
    sin = xp.concat([xp.flip(sc - cs, axis=-1), sc + cs], axis=-1)
    shape = (*products.shape[:-2], 2 * a * b)
    return xp.reshape(cos, shape), xp.reshape(sin, shape)


def _residuals(xp: Any, y: Array, gamma: float, grid: Grid) -> tuple[Array, Array, Array, Array]:
    """Return Re and Im of φ_n − exp(−t²/2) at the nodes, the nodes and the weights 2h exp(−γt²)."""
    wide = xp.float64
    if is_numpy_namespace(xp) and y.size > _BLOCK:
        products = 0.0
        block = max(1, _BLOCK // max(1, math.prod(y.shape[:-1])))
        block = max(block, 1024)
        for start in range(0, y.shape[-1], block):
            giant, baby = _phases(xp, y[..., start : start + block], grid)
            products = products + np.matmul(giant, np.swapaxes(baby, -1, -2)).astype(np.float64)
    else:
        giant, baby = _phases(xp, y, grid)
        products = xp.astype(xp.matmul(giant, xp.matrix_transpose(baby)), wide)
    cos, sin = _node_sums(xp, products / y.shape[-1], grid)
    nodes = grid.nodes
    t = xp.asarray(nodes, dtype=wide, device=device(y))
    weights = xp.asarray(2.0 * grid.step * np.exp(-gamma * nodes * nodes), dtype=wide, device=device(y))
    return cos - xp.exp(-0.5 * t * t), sin, t, weights


def near_value(xp: Any, y: Array, gamma: float, grid: Grid) -> Array:
    """Return E_γ of samples (..., n) that lie within the grid's reach."""
    real, imaginary, _, weights = _residuals(xp, y, gamma, grid)
    return xp.sum((real * real + imaginary * imaginary) * weights, axis=-1)


def near_gradient(xp: Any, y: Array, gamma: float, grid: Grid) -> Array:
    """Return ∂E_γ/∂y_i = (2/n) Σ_j weight_j t_j (Im_j cos t_j y_i − Re_j sin t_j y_i)."""
    real, imaginary, t, weights = _residuals(xp, y, gamma, grid)
    factor = 2.0 * weights * t / y.shape[-1]
    a, b = grid.giants, grid.babies
    shape = (*y.shape[:-1], a, 2 * b)
    on_cos = xp.reshape(factor * imaginary, shape)
    on_sin = xp.reshape(-factor * real, shape)
    # Node a − b stands at the mirrored place of a + b: gather the coefficients of each product of phases.
    minus_cos, plus_cos = xp.flip(on_cos[..., :b], axis=-1), on_cos[..., b:]
    minus_sin, plus_sin = xp.flip(on_sin[..., :b], axis=-1), on_sin[..., b:]
    top = xp.concat([plus_cos + minus_cos, plus_sin - minus_sin], axis=-1)
    bottom = xp.concat([plus_sin + minus_sin, minus_cos - plus_cos], axis=-1)
    mixing = xp.astype(xp.concat([top, bottom], axis=-2), y.dtype)
    giant, baby = _phases(xp, y, grid)
    return xp.sum(giant * xp.matmul(mixing, baby), axis=-2)


def _tile_sums(y: np.ndarray[Any, Any], gamma: float) -> tuple[Any, ...]:
    """Cut one sorted float64 sample into tiles and return what the far path's value and gradient share."""
    log_eps = -math.log(_EPSILON[8])
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
    width, starts, adjacent, local, nodes, weights = _tile_sums(y, gamma)
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


def _kernel(y: Array, variance: float) -> Array:
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


def _reaches(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the reach of each sample (rows, n), rounded up so that like samples share a grid."""
    reach = np.maximum(np.max(y, axis=-1), -np.min(y, axis=-1)).astype(np.float64)
    return np.where(reach <= 8.0, np.ceil(2.0 * np.maximum(reach, 3.0)) / 2.0, 8.0 * np.ceil(reach / 8.0))


def _by_reach(y: np.ndarray[Any, Any], gamma: float, out: np.ndarray[Any, Any], near: Any, far: Any) -> None:
    """Fill ``out`` row by row, each from the cheapest form that is exact for it.

    A row's form depends on that row alone, so that a sample's distance does not depend on what it is
    computed together with.
    """
    reaches = _reaches(y)
    for reach in np.unique(reaches):
        rows = np.flatnonzero(reaches == reach)
        if reach <= FAR:
            grid = make_grid(gamma, float(reach), y.dtype.itemsize)
            everything = len(rows) == len(y)
            out[rows] = near(np, y if everything else y[rows], gamma, grid)
        else:
            for row in rows:
                out[row] = far(y[row], gamma)


def weighted_value(xp: Any, y: Array, gamma: float, reach: float | None = None) -> Array:
    """Return E_γ of samples y (..., n).

    ``reach`` is a bound of |y| known beforehand; without one it is looked up in the data, row by row.
    """
    if reach is not None or not is_numpy_namespace(xp):
        grid = make_grid(gamma, FAR if reach is None else reach, y.dtype.itemsize)
        return xp.astype(near_value(xp, y, gamma, grid), y.dtype)
    flat = y.reshape(-1, y.shape[-1])
    out = np.empty(flat.shape[0])
    _by_reach(flat, gamma, out, near_value, far_value)
    return out.reshape(y.shape[:-1]).astype(y.dtype)


def weighted_gradient(xp: Any, y: Array, gamma: float, reach: float | None = None) -> Array:
    """Return ∂E_γ/∂y, of the shape of y."""
    if reach is not None or not is_numpy_namespace(xp):
        grid = make_grid(gamma, FAR if reach is None else reach, y.dtype.itemsize)
        return near_gradient(xp, y, gamma, grid)
    flat = y.reshape(-1, y.shape[-1])
    out = np.empty_like(flat)
    _by_reach(flat, gamma, out, near_gradient, far_gradient)
    return out.reshape(y.shape)
