"""Sliced tests of normality: the statistic, and its p-value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.distances import get_distance
from slicednorm.stats._arguments import check_aggregate, check_workers, spelled
from slicednorm.stats._calibration.method import check_method
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.sliced.run import run_sliced
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Aggregate, Method, NanPolicy, Null, Progress


def sliced_tests(
    x: ArrayLike | Sample,
    statistics: Sequence[str] = ("cvm", "ks"),
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> tuple[SlicedTestResult, ...]:
    """Test with several sliced statistics at once, which share the directions, the replicates and the sorting.

    Each result is, bit for bit, what `sliced_test` gives for that statistic alone with the same seed. The
    p-values are not adjusted for the number of statistics.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    statistics : sequence of str, default: ("cvm", "ks")
        Names of the statistics, in the order in which results are returned.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices are combined, as for `sliced_test`.
    n_slices : int, optional
        Number of random directions, as for `sliced_test`.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors, or how to draw them, as for `sliced_test`.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found, as for `sliced_test`.
    n_resamples : int, optional
        Number of null replicates, as for `sliced_test`.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `sliced_test`.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    tuple of SlicedTestResult
        A result for each statistic, in their order.

    Raises
    ------
    ValueError
        As `sliced_test`.
    TypeError
        As `sliced_test`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((100, 3))
    >>> [r.pvalue > 0.05 for r in sliced_tests(x, ["ks", "w2"], n_resamples=99, rng=1)]
    [True, True]
    """
    if isinstance(statistics, str) or not isinstance(statistics, Sequence):
        raise TypeError(f"statistics is a sequence of names, got {spelled(statistics)}; see sliced_test for one")
    distances = [get_distance(name) for name in statistics]
    if not distances:
        raise ValueError("statistics is empty; name at least one")
    check_aggregate(aggregate)
    way = check_method(method, n_resamples)
    check_workers(workers)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    options = Options(null, rng, workers, mean, cov, progress, aggregate, n_slices, directions)
    return run_sliced(sample, distances, options, way)


def sliced_test(
    x: ArrayLike | Sample,
    statistic: str = "cvm",
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> SlicedTestResult:
    r"""Test whether a sample is multivariate normal, by its one-dimensional slices.

    The statistic is :math:`T = \operatorname{mean}_j d(x v_j, N(0, 1))` over directions :math:`v_1..v_k` (or the
    maximum), d one of the distances of `slicednorm.distances`. The null distribution of a mean is a formula for these
    very directions (``method="analytic"``; not for ``"ks"``). Replicates with the same directions give
    :math:`p = (1 + \#\{T^* \ge T\}) / (M + 1)`, which is valid at every level, for any n, D, k and M.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations: an array (also memory-mapped), a DataFrame, a torch tensor. float32 is
        computed in float32, integers and float16 in float32 or wider; (n,) is one column.
    statistic : str, default: "cvm"
        ``"ks"``, ``"cvm"``, ``"w2"``, ``"cw"``, ``"sw"``, ``"ad"``, ``"ep"``, or the name of a model of the paper, for
        its penalty: ``"sksae"``, ``"scvmae"``, ``"scfwae"``, ``"scwae"``, ``"swae"``.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both unknown:
        the sample and each replicate are standardised by their own mean and covariance.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices are combined: by their mean or their maximum.
    n_slices : int, optional
        Number k of random directions. By default 256 with replicates, and with the formula as many as take about a
        second: 256 to 16,384. A one-dimensional sample has one slice, and an array of ``directions`` its own number.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors to use, or how to draw them: ``"iid"``, the default with replicates, or ``"orthogonal"``, the
        default with the formula.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"analytic"``: by the null distribution of a mean as a formula, from 50 rows on
        (under the composite null more than two rows a column). ``"monte carlo"``: by a fixed number of null replicates
        of x's own shape, along its directions. ``"sequential"``: by as many of them as the p-value needs, at most
        9,999. ``"cached"``: by the replicates of the shape over fresh directions that are in the cache, at least 9,999;
        if they are not, 99,999 are computed. ``"auto"``: ``"analytic"`` from 100 rows on, else by as many replicates as
        the p-value needs and about a second of one core allows; beyond 2,000 rows these have 1,000 rows. None computes
        the statistic alone.
    n_resamples : int, optional
        Number M of null replicates. With a number, ``"auto"`` means ``"monte carlo"``, which takes 999 by default;
        the other methods take no number.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed of the directions and the replicates, None for fresh entropy (see ``seed`` in the result).
    workers : int, default: 1
        How many threads share the work, −1 for all cores. The answer does not depend on it.
    mean : float or array_like of shape (D,), optional
        Mean of a known target N(mean, cov) in place of N(0, I), with the standard null.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of that target: one variance for all columns, one for each, or a matrix.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN: raise an error, or leave them out.
    progress : callable, optional
        Called as ``progress(done, total)`` when replicates are finished.

    Returns
    -------
    SlicedTestResult
        The statistic, its p-value, and what they come from.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null, n ≤ D + 1 or
        the covariance is singular; if an option is unknown or out of range.
    TypeError
        If x or ``directions`` are not real numbers, or an option is of the wrong type.

    References
    ----------
    Knop, Mazur, Tabor, Podolak, Spurek, "Sliced generative models", arXiv 1901.10417.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).exponential(size=(300, 4)) - 1.0
    >>> result = sliced_test(x, "cvm", n_resamples=199, rng=0)
    >>> result.pvalue
    0.005
    """
    (result,) = sliced_tests(
        x,
        (statistic,),
        null=null,
        aggregate=aggregate,
        n_slices=n_slices,
        directions=directions,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
        workers=workers,
        mean=mean,
        cov=cov,
        design=design,
        groups=groups,
        rounding=rounding,
        transform=transform,
        nan_policy=nan_policy,
        progress=progress,
    )
    return result
