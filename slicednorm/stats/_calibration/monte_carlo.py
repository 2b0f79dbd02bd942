"""Replicates of the null distribution, evaluated in batches by joblib.

They run on threads, or on whatever backend ``joblib.parallel_config`` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_count, check_workers
from slicednorm.stats._types import Progress

Evaluate: TypeAlias = Callable[[int, int], NDArray[Any]]

# Values of the replicates that are evaluated together, so that Python's overhead does not dominate for small samples.
_BATCH_ELEMENTS = 1 << 18
_LARGEST_BATCH = 256


def batch_size(elements: int) -> int:
    """Return how many replicates to evaluate together, from the number of values that one takes and nothing else."""
    return max(1, min(_LARGEST_BATCH, _BATCH_ELEMENTS // max(1, elements)))


def _evaluate(evaluate: Evaluate, start: int, stop: int) -> tuple[int, NDArray[Any]]:
    with single_threaded_blas():
        return start, evaluate(start, stop)


def _finished(evaluate: Evaluate, ranges: list[tuple[int, int]], workers: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield ``(start, replicates)`` of each range, in the order in which they are finished."""
    if workers == 1 or len(ranges) == 1:
        for bounds in ranges:
            yield _evaluate(evaluate, *bounds)
        return
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    # Threads are enough: NumPy releases the interpreter's lock where the time goes, and nothing is copied. This is only
    # a preference, which a backend named by parallel_config overrules; not all of those can return results one by one.
    backend, _ = get_active_backend(prefer="threads")
    one_by_one = getattr(backend, "supports_return_generator", False)
    parallel = Parallel(n_jobs=workers, prefer="threads", return_as="generator_unordered" if one_by_one else "list")
    yield from parallel(delayed(_evaluate)(evaluate, *bounds) for bounds in ranges)


class Evaluated:
    """Replicates 0..len−1, evaluated when they are asked for."""

    def __init__(self, evaluate: Evaluate, batch: int, workers: int, progress: Progress | None) -> None:
        self._evaluate, self._batch, self._workers, self._progress = evaluate, batch, workers, progress
        self._parts: list[NDArray[Any]] = []
        self._done = 0

    def first(self, count: int, total: int) -> NDArray[Any]:
        """Return the first ``count`` replicates; ``total`` is the number by which progress is measured."""
        ranges = [(start, min(start + self._batch, count)) for start in range(self._done, count, self._batch)]
        parts: dict[int, NDArray[Any]] = {}
        with single_threaded_blas():
            for start, part in _finished(self._evaluate, ranges, self._workers):
                parts[start] = part
                self._done += len(part)
                if self._progress is not None:
                    self._progress(self._done, total)
        self._parts += [parts[start] for start, _ in ranges]
        self._parts = [np.concatenate(self._parts)]
        return self._parts[0]


def monte_carlo(
    evaluate: Evaluate,
    n_resamples: int,
    *,
    batch: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """Return the statistics of replicates 0..n_resamples−1, stacked along the first axis.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(start, stop)`` computes replicates start..stop−1, each from its own stream. It must be picklable, so
        that joblib may run it in other processes.
    n_resamples : int
        Number of replicates.
    batch : int
        How many replicates one call evaluates. It must follow from the shape of the sample alone.
    workers : int, default: 1
        How many calls run at once, −1 for all cores. The answer does not depend on it, bit for bit.
    progress : callable, optional
        Called as ``progress(done, total)``, in this thread, when replicates are finished.
    """
    check_count("n_resamples", n_resamples)
    check_workers(workers)
    return Evaluated(evaluate, batch, workers, progress).first(n_resamples, n_resamples)
