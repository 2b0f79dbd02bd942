"""The omnibus: a few tests that see different things, judged as one test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.combined.null import Combined
from slicednorm.stats._hypotests.combined.run import run_combined
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for, omnibus_elements, omnibus_work
from slicednorm.stats._hypotests.options import N_SLICES, Options
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

OMNIBUS = Combined(
    name="omnibus",
    title="several tests as one",
    sensitive_to="whatever a member does: one direction in many, skewness, tails, columns; also location and scale",
    members=members_for,
    statistics=member_statistics,
    elements=omnibus_elements,
    work=omnibus_work,
)


@dataclass(frozen=True, repr=False, kw_only=True)
class OmnibusTestResult(CombinedTestResult):
    """The result of `omnibus_test`.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The weighted harmonic mean of the p-values of the members, small where it speaks against the null.
    pvalue : float
        P-value (1 + #{T* ≤ T}) / (M + 1).
    driver : str
        The name of the member with the smallest p-value.
    members : tuple of MemberResult
        What each member says by itself.
    n_slices : int
        Number of random directions that the searches start from.
    directions : ndarray of shape (k, D)
        These directions.
    """

    n_slices: int
    directions: NDArray[np.floating] = field(compare=False)


def omnibus_test(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    n_slices: int = N_SLICES,
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
) -> OmnibusTestResult:
    r"""Test whether a sample is multivariate normal, by a few tests that see different things, judged as one.

    .. math::

        T = \Big( \sum_j w_j \Big) \Big/ \sum_j \frac{w_j}{p_j}, \qquad
        p_j = \frac{1 + \#\{T_j^* \ge T_j\}}{M + 1}, \qquad p = \frac{1 + \#\{T^* \le T\}}{M + 1}

    The members j are the multivariate Cramer-Wold distance, Mardia's skewness and kurtosis, the four searches for a
    direction of `pursuit_test`, and Shapiro and Wilk's test of the standardised columns; under the standard null also
    the likelihood ratio of mean and covariance. T of a replicate is formed like that of the sample, from the ranks
    among all M + 1 (and an exponential tail through the largest values, which tells how far beyond the others they
    are), so that p is valid at every level for any n, D and M, with no correction for the number of tests.
    The weights w are 1, but 1½ for Mardia's skewness and the search for the largest 2-Wasserstein distance, and ½ for
    the search for the fullest middle, for the columns, and for the kurtosis where it is large. The searches and the
    columns need n > D + 1.

    The sample and each replicate take O(n² D).

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both unknown.
    n_slices : int, default: 256
        Number of random directions that the searches start from, as for `pursuit_test`.
    method : {"auto", "cached", "monte carlo"}, default: "auto"
        How the p-value is found. ``"monte carlo"``: by a fixed number of null replicates, which are ranked against each
        other. ``"cached"``: by the members' cached null distributions, which are computed if they are not there.
        ``"auto"``: by those if all are cached, else by as many of 999, 499 or 199 replicates as take up to a minute of
        one core, or by 99.
    n_resamples : int, optional
        Number M of null replicates. With a number, ``"auto"`` means ``"monte carlo"``.
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
    OmnibusTestResult
        The p-value, and what each member says by itself.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null,
        n ≤ D + 1 or the covariance is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    The harmonic mean of p-values: Good, J. Amer. Statist. Assoc. 53 (1958); Wilson, PNAS 116 (2019). Several tests by
    one set of replicates: Westfall and Young, "Resampling-based multiple testing", Wiley 1993, chapter 2. The members:
    `cramer_wold`, `mardia`, `pursuit_test`, `royston`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    >>> result = omnibus_test(x, null="composite", n_resamples=199, rng=0)
    >>> result.pvalue, result.driver
    (0.005, 'columns')
    """
    way = check_method(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    return run_omnibus(sample, Options(null, rng, workers, mean, cov, progress, n_slices=n_slices), way)


def run_omnibus(sample: Sample, options: Options, way: Way | None) -> OmnibusTestResult:
    """Return the result for a sample."""
    ran = run_combined(OMNIBUS, sample, options, way)
    return OmnibusTestResult(**ran.fields, n_slices=len(ran.directions), directions=ran.directions)
