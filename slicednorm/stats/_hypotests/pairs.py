"""Sums over all pairs of rows of a sample, in tiles, without a matrix of all pairs.

Tiles follow from n and D alone, and every item of a batch is its own matrix product: the sum of a replicate does not
depend on what it is batched with, to the last bit. A panel of rows is held while those after it pass by, so that a
sample may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.memory import keep_freed_memory
from slicednorm.stats._limits import current
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening

Array: TypeAlias = NDArray[np.float64]

# The part of a sum, (batch,), from two blocks of rows (batch, rows, D); the flag says whether they are one block.
PairTerm: TypeAlias = Callable[[Array, Array, bool], Array]
RowTerm: TypeAlias = Callable[[Array], Array]

# Values of pairs (batch, rows, rows) from a squared length for each pair, which may be overwritten, and from ‖x_i‖²
# (batch, rows, 1) and ‖x_j‖² (batch, 1, rows).
LengthsKernel: TypeAlias = Callable[[Array, Array, Array], Array]

# A squared distance below this part of the squared lengths is computed again from differences, because rounding has
# taken half of its digits by then.
_NEAR = 1e-7


def dot(a: Array, b: Array) -> Array:
    """Return the sum of a·b over each item of a batch, (batch,)."""
    batch = len(a)
    return np.asarray(np.matmul(a.reshape(batch, 1, -1), b.reshape(batch, -1, 1))[:, 0, 0])


def _panels(rows: Rows, whitening: Whitening | None, size: int, first: int = 0) -> Iterator[Array]:
    """Yield the, possibly standardised, rows from number ``first`` on, ``size`` at a time, in float64.

    Each panel overwrites the one before; the last may be shorter.
    """
    panel = np.empty((rows.batch, min(size, rows.n - first), rows.dim))
    filled = 0
    for start, stop, block in rows.blocks():
        if stop <= first:
            continue
        taken = block[:, max(0, first - start) :]
        taken = taken if whitening is None else whitening(taken)
        while taken.shape[1]:
            count = min(size - filled, taken.shape[1])
            panel[:, filled : filled + count] = taken[:, :count]
            taken = taken[:, count:]
            filled += count
            if filled == size:
                yield panel
                filled = 0
    if filled:
        yield panel[:, :filled]


def _pair_sums(left: Array, right: Array | None, term: PairTerm) -> Array:
    """Return the sum of ``term`` over the tiles of ``left`` and ``right``.

    Without ``right`` it is over all ordered pairs of rows of ``left``, from the upper half of the tiles.
    """
    total = np.zeros(len(left))
    other = left if right is None else right
    tile = current().tile_rows
    for i in range(0, left.shape[1], tile):
        for j in range(i if right is None else 0, other.shape[1], tile):
            part = term(left[:, i : i + tile], other[:, j : j + tile], right is None and i == j)
            total += 2.0 * part if right is None and j > i else part
    return total


def tile_sums(rows: Rows, whitening: Whitening | None, pairs: PairTerm, single: RowTerm) -> tuple[Array, Array]:
    """Return two sums over the, possibly standardised, rows, each (batch,): over all ordered pairs, and over the rows.

    Parameters
    ----------
    rows : Rows
        The samples.
    whitening : Whitening or None
        How they are standardised, None to take them as they are.
    pairs : callable
        The part of the first sum from two blocks of rows, symmetric in them.
    single : callable
        The part of the second sum from one block of rows.
    """
    keep_freed_memory()
    over_pairs, over_rows = np.zeros(rows.batch), np.zeros(rows.batch)
    now = current()
    held, passing = (
        max(now.least_panel_rows, values // rows.dim) for values in (now.held_elements, now.passing_elements)
    )
    seen = 0
    for panel in _panels(rows, whitening, held):
        seen += panel.shape[1]
        for start in range(0, panel.shape[1], now.tile_rows):
            over_rows += single(panel[:, start : start + now.tile_rows])
        over_pairs += _pair_sums(panel, None, pairs)
        if seen < rows.n:
            for others in _panels(rows, whitening, passing, first=seen):
                over_pairs += 2.0 * _pair_sums(panel, others, pairs)
    return over_pairs, over_rows


# --- Kernels of the squared distance ----------------------------------------------------------------------


def squared_lengths(x: Array) -> Array:
    """Return ‖x_i‖² of the rows of (batch, rows, D), (batch, rows, 1)."""
    return np.asarray(np.matmul(x * x, np.ones((x.shape[2], 1))))


def _with_product(left: Array, right: Array, factor: float, lengths: Array, others: Array) -> Array:
    """Return ‖x_i‖² + factor x_i·y_j + ‖y_j‖² between rows, (batch, rows, rows), by one matrix product."""
    return np.asarray(
        np.matmul(
            np.concatenate([factor * left, lengths, np.ones_like(lengths)], axis=2),
            np.swapaxes(np.concatenate([right, np.ones_like(others), others], axis=2), -1, -2),
        )
    )


def _squared_distances(left: Array, right: Array, same: bool) -> Array:
    """Return ‖x_i − y_j‖² between rows, (batch, rows, rows); exactly 0 between a row and itself.

    They come from one matrix product. Distances do not depend on the
    origin, but their rounding does: the origin is put among the rows, so that few have to be computed again. A single
    row may carry the mean of the rows away; the row nearest to the mean lies where most rows are.
    """
    batch, count, dim = left.shape
    mean = np.matmul(np.full((1, count), 1.0 / count), left)
    nearest = np.argmin(squared_lengths(left - mean), axis=1)
    origin = np.take_along_axis(left, nearest[:, :, np.newaxis], axis=1)
    from_left, from_right = left - origin, right - origin
    lengths, others = squared_lengths(from_left), squared_lengths(from_right)
    squares = _with_product(from_left, from_right, -2.0, lengths, others)
    diagonal = squares.reshape(batch, -1)[:, :: count + 1] if same else None
    if diagonal is not None:
        diagonal[...] = np.inf
    # If products overflow the distance is NaN, which is neither below nor above anything.
    if not squares.min() >= _NEAR * (lengths.max() + others.max()):
        near = np.nonzero(~(squares >= _NEAR * (lengths + np.swapaxes(others, -1, -2))))
        item, i, j = near
        differences = left[item, i] - right[item, j]
        squares[near] = np.matmul(differences[:, np.newaxis] ** 2, np.ones((dim, 1)))[:, 0, 0]
    if diagonal is not None:
        diagonal[...] = 0.0
    return squares


def of_distances(kernel: Callable[[Array], Array]) -> PairTerm:
    """Return the term that sums ``kernel`` (which may overwrite what it is given) of ‖x_i − x_j‖² over the pairs."""

    def term(left: Array, right: Array, same: bool) -> Array:
        values = kernel(_squared_distances(left, right, same))
        return np.asarray(values.reshape(len(values), -1).sum(axis=-1))

    return term


def of_distances_and_lengths(kernel: LengthsKernel) -> PairTerm:
    """Return the term that sums ``kernel`` of ‖x_i − x_j‖², ‖x_i‖² and ‖x_j‖² over the pairs."""

    def term(left: Array, right: Array, same: bool) -> Array:
        lengths, others = squared_lengths(left), squared_lengths(right)
        values = kernel(_squared_distances(left, right, same), lengths, np.swapaxes(others, -1, -2))
        return np.asarray(values.reshape(len(values), -1).sum(axis=-1))

    return term


def of_sums_and_lengths(kernel: LengthsKernel) -> PairTerm:
    """Return the term that sums ``kernel`` of ‖x_i + x_j‖², ‖x_i‖² and ‖x_j‖² over the pairs."""

    def term(left: Array, right: Array, same: bool) -> Array:
        lengths, others = squared_lengths(left), squared_lengths(right)
        squares = _with_product(left, right, 2.0, lengths, others)
        values = kernel(squares, lengths, np.swapaxes(others, -1, -2))
        return np.asarray(values.reshape(len(values), -1).sum(axis=-1))

    return term


def exponential(squares: Array, rate: float) -> Array:
    """Return exp(rate s) of squared lengths s, which are overwritten."""
    squares *= rate
    return np.exp(squares, out=squares)


def of_lengths(kernel: Callable[[Array], Array]) -> RowTerm:
    """Return the term that sums ``kernel`` of ‖x_i‖² over the rows."""
    return lambda tile: np.asarray(kernel(squared_lengths(tile)).reshape(len(tile), -1).sum(axis=-1))


# --- Costs -------------------------------------------------------------------------------------------------


def pairs_elements(n: int, dim: int) -> int:
    """Return how many values one replicate takes in `tile_sums`, by which batches are sized."""
    return max(n * dim, min(n, current().tile_rows) ** 2)


def pairs_work(n: int, dim: int, kernel: float) -> float:
    """Return a rough estimate, in nanoseconds on one core, of a sum of a kernel that takes ``kernel`` per distance."""
    return 0.5 * n * (n + min(n, current().tile_rows)) * (kernel + 0.09 * dim)
