"""From a sample to one distance per direction: project, sort, compare, a chunk of slices at a time.

Apart from the sample, it takes the memory of one chunk of projections: some tens of megabytes, or four slices if a
single slice is larger than that. Chunks follow from the shapes alone, and every item of a batch is its own
matrix product, so that a distance does not depend on what it is computed together with, to the last bit.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm._compiled import expect_sorting, sort_rows
from slicednorm._runtime.memory import keep_freed_memory
from slicednorm._runtime.threads import run
from slicednorm.distances import Distance
from slicednorm.stats._limits import current
from slicednorm.stats._sample.rows import Rows, is_kept
from slicednorm.stats._sample.whiten import Whitening

# Each chunk of projections reads the sample anew. A sample that is so large that it is drawn again, or comes from a
# file larger than memory, takes larger chunks, of this many values. Sample, prior and replicates have equal chunks,
# because they have one shape.
_CHUNK_HUGE = 1 << 26
_LEAST_SLICES = 4

# Number of values in one call of a distance: large enough for NumPy, small enough for the cache.
_GROUP = 1 << 19


class _Scratch(threading.local):
    """Buffers of a thread, which grow as needed: fresh pages cost as much as projecting into them."""

    def __init__(self) -> None:
        self._buffers: dict[str, NDArray[np.uint8]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        size = int(np.prod(shape)) * dtype.itemsize
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        return buffer[:size].view(dtype).reshape(shape)

    def release(self) -> None:
        """Give this thread's buffers back, except for one chunk of float32 slices, which the next test will need."""
        most = 4 * current().chunk_elements
        self._buffers = {name: held for name, held in self._buffers.items() if name == "y" and held.size <= most}


_scratch = _Scratch()


@contextmanager
def slices_scratch() -> Iterator[None]:
    """Give working memory back when the block, or the decorated function, has ended in whatever way."""
    try:
        yield
    finally:
        _scratch.release()


def project(
    rows: Rows, directions: NDArray[Any], whitening: Whitening | None, out: NDArray[Any], threads: int = 1
) -> NDArray[Any]:
    """Fill ``out`` (batch, slices, n) with the projections of the rows, standardised if a whitening is given.

    Standardising costs no copy of the sample: (x − mean) S^(−1/2) v is x − mean projected on S^(−1/2) v. It is done
    in float64, because S^(−1/2) v of nearly collinear columns is large and cancels.
    """
    turned = directions
    if whitening is not None:
        turned = np.matmul(directions.astype(np.float64), np.swapaxes(whitening.matrix, -1, -2))

    @np.errstate(over="ignore", invalid="ignore")  # see slice_statistics; every thread has a state of its own
    def work(part: tuple[int, int, NDArray[Any]]) -> None:
        start, stop, block = part
        if whitening is None:
            np.matmul(turned, np.swapaxes(block, -1, -2), out=out[..., start:stop])
        else:
            out[..., start:stop] = np.matmul(turned, np.swapaxes(block - whitening.mean, -1, -2))

    blocks = rows.blocks()
    while parts := list(islice(blocks, threads)):
        run(work, parts, threads)
    return out


@np.errstate(over="ignore", invalid="ignore")  # see slice_statistics; every thread has a state of its own
def _compare(
    y: NDArray[Any], z: NDArray[Any] | None, distances: Sequence[Distance], values: NDArray[np.float64]
) -> None:
    """Fill ``values`` (rows, statistics) with the distances of projections y (rows, n), which are overwritten."""
    is_sorted = False
    # Distances that take any order come first, and always see the projections unsorted, whatever they are computed
    # together with: the order of a sum decides its last bit.
    for index in sorted(range(len(distances)), key=lambda index: distances[index].needs_sorted):
        distance = distances[index]
        if distance.needs_sorted and not is_sorted:
            sort_rows(y)
            if z is not None:
                sort_rows(z)
            is_sorted = True
        arguments = (y, z) if distance.needs_prior else (y,)
        values[:, index] = distance.value(*arguments)


@np.errstate(over="ignore", invalid="ignore")  # if the squares of a sample overflow, its distance is not finite
def slice_statistics(
    rows: Rows,
    directions: NDArray[Any],
    distances: Sequence[Distance],
    *,
    whitening: Whitening | None = None,
    prior: Rows | None = None,
    prior_whitening: Whitening | None = None,
    threads: int = 1,
) -> NDArray[np.float64]:
    """Return the distance of every slice to N(0, 1), of shape (batch, statistics, k), in float64.

    Parameters
    ----------
    rows : Rows
        The samples, (batch, n, D).
    directions : ndarray of shape (k, D) or (batch, k, D)
        Unit vectors in the dtype of ``rows``, for all samples or for each its own.
    distances : sequence of Distance
        The distances to compute, which share the projections and one sort.
    whitening : Whitening, optional
        How the samples are standardised, None to take them as they are.
    prior : Rows, optional
        Prior samples that some distances compare with.
    prior_whitening : Whitening, optional
        How these are standardised.
    threads : int, default: 1
        Number of threads that share the blocks of rows to project and the slices to compare. The answer does not depend
        on it, bit for bit.
    """
    keep_freed_memory()
    count, n = directions.shape[-2], rows.n
    if any(distance.needs_sorted for distance in distances):
        expect_sorting(count * rows.batch, n)
    budget = current().chunk_elements if is_kept(n, rows.dim) else _CHUNK_HUGE
    chunk = min(count, max(_LEAST_SLICES, budget // (n * rows.batch)))
    result = np.empty((rows.batch, len(distances), count))
    for first in range(0, count, chunk):
        last = min(first + chunk, count)
        shape = (rows.batch, last - first, n)
        y = project(rows, directions[..., first:last, :], whitening, _scratch.array("y", shape, rows.dtype), threads)
        y, z = y.reshape(-1, n), None
        if prior is not None:
            z = _scratch.array("z", shape, rows.dtype)
            z = project(prior, directions[..., first:last, :], prior_whitening, z, threads).reshape(-1, n)
        values = np.empty((len(y), len(distances)))

        def work(
            part: slice, y: NDArray[Any] = y, z: NDArray[Any] | None = z, values: NDArray[np.float64] = values
        ) -> None:
            _compare(y[part], None if z is None else z[part], distances, values[part])

        group = max(1, _GROUP // n)
        run(work, [slice(start, start + group) for start in range(0, len(y), group)], threads)
        result[:, :, first:last] = np.moveaxis(values.reshape(rows.batch, last - first, -1), -1, 1)
    return result


def sliced_work(n: int, dim: int, n_slices: int, n_statistics: int) -> float:
    """Return a rough estimate, in nanoseconds on one core, of the time to evaluate sliced statistics once.

    Parameters
    ----------
    n, dim : int
        Shape of the sample.
    n_slices : int
        Number of directions.
    n_statistics : int
        Number of statistics that share them.

    Returns
    -------
    float
        The estimate.
    """
    return float(n) * n_slices * (0.03 * dim + 3.0 + 3.0 * n_statistics)
