"""What there is to say about a sample that was rejected: where it deviates, how, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from slicednorm.stats._deviation.by_search import or_of_its_search
from slicednorm.stats._deviation.direction import least_normal_direction
from slicednorm.stats._deviation.direction_result import DirectionResult
from slicednorm.stats._deviation.size import DetectableSizeResult, detectable_size
from slicednorm.stats._deviation.stands_for import sliced_of
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._results import Result
from slicednorm.stats._sample.called import checked_names
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import NanPolicy


@dataclass(frozen=True, repr=False)
class DeviationResult(Result):
    """The result of `deviation`.

    Attributes
    ----------
    sentences : tuple of str
        What deviates and where, and from how many rows on it would be found.
    direction : DirectionResult
        Result of `least_normal_direction`.
    size : DetectableSizeResult
        Result of `detectable_size`.
    """

    sentences: tuple[str, str]
    direction: DirectionResult
    size: DetectableSizeResult


def deviation(
    x: ArrayLike | Sample,
    test: SlicedTestResult | CombinedTestResult | str = "cvm",
    *,
    level: float = 0.05,
    power: float = 0.8,
    method: Literal["auto", "monte carlo"] | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    names: Sequence[str] | None = None,
) -> DeviationResult:
    """Say in two sentences where a sample deviates from normality, and how many rows it takes to find that.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `least_normal_direction`.
    test : SlicedTestResult, OmnibusTestResult, PursuitTestResult or str, default: "cvm"
        Result of a test, or the name of a statistic, as for `least_normal_direction`. If `omnibus_test` or
        `pursuit_test` has rejected by a search, and no kind is supported along the least normal direction, the
        direction of that search is described, whose kind has no p-value.
    level : float, default: 0.05
        Level of the test, as for `detectable_size`.
    power : float, default: 0.8
        Power with which the deviation is to be found, as for `detectable_size`.
    method : {"auto", "monte carlo"} or None, default: "auto"
        How the search is judged, as for `least_normal_direction`. Null replicates tell apart the kinds of deviation
        that a normal sample of few rows might show as well. ``"auto"``: as many of them as take up to 15 seconds of one
        core; if 39 take longer, none, and only what holds on rows that the search has not seen is reported.
    n_resamples : int, optional
        Number of null replicates of the search, as for `least_normal_direction`.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `least_normal_direction`.
    workers : int, default: 1
        Number of threads, as for `least_normal_direction`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `least_normal_direction`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `least_normal_direction`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `least_normal_direction`.
    names : sequence of str, optional
        Names of the D columns; those of a DataFrame by default, else they are numbered from 0.

    Returns
    -------
    DeviationResult
        The two sentences, and the results that they come from.

    Raises
    ------
    ValueError
        As `least_normal_direction` and `detectable_size`.
    TypeError
        As `least_normal_direction` and `detectable_size`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((1000, 3)) + [0.0, 0.8, 0.0]
    >>> for sentence in deviation(x, "cvm", rng=0, names=["a", "b", "c"]).sentences:
    ...     print(sentence)
    Along the direction with the largest weight on column b (+1.00) the sample is shifted: mean ...
    From about ... rows on (... to ...), this deviation would be found by the sliced Cramér-von Mises test ...
    """
    sample = as_sample(x, nan_policy=nan_policy)
    by = sliced_of(sample, test, method="auto", workers=workers, mean=mean, cov=cov)
    direction = least_normal_direction(
        sample, by, method=method, n_resamples=n_resamples, rng=rng, workers=workers, mean=mean, cov=cov, names=names
    )
    if isinstance(test, CombinedTestResult) and test.pvalue <= level:
        called = checked_names(names, sample.rows.called, sample.dim)
        direction = or_of_its_search(direction, sample, test, mean=mean, cov=cov, names=called)
    seed = direction.seed if isinstance(test, str) else None
    size = detectable_size(sample, by, level=level, power=power, rng=seed, workers=workers, mean=mean, cov=cov)
    return DeviationResult((direction.sentence, size.sentence), direction, size)
