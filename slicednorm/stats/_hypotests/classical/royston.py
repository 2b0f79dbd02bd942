"""Royston's test: Shapiro and Wilk's of every column, with fewer degrees of freedom the more they correlate."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import correlation, run
from slicednorm.stats._hypotests.classical.shapiro_wilk import both_scores, lack_of_fit, normal_scores, unit_columns
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# Above this kurtosis a column is tested by Shapiro and Francia's form, as in R's MVN.
_HEAVY_TAILS = 3.0

# The largest number of degrees of freedom per column. Royston's polynomials take moderate correlations for slightly
# negative ones, so that the degrees exceed the number of columns by up to a few per cent; with thousands of rows they
# go to infinity and come back as negative numbers.
_MOST_DEGREES = 1.1


def _degrees(correlations: Array, n: int) -> Array:
    """Return the equivalent degrees of freedom of D correlated columns, (batch,)."""
    dim = correlations.shape[-1]
    if dim == 1:
        return np.ones(len(correlations))
    x = math.log(n)
    nu = 0.21364 + 0.015124 * x**2 - 0.0018034 * x**3
    c = np.clip(correlations, -1.0, 1.0)
    transformed = c**5 * (1.0 - 0.715 * (1.0 - c) ** 0.715 / nu)
    mean = (np.sum(transformed.reshape(len(c), -1), axis=-1) - dim) / (dim**2 - dim)
    return np.asarray(dim / np.maximum(1.0 + (dim - 1.0) * mean, 1.0 / _MOST_DEGREES))


def _scores_of_columns(rows: Rows, whitening: Whitening | None) -> Array:
    """Return the transformed 1 − W of each column of every sample of a batch, (batch, D)."""
    n = rows.n
    columns = unit_columns(rows, whitening)
    kurtosis = n * np.sum(columns**4, axis=-1)
    wilk, francia = (lack_of_fit(columns, scores) for scores in both_scores(n))
    return normal_scores(np.where(kurtosis > _HEAVY_TAILS, francia, wilk), n)


def columns_statistic(rows: Rows, whitening: Whitening | None) -> Array:
    """Return the mean over the columns of −log p, p by Shapiro and Wilk, of every sample of a batch."""
    from scipy.special import log_ndtr

    return np.asarray(-np.mean(log_ndtr(-_scores_of_columns(rows, whitening)), axis=-1))


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return Royston's H of every sample of a batch, of its columns as they are."""
    from scipy.special import log_ndtr, ndtri_exp

    squares = ndtri_exp(log_ndtr(-_scores_of_columns(rows, None)) - math.log(2.0)) ** 2
    return np.asarray(_degrees(correlation(rows), rows.n) * np.mean(squares, axis=-1))


def pvalues(values: Array, rows: Rows) -> Array:
    """Return the p-value by the χ² distribution of every sample of a batch, from its statistic and its correlations."""
    from scipy.special import gammaincc

    return np.asarray(gammaincc(0.5 * _degrees(correlation(rows), rows.n), 0.5 * values))


def _limit(value: float, rows: Rows) -> float:
    return float(pvalues(np.asarray([value]), rows)[0])


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is about 1 per degree of freedom, from logarithms of 1 − W."""
    return 1e-11 * dim


def _work(n: int, dim: int) -> float:
    return n * dim * (90.0 + 0.1 * dim)


ROYSTON = ClassicalTest(
    name="royston",
    title="Royston",
    sensitive_to="columns that are not normal; nothing between columns",
    statistic=statistic,
    elements=operator.mul,
    work=_work,
    rounding=_rounding,
    limit=_limit,
    rotates=False,
    fewest=4,
    most=5000,
    instead="mardia, energy or cramer_wold",
)


def royston(
    x: ArrayLike | Sample,
    *,
    null: Null = "composite",
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
) -> ClassicalTestResult:
    r"""Test whether a sample is multivariate normal, by Shapiro and Wilk's test of its columns, combined by Royston.

    .. math::

        H = \frac{e}{D} \sum_{d=1}^{D} \Big[ \Phi^{-1} \Big( \tfrac12 \Phi(-z_d) \Big) \Big]^2

    where :math:`z_d` is W of column d, made nearly normal by Royston's polynomials, and e is the equivalent number of
    degrees of freedom given the correlations, here at most 1.1 D: H is about :math:`\chi^2_e`. As in R's MVN, a column
    whose kurtosis exceeds 3 is tested by the form of Shapiro and Francia.

    It looks at the columns alone, and does not notice dependence between them that is not normal.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`; 4 ≤ n ≤ 5,000, for which the polynomials are known.
        Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown; there is no form of this test for a known target.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"asymptotic"``: by the :math:`\chi^2` distribution, with a `SizeWarning` where its
        size is not known to be right. ``"auto"``: by that distribution where its measured size at 5% is within 4 and
        6%, else by 999 replicates. ``"monte carlo"`` and ``"sequential"`` as for `sliced_test`. There is no
        ``"cached"``, because the null distribution of H depends on the correlations: every replicate has exactly those
        of the sample, so that a normal sample, given its correlations, is one of them. None computes the statistic
        alone.
    n_resamples : int, optional
        Number M of null replicates, from which the p-value is :math:`(1 + \#\{T^* \ge T\}) / (M + 1)`, valid at every
        level for any n, D and M. With a number, ``"auto"`` means ``"monte carlo"``.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `mardia`.
    workers : int, default: 1
        Number of threads, as for `mardia`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `mardia`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `mardia`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `mardia`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `mardia`.

    Returns
    -------
    ClassicalTestResult
        The statistic, its p-value, and what they come from.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if n is not in 4..5,000, n ≤ D + 1, or the
        covariance is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Royston, "Some techniques for assessing multivariate normality based on the Shapiro-Wilk W", Applied Statistics 32
    (1983), 121-133; "Approximating the Shapiro-Wilk W-test for non-normality", Statistics and Computing 2 (1992),
    117-119; "Remark AS R94", Applied Statistics 44 (1995), 547-551.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((20, 3))
    >>> result = royston(x, n_resamples=199, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (26.380861, 0.005)
    """
    return run(
        ROYSTON,
        x,
        null=null,
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
