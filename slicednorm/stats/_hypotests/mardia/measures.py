"""Mardia's multivariate skewness and kurtosis, without a matrix of all pairs of rows.

The skewness b1 is a sum over all pairs of rows and, as well, over all triples of columns:

    b1 = (1/n²) Σ_jk (x_j'x_k)³ = Σ_abc m_abc²,    m_abc = (1/n) Σ_j x_ja x_jb x_jc

so it costs either n²D/2 products, in tiles of the Gram matrix, or nD³/6, for the triples a ≤ b ≤ c of the tensor
m. The cheaper of the two is taken. Both are sums of matrix products, item by item of a batch, over blocks that
follow from n and D alone: b1 of a replicate does not depend on what it is batched with, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._hypotests.pairs import dot, pairs_elements, tile_sums
from slicednorm.stats._limits import current
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening

Array: TypeAlias = NDArray[np.float64]


def triples(dim: int) -> int:
    """Return the number of triples a ≤ b ≤ c of columns."""
    return dim * (dim + 1) * (dim + 2) // 6


def _fourth_powers(x: Array) -> Array:
    """Return Σ ‖x_j‖⁴ over the columns x_j of each item of (batch, D, rows)."""
    norms = np.matmul(np.ones((1, x.shape[1])), x * x)
    return dot(norms, norms)


def _strips(rows: Rows, whitening: Whitening | None) -> Iterator[Array]:
    """Yield the, possibly standardised, rows as columns: float64 arrays (batch, D, rows of a strip)."""
    count = current().strip_rows
    for _, _, block in rows.blocks():
        taken = block if whitening is None else whitening(block)
        for start in range(0, taken.shape[1], count):
            strip = np.swapaxes(taken[:, start : start + count], -1, -2)
            yield np.ascontiguousarray(strip, dtype=np.float64)


def _middles(dim: int) -> Iterator[range]:
    """Yield ranges of b whose moments m_abc, a ≤ b ≤ c, can be held at once."""
    first, held = 0, 0
    for b in range(dim):
        size = (b + 1) * (dim - b)
        if held and held + size > current().moments_at_once:
            yield range(first, b)
            first, held = b, 0
        held += size
    yield range(first, dim)


def _add_moments(x: Array, b: int, total: Array) -> None:
    """Add Σ_j x_ja x_jb x_jc, a = 0..b, c = b..D−1, to ``total`` (batch, b + 1, D − b)."""
    low, middle, high = x[:, : b + 1], x[:, b : b + 1], x[:, b:]
    if low.shape[1] <= high.shape[1]:
        low = low * middle
    else:
        high = high * middle
    total += np.matmul(low, np.swapaxes(high, -1, -2))


def _orderings(b: int, dim: int) -> Array:
    """Return in how many orders the triples a ≤ b ≤ c occur: 6, 3 or 1; (b + 1, D − b)."""
    orders = np.full((b + 1, dim - b), 6.0)
    orders[b, :] = orders[:, 0] = 3.0
    orders[b, 0] = 1.0
    return orders


def _by_moments(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    """Return n²·b1 and n·b2, each (batch,), from the third moments."""
    cubes, fourths = np.zeros(rows.batch), np.zeros(rows.batch)
    for middles in _middles(rows.dim):
        totals = [np.zeros((rows.batch, b + 1, rows.dim - b)) for b in middles]
        for x in _strips(rows, whitening):
            if middles.start == 0:
                fourths += _fourth_powers(x)
            for b, total in zip(middles, totals, strict=True):
                _add_moments(x, b, total)
        for b, total in zip(middles, totals, strict=True):
            cubes += dot(_orderings(b, rows.dim) * total, total)
    return cubes, fourths


def _tile_cubes(left: Array, right: Array, same: bool) -> Array:
    """Return the sum of (x_j'x_k)³ over the pairs of a row of ``left`` and one of ``right``."""
    gram = np.matmul(left, np.swapaxes(right, -1, -2))
    return dot(gram * gram, gram)


def _by_pairs(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    """Return n²·b1 and n·b2, each (batch,), from tiles of the Gram matrix."""
    cubes, fourths = tile_sums(rows, whitening, _tile_cubes, lambda tile: _fourth_powers(np.swapaxes(tile, -1, -2)))
    # If b1 is 0, as for a sample symmetric about its centre, rounding may make it negative.
    return np.maximum(cubes, 0.0), fourths


def _moments_work(n: int, dim: int) -> float:
    count = triples(dim)
    return 60.0 * dim + 2.0 * count + n * (1.4 + 1.7 * dim + 0.4 * dim**2 + 0.037 * count)


def _pairs_work(n: int, dim: int) -> float:
    return 30.0 + 2.0 * n * dim + 0.5 * n * (n * (0.8 + 0.033 * dim) + 0.5 * min(n, current().tile_rows))


def _takes_moments(n: int, dim: int) -> bool:
    return _moments_work(n, dim) <= _pairs_work(n, dim)


def mardia_work(n: int, dim: int) -> float:
    """Return a rough estimate, in nanoseconds on one core, of computing b1 and b2 once.

    Parameters
    ----------
    n, dim : int
        Shape of the sample.

    Returns
    -------
    float
        The estimate.
    """
    return min(_moments_work(n, dim), _pairs_work(n, dim))


def mardia_elements(n: int, dim: int) -> int:
    """Return how many values one replicate takes, by which batches are sized."""
    return max(n * dim, triples(dim)) if _takes_moments(n, dim) else pairs_elements(n, dim)


def mardia_statistics(rows: Rows, whitening: Whitening | None = None) -> Array:
    """Return b1 and b2 of each sample of a batch, (batch, 2), by the cheaper of the two ways.

    Computed in float64; not finite where the values are so large that their sixth powers overflow.
    """
    evaluate = _by_moments if _takes_moments(rows.n, rows.dim) else _by_pairs
    with np.errstate(over="ignore", invalid="ignore"):
        cubes, fourths = evaluate(rows, whitening)
    return np.stack([cubes / rows.n / rows.n, fourths / rows.n], axis=-1)
