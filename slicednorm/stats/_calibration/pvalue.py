"""Exact Monte Carlo: p-values from null replicates, a fixed number of them or as many as it takes.

A fixed number M gives p = (1 + #{T* ≥ T}) / (M + 1). The sequential rule of Besag and Clifford ("Sequential Monte Carlo
p-values", Biometrika 78, 1991) stops at the replicate, number ℓ, that is the h-th to reach the sample, with p = h/ℓ, or
else after the largest number M with the formula above. Both are valid at every level, P(p ≤ u) ≤ u under the null, for
any statistic. A normal sample takes about h (1 + log(M/h)) replicates on average, which is 144; a sample that is not
normal takes all of them, and gets a small p-value.

Replicates are evaluated in batches by joblib, on threads or on the backend that ``joblib.parallel_config`` names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._arguments import check_count, check_workers
from slicednorm.stats._calibration.monte_carlo import Evaluate, Evaluated, monte_carlo
from slicednorm.stats._calibration.ranks import Ranking, rank_pvalue
from slicednorm.stats._calibration.tail import tail_pvalue
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._limits import current
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._types import MethodUsed, Progress

# The rule of Besag and Clifford: how many replicates must reach the sample.
EXCEEDANCES = 20

# After 999 replicates, of which at most one reaches the sample, a cached null distribution is worth its computation.
_HOPELESS = (999, 1)

# From this number of replicates on, a statistic that is equal in all of them counts as one that does not vary.
_ENOUGH_TO_VARY = 19

# The least and the largest factor by which a sequential run grows between two looks.
_LEAST_GROWTH, _MOST_GROWTH = 1.25, 3.0


def pvalue_stderr(pvalue: float, n_resamples: int) -> float:
    """Return the Monte Carlo standard error √(p(1 − p)/(M + 1)) of a p-value by M replicates."""
    return float(np.sqrt(pvalue * (1.0 - pvalue) / (n_resamples + 1)))


@dataclass(frozen=True)
class Calibration:
    """The p-value of one statistic, and what it comes from.

    Attributes
    ----------
    pvalue, pvalue_stderr : float or None
        The p-value and its Monte Carlo standard error; None where there is none.
    n_resamples : int or None
        Number of replicates that it is based on.
    null_distribution : ndarray of shape (n_resamples,)
        Values of the replicates.
    method : {"analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None
        How the p-value was found: ``"analytic"``, by a null distribution that is a formula for the directions,
        ``"monte carlo"``, by a number of replicates fixed beforehand, ``"sequential"``, by as many as it took,
        ``"cached"``, by a cached null distribution, or ``"asymptotic"``, by a limiting distribution; None without a
        p-value.
    tail_pvalue : float or None
        An extrapolation of the p-value where no replicate reaches the sample (see `tail_pvalue`); else None.
    law_n : int or None
        Number of rows of the replicates, if it is not that of the sample; else None.
    law : WeightedChi2 or None
        The null distribution as a formula, of ``"analytic"``; else None.
    """

    pvalue: float | None = None
    pvalue_stderr: float | None = None
    n_resamples: int | None = None
    null_distribution: NDArray[Any] = field(default_factory=lambda: np.empty(0), compare=False)
    method: MethodUsed | None = None
    tail_pvalue: float | None = None
    law_n: int | None = None
    law: WeightedChi2 | None = field(default=None, compare=False)


def _check_varies(null: NDArray[Any], ranking: Ranking) -> None:
    """Raise a SampleError if a statistic is equal, up to rounding, for all samples under the null."""
    tied = 2.0 * ranking.rounding(np.max(np.abs(null)))
    if len(null) >= _ENOUGH_TO_VARY and np.ptp(null) <= tied < np.inf:
        raise SampleError(
            f"the statistic is {np.mean(null):.6g} for every normal sample of this shape, to within rounding, so that "
            "it tells nothing; use another test"
        )


def by_fixed_number(null: NDArray[Any], statistic: Any, ranking: Ranking) -> Calibration:
    """Return the p-value by a number of replicates that was fixed beforehand."""
    reached = ranking.reached(null, statistic)
    _check_varies(null, ranking)
    pvalue = rank_pvalue(reached)
    stderr = pvalue_stderr(pvalue, len(null))
    tail = tail_pvalue(null, statistic) if ranking.exponential_tail and not reached.any() else None
    return Calibration(pvalue, stderr, len(null), np.ascontiguousarray(null), "monte carlo", tail)


def _stopped(null: NDArray[Any], statistic: Any, ranking: Ranking, most: int) -> Calibration | None:
    """Return the p-value by the rule of Besag and Clifford, None if these replicates are not enough."""
    reached = np.flatnonzero(ranking.reached(null, statistic))
    _check_varies(null, ranking)
    if len(reached) >= EXCEEDANCES:
        used = int(reached[EXCEEDANCES - 1]) + 1
        pvalue = EXCEEDANCES / used
        return Calibration(pvalue, pvalue_stderr(pvalue, used), used, np.ascontiguousarray(null[:used]), "sequential")
    if len(null) >= most:
        return replace(by_fixed_number(null, statistic, ranking), method="sequential")
    return None


def _next_count(reach: NDArray[np.bool_], most: int) -> int:
    """Return how many replicates to look at next, given which of those so far reach the statistics."""
    so_far = len(reach)
    fewest = int(reach.sum(axis=0).min())
    expected = so_far * EXCEEDANCES / max(fewest, 1)
    count = min(max(expected, _LEAST_GROWTH * so_far), _MOST_GROWTH * so_far)
    if so_far < _HOPELESS[0] < count:
        count = _HOPELESS[0]
    return min(int(count), most)


def _hopeless(reach: NDArray[np.bool_]) -> bool:
    count, most = _HOPELESS
    return len(reach) >= count and int(np.count_nonzero(reach[:count])) <= most


def calibrate(
    evaluate: Evaluate,
    statistics: NDArray[np.float64],
    n_resamples: int | None,
    *,
    batch: int,
    workers: int = 1,
    progress: Progress | None = None,
    rankings: Sequence[Ranking],
    gives_up: bool = False,
    most: int | None = None,
) -> list[Calibration | None]:
    """Return the p-value of each of several statistics, whose replicates are evaluated together.

    Parameters
    ----------
    evaluate : callable
        Computes replicates of shape (count, m), as for `monte_carlo`.
    statistics : ndarray of shape (m,), dtype=float64
        Statistics of the sample.
    n_resamples : int or None
        Number of replicates, or None for the sequential rule: each statistic uses as many as it needs, from the first
        on, and its p-value does not depend on the others.
    batch : int
        How many replicates one call evaluates, as for `monte_carlo`.
    workers : int, default: 1
        How many calls run at once, as for `monte_carlo`.
    progress : callable, optional
        Called as ``progress(done, total)``; by the sequential rule it may end before its total.
    rankings : sequence of Ranking
        How the values of each statistic are ranked.
    gives_up : bool, default: False
        Whether the sequential rule gives up on a statistic that hardly any of 999 replicates reach: its result is None.
    most : int, optional
        The largest number of replicates of the sequential rule, which must not depend on the sample's values; 9,999 by
        default.
    """
    check_workers(workers)
    if n_resamples is not None:
        check_count("n_resamples", n_resamples)
        nulls = monte_carlo(evaluate, n_resamples, batch=batch, workers=workers, progress=progress)
        return [by_fixed_number(*column) for column in zip(nulls.T, statistics, rankings, strict=True)]
    replicates = Evaluated(evaluate, batch, workers, progress)
    most = current().most_resamples if most is None else most
    count = min(most, max(2 * EXCEEDANCES, batch))
    results: dict[int, Calibration | None] = {}
    while True:
        nulls = replicates.first(count, most)
        columns = zip(rankings, nulls.T, statistics, strict=True)
        reach = np.stack([ranking.reached(null, value) for ranking, null, value in columns], axis=-1)
        for index, ranking in enumerate(rankings):
            if index in results:
                continue
            stopped = _stopped(nulls[:, index], statistics[index], ranking, most)
            if stopped is not None or (gives_up and _hopeless(reach[:, index])):
                results[index] = stopped
        left = [index for index in range(len(statistics)) if index not in results]
        if not left:
            return [results[index] for index in range(len(statistics))]
        count = _next_count(reach[:, left], most)
