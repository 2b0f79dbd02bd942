"""Henze and Zirkler's test: BHEP with a weight that follows from the shape of the sample."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import ClassicalTestResult
from slicednorm.stats._hypotests.classical.bhep import BHEP, with_beta
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress


def smoothing(n: int, dim: int) -> float:
    """Return the β of Henze and Zirkler, ((2D + 1)n/4)^(1/(D + 4)) / √2."""
    return float(((2 * dim + 1) * n / 4) ** (1.0 / (dim + 4)) / math.sqrt(2.0))


def _lognormal_tail(statistic: float, rows: Rows) -> float:
    """Return the p-value by the lognormal distribution with the limiting mean and variance of the statistic."""
    d = rows.dim
    square = smoothing(rows.n, d) ** 2
    fourth, eighth = square**2, square**4
    a = 1.0 + 2.0 * square
    w = (1.0 + square) * (1.0 + 3.0 * square)
    mean = 1.0 - a ** (-d / 2) * (1.0 + d * square / a + d * (d + 2) * fourth / (2.0 * a**2))
    variance = (
        2.0 * (1.0 + 4.0 * square) ** (-d / 2)
        + 2.0 * a**-d * (1.0 + 2.0 * d * fourth / a**2 + 3.0 * d * (d + 2) * eighth / (4.0 * a**4))
        - 4.0 * w ** (-d / 2) * (1.0 + 3.0 * d * fourth / (2.0 * w) + d * (d + 2) * eighth / (2.0 * w**2))
    )
    if statistic <= 0.0:
        return 1.0
    log_variance = math.log1p(variance / mean**2)
    log_mean = math.log(mean) - 0.5 * log_variance
    return 0.5 * math.erfc((math.log(statistic) - log_mean) / math.sqrt(2.0 * log_variance))


HENZE_ZIRKLER = replace(
    with_beta(BHEP, smoothing),
    name="henze_zirkler",
    title="Henze-Zirkler",
    sensitive_to="any departure, hollow and bounded shapes among them; finer ones as n grows",
    alias="hz",
    limit=_lognormal_tail,
)


def henze_zirkler(
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
    r"""Test whether a sample is multivariate normal, by Henze and Zirkler's test.

    It is `bhep` with a :math:`\beta` that grows with n,

    .. math::

        \beta = \frac{1}{\sqrt 2} \Big( \frac{(2D + 1) n}{4} \Big)^{1/(D+4)}

    The p-value of the classical test comes from a lognormal distribution with the limiting mean and variance of the
    statistic; ``method="analytic"`` takes the distribution itself. In many dimensions all pairs of rows are so far
    apart that the statistic hardly varies from sample to sample and tells little. From about 90 dimensions on it tells
    nothing, and the test refuses the sample.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: x is standardised by its mean and covariance (divisor n). Or
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``): BHEP of x itself with the same β.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"analytic"``: by the null distribution as a formula, for β up to 5 and rows that are
        not too far apart in many columns. ``"asymptotic"``: by the lognormal distribution, with a `SizeWarning` where
        its size is not known to be right. ``"auto"``: by the formula from 100 rows on; else by the lognormal
        distribution where its measured size at 5% is within 4 and 6%; else by the cached null distribution if there is
        one; else by 999 replicates. ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`. None
        computes the statistic alone.
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
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null,
        n ≤ D + 1 or the covariance is singular; if D is so large that the statistic is the same for all samples; if an
        option is unknown or out of range; with ``"analytic"``, where there is no formula for samples of that shape.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Henze and Zirkler, "A class of invariant consistent tests for multivariate normality", Communications in Statistics
    - Theory and Methods 19 (1990), 3595-3617.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = henze_zirkler(x)
    >>> round(result.statistic, 6), round(result.pvalue, 12), result.method
    (2.535522, 1.78e-10, 'asymptotic')
    """
    return run(
        HENZE_ZIRKLER,
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
