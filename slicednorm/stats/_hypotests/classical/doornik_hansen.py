"""The omnibus test of Doornik and Hansen."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, correlations, inverse_root, moments
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress


def _standardised_moments(rows: Rows) -> tuple[Array, Array]:
    """Return the mean third and fourth powers (batch, D) of the rows, standardised by the root of the correlations."""
    mean, covariance = moments(rows)
    correlation, scale = correlations(covariance)
    standardise = Whitening(mean, inverse_root(correlation) / scale[:, :, np.newaxis])
    thirds, fourths = np.zeros((rows.batch, rows.dim)), np.zeros((rows.batch, rows.dim))
    for start, stop, block in rows.blocks():
        y = standardise(block)
        ones = np.full((1, stop - start), 1.0 / rows.n)
        cubes = y * y * y
        thirds += np.matmul(ones, cubes)[:, 0]
        cubes *= y
        fourths += np.matmul(ones, cubes)[:, 0]
    return thirds, fourths


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return the statistic of every sample of a batch. It standardises the rows itself, and has no standard null."""
    n = float(rows.n)
    skewness, kurtosis = _standardised_moments(rows)
    # D'Agostino's transformation of the skewness to a normal distribution.
    beta = 3 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    omega = np.sqrt(2 * (beta - 1)) - 1  # ω²
    y = skewness * np.sqrt((omega - 1) / 2 * (n + 1) * (n + 3) / (6 * (n - 2)))
    z_skewness = np.arcsinh(y) / np.sqrt(0.5 * np.log(omega))
    # The kurtosis, given the skewness, is transformed to a gamma distribution, and by a cube root to a normal one.
    common = 6 * (n - 3) * (n + 1) * (n**2 + 15 * n - 4)
    a = (n - 2) * (n + 5) * (n + 7) * (n**2 + 27 * n - 70) / common
    c = (n - 7) * (n + 5) * (n + 7) * (n**2 + 2 * n - 5) / common
    k = (n + 5) * (n + 7) * (n**3 + 37 * n**2 + 11 * n - 313) / (2 * common)
    alpha = a + skewness**2 * c
    chi = (kurtosis - 1 - skewness**2) * 2 * k
    z_kurtosis = (np.cbrt(chi / (2 * alpha)) - 1 + 1 / (9 * alpha)) * np.sqrt(9 * alpha)
    return np.asarray(np.sum(z_skewness**2 + z_kurtosis**2, axis=-1))


def _limit(value: float, rows: Rows) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(rows.dim, 0.5 * value))


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is a sum of 2D squares of the order of 1, from third powers."""
    return 1e-12 * dim


def _work(n: int, dim: int) -> float:
    return n * dim * (12.0 + 0.2 * dim)


DOORNIK_HANSEN = ClassicalTest(
    name="doornik_hansen",
    title="Doornik-Hansen",
    sensitive_to="skewness and kurtosis of the columns, decorrelated",
    alias="dh",
    statistic=statistic,
    elements=operator.mul,
    work=_work,
    rounding=_rounding,
    limit=_limit,
    exponential_tail=False,
    fewest=8,
    instead="mardia, energy or cramer_wold",
)


def doornik_hansen(
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
    r"""Test whether a sample is multivariate normal, by the skewness and kurtosis of standardised columns.

    .. math::

        T = \sum_{d=1}^{D} z_1(\sqrt{b_{1d}})^2 + z_2(b_{1d}, b_{2d})^2

    where :math:`\sqrt{b_{1d}}` and :math:`b_{2d}` are the skewness and kurtosis of column d of x, standardised by
    the symmetric root of its correlations, and :math:`z_1, z_2` make them nearly normal. T is about
    :math:`\chi^2` with 2D degrees of freedom.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`; n ≥ 8. Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown; there is no form of this test for a known target.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"asymptotic"``: by the :math:`\chi^2` distribution, with a `SizeWarning` where its
        size is not known to be right. ``"auto"``: by that distribution where its measured size at 5% is within 4 and
        6%, else by the cached null distribution if there is one, else by 999 replicates. ``"monte carlo"``,
        ``"sequential"`` and ``"cached"`` as for `sliced_test`. None computes the statistic alone.
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
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if n < 8, n ≤ D + 1, or the covariance is
        singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Doornik and Hansen, "An omnibus test for univariate and multivariate normality", Oxford Bulletin of Economics and
    Statistics 70 (2008), 927-939.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((20, 3))
    >>> result = doornik_hansen(x)
    >>> round(result.statistic, 6), round(result.pvalue, 6)
    (32.961538, 1.1e-05)
    """
    return run(
        DOORNIK_HANSEN,
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
