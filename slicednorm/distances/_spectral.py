"""Distances between characteristic functions under a Gaussian weight, in O(n·K) and with no n×n matrix.

    E_γ(y) = ∫ |φ_n(t) − exp(−t²/2)|² exp(−γ t²) dt,    φ_n(t) = (1/n) Σ exp(i t y_i)

`ep` is E at γ = 1/2, `cw` is E/(2π) at Silverman's γ. By Parseval E is 2π times a sum of Gaussian kernels over
all pairs; as an integral it is a sum of squares, which keeps its digits where the pairs cancel.

**Near data** (|y| ≤ 40): the trapezoidal rule, exponentially accurate. Its step is 2π/P; it returns the pair sum
with every kernel repeated at period P, so P must put the nearest copy of each of the three kernels out of reach,
for points no farther than R from 0. The nodes t_j = j·h, j = 1..2AB, are written a ± b, with A giant and B baby
steps, so that all the sums Σ cos t_j y, Σ sin t_j y are products of the rows cos a y, sin a y with the rows cos b y,
sin b y: 2A + 2B rows per sample instead of 4AB. Those rows come from two-term recurrences of a few steps.

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

# Bytes of cosines and sines that are worked on together, so that they stay in cache.
_BLOCK_BYTES = 2 << 20

# Where a kernel counts as gone. Float32 rounds the sums of cosines at 1e-7, so fewer nodes serve it as well.
_EPSILON = {4: 1e-5, 8: 1e-16}

# Up to so many products of rows, single dot products beat a matrix product (for samples longer than this).
_FEW_PRODUCTS = 8
_LONG = 256


@dataclass(frozen=True)
class Grid:
    """Nodes j·step, j = 1..2AB, of the trapezoidal rule: A giant steps by B baby steps to either side."""

    step: float
    giants: int
    babies: int

    def block(self, itemsize: int) -> int:
        """Return how many values of a sample are worked on together."""
        return max(512, _BLOCK_BYTES // (2 * (self.giants + self.babies) * itemsize))

    @property
    def nodes(self) -> np.ndarray[Any, Any]:
        """Return t_j, j = 1..2·giants·babies."""
        return self.step * np.arange(1, 2 * self.giants * self.babies + 1)


def make_grid(gamma: float, reach: float, itemsize: int) -> Grid:
    """Return the grid that integrates samples within ``reach`` of 0 to the precision of their dtype."""
    log_eps = -math.log(_EPSILON[itemsize])

    def width(variance: float) -> float:
        return math.sqrt(2.0 * variance * log_eps)

    period = max(2.0 * reach + width(2.0 * gamma), reach + width(1.0 + 2.0 * gamma), width(2.0 + 2.0 * gamma))
    step = 2.0 * math.pi / float(period)
    count = math.ceil(math.sqrt(log_eps / gamma) / step)
    # About the fewest rows, A + B, that give 2AB nodes; for long sums B in fours, which suits the matrix product.
    half = math.ceil(count / 2)
    babies = math.ceil(math.sqrt(half)) if half <= 2 * _FEW_PRODUCTS else 4 * max(1, round(math.sqrt(half) / 5.0))
    return Grid(step, math.ceil(half / babies), babies)


def _advance(twice: Array, last: Array, before: Array, out: Array | None) -> Array:
    """Return 2 cos(δ) f(α) − f(α − δ), which is f(α + δ) for f = cos and sin."""
    if out is None:
        return twice * last - before
    np.multiply(twice, last, out=out)
    return np.subtract(out, before, out=out)


def _phases(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return cos and sin of a h y at the giant steps, (..., 2A, n), and at the baby steps, (..., 2B, n).

    The baby steps are a = 1/2, 3/2, …, B − 1/2, the giant ones B + 1/2, 3B + 1/2, …; the rows of each are
    cosine, sine, cosine, sine, ….
    """
    giants, babies, n = grid.giants, grid.babies, y.shape[-1]
    in_place = is_numpy_namespace(xp)
    # One pair of rows, cosine and sine, for each step. NumPy's are computed where they will stand; elsewhere they
    # are stacked at the end, to be differentiable.
    pairs: Any = [None] * (babies + giants)
    if in_place:
        store = np.empty((*y.shape[:-1], babies + giants, 2, n), y.dtype)
        pairs = [store[..., i, :, :] for i in range(babies + giants)]
    theta = y * (0.5 * grid.step)
    if in_place:
        np.cos(theta, out=pairs[0][..., 0, :])
        np.sin(theta, out=pairs[0][..., 1, :])
    else:
        pairs[0] = xp.stack([xp.cos(theta), xp.sin(theta)], axis=-2)
    mirror = xp.asarray([[1.0], [-1.0]], dtype=y.dtype, device=device(y))
    cosine = pairs[0][..., :1, :]
    twice = 4.0 * (cosine * cosine) - 2.0
    # The step before the first is its mirror image, −1/2.
    before = pairs[0] * mirror
    for i in range(1, babies + 1):
        pairs[i] = _advance(twice, pairs[i - 1], before, pairs[i])
        before = pairs[i - 1]
    if giants > 1:
        # Strides of 2B: their cosine from B ± 1/2; the step before B + 1/2 is the mirror image of B − 1/2.
        product = pairs[babies] * before
        twice = 2.0 * (product[..., :1, :] - product[..., 1:, :])
        before = before * mirror
        for i in range(babies + 1, babies + giants):
            pairs[i] = _advance(twice, pairs[i - 1], before, pairs[i])
            before = pairs[i - 1]
    if not in_place:
        store = xp.stack(pairs, axis=-3)
    rows = xp.reshape(store, (*y.shape[:-1], 2 * (babies + giants), n))
    return rows[..., 2 * babies :, :], rows[..., : 2 * babies, :]


def _node_sums(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return Σ_i cos t_j y_i and Σ_i sin t_j y_i, in double precision, each of shape (..., 2AB)."""
    a, b, n = grid.giants, grid.babies, y.shape[-1]
    if is_numpy_namespace(xp):
        products: Array = 0.0
        few = a * b <= _FEW_PRODUCTS and n >= _LONG
        blocks = math.ceil(n / grid.block(y.dtype.itemsize))
        for part in np.array_split(y, blocks, axis=-1):
            giant, baby = _phases(xp, part, grid)
            if few:
                found = np.vecdot(giant[..., :, np.newaxis, :], baby[..., np.newaxis, :, :])
            else:
                found = np.matmul(giant, np.swapaxes(baby, -1, -2))
            products = products + found.astype(np.float64)
    else:
        giant, baby = _phases(xp, y, grid)
        products = xp.astype(xp.matmul(giant, xp.matrix_transpose(baby)), xp.float64)
    products = xp.reshape(products, (*y.shape[:-1], a, 2, b, 2))
    cc, cs = products[..., 0, :, 0], products[..., 0, :, 1]
    sc, ss = products[..., 1, :, 0], products[..., 1, :, 1]
    # The nodes around giant step a are, in order, a − b_B, …, a − b_1, a + b_1, …, a + b_B.
    cos = xp.concat([xp.flip(cc + ss, axis=-1), cc - ss], axis=-1)
    sin = xp.concat([xp.flip(sc - cs, axis=-1), sc + cs], axis=-1)
    shape = (*y.shape[:-1], 2 * a * b)
    return xp.reshape(cos, shape), xp.reshape(sin, shape)


def _residuals(xp: Any, y: Array, gamma: float, grid: Grid) -> tuple[Array, Array, Array, Array]:
    """Return Re and Im of φ_n(t) − exp(−t²/2) at the nodes, the nodes, and the weights 2h exp(−γt²)."""
    cos, sin = _node_sums(xp, y, grid)
    nodes = grid.nodes
    n, where = y.shape[-1], device(y)
    target = xp.asarray(np.exp(-0.5 * nodes * nodes), device=where)
    weights = xp.asarray(2.0 * grid.step * np.exp(-gamma * nodes * nodes), device=where)
    return cos / n - target, sin / n, xp.asarray(nodes, device=where), weights


def near_value(xp: Any, y: Array, gamma: float, grid: Grid) -> Array:
    """Return E_γ of samples (..., n) that lie within the grid's reach."""
    real, imaginary, _, weights = _residuals(xp, y, gamma, grid)
    return xp.sum((real * real + imaginary * imaginary) * weights, axis=-1)


def near_gradient(xp: Any, y: Array, gamma: float, grid: Grid) -> Array:
    """Return ∂E_γ/∂y_i = (2/n) Σ_j weight_j t_j (Im_j cos t_j y_i − Re_j sin t_j y_i)."""
    real, imaginary, t, weights = _residuals(xp, y, gamma, grid)
    a, b, n = grid.giants, grid.babies, y.shape[-1]
    factor = (2.0 / n) * weights * t
    on_cos = xp.reshape(factor * imaginary, (*y.shape[:-1], a, 2 * b))
    on_sin = xp.reshape(-factor * real, (*y.shape[:-1], a, 2 * b))
    # The coefficient of each product of a giant with a baby row, from those of the two nodes a − b and a + b.
    minus_cos, plus_cos = xp.flip(on_cos[..., :b], axis=-1), on_cos[..., b:]
    minus_sin, plus_sin = xp.flip(on_sin[..., :b], axis=-1), on_sin[..., b:]
    of_cos = xp.stack([plus_cos + minus_cos, plus_sin - minus_sin], axis=-1)
    of_sin = xp.stack([plus_sin + minus_sin, minus_cos - plus_cos], axis=-1)
    mixing = xp.reshape(xp.stack([of_cos, of_sin], axis=-3), (*y.shape[:-1], 2 * a, 2 * b))
    mixing = xp.astype(mixing, y.dtype)
    blocks = math.ceil(n / grid.block(y.dtype.itemsize)) if is_numpy_namespace(xp) else 1
    parts = []
    for part in np.array_split(y, blocks, axis=-1) if blocks > 1 else [y]:
        giant, baby = _phases(xp, part, grid)
        parts.append(xp.sum(giant * xp.matmul(mixing, baby), axis=-2))
    return xp.concat(parts, axis=-1)


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
    return np.where(reach <= 8.0, np.ceil(4.0 * np.maximum(reach, 3.0)) / 4.0, 8.0 * np.ceil(reach / 8.0))


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
            group = max(1, grid.block(y.dtype.itemsize) // y.shape[-1])
            for start in range(0, len(rows), group):
                some = rows[start : start + group]
                adjacent = some[-1] - some[0] + 1 == len(some)
                out[some] = near(np, y[some[0] : some[-1] + 1] if adjacent else y[some], gamma, grid)
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
