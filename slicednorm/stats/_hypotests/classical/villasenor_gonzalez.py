"""The test of Villaseñor Alva and González Estrada: Shapiro and Wilk's W of standardised columns."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.classical.shapiro_wilk import both_scores, lack_of_fit, unit_columns
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return 1 − W* of every sample of a batch."""
    wilk, _ = both_scores(rows.n)
    return np.asarray(np.mean(lack_of_fit(unit_columns(rows, whitening), wilk), axis=-1))


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is a mean of squares of residuals of unit vectors."""
    return 1e-14


def _work(n: int, dim: int) -> float:
    return n * dim * (40.0 + 0.1 * dim)


VILLASENOR_GONZALEZ = ClassicalTest(
    name="villasenor_gonzalez",
    title="Villaseñor-González",
    sensitive_to="columns that are not normal, decorrelated; bounded ones too",
    alias="vg",
    statistic=statistic,
    elements=operator.mul,
    work=_work,
    rounding=_rounding,
    exponential_tail=False,
    fewest=4,
    most=5000,
    instead="mardia, energy or cramer_wold",
)


def villasenor_gonzalez(
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
    r"""Test whether a sample is multivariate normal, by the mean of Shapiro and Wilk's W of standardised columns.

    .. math::

        T = 1 - W^*, \qquad W^* = \frac1D \sum_{d=1}^{D} W(\tilde x_{1d}, \ldots, \tilde x_{nd})

    where :math:`\tilde x` is x standardised by its mean and the symmetric root of its covariance. Small W* speak
    against the null; here, as for every test, the statistic is large then. Its null distribution is the same for all
    means and covariances, though T changes if a sample is turned. The article and R's mvShapiroTest take the p-value
    from a normal distribution of log(1 − W*), with moments after Royston; here it is exact, by replicates.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`; 4 ≤ n ≤ 5,000, for which the scores of W are known.
        Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown; there is no form of this test for a known target.
    method : {"auto", "sequential", "cached", "monte carlo"} or None, default: "auto"
        How the p-value is found. ``"auto"``: by the cached null distribution if there is one, else by 999 replicates.
        ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`. None computes the statistic alone.
    n_resamples : int, optional
        Number M of null replicates, from which the p-value is :math:`(1 + \#\{T^* \ge T\}) / (M + 1)`, valid at every
        level for any n, D and M. With a number, ``"auto"`` means ``"monte carlo"``.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `mardia`.
    workers : int, default: 1
        Number of threads, as for `mardia`.
    mean : float or array_like of shape (D,), optional
        For tests of a known target, which this is not.
    cov : float or array_like of shape (D,) or (D, D), optional
        For tests of a known target, which this is not.
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
        If x has not shape (n, D), 4 ≤ n ≤ 5,000, n > D + 1, D ≥ 1, or holds NaN or infinities; if the covariance is
        singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Villaseñor Alva and González Estrada, "A generalization of Shapiro-Wilk's test for multivariate normality",
    Communications in Statistics - Theory and Methods 38 (2009), 1870-1883.
    Royston, "Remark AS R94: a remark on algorithm AS 181: the W-test for normality", Applied Statistics 44 (1995).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = villasenor_gonzalez(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (0.153216, 0.01)
    """
    return run(
        VILLASENOR_GONZALEZ,
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
