"""Exact Monte Carlo: the null law of a statistic from replicates, spread over the cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._blas import single_threaded_blas

Progress: TypeAlias = Callable[[int, int], None]

# Values of the replicates that are evaluated together, so that small samples do not drown in Python's overhead.
_BATCH_ELEMENTS = 1 << 18
_LARGEST_BATCH = 256


def batch_size(elements: int) -> int:
    """Return how many replicates of so many values to evaluate together; it depends on nothing else."""
    return max(1, min(_LARGEST_BATCH, _BATCH_ELEMENTS // max(1, elements)))


def check_resamples(n_resamples: int | None) -> None:
    """Raise unless ``n_resamples`` is None or a whole number of at least 1."""
    if n_resamples is None:
        return
    if isinstance(n_resamples, bool) or not isinstance(n_resamples, (int, np.integer)):
        raise TypeError(f"n_resamples must be a whole number or None, got {n_resamples!r}")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples}; None computes no p-value")


def _check_workers(workers: int) -> None:
    if isinstance(workers, bool) or not isinstance(workers, (int, np.integer)):
        raise TypeError(f"workers must be a whole number, got {workers!r}")
    if workers < 1 and workers != -1:
        raise ValueError(f"workers must be at least 1, or -1 for all cores, got {workers}")


def _evaluate(evaluate: Callable[[int, int], NDArray[Any]], start: int, stop: int) -> tuple[int, NDArray[Any]]:
    with single_threaded_blas():
        return start, evaluate(start, stop)


def monte_carlo(
    evaluate: Callable[[int, int], NDArray[Any]],
    n_resamples: int,
    *,
    batch: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> NDArray[Any]:
    """Return the statistics of replicates 0..n_resamples−1, stacked along the first axis.

    Parameters
    ----------
    evaluate : ``evaluate(start, stop)`` computes replicates start..stop−1, each from its own stream; it must
        be picklable, so that joblib may run it in other processes.
    batch : how many replicates one call evaluates. It must follow from the shape of the sample alone.
    workers : how many run at once, −1 for all cores. The answer is the same, bit for bit, for any number.
    progress : ``progress(done, total)`` is called in this thread as replicates are finished.
    """
    check_resamples(n_resamples)
    _check_workers(workers)
    ranges = [(start, min(start + batch, n_resamples)) for start in range(0, n_resamples, batch)]
    parts: list[NDArray[Any] | None] = [None] * len(ranges)
    done = 0

    def take(start: int, part: NDArray[Any]) -> None:
        nonlocal done
        parts[start // batch] = part
        done += len(part)
        if progress is not None:
            progress(done, n_resamples)

    with single_threaded_blas():
        if workers == 1 or len(ranges) == 1:
            for start, stop in ranges:
                take(*_evaluate(evaluate, start, stop))
        else:
            from joblib import Parallel, delayed

            # Threads do: NumPy releases the interpreter's lock where the time goes, and nothing is copied.
            parallel = Parallel(n_jobs=workers, prefer="threads", return_as="generator_unordered")
            for start, part in parallel(delayed(_evaluate)(evaluate, *bounds) for bounds in ranges):
                take(start, part)
    return np.concatenate([part for part in parts if part is not None])


def monte_carlo_pvalue(null_distribution: NDArray[Any], statistic: float) -> float:
    """Return (1 + #{T* ≥ T}) / (M + 1), valid at every level for any M."""
    return float(1 + np.count_nonzero(null_distribution >= statistic)) / (len(null_distribution) + 1)


def pvalue_stderr(pvalue: float, n_resamples: int) -> float:
    """Return the Monte Carlo standard error √(p(1 − p)/(M + 1)) of a p-value by M replicates."""
    return float(np.sqrt(pvalue * (1.0 - pvalue) / (n_resamples + 1)))
