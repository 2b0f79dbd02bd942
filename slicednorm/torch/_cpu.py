"""Slices on the CPU, by NumPy: the formulas that `slicednorm.stats` runs, spread over the threads torch is allowed.

A thread projects, sorts, compares and takes the gradient back to the latent for its own share of the directions, so
that threads meet only at the end. The products are NumPy's as well: torch's own threads keep spinning for a while
after one, on the cores that the next step needs.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slicednorm.distances import Distance
from slicednorm.stats._blas import single_threaded_blas
from slicednorm.torch._order import sort_with_order
from slicednorm.torch._task import Task
from slicednorm.torch._threads import run

# Projections that a thread holds at a time: each chunk reads the latent once more, so a chunk takes some dozens of
# directions.
_CHUNK = 1 << 21

# Bytes of gradients that threads may hold, two each of the size of the latent.
_LANES = 1 << 30

# Values that one call of a distance is given: enough for NumPy, few enough for the cache. The distances between
# characteristic functions divide theirs again, by how far the slices reach.
_GROUP = 1 << 16
_GROUP_SPECTRAL = 1 << 18

# A float32 latent with values beyond this is projected in float64: the rounding of a sum of large terms is large where
# the sum is not, and the middle of a wide sample is where it is looked at closest.
_WIDE = 16.0

# Work on fewer values is done sooner than it is handed to other threads. Products of fewer terms BLAS itself keeps on
# one.
_ALONE = 1 << 15
_FEW_TERMS = 1 << 17


def _fill(
    y: NDArray[Any],
    prior: NDArray[Any] | None,
    distance: Distance,
    options: dict[str, Any],
    values: NDArray[np.float64],
    with_gradient: bool,
) -> None:
    """Fill ``values`` (rows,) with the distances of y (rows, n), and put the gradient in the place of y."""
    order = None
    taken = y
    if distance.needs_sorted and with_gradient:
        taken, order = sort_with_order(y)
    elif distance.needs_sorted:
        y.sort(axis=-1)
    if prior is not None:
        prior.sort(axis=-1)
    arguments = (taken,) if prior is None else (taken, prior)
    if not with_gradient:
        values[:] = distance.value(*arguments, **options)
        return
    values[:], slope = distance.value_and_gradient(*arguments, **options)
    if order is None:
        y[:] = slope
    else:
        y.reshape(-1)[order] = slope


def slices(y: NDArray[Any], prior: NDArray[Any] | None, task: Task, with_gradient: bool) -> NDArray[np.float64]:
    """Return the distances (rows,) of projections (rows, n), which are used up: y then holds the gradient."""
    rows, n = y.shape
    values = np.empty(rows)
    group = max(1, (_GROUP if task.distance.spectrum is None else _GROUP_SPECTRAL) // n)
    for start in range(0, rows, group):
        part = slice(start, start + group)
        _fill(y[part], None if prior is None else prior[part], task.distance, task.options, values[part], with_gradient)
    return values


def _project(z: NDArray[Any], directions: NDArray[Any]) -> NDArray[Any]:
    """Return the projections (items, k, n) of items z (items, n, D), in the dtype of the directions."""
    found = np.matmul(directions.astype(z.dtype, copy=False), np.swapaxes(z, -1, -2))
    return found.astype(directions.dtype, copy=False)


def _share(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    task: Task,
    values: NDArray[np.float64],
    with_gradient: bool,
) -> NDArray[Any] | None:
    """Fill ``values`` (items, k) for some items and directions and return their gradient by z, summed over these."""
    with np.errstate(all="ignore"):
        y = _project(z, directions)
        others = None if prior is None else _project(prior, directions).reshape(-1, y.shape[-1])
        values[:] = slices(y.reshape(-1, y.shape[-1]), others, task, with_gradient).reshape(values.shape)
        return np.matmul(np.swapaxes(y, -1, -2), directions) if with_gradient else None


def _by_items(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    task: Task,
    values: NDArray[np.float64],
    with_gradient: bool,
    threads: int,
) -> NDArray[Any] | None:
    """Do `sweep` for items small enough to take all their directions at once."""
    items, n, _ = z.shape
    gradient = np.empty(z.shape, directions.dtype) if with_gradient else None

    def work(some: slice) -> None:
        other = None if prior is None else prior[some]
        found = _share(z[some], other, directions, task, values[some], with_gradient)
        if gradient is not None:
            gradient[some] = found

    size = max(1, min(_CHUNK // (n * len(directions)), -(-items // threads)))
    run(work, [slice(start, start + size) for start in range(0, items, size)], threads)
    return gradient


def _by_directions(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    task: Task,
    values: NDArray[np.float64],
    with_gradient: bool,
    threads: int,
) -> NDArray[Any] | None:
    """Do `sweep` for one item, (1, n, D), a chunk of directions at a time.

    Every thread has a lane of chunks whose gradients it adds up: the result depends on how many threads there are, by
    rounding, but not on which of them is faster.
    """
    lanes = min(threads, max(1, _LANES // (2 * z.size * directions.itemsize)))
    chunk = max(1, min(-(-len(directions) // lanes), _CHUNK // z.shape[1]))
    parts = [slice(start, start + chunk) for start in range(0, len(directions), chunk)]
    lanes = min(lanes, len(parts))
    totals: dict[int, Any] = {}

    def work(lane: slice) -> None:
        for part in parts[lane.start :: lanes]:
            found = _share(z, prior, directions[part], task, values[:, part], with_gradient)
            if found is not None:
                total = totals.setdefault(lane.start, found)
                if total is not found:
                    total += found

    run(work, [slice(lane, lane + 1) for lane in range(lanes)], lanes)
    if not with_gradient:
        return None
    for lane in range(1, lanes):
        totals[0] += totals[lane]
    return np.asarray(totals[0])


def sweep(
    z: NDArray[Any], prior: NDArray[Any] | None, directions: NDArray[Any], task: Task, with_gradient: bool
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    items, n, _ = z.shape
    count = len(directions)
    values = np.empty((items, count))
    if z.dtype == np.float32 and max(z.max(), -z.min()) > _WIDE:
        z = z.astype(np.float64)
    if items * count * n <= _ALONE:
        with nullcontext() if n * count * z.shape[2] <= _FEW_TERMS else single_threaded_blas():
            return values, _share(z, prior, directions, task, values, with_gradient)
    threads = torch.get_num_threads()
    with single_threaded_blas():
        if items > 1 and n * count <= _CHUNK:
            return values, _by_items(z, prior, directions, task, values, with_gradient, threads)
        gradients = []
        for item in range(items):
            one = slice(item, item + 1)
            other = None if prior is None else prior[one]
            gradients.append(_by_directions(z[one], other, directions, task, values[one], with_gradient, threads))
    if not with_gradient:
        return values, None
    return values, gradients[0] if items == 1 else np.concatenate(gradients)  # type: ignore[arg-type]
