"""Distances between characteristic functions under a Gaussian weight, in O(n·K) and with no n×n matrix.

    E_γ(y) = ∫ |φ_n(t) − exp(−t²/2)|² exp(−γ t²) dt,    φ_n(t) = (1/n) Σ exp(i t y_i)

`ep` is E at γ = 1/2, `cw` is E/(2π) at Silverman's γ. By Parseval E is 2π times a sum of Gaussian kernels over
all pairs; as an integral it is a sum of squares, which keeps its digits where the pairs cancel. The unbiased form
has (n |φ_n|² − 1)/(n − 1), whose expectation is the population's |φ|², in place of |φ_n|².

**Near data**: the trapezoidal rule, exponentially accurate. Its step is 2π/P; it returns the pair sum
with every kernel repeated at period P, so P must put the nearest copy of each of the three kernels out of reach,
for points no farther than R from 0. The nodes t_j = j·h are written a, a ± 1, …, a ± B around A giant steps a, so that
all the sums Σ cos t_j y, Σ sin t_j y are products of the rows cos a h y, sin a h y with the rows cos b h y, sin b h y,
b ≤ B: 2A + 2B rows per sample give A(2B + 1) nodes. The rows come from two-term recurrences of a few steps.

**Far data** go to `_tiles`: the number of nodes grows with the farthest point, and the cost of tiles does not.

For NumPy arrays the values are looked at: each row takes the cheapest form that is exact for it. Elsewhere looking
would wait for the device, and shapes must not depend on the data: both forms are computed, and each row takes one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import is_numpy_namespace

from slicednorm.distances._grid import Grid, make_grid
from slicednorm.distances._namespace import Array, can_look, wide_dtype
from slicednorm.distances._tiles import far

# The reaches beyond which rows take the far form, in NumPy and on a device; there the far form is computed anyway, and
# a shorter reach needs fewer nodes.
FAR = 40.0
DEVICE_FAR = 12.0

# Beyond this reach the gradient of float32 rows is computed in float64: if a sample is so far out that its kernels
# hardly meet those of the target, what pulls it back is smaller than the noise of float32.
_WIDE = 8.0

# Values of short samples that are worked on together.
_GROUP = 1 << 15

# Samples shorter than this share fewer grids.
_SHORT = 512

# Up to this number of products of rows, single dot products beat a matrix product (for samples of at least this
# length).
_FEW_PRODUCTS = 8
_LONG = 256


@lru_cache(maxsize=16)
def _ones(n: int, dtype: str) -> np.ndarray[Any, Any]:
    return np.ones(n, dtype)


def _advance(twice: Array, last: Array, before: Array, out: Array | None) -> Array:
    """Return 2 cos(δ) f(α) − f(α − δ), which is f(α + δ) for f = cos and sin."""
    if out is None:
        return twice * last - before
    np.multiply(twice, last, out=out)
    return np.subtract(out, before, out=out)


def _advance_from_mirror(xp: Any, twice: Array, last: Array, mirror: Array, out: Array | None) -> Array:
    """Return f(α + δ) for f = cos and sin if f(α − δ) is known at its mirror image, where sin has the other sign."""
    if out is None:
        forward = twice * last
        return xp.stack([forward[..., 0, :] - mirror[..., 0, :], forward[..., 1, :] + mirror[..., 1, :]], axis=-2)
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
    # One pair of rows, cosine and sine, for each step. In NumPy they are computed in place; elsewhere they are stacked
    # at the end, to be differentiable.
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
    before = xp.stack([xp.ones_like(theta), xp.zeros_like(theta)], axis=-2)
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


def _node_sums(xp: Any, y: Array, grid: Grid) -> tuple[Array, list[tuple[slice, Any]]]:
    """Return Σ_i cos t_j y_i and Σ_i sin t_j y_i, (2, ..., nodes), in double precision, and the rows they came from.

    The rows are those of `_phases`, None if there are too many to be kept.
    """
    a, b = grid.giants, grid.babies
    parts = grid.parts(y.shape[-1], y.dtype.itemsize) if is_numpy_namespace(xp) else [slice(None)]
    few = a * b <= _FEW_PRODUCTS and y.shape[-1] >= _LONG
    wide = wide_dtype(xp, y)
    products: Array = 0.0
    alone: Array = 0.0
    kept: list[tuple[slice, Any]] = []
    for part in parts:
        giant, baby = _phases(xp, y[..., part], grid)
        if not is_numpy_namespace(xp):
            products, alone = xp.matmul(giant, xp.matrix_transpose(baby)), xp.sum(giant, axis=-1)
        else:
            if few:
                found = np.vecdot(giant[..., :, np.newaxis, :], baby[..., np.newaxis, :, :])
            else:
                found = np.matmul(giant, np.swapaxes(baby, -1, -2))
            products = products + found.astype(np.float64)
            alone = alone + np.vecdot(giant, _ones(giant.shape[-1], y.dtype.name)).astype(np.float64)
        kept.append((part, (giant, baby) if len(parts) == 1 else None))
    products = xp.reshape(xp.astype(products, wide), (*y.shape[:-1], a, 2, b, 2))
    alone = xp.reshape(xp.astype(alone, wide), (*y.shape[:-1], a, 2, 1))
    cc, cs = products[..., 0, :, 0], products[..., 0, :, 1]
    sc, ss = products[..., 1, :, 0], products[..., 1, :, 1]
    # The nodes around giant step a are, in order, a − B, …, a − 1, a, a + 1, …, a + B.
    cos = xp.concat([xp.flip(cc + ss, axis=-1), alone[..., 0, :], cc - ss], axis=-1)
    sin = xp.concat([xp.flip(sc - cs, axis=-1), alone[..., 1, :], sc + cs], axis=-1)
    shape = (*y.shape[:-1], a * (2 * b + 1))
    return xp.stack([xp.reshape(cos, shape), xp.reshape(sin, shape)]), kept


def node_sums(xp: Any, y: Array, grid: Grid) -> Array:
    """Return Σ_i cos t_j y_i and Σ_i sin t_j y_i, (2, ..., nodes), in double precision: they add up over parts of y."""
    return _node_sums(xp, y, grid)[0]


def value_of_sums(xp: Any, sums: Array, n: int, grid: Grid, unbiased: bool) -> Array:
    """Return E_γ of samples of size n from their sums at the nodes."""
    _, target, weights = grid.arrays(xp, sums)
    real, imaginary = sums[0] / n, sums[1] / n
    squares = (real - target) ** 2 + imaginary * imaginary
    if unbiased:
        squares = squares + (real * real + imaginary * imaginary - 1.0) / (n - 1)
    return xp.sum(squares * weights, axis=-1)


def gradient_of_sums(
    xp: Any,
    y: Array,
    sums: Array,
    n: int,
    grid: Grid,
    unbiased: bool,
    kept: list[tuple[slice, Any]] | None = None,
) -> Array:
    """Return ∂E_γ/∂y_i = (2/n) Σ_j weight_j t_j (Im_j cos t_j y_i − Re_j sin t_j y_i), Re + i Im = φ_n − exp(−t²/2).

    ``sums`` are those of whole samples of size n, of which y (..., m) may be a part. ``kept`` are the rows that
    `_node_sums` returned, if there are any.
    """
    nodes, target, weights = grid.arrays(xp, sums)
    share = 1.0 / (n - 1) if unbiased else 1.0 / n
    real, imaginary = share * sums[0] - target, share * sums[1]
    a, b = grid.giants, grid.babies
    factor = (2.0 / n) * weights * nodes
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
    pieces = []
    if kept is None:
        parts = grid.parts(y.shape[-1], y.dtype.itemsize) if is_numpy_namespace(xp) else [slice(None)]
        kept = [(part, None) for part in parts]
    for part, rows in kept:
        giant, baby = _phases(xp, y[..., part], grid) if rows is None else rows
        mixed = xp.matmul(mixing, baby)
        if is_numpy_namespace(xp):
            mixed += alone
            mixed *= giant
            pieces.append(np.sum(mixed, axis=-2))
        else:
            pieces.append(xp.sum(giant * (mixed + alone), axis=-2))
    return pieces[0] if len(pieces) == 1 else xp.concat(pieces, axis=-1)


def _near(xp: Any, y: Array, grid: Grid, unbiased: bool, with_gradient: bool) -> tuple[Array, Array | None]:
    """Return E_γ of samples (..., n) that lie within the grid's reach, and ∂E_γ/∂y if asked for."""
    sums, kept = _node_sums(xp, y, grid)
    n = y.shape[-1]
    value = value_of_sums(xp, sums, n, grid, unbiased)
    return value, gradient_of_sums(xp, y, sums, n, grid, unbiased, kept) if with_gradient else None


def _reaches(y: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the reach of each sample (rows, n), rounded up so that similar ones share a grid; infinite if too large.

    For short samples, a few more nodes cost less than many calls: nearly all slices of a normal batch are within 4.5.
    """
    reach = np.maximum(np.max(y, axis=-1), -np.min(y, axis=-1)).astype(np.float64)
    least, step = (3.0, 0.25) if y.shape[-1] >= _SHORT else (4.5, 1.5)
    near = np.where(reach <= 8.0, step * np.ceil(np.maximum(reach, least) / step), 8.0 * np.ceil(reach / 8.0))
    return np.where(near > FAR, np.inf, near)


def _numpy_rows(
    y: np.ndarray[Any, Any], gamma: float, unbiased: bool, with_gradient: bool
) -> tuple[Array, Array | None]:
    """Return the value of each row (rows, n), and the gradient if asked for, from the cheapest exact form.

    A row's form depends on that row alone, so that a sample's distance does not depend on what it is computed together
    with.
    """
    n = y.shape[-1]
    # A row that holds NaN has no reach, and no distance.
    value = np.full(len(y), np.nan)
    gradient = np.full_like(y, np.nan) if with_gradient else None
    reaches = _reaches(y)
    group = max(1, _GROUP // n)
    for reach in set(reaches.tolist()):
        rows = np.flatnonzero(reaches == reach)
        for start in range(0, len(rows), group):
            some = rows[start : start + group]
            adjacent = some[-1] - some[0] + 1 == len(some)
            sample = y[some[0] : some[-1] + 1] if adjacent else y[some]
            if reach > FAR:
                found, slope = far(np, sample, gamma, unbiased, with_gradient)
            else:
                sample = sample.astype(np.float64) if with_gradient and reach > _WIDE else sample
                grid = make_grid(gamma, reach, n, sample.dtype.itemsize, with_gradient)
                found, slope = _near(np, sample, grid, unbiased, with_gradient)
            value[some] = found
            if gradient is not None:
                gradient[some] = slope
    return value, gradient


def _device_rows(xp: Any, y: Array, gamma: float, unbiased: bool, with_gradient: bool) -> tuple[Array, Array | None]:
    """Return the value of each row (rows, n), and the gradient if asked for, in shapes that do not depend on values.

    The work does not depend on values either, except where reading them is free (on the CPU).
    """
    beyond = xp.max(xp.abs(y), axis=-1, keepdims=True) > DEVICE_FAR
    grid = make_grid(gamma, DEVICE_FAR, y.shape[-1], y.dtype.itemsize, with_gradient)
    if can_look(y) and not bool(xp.any(beyond)):
        return _near(xp, y, grid, unbiased, with_gradient)
    near_value, near_slope = _near(xp, xp.where(beyond, xp.zeros_like(y), y), grid, unbiased, with_gradient)
    far_value, far_slope = far(xp, xp.where(beyond, y, xp.zeros_like(y)), gamma, unbiased, with_gradient)
    value = xp.where(beyond[:, 0], far_value, near_value)
    if near_slope is None or far_slope is None:
        return value, None
    return value, xp.where(beyond, xp.astype(far_slope, y.dtype), near_slope)


def weighted(
    xp: Any, y: Array, gamma: float, *, grid: Grid | None = None, unbiased: bool = False, with_gradient: bool = False
) -> tuple[Array, Array | None]:
    """Return E_γ of samples y (..., n), of shape (...), and ∂E_γ/∂y if asked for; both in y's dtype.

    ``grid`` is a rule to be used for all values, None for the exact integral.
    """
    flat = xp.reshape(y, (-1, y.shape[-1]))
    if grid is not None:
        value, gradient = _near(xp, flat, grid, unbiased, with_gradient)
    elif is_numpy_namespace(xp):
        value, gradient = _numpy_rows(flat, gamma, unbiased, with_gradient)
    else:
        value, gradient = _device_rows(xp, flat, gamma, unbiased, with_gradient)
    value = xp.reshape(xp.astype(value, y.dtype), y.shape[:-1])
    return value, None if gradient is None else xp.reshape(gradient, y.shape)
