"""The pursuit test: the direction along which a sample is least normal, by several contrasts, judged as one test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.combined.null import Combined
from slicednorm.stats._hypotests.combined.run import run_combined
from slicednorm.stats._hypotests.options import N_SLICES, Options
from slicednorm.stats._hypotests.pursuit.along import along
from slicednorm.stats._hypotests.pursuit.statistics import check_shape, elements, members_for, statistics, work
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._slices.profile import Kind, Profile
from slicednorm.stats._slices.steps import profile_in_steps, steps_of
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

PURSUIT = Combined(
    name="pursuit",
    title="least normal direction",
    sensitive_to="one direction in many: clusters, skewness, peaks, tails; also location and scale",
    members=members_for,
    statistics=statistics,
    elements=elements,
    work=work,
)

# The kind of deviation along the direction is named if the test rejects at this level.
_LEVEL = 0.05


@dataclass(frozen=True, repr=False, kw_only=True)
class PursuitTestResult(CombinedTestResult):
    """The result of `pursuit_test`.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The weighted harmonic mean of the p-values of the contrasts, small where it speaks against the null.
    pvalue : float
        P-value (1 + #{T* ≤ T}) / (M + 1), of replicates that are searched in the same way.
    driver : str
        The name of the contrast with the smallest p-value.
    members : tuple of MemberResult
        What each contrast says by itself.
    kind : {"location", "scale", "skewness", "heavy tails", "light tails", "bimodality", "outliers", "unclear"}
        What the sample looks like along the direction. ``"unclear"`` if that has no name, as of values in steps, or if
        the test does not reject at 5%: along the least normal direction even normal samples look like something.
    shape : Profile
        What the sample looks like along the direction, whether the test rejects or not, in numbers.
    n_slices : int
        Number of random directions among those that the search starts from.
    direction : ndarray of shape (D,), dtype=float64
        Unit vector in the standardised space, where the driver is largest.
    loadings : ndarray of shape (D,), dtype=float64
        Weights w of the columns of x: the projection is (x − centre) w.
    weights : ndarray of shape (D,), dtype=float64
        The loadings times the standard deviations of the columns (for the driver ``"likelihood_ratio"`` those under the
        null), scaled to length 1: comparable between columns. The largest is positive.
    centre : ndarray of shape (D,), dtype=float64
        The mean by which x is centred.
    projection : ndarray of shape (n,), dtype=float64
        The sample along the direction: of mean 0 and variance 1 by construction, except where it is to
        be compared with N(0, 1): for the driver ``"likelihood_ratio"``, and for a sample that lies in fewer dimensions.
    """

    kind: Kind
    shape: Profile = field(compare=False, repr=False)
    n_slices: int
    direction: NDArray[np.float64] = field(compare=False)
    loadings: NDArray[np.float64] = field(compare=False)
    weights: NDArray[np.float64] = field(compare=False)
    centre: NDArray[np.float64] = field(compare=False)
    projection: NDArray[np.float64] = field(compare=False, repr=False)


def pursuit_test(
    x: ArrayLike | Sample,
    *,
    null: Null = "composite",
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
) -> PursuitTestResult:
    r"""Test whether a sample is multivariate normal, by the directions along which it is least normal.

    .. math::

        T_c = \max_{\|v\| = 1} c(z v), \qquad
        T = \Big( \sum_c w_c \Big) \Big/ \sum_c \frac{w_c}{p_c}, \qquad p = \frac{1 + \#\{T^* \le T\}}{M + 1}

    z is the sample standardised by its own mean and covariance, and the contrasts c are the distances ``w2`` and
    ``ad``, the mean of exp(−y²/2), and minus that mean. The first two find what is one-sided or far out, the third
    peaks and heavy tails, the last groups and light tails. Under the standard null the likelihood ratio of mean and
    covariance joins them. :math:`p_c` is the p-value of :math:`T_c` by ranks among the sample and M replicates, each of
    which is searched in the same way (and by an exponential tail through the largest values, which tells how far beyond
    the others they are): p is valid at every level for any n, D and M.

    A search sees structure in one direction of many that an average over directions does not: two groups in ten
    columns, one skewed coordinate. Deviations in all directions, such as those of a multivariate t distribution, are
    seen as well by Mardia's kurtosis or `energy`, and by `omnibus_test`, which has both.

    Of more than 4,096 rows as many are searched, evenly spaced, and the maxima are evaluated on all rows.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`; n > D + 1.
    null : {"standard", "composite"}, default: "composite"
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both unknown.
    n_slices : int, default: 256
        Number of random directions among those that the search starts from; the others are columns and rows far out.
    method : {"auto", "cached", "monte carlo"}, default: "auto"
        How the p-value is found. ``"monte carlo"``: by a fixed number of null replicates, which are ranked against each
        other. ``"cached"``: by the contrasts' cached null distributions, which are computed if they are not there.
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
    PursuitTestResult
        The p-value, the direction, and what the sample is like along it.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n > D + 1, or holds NaN or infinities; if, under the composite null, the covariance
        is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    See Also
    --------
    least_normal_direction : Explains a sliced test that rejects, with what is supported by rows it has not seen.

    References
    ----------
    Huber, "Projection pursuit", Ann. Statist. 13 (1985), 435-475. Malkovich and Afifi, "On tests for multivariate
    normality", J. Amer. Statist. Assoc. 68 (1973), 176-179, for the largest skewness and kurtosis. Sun, "Some practical
    aspects of exploratory projection pursuit", SIAM J. Sci. Comput. 14 (1993), on its significance.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> x = rng.standard_normal((100, 10))
    >>> x[:50, 2] += 5.0
    >>> result = pursuit_test(x, n_resamples=199, rng=0)
    >>> result.pvalue, result.driver, result.kind
    (0.005, 'gap', 'bimodality')
    >>> bool(result.weights[2] > 0.95)
    True
    """
    way = check_method(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    return run_pursuit(sample, Options(null, rng, workers, mean, cov, progress, n_slices=n_slices), way)


def run_pursuit(sample: Sample, options: Options, way: Way | None) -> PursuitTestResult:
    """Return the result for a sample."""
    rows, null = sample.rows, options.null
    check_shape(rows.n, rows.dim, null)
    ran = run_combined(PURSUIT, sample, options, way)
    found = along(rows, ran.whitening, null, ran.directions, ran.fields["driver"])
    shape = profile_in_steps(found.projection, steps_of(rows, options.root), found.loadings, found.weights)
    rejects = ran.fields["calibration"].pvalue <= _LEVEL
    return PursuitTestResult(
        **ran.fields,
        kind=shape.kind if rejects else "unclear",
        shape=shape,
        n_slices=len(ran.directions),
        **vars(found),
    )
