"""Slices on the CPU, by NumPy, on as many threads as torch may use.

NumPy computes the matrix products too. After a product torch's own threads keep spinning for a while, on the cores that
the next step needs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slicednorm._compiled import expect_sorting, sort_rows
from slicednorm._runtime.blas import single_threaded_blas
from slicednorm._runtime.threads import run
from slicednorm.torch._sliced.order import sort_with_order
from slicednorm.torch._sliced.settings import Settings

# Projections of one chunk. Every chunk reads the latent again, so a chunk has dozens of directions.
_CHUNK = 1 << 22

# Values of the latent, or of its projections, that one thread multiplies at a time.
_ROWS = 1 << 20

# Values in one call of a distance: enough for NumPy to be efficient, few enough for the cache. Distances between
# characteristic functions divide theirs again, by how far the slices reach.
_GROUP = 1 << 16
_GROUP_SPECTRAL = 1 << 18

# A float32 latent with values beyond this is projected in float64. A small sum of large terms has a large rounding
# error, and small projections, the middle of the sample, are those to which the distances are most sensitive.
_WIDE = 16.0

# Handing over work on fewer values to other threads takes longer than the work. BLAS itself computes products of fewer
# terms on one thread.
_ALONE = 1 << 15
_FEW_TERMS = 1 << 17


def _fill(
    y: NDArray[Any],
    prior: NDArray[Any] | None,
    settings: Settings,
    values: NDArray[np.float64],
    with_gradient: bool,
) -> None:
    """Fill ``values`` (rows,) with the distances of y (rows, n), and with ``with_gradient`` y with their gradient."""
    distance, options = settings.distance, settings.options
    order = None
    taken = y
    if distance.needs_sorted and with_gradient:
        taken, order = sort_with_order(y)
    elif distance.needs_sorted:
        sort_rows(y)
    if prior is not None:
        sort_rows(prior)
    arguments = (taken,) if prior is None else (taken, prior)
    if not with_gradient:
        values[:] = distance.value(*arguments, **options)
        return
    values[:], slope = distance.value_and_gradient(*arguments, **options)
    if order is None:
        y[:] = slope
    else:
        y.reshape(-1)[order] = slope


def slices(y: NDArray[Any], prior: NDArray[Any] | None, settings: Settings, with_gradient: bool) -> NDArray[np.float64]:
    """Return the distances (rows,) of projections y (rows, n).

    y and prior are overwritten; ``with_gradient`` leaves the gradient in y.
    """
    rows, n = y.shape
    values = np.empty(rows)
    group = max(1, (_GROUP if settings.distance.spectrum is None else _GROUP_SPECTRAL) // n)
    for start in range(0, rows, group):
        part = slice(start, start + group)
        _fill(y[part], None if prior is None else prior[part], settings, values[part], with_gradient)
    return values


def _project(z: NDArray[Any], directions: NDArray[Any]) -> NDArray[Any]:
    """Return the projections (..., k, n) of z (..., n, D), in the dtype of the directions."""
    found = np.matmul(directions.astype(z.dtype, copy=False), np.swapaxes(z, -1, -2))
    return found.astype(directions.dtype, copy=False)


def _quietly(work: Callable[[slice], None]) -> Callable[[slice], None]:
    """Return the work without NumPy's warnings: a latent that is not finite gives a loss that is not finite."""

    def quiet(part: slice) -> None:
        with np.errstate(all="ignore"):
            work(part)

    return quiet


def _in_one_thread(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    settings: Settings,
    values: NDArray[np.float64],
    with_gradient: bool,
) -> NDArray[Any] | None:
    """Fill ``values`` (items, k) and return Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    with np.errstate(all="ignore"):
        y = _project(z, directions)
        others = None if prior is None else _project(prior, directions).reshape(-1, y.shape[-1])
        values[:] = slices(y.reshape(-1, y.shape[-1]), others, settings, with_gradient).reshape(values.shape)
        return np.matmul(np.swapaxes(y, -1, -2), directions) if with_gradient else None


def _by_items(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    settings: Settings,
    values: NDArray[np.float64],
    with_gradient: bool,
    threads: int,
) -> NDArray[Any] | None:
    """Fill ``values`` (items, k) and return Σ_j ∂d_j/∂z, (items, n, D), if asked for.

    The threads share the items. An item must be small enough for all its projections to be held at once.
    """
    items, n, _ = z.shape
    gradient = np.empty(z.shape, directions.dtype) if with_gradient else None

    def work(some: slice) -> None:
        other = None if prior is None else prior[some]
        found = _in_one_thread(z[some], other, directions, settings, values[some], with_gradient)
        if gradient is not None:
            gradient[some] = found

    size = max(1, min(_CHUNK // (n * len(directions)), -(-items // threads)))
    run(work, [slice(start, start + size) for start in range(0, items, size)], threads)
    return gradient


def _by_directions(
    z: NDArray[Any],
    prior: NDArray[Any] | None,
    directions: NDArray[Any],
    settings: Settings,
    values: NDArray[np.float64],
    gradient: NDArray[Any] | None,
    threads: int,
) -> None:
    """Fill ``values`` (k,) and ``gradient`` (n, D) for one item z (n, D), a chunk of directions at a time.

    The threads share the rows to project, then the directions to sort and compare, then again the rows to compute the
    gradient. So a few large products read the latent, and no thread adds to what another thread has computed.
    """
    n, dim = z.shape
    count = min(len(directions), max(threads, _CHUNK // n))
    size = max(1, min(-(-n // threads), _ROWS // max(dim, count)))
    rows = [slice(start, start + size) for start in range(0, n, size)]
    samples = [z] if prior is None else [z, prior]
    buffers = [np.empty((count, n), directions.dtype) for _ in samples]
    for first in range(0, len(directions), count):
        v = directions[first : first + count]
        found = values[first : first + count]
        y, *others = (buffer[: len(v)] for buffer in buffers)

        def project(part: slice, v: NDArray[Any] = v) -> None:
            for sample, buffer in zip(samples, buffers, strict=True):
                buffer[: len(v), part] = _project(sample[part], v)

        def compare(part: slice, y: NDArray[Any] = y, others: list[NDArray[Any]] = others, found: Any = found) -> None:
            found[part] = slices(y[part], others[0][part] if others else None, settings, gradient is not None)

        def take_back(part: slice, y: NDArray[Any] = y, v: NDArray[Any] = v) -> None:
            assert gradient is not None
            gradient[part] += np.matmul(y[:, part].T, v)

        run(_quietly(project), rows, threads)
        share = -(-len(v) // threads)
        run(compare, [slice(start, start + share) for start in range(0, len(v), share)], threads)
        if gradient is not None:
            run(_quietly(take_back), rows, threads)


def sweep(
    z: NDArray[Any], prior: NDArray[Any] | None, directions: NDArray[Any], settings: Settings, with_gradient: bool
) -> tuple[NDArray[np.float64], NDArray[Any] | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    items, n, _ = z.shape
    count = len(directions)
    values = np.empty((items, count))
    if settings.distance.needs_sorted:
        expect_sorting(items * count, n)
    if z.dtype == np.float32 and max(z.max(), -z.min()) > _WIDE:
        z = z.astype(np.float64)
    if items * count * n <= _ALONE:
        with nullcontext() if n * count * z.shape[2] <= _FEW_TERMS else single_threaded_blas():
            return values, _in_one_thread(z, prior, directions, settings, values, with_gradient)
    threads = torch.get_num_threads()
    with single_threaded_blas():
        if items > 1 and n * count <= _CHUNK:
            return values, _by_items(z, prior, directions, settings, values, with_gradient, threads)
        gradient = np.zeros(z.shape, directions.dtype) if with_gradient else None
        for item in range(items):
            _by_directions(
                z[item],
                None if prior is None else prior[item],
                directions,
                settings,
                values[item],
                None if gradient is None else gradient[item],
                threads,
            )
    return values, gradient
