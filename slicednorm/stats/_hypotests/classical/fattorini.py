"""Fattorini's test: Shapiro and Wilk's W along the direction of the row that is least normal."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.classical.shapiro_wilk import both_scores, lack_of_fit, to_unit
from slicednorm.stats._hypotests.pairs import squared_lengths
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# Directions whose projections are sorted at a time: few enough for the cache.
_AT_ONCE = 32

# A row whose squared length is less, standardised, is at the mean but for rounding, and has no direction.
_AT_THE_MEAN = 1e-20


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return 1 − W of every sample of a batch along the direction of the row that makes it largest."""
    wilk, _ = both_scores(rows.n)
    y = np.empty((rows.batch, rows.n, rows.dim))
    for start, stop, block in rows.blocks():
        y[:, start:stop] = block if whitening is None else whitening(block)
    across = np.ascontiguousarray(np.swapaxes(y, -1, -2))
    found = np.zeros(rows.batch)
    for start in range(0, rows.n, _AT_ONCE):
        # The projections on S⁻¹(x_i − x̄) are the products of standardised rows.
        some = y[:, start : start + _AT_ONCE]
        lack = lack_of_fit(to_unit(np.matmul(some, across)), wilk)
        away = squared_lengths(some)[..., 0] > _AT_THE_MEAN
        found = np.maximum(found, np.max(np.where(away, lack, 0.0), axis=-1))
    return found


def _elements(n: int, dim: int) -> int:
    return n * max(2 * dim, _AT_ONCE)


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is a square of residuals of unit vectors."""
    return 1e-14


def _work(n: int, dim: int) -> float:
    return n * n * (20.0 + 0.1 * dim)


FATTORINI = ClassicalTest(
    name="fattorini",
    title="Fattorini",
    sensitive_to="one direction that is not normal: skewness, a tail, a few rows far out",
    statistic=statistic,
    elements=_elements,
    work=_work,
    rounding=_rounding,
    exponential_tail=False,
    fewest=4,
    most=5000,
    instead="mardia, energy or cramer_wold",
)


def fattorini(
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
    r"""Test whether a sample is multivariate normal, by the smallest of Shapiro and Wilk's W along its rows.

    .. math::

        T = 1 - \min_{1 \le i \le n} W(c_i \cdot x_1, \ldots, c_i \cdot x_n), \qquad
        c_i = S^{-1} (x_i - \bar x)

    Small W speak against the null; here, as for every test, the statistic is large then. Where Malkovich and Afifi look
    for the least normal of all directions, these are n directions that are at hand. It does not change if the sample
    is turned or stretched. Time grows with n².

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
    Fattorini, "Remarks on the use of the Shapiro-Wilk statistic for testing multivariate normality", Statistica 46
    (1986), 209-217.
    Malkovich and Afifi, "On tests for multivariate normality", Journal of the American Statistical Association 68
    (1973), 176-179.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = fattorini(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (0.183857, 0.01)
    """
    return run(
        FATTORINI,
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
