"""Sliced tests of normality: the statistic, and its p-value."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import ArrayLike

from slicednorm._compiled import expect_sorting
from slicednorm._runtime.blas import single_threaded_blas
from slicednorm._runtime.threads import thread_count
from slicednorm.directions import DirectionKind
from slicednorm.distances import Distance, get_distance
from slicednorm.stats._arguments import check_aggregate, check_workers
from slicednorm.stats._calibration.cached_or_computed import calibrate_by_laws
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._hypotests.options import N_SLICES, Options
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._null.sliced import SlicedLaws, SlicedReplicates, sliced_ranking
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.whiten import estimated, whitening_for
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.directions import choose_directions, kind_of
from slicednorm.stats._slices.statistics import slice_statistics, slices_scratch
from slicednorm.stats._streams import RNG, prior_stream, replay_seed
from slicednorm.stats._types import Aggregate, Method, NanPolicy, Null, Progress


def sliced_tests(
    x: ArrayLike | Sample,
    statistics: Sequence[str] = ("cvm", "ks"),
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = N_SLICES,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
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
    n_slices : int, default: 256
        Number of random directions, as for `sliced_test`.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors, or how to draw them, as for `sliced_test`.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
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
        raise TypeError(f"statistics is a sequence of names, got {statistics!r}; see sliced_test for one")
    distances = [get_distance(name) for name in statistics]
    if not distances:
        raise ValueError("statistics is empty; name at least one")
    check_aggregate(aggregate)
    way = check_method(method, n_resamples)
    check_workers(workers)
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
    options = Options(null, rng, workers, mean, cov, progress, aggregate, n_slices, directions)
    return run_sliced(sample, distances, options, way)


def check_sliced_method(way: Way | None) -> None:
    """Raise a ValueError if a sliced test is to take a limiting distribution, for it has none."""
    if way is not None and way.method == "asymptotic":
        raise ValueError("sliced tests have no limiting distribution; leave out method='asymptotic'")


@slices_scratch()
def run_sliced(
    sample: Sample, distances: Sequence[Distance], options: Options, way: Way | None
) -> tuple[SlicedTestResult, ...]:
    """Return the results of sliced tests of a sample, which share directions, replicates and sorting."""
    check_sliced_method(way)
    rows, root, null, aggregate = sample.rows, options.root, options.null, options.aggregate
    chosen = choose_directions(options.directions, options.n_slices, rows.dim, rows.dtype, root)
    if way is not None and way.n_resamples is not None and any(distance.needs_sorted for distance in distances):
        # Before the first of many replicates, so that all of them profit from what is loaded.
        expect_sorting(len(chosen) * way.n_resamples, rows.n)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, options.mean, options.cov)
        prior = prior_whitening = None
        if any(distance.needs_prior for distance in distances):
            prior = normal_rows([prior_stream(root, None)], rows.n, rows.dim, rows.dtype)
            prior_whitening = estimated(prior) if null == "composite" else None
        (values,) = slice_statistics(
            rows,
            chosen,
            distances,
            whitening=whitening,
            prior=prior,
            prior_whitening=prior_whitening,
            threads=thread_count(options.workers),
        )
    observed = aggregated(values, aggregate)
    calibrations = [Calibration()] * len(distances)
    if way is not None:
        names = tuple(distance.name for distance in distances)
        check_statistics(observed, names, rows)
        kind = kind_of(options.directions)
        if kind is None and way.method == "cached":
            raise ValueError(
                "method='cached' takes a null distribution over fresh directions: leave them to be drawn ('iid' or "
                "'orthogonal'), or use method='auto'"
            )
        laws = None
        if kind is not None:
            laws = SlicedLaws(names, rows.n, rows.dim, null, aggregate, len(chosen), kind, rows.dtype.name)
        calibrations = calibrate_by_laws(
            observed,
            way,
            replicates=SlicedReplicates(names, chosen, rows.n, null, aggregate, root),
            laws=laws,
            rankings=[sliced_ranking(rows.dtype)] * len(names),
            workers=options.workers,
            progress=options.progress,
        )

    def result(index: int, distance: Distance) -> SlicedTestResult:
        return SlicedTestResult(
            name=distance.name,
            title=distance.title,
            sensitive_to=distance.sensitive_to,
            statistic=float(observed[index]),
            n=rows.n,
            dim=rows.dim,
            null=null,
            seed=replay_seed(root),
            calibration=calibrations[index],
            aggregate=aggregate,
            n_slices=len(chosen),
            slice_statistics=values[index],
            directions=chosen,
        )

    return tuple(result(index, distance) for index, distance in enumerate(distances))


def sliced_test(
    x: ArrayLike | Sample,
    statistic: str = "cvm",
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = N_SLICES,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> SlicedTestResult:
    r"""Test whether a sample is multivariate normal, by its one-dimensional slices.

    The statistic is :math:`T = \operatorname{mean}_j d(x v_j, N(0, 1))` over directions :math:`v_1..v_k` (or the
    maximum), d one of the distances of `slicednorm.distances`. Its null distribution is simulated with the same
    directions: :math:`p = (1 + \#\{T^* \ge T\}) / (M + 1)`, which is valid at every level, for any n, D, k and M.

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
    n_slices : int, default: 256
        Number k of random directions. A one-dimensional sample has one slice, and an array of ``directions`` has its
        own number.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors to use, or how to draw them: ``"iid"`` (the default) or ``"orthogonal"``.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"monte carlo"``: by a fixed number of null replicates of x's own shape, along its
        directions. ``"sequential"``: by as many of them as the p-value needs, at most 9,999. ``"cached"``: by the null
        distribution of the shape over fresh directions, with 99,999 replicates, which is computed if it is not in the
        cache. ``"auto"``: ``"cached"`` if at least 9,999 of these are in the cache, else ``"sequential"``; beyond 2,000
        rows by a null distribution of 1,000 rows, which is computed once. None computes the statistic alone.
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
        nan_policy=nan_policy,
        progress=progress,
    )
    return result
