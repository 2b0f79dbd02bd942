"""Mardia's test: the sample's two measures, and their p-values."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import spelled
from slicednorm.stats._calibration.analytic import NO_FORMULA, NoFormulaError
from slicednorm.stats._calibration.asymptotic import warn_of_size
from slicednorm.stats._calibration.budget import affordable
from slicednorm.stats._calibration.cached_or_computed import calibrate_by_laws
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics, mardia_work
from slicednorm.stats._hypotests.mardia.null import (
    MardiaReplicates,
    exact_moments,
    kurtosis_test,
    mardia_laws,
    mardia_laws_hold,
    mardia_rankings,
    skewness_statistic,
    skewness_test,
)
from slicednorm.stats._hypotests.mardia.result import KURTOSIS, SKEWNESS, MardiaResult, Measure, MeasureResult
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._limits import current
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import Method, Moments, NanPolicy, Null, Progress


def _default_way(sample: Sample, null: Null, moments: Moments) -> Way:
    """Return the way of ``"auto"``: limiting distributions where they hold, else the replicates that it can afford."""
    n, dim, plain = sample.n, sample.dim, sample.treatment is None
    if plain and (moments == "asymptotic" or mardia_laws_hold(n, dim, null, moments)):
        return Way("asymptotic")
    try:
        way = affordable(Way("auto"), mardia_work(n, dim))
    except ValueError as error:
        raise ValueError(
            f"mardia: for samples of shape ({n}, {dim}) its limiting distributions are not known to hold, and {error}; "
            "use method='asymptotic', or give a number for n_resamples to run them anyway"
        ) from None
    return Way("auto", way.n_resamples or current().default_resamples)


def run_mardia(sample: Sample, options: Options, way: Way | None, moments: Moments = "exact") -> MardiaResult:
    """Return the result for a sample; ``"auto"`` is by replicates, cached or as many as it takes."""
    rows, null = sample.rows, options.null
    n, dim, design = rows.n, rows.dim, sample.design
    check_treatment("mardia", sample, null, way)
    if way is not None and way.method == "analytic":
        raise NoFormulaError(f"mardia: {NO_FORMULA}, only limiting distributions")
    with single_threaded_blas():
        statistics = mardia_statistics(rows, whitening_for(rows, null, options.mean, options.cov))[0]
    check_statistics(statistics, ("Mardia's skewness", "Mardia's kurtosis"), rows)
    b1, b2 = statistics.tolist()
    expected = exact_moments(n, dim, null, design)
    z, kurtosis_pvalue = kurtosis_test(b2, n, dim, null, moments, design)
    limits = skewness_statistic(b1, n, dim, null, moments, design), z
    found = [Calibration(), Calibration()]
    seed = None
    if way is not None and way.method == "asymptotic":
        if not mardia_laws_hold(n, dim, null, moments):
            warn_of_size("mardia", n, dim, stacklevel=4)
        _, skewness_pvalue = skewness_test(b1, n, dim, null, moments)
        found = [Calibration(pvalue, method="asymptotic") for pvalue in (skewness_pvalue, kurtosis_pvalue)]
    elif way is not None:
        seed = replay_seed(options.root)
        found = calibrate_by_laws(
            statistics,
            way,
            replicates=MardiaReplicates(n, dim, rows.dtype, null, options.root, sample.treatment),
            laws=None if sample.treatment is not None else mardia_laws(n, dim, rows.dtype, null),
            rankings=mardia_rankings(n, dim, null, design),
            workers=options.workers,
            progress=options.progress,
        )

    def result(index: int, measure: Measure, mean: float) -> MeasureResult:
        return MeasureResult(
            name=measure.name,
            title=measure.title,
            sensitive_to=measure.sensitive_to,
            statistic=float(statistics[index]),
            n=n,
            dim=dim,
            hypothesis=null,
            seed=seed,
            calibration=found[index],
            expected=mean,
            limit_statistic=limits[index],
        )

    measures = result(0, SKEWNESS, expected.skewness), result(1, KURTOSIS, expected.kurtosis)
    return MardiaResult(measures=measures, moments=moments)


def mardia(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    moments: Moments = "exact",
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
) -> MardiaResult:
    r"""Test whether a sample is multivariate normal, by Mardia's skewness and kurtosis.

    .. math::

        b_1 = \frac{1}{n^2} \sum_{j,k} (\tilde x_j^T \tilde x_k)^3, \qquad
        b_2 = \frac{1}{n} \sum_j \|\tilde x_j\|^4

    Composite null: :math:`\tilde x` is x standardised by its own mean and covariance (divisor n), the
    classical test. :math:`n b_1 / 6 \to \chi^2` with D(D+1)(D+2)/6 degrees of freedom, and
    :math:`(b_2 - D(D+2)) / \sqrt{8 D(D+2)/n}` tends to N(0, 1).

    Standard null: :math:`\tilde x` is x itself. The mean of :math:`b_1` is D(D+2)(D+4)/n and
    :math:`n b_1 \to 3(D+4) \chi^2_D + 6 \chi^2_{D(D+1)(D+2)/6 - D}`. The mean of :math:`b_2` is D(D+2), its
    variance 8D(D+2)(D+3)/n.

    The p-value of the skewness is that of the upper tail; the kurtosis is two-sided, by its distance from its
    mean. No matrix of all pairs is formed, and the sample may be larger than memory.

    The limiting distributions need many rows, that of the skewness under the standard null most of all: at the 5%
    level it rejects 9% of normal samples at n = 50, D = 4, and 15% at n = 200, D = 20 (in 4,000 simulated
    samples each). They are used where their measured size is right; replicates have the right level at any n.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations: an array (also memory-mapped), a DataFrame, a torch tensor, of any real
        dtype; (n,) is one column. Computed in float64.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both unknown.
    moments : {"exact", "asymptotic"}, default: "exact"
        For the composite null, ``"exact"`` scales the skewness to its exact mean and the kurtosis to its exact mean and
        variance at this n; ``"asymptotic"`` is the classical test, in which only the skewness is scaled, and only for
        n < 20; then ``"auto"`` means its limiting distributions at any n. The standard null has exact moments in either
        case.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-values are found. ``"asymptotic"``: by the limiting distributions, with a `SizeWarning` where the size
        of one is not known to be right. ``"auto"``: by these where the measured size of both at 5% is within 4 and 6%,
        else by the cached null distribution if there is one, else by 999 replicates, or 199 or 99 where more would take
        a quarter of an hour of one core. ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`.
        None computes the statistics alone.
    n_resamples : int, optional
        Number M of null replicates, from which the p-values are :math:`(1 + \#\{T^* \ge T\}) / (M + 1)`, valid at every
        level for any n, D and M. With a number, ``"auto"`` means ``"monte carlo"``.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed of the replicates, None for fresh entropy (see ``seed`` in the result). Only replicates need it.
    workers : int, default: 1
        How many threads compute replicates, −1 for all cores. The answer does not depend on it.
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
    MardiaResult
        Skewness and kurtosis, their p-values, and what they come from.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null,
        n ≤ D + 1 or the covariance is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530.
    Mardia, "Applications of some measures of multivariate skewness and kurtosis in testing normality and
    robustness studies", Sankhyā B 36 (1974), 115-128.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((400, 2))
    >>> mardia(x, null="composite")
    MardiaResult
                   skewness: 0.0458208
            skewness_pvalue: 0.542375
                   kurtosis: 7.92585
            kurtosis_pvalue: 0.930302
        normalized_kurtosis: -0.0741513
          expected_skewness: 0.0592563
          expected_kurtosis: 7.9601
         skewness_statistic: 3.09306
         kurtosis_statistic: -0.0874643
                          n: 400
                        dim: 2
                 hypothesis: 'composite'
                    moments: 'exact'
                n_resamples: None
            skewness_method: 'asymptotic'
            kurtosis_method: 'asymptotic'
                       seed: None
              null_skewness: <float64 array of shape (0,)>
              null_kurtosis: <float64 array of shape (0,)>
    >>> y = np.random.default_rng(7).standard_exponential((60, 3)) - 1.0
    >>> mardia(y, n_resamples=99, rng=0).skewness_pvalue
    0.01
    """
    if moments not in ("exact", "asymptotic"):
        raise ValueError(f"moments must be 'exact' or 'asymptotic', got {spelled(moments)}")
    way = check_method(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    if way is not None and way.method == "auto":
        way = _default_way(sample, null, moments)
    return run_mardia(sample, Options(null, rng, workers, mean, cov, progress), way, moments)
