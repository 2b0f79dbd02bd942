"""Distances between characteristic functions under a Gaussian weight, in O(n·K) and with no n×n matrix.

    E_γ(y) = ∫ |φ_n(t) − exp(−t²/2)|² exp(−γ t²) dt,    φ_n(t) = (1/n) Σ exp(i t y_i)

`ep` is E at γ = 1/2, `cw` is E/(2π) at Silverman's γ. By Parseval E is 2π times a sum of Gaussian kernels over
all pairs; as an integral it is a sum of squares, which keeps its digits where the pairs cancel.

**Near data** (|y| ≤ 40): the trapezoidal rule, exponentially accurate. Its step is 2π/P; it returns the pair sum
with every kernel repeated at period P, so P must put the nearest copy of each of the three kernels out of reach,
for points no farther than R from 0. The nodes t_j = j·h are written a, a ± 1, …, a ± B around A giant steps a, so that
all the sums Σ cos t_j y, Σ sin t_j y are products of the rows cos a h y, sin a h y with the rows cos b h y, sin b h y,
b ≤ B: 2A + 2B rows per sample give A(2B + 1) nodes. The rows come from two-term recurrences of a few steps.

**Far data** go to `_tiles`: the number of nodes grows with the farthest point, and the cost of tiles does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances._namespace import Array
from slicednorm.distances._tiles import EPSILON, far_gradient, far_value

FAR = 40.0

# Bytes of cosines and sines that are worked on together, so that they stay in cache.
_BLOCK_BYTES = 2 << 20

# Values of short samples that are worked on together.
_GROUP = 1 << 13

# Up to so many products of rows, single dot products beat a matrix product (for samples longer than this).
_FEW_PRODUCTS = 8
_LONG = 256


# Cosine and sine at 0, and how they change sign with their argument.
_ORIGIN = np.asarray([[1.0], [0.0]])
_SIGNS = np.asarray([[1.0], [-1.0]])


@dataclass(frozen=True, eq=False)
class Grid:
    """The trapezoidal rule for one weight and reach: nodes j·step, j = 1..A(2B + 1), A giant steps by B baby steps.

    ``target`` holds exp(−t²/2) and ``weights`` 2·step·exp(−γt²), both in float64.
    """

    step: float
    giants: int
    babies: int
    nodes: np.ndarray[Any, Any]
    target: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]

    def parts(self, n: int, itemsize: int) -> list[slice]:
        """Cut samples of length n into parts whose cosines and sines fit into the cache."""
        most = max(512, _BLOCK_BYTES // (2 * (self.giants + self.babies) * itemsize))
        size = math.ceil(n / math.ceil(n / most))
        return [slice(start, start + size) for start in range(0, n, size)]


@lru_cache(maxsize=16)
def _ones(n: int, dtype: str) -> np.ndarray[Any, Any]:
    return np.ones(n, dtype)


def _epsilon(n: int, itemsize: int) -> float:
    """Return where a kernel counts as gone.

    In float32 the mean of n cosines is rounded at 1e-7, and it is squared after most of it, all but some 1/√n, has
    cancelled: more nodes than that noise deserves would only take time.
    """
    return EPSILON if itemsize > 4 else min(5e-5, 2e-7 * math.sqrt(n))


@lru_cache(maxsize=256)
def make_grid(gamma: float, reach: float, n: int, itemsize: int) -> Grid:
    """Return the grid that integrates samples of size n within ``reach`` of 0 to the precision of their dtype."""
    log_eps = -math.log(_epsilon(n, itemsize))

    def width(variance: float) -> float:
        return math.sqrt(2.0 * variance * log_eps)

    period = max(2.0 * reach + width(2.0 * gamma), reach + width(1.0 + 2.0 * gamma), width(2.0 + 2.0 * gamma))
    step = 2.0 * math.pi / period
    count = math.ceil(math.sqrt(log_eps / gamma) / step)
    # The fewest rows, A + B pairs of them, that give so many nodes.
    babies = min(range(1, count + 2), key=lambda b: (math.ceil(count / (2 * b + 1)) + b, b))
    giants = math.ceil(count / (2 * babies + 1))
    nodes = step * np.arange(1, giants * (2 * babies + 1) + 1)
    weights = 2.0 * step * np.exp(-gamma * nodes * nodes)
    return Grid(step, giants, babies, nodes, np.exp(-0.5 * nodes * nodes), weights)


def _constant(xp: Any, values: np.ndarray[Any, Any], y: Array) -> Array:
    """Return a constant array where y is."""
    return values if is_numpy_namespace(xp) else xp.asarray(values, device=device(y))


def _advance(twice: Array, last: Array, before: Array, out: Array | None) -> Array:
    """Return 2 cos(δ) f(α) − f(α − δ), which is f(α + δ) for f = cos and sin."""
    if out is None:
        return twice * last - before
    np.multiply(twice, last, out=out)
    return np.subtract(out, before, out=out)


def _advance_from_mirror(xp: Any, twice: Array, last: Array, mirror: Array, out: Array | None) -> Array:
    """Return the same where f(α − δ) is known at its mirror image: cos as it is, sin with the other sign."""
    if out is None:
        return twice * last - mirror * xp.astype(_constant(xp, _SIGNS, mirror), mirror.dtype)
    np.multiply(twice, last, out=out)
    out[..., 0, :] -= mirror[..., 0, :]
    out[..., 1, :] += mirror[..., 1, :]
    return out


def _phases(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return cos and sin of a h y at the giant steps, (..., 2A, n), and at the baby steps, (..., 2B, n).

    The baby steps are a = 1, …, B, the giant ones B + 1, 3B + 2, 5B + 3, …; the rows of each are cosine, sine,
    cosine, sine, ….
    """
    giants, babies, n = grid.giants, grid.babies, y.shape[-1]
    in_place = is_numpy_namespace(xp)
    # One pair of rows, cosine and sine, for each step. NumPy's are computed where they will stand; elsewhere they
    # are stacked at the end, to be differentiable.
    pairs: Any = [None] * (babies + giants)
    if in_place:
        store = np.empty((*y.shape[:-1], babies + giants, 2, n), y.dtype)
        pairs = [store[..., i, :, :] for i in range(babies + giants)]
    theta = y * grid.step
    if in_place:
        np.cos(theta, out=pairs[0][..., 0, :])
        np.sin(theta, out=pairs[0][..., 1, :])
    else:
        pairs[0] = xp.stack([xp.cos(theta), xp.sin(theta)], axis=-2)
    twice = 2.0 * pairs[0][..., :1, :]
    before = xp.astype(_constant(xp, _ORIGIN, y), y.dtype)
    for i in range(1, babies + 1):
        pairs[i] = _advance(twice, pairs[i - 1], before, pairs[i])
        before = pairs[i - 1]
    if giants > 1:
        # Strides of 2B + 1: their cosine from B + 1 and B; the step before B + 1 is the mirror image of B.
        product = pairs[babies] * before
        twice = 2.0 * (product[..., :1, :] - product[..., 1:, :])
        first = babies + 1
        pairs[first] = _advance_from_mirror(xp, twice, pairs[babies], before, pairs[first])
        for i in range(first + 1, babies + giants):
            pairs[i] = _advance(twice, pairs[i - 1], pairs[i - 2], pairs[i])
    if not in_place:
        store = xp.stack(pairs, axis=-3)
    rows = xp.reshape(store, (*y.shape[:-1], 2 * (babies + giants), n))
    return rows[..., 2 * babies :, :], rows[..., : 2 * babies, :]


def _node_sums(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return Σ_i cos t_j y_i and Σ_i sin t_j y_i, in double precision, each of shape (..., nodes)."""
    a, b = grid.giants, grid.babies
    if is_numpy_namespace(xp):
        few = a * b <= _FEW_PRODUCTS and y.shape[-1] >= _LONG
        products: Array = 0.0
        alone: Array = 0.0
        for part in grid.parts(y.shape[-1], y.dtype.itemsize):
            giant, baby = _phases(xp, y[..., part], grid)
            if few:
                found = np.vecdot(giant[..., :, np.newaxis, :], baby[..., np.newaxis, :, :])
            else:
                found = np.matmul(giant, np.swapaxes(baby, -1, -2))
            products = products + found.astype(np.float64)
            alone = alone + np.vecdot(giant, _ones(giant.shape[-1], y.dtype.name)).astype(np.float64)
    else:
        giant, baby = _phases(xp, y, grid)
        products = xp.astype(xp.matmul(giant, xp.matrix_transpose(baby)), xp.float64)
        alone = xp.astype(xp.sum(giant, axis=-1), xp.float64)
    products = xp.reshape(products, (*y.shape[:-1], a, 2, b, 2))
    alone = xp.reshape(alone, (*y.shape[:-1], a, 2, 1))
    cc, cs = products[..., 0, :, 0], products[..., 0, :, 1]
    sc, ss = products[..., 1, :, 0], products[..., 1, :, 1]
    # The nodes around giant step a are, in order, a − B, …, a − 1, a, a + 1, …, a + B.
    cos = xp.concat([xp.flip(cc + ss, axis=-1), alone[..., 0, :], cc - ss], axis=-1)
    sin = xp.concat([xp.flip(sc - cs, axis=-1), alone[..., 1, :], sc + cs], axis=-1)
    shape = (*y.shape[:-1], a * (2 * b + 1))
    return xp.reshape(cos, shape), xp.reshape(sin, shape)


def _residuals(xp: Any, y: Array, grid: Grid) -> tuple[Array, Array]:
    """Return Re and Im of φ_n(t) − exp(−t²/2) at the nodes."""
    cos, sin = _node_sums(xp, y, grid)
    n = y.shape[-1]
    return cos / n - _constant(xp, grid.target, y), sin / n


def near_value(xp: Any, y: Array, grid: Grid) -> Array:
    """Return E_γ of samples (..., n) that lie within the grid's reach."""
    real, imaginary = _residuals(xp, y, grid)
    return xp.sum((real * real + imaginary * imaginary) * _constant(xp, grid.weights, y), axis=-1)


def near_gradient(xp: Any, y: Array, grid: Grid) -> Array:
    """Return ∂E_γ/∂y_i = (2/n) Σ_j weight_j t_j (Im_j cos t_j y_i − Re_j sin t_j y_i)."""
    real, imaginary = _residuals(xp, y, grid)
    a, b, n = grid.giants, grid.babies, y.shape[-1]
    factor = _constant(xp, (2.0 / n) * grid.weights * grid.nodes, y)
    shape = (*y.shape[:-1], a, 2 * b + 1)
    on_cos = xp.astype(xp.reshape(factor * imaginary, shape), y.dtype)
    on_sin = xp.astype(xp.reshape(-factor * real, shape), y.dtype)
    # The coefficient of each product of a giant with a baby row, from those of the two nodes a − b and a + b.
    minus_cos, plus_cos = xp.flip(on_cos[..., :b], axis=-1), on_cos[..., b + 1 :]
    minus_sin, plus_sin = xp.flip(on_sin[..., :b], axis=-1), on_sin[..., b + 1 :]
    of_cos = xp.stack([plus_cos + minus_cos, plus_sin - minus_sin], axis=-1)
    of_sin = xp.stack([plus_sin + minus_sin, minus_cos - plus_cos], axis=-1)
    mixing = xp.reshape(xp.stack([of_cos, of_sin], axis=-3), (*y.shape[:-1], 2 * a, 2 * b))
    alone = xp.reshape(xp.stack([on_cos[..., b], on_sin[..., b]], axis=-1), (*y.shape[:-1], 2 * a, 1))
    parts = []
    for part in grid.parts(n, y.dtype.itemsize) if is_numpy_namespace(xp) else [slice(None)]:
        giant, baby = _phases(xp, y[..., part], grid)
        parts.append(xp.sum(giant * (xp.matmul(mixing, baby) + alone), axis=-2))
    return xp.concat(parts, axis=-1)


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
    for reach in set(reaches.tolist()):
        rows = np.flatnonzero(reaches == reach)
        if reach <= FAR:
            grid = make_grid(gamma, reach, y.shape[-1], y.dtype.itemsize)
            group = max(1, _GROUP // y.shape[-1])
            for start in range(0, len(rows), group):
                some = rows[start : start + group]
                adjacent = some[-1] - some[0] + 1 == len(some)
                out[some] = near(np, y[some[0] : some[-1] + 1] if adjacent else y[some], grid)
        else:
            for row in rows:
                out[row] = far(y[row], gamma)


def weighted_value(xp: Any, y: Array, gamma: float, reach: float | None = None) -> Array:
    """Return E_γ of samples y (..., n).

    ``reach`` is a bound of |y| known beforehand; without one NumPy's samples are looked at row by row, and those of
    other libraries are taken to lie within FAR.
    """
    if reach is not None or not is_numpy_namespace(xp):
        grid = make_grid(gamma, FAR if reach is None else reach, y.shape[-1], y.dtype.itemsize)
        return xp.astype(near_value(xp, y, grid), y.dtype)
    flat = y.reshape(-1, y.shape[-1])
    out = np.empty(flat.shape[0])
    _by_reach(flat, gamma, out, near_value, far_value)
    return out.reshape(y.shape[:-1]).astype(y.dtype)


def weighted_gradient(xp: Any, y: Array, gamma: float, reach: float | None = None) -> Array:
    """Return ∂E_γ/∂y, of the shape of y."""
    if reach is not None or not is_numpy_namespace(xp):
        grid = make_grid(gamma, FAR if reach is None else reach, y.shape[-1], y.dtype.itemsize)
        return near_gradient(xp, y, grid)
    flat = y.reshape(-1, y.shape[-1])
    out = np.empty_like(flat)
    _by_reach(flat, gamma, out, near_gradient, far_gradient)
    return out.reshape(y.shape)
