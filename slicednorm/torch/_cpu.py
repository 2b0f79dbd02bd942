"""Slices on the CPU, by NumPy: the formulas that `slicednorm.stats` runs, spread over the threads torch is allowed.

A thread projects, sorts, compares and takes the gradient back to the latent for its own share of the directions, so
that threads meet only at the end. The products are NumPy's as well: torch's own threads keep spinning for a while
after one, on the cores that the next step needs.
"""

from __future__ import annotations

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

# Values that one call of a distance is given: enough for NumPy, few enough for the cache.
_GROUP = 1 << 16

# A float32 latent with values beyond this is projected in float64: the rounding of a sum of large terms is large where
# the sum is not, and the middle of a wide sample is where it is looked at closest.
_WIDE = 16.0

# Work on fewer values is done sooner than it is handed to other threads.
_ALONE = 1 << 15


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
    group = max(1, _GROUP // n)
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


def sweep(
    z: NDArray[Any], prior: NDArray[Any] | None, directions: NDArray[Any], task: Task, with_gradient: bool
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    items, n, _ = z.shape
    count = len(directions)
    values = np.empty((items, count))
    if z.dtype == np.float32 and max(z.max(), -z.min()) > _WIDE:
        z = z.astype(np.float64)
    threads = torch.get_num_threads() if items * count * n > _ALONE else 1
    if items > 1 and n * count <= _CHUNK:
        gradient = np.empty(z.shape, directions.dtype) if with_gradient else None

        def whole(some: slice) -> None:
            """Take all directions of some items."""
            found = _share(
                z[some], None if prior is None else prior[some], directions, task, values[some], with_gradient
            )
            if gradient is not None:
                gradient[some] = found

        size = max(1, min(_CHUNK // (n * count), -(-items // threads)))
        with single_threaded_blas():
            run(whole, [slice(start, start + size) for start in range(0, items, size)], threads)
        return values, gradient

    # Each lane adds up its own gradient, over chunks of directions that do not depend on when they are done.
    chunk = max(1, min(-(-count // threads), _CHUNK // n))
    starts = range(0, count, chunk)
    lanes = min(threads, len(starts))
    sums: list[NDArray[Any] | None] = [None] * (items * lanes)

    def some_directions(lane: slice) -> None:
        """Take one item along every ``lanes``-th chunk of directions."""
        item, first = divmod(lane.start, lanes)
        total = None
        for start in starts[first::lanes]:
            part = slice(start, start + chunk)
            one = slice(item, item + 1)
            found = _share(
                z[one],
                None if prior is None else prior[one],
                directions[part],
                task,
                values[one, part],
                with_gradient,
            )
            total = found if total is None or found is None else np.add(total, found, out=total)
        sums[lane.start] = total

    with single_threaded_blas():
        run(some_directions, [slice(lane, lane + 1) for lane in range(items * lanes)], lanes)
    if not with_gradient:
        return values, None
    gradients = []
    for item in range(items):
        first, *rest = sums[item * lanes : (item + 1) * lanes]
        for other in rest:
            np.add(first, other, out=first)
        gradients.append(first)
    return values, gradients[0] if items == 1 else np.concatenate(gradients)
