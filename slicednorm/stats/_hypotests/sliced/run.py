"""From a checked sample to the results of sliced tests: by a formula, or by replicates.

Tests whose null distribution is a formula take many directions and no replicates; the others take few directions, along
which replicates are affordable. The tests of one kind share projections and sorting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slicednorm._compiled import expect_sorting
from slicednorm._runtime.blas import single_threaded_blas
from slicednorm._runtime.threads import thread_count
from slicednorm.directions import DirectionKind
from slicednorm.distances import Distance
from slicednorm.stats._calibration.analytic import (
    analytic_holds,
    analytic_slices,
    by_formula,
    can_be_computed,
    check_analytic,
    check_slices,
)
from slicednorm.stats._calibration.cached_or_computed import calibrate_by_laws
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._calibration.pvalue import Calibration, calibrate
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._distributions.slices import Slices, slices_law
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.sliced.components import has_parts
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.treatments import check_treatment, has_formulas
from slicednorm.stats._limits import current
from slicednorm.stats._null.large_n import each_by_itself, replicate_size
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._null.sliced import SlicedLaws, SlicedReplicates, sliced_ranking
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.whiten import estimated, whitening_for
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.directions import choose_directions, kind_of
from slicednorm.stats._slices.luck import direction_stderr
from slicednorm.stats._slices.moments import MOMENTS
from slicednorm.stats._slices.statistics import slice_statistics, sliced_work, slices_scratch
from slicednorm.stats._streams import prior_stream, replay_seed

# How long the replicates of a test may take unless told otherwise, in nanoseconds on one core, and how many there may
# be in any case.
_WORK = 1e9
_FEWEST_RESAMPLES = 499


def check_sliced_method(way: Way | None) -> None:
    """Raise a ValueError if a sliced test is to take a limiting distribution, for it has none."""
    if way is not None and way.method == "asymptotic":
        raise ValueError(
            "sliced tests have no limiting distribution that does not depend on the directions; use method='analytic', "
            "which takes the one for the directions"
        )


def has_formula(distance: Distance, sample: Sample, options: Options, way: Way | None) -> bool:
    """Return whether the p-value of a test comes from its null distribution as a formula.

    Raises
    ------
    ValueError
        If it is to, and there is none.
    """
    if way is None:
        return False
    shape = sample.n, sample.dim, options.null, options.aggregate
    if way.method == "analytic":
        check_analytic(distance, *shape)
        return True
    if way.method != "auto" or way.n_resamples is not None or not analytic_holds(distance, *shape):
        return False
    if not has_formulas(sample):
        return False
    if kind_of(options.directions) is not None:
        return True
    return can_be_computed(_slices(sample, options, 1, "iid"))


def slices_of_formula(sample: Sample, options: Options) -> int:
    """Return the number of directions of a test whose null distribution is a formula, if they are to be drawn."""
    return analytic_slices(sample.n, sample.dim) if options.n_slices is None else options.n_slices


@dataclass(frozen=True)
class _Measured:
    """What several statistics of a sample are along their directions."""

    distances: tuple[Distance, ...]
    slices: Slices
    values: NDArray[np.float64]
    moments: NDArray[np.float64]
    statistics: NDArray[np.float64]


def _slices(sample: Sample, options: Options, count: int, default: DirectionKind) -> Slices:
    """Return the directions that were given, or a number of drawn ones."""
    given = default if options.directions is None else options.directions
    return Slices(choose_directions(given, count, sample.dim, sample.dtype, options.root), kind_of(given))


def _measure(sample: Sample, distances: Sequence[Distance], options: Options, slices: Slices) -> _Measured:
    """Return the statistics of a sample along directions."""
    rows, root, null = sample.rows, options.root, options.null
    quadratic = options.aggregate == "mean" and any(distance.quadratic is not None for distance in distances)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, options.mean, options.cov)
        prior = prior_whitening = None
        if any(distance.needs_prior for distance in distances):
            prior = normal_rows([prior_stream(root, None)], rows.n, rows.dim, rows.dtype)
            prior_whitening = estimated(prior) if null == "composite" else None
        (values,) = slice_statistics(
            rows,
            slices.directions,
            [*distances, *(MOMENTS if quadratic else ())],
            whitening=whitening,
            prior=prior,
            prior_whitening=prior_whitening,
            threads=thread_count(options.workers),
        )
    found = values[: len(distances)]
    return _Measured(
        tuple(distances),
        slices,
        found,
        values[len(distances) :],
        aggregated(found, options.aggregate),
    )


def _results(
    sample: Sample, measured: _Measured, options: Options, calibrations: Sequence[Calibration]
) -> list[SlicedTestResult]:
    slices, mean = measured.slices, options.aggregate == "mean"
    # What the parts are expected to be is that of independent rows.
    has_moments = len(measured.moments) > 0 and has_formulas(sample)
    results = []
    for index, distance in enumerate(measured.distances):
        values, statistic = measured.values[index], float(measured.statistics[index])
        results.append(
            SlicedTestResult(
                name=distance.name,
                title=distance.title,
                sensitive_to=distance.sensitive_to,
                statistic=statistic,
                n=sample.n,
                dim=sample.dim,
                hypothesis=options.null,
                seed=replay_seed(options.root),
                calibration=calibrations[index],
                aggregate=options.aggregate,
                n_slices=slices.count,
                direction_stderr=direction_stderr(values, sample.dim, slices.kind) if mean else None,
                moments=measured.moments if has_moments and has_parts(distance) else None,
                slice_statistics=values,
                directions=slices.directions,
                direction_kind=slices.kind,
            )
        )
    return results


def _run_by_formula(sample: Sample, distances: Sequence[Distance], options: Options) -> list[SlicedTestResult]:
    """Return the results of tests whose null distributions are formulas."""
    slices = _slices(sample, options, slices_of_formula(sample, options), "orthogonal")
    check_slices(slices)
    measured = _measure(sample, distances, options, slices)
    check_statistics(measured.statistics, tuple(distance.name for distance in distances), sample.rows)
    calibrations = [
        by_formula(slices_law(distance, sample.n, options.null, slices), float(statistic))
        for distance, statistic in zip(distances, measured.statistics, strict=True)
    ]
    return _results(sample, measured, options, calibrations)


def most_of_auto(n: int, dim: int, n_slices: int) -> int:
    """Return how many replicates of n rows ``"auto"`` takes at most."""
    work = sliced_work(n, dim, n_slices, 1)
    return int(min(current().most_resamples, max(_FEWEST_RESAMPLES, _WORK / work)))


def _sequential(measured: _Measured, sample: Sample, options: Options) -> list[Calibration]:
    """Return p-values by as many replicates as they take, of fewer rows where n is large.

    The largest number of replicates follows from the shape, so that the p-values are valid, and that a sample far from
    normal is told so within seconds.
    """
    directions, null, aggregate = measured.slices.directions, options.null, options.aggregate
    n = sample.n
    size = replicate_size(n, measured.slices.dim, null)
    if sample.treatment is not None or not all(each_by_itself(distance, aggregate) for distance in measured.distances):
        size = n
    names = tuple(distance.name for distance in measured.distances)
    fewer = None if size == n else size
    replicates = SlicedReplicates(names, directions, n, null, aggregate, options.root, fewer, sample.treatment)
    found = calibrate(
        replicates,
        measured.statistics,
        None,
        batch=replicates.batch,
        rankings=[sliced_ranking(directions.dtype)] * len(names),
        workers=options.workers,
        progress=options.progress,
        most=most_of_auto(size, measured.slices.dim, len(directions)),
    )
    return [replace(each, law_n=replicates.size) for each in found if each is not None]


def _run_by_replicates(
    sample: Sample, distances: Sequence[Distance], options: Options, way: Way | None
) -> list[SlicedTestResult]:
    """Return the results of tests by replicates, or without p-values."""
    rows, root, null, aggregate = sample.rows, options.root, options.null, options.aggregate
    slices = _slices(sample, options, options.slices_of_replicates, "iid")
    chosen, kind = slices.directions, slices.kind
    if way is not None and way.n_resamples is not None and any(distance.needs_sorted for distance in distances):
        # Before the first of many replicates, so that all of them profit from what is loaded.
        expect_sorting(slices.count * way.n_resamples, rows.n)
    measured = _measure(sample, distances, options, slices)
    calibrations = [Calibration()] * len(distances)
    names = tuple(distance.name for distance in distances)
    if way is not None:
        check_statistics(measured.statistics, names, rows)
    if way is not None and way.method == "auto":
        calibrations = _sequential(measured, sample, options)
    elif way is not None:
        if kind is None and way.method == "cached":
            raise ValueError(
                "method='cached' takes a null distribution over fresh directions: leave them to be drawn ('iid' or "
                "'orthogonal'), or use method='auto'"
            )
        laws = None
        if kind is not None and sample.treatment is None:
            laws = SlicedLaws(names, rows.n, rows.dim, null, aggregate, len(chosen), kind, rows.dtype.name)
        calibrations = calibrate_by_laws(
            measured.statistics,
            way,
            replicates=SlicedReplicates(names, chosen, rows.n, null, aggregate, root, treatment=sample.treatment),
            laws=laws,
            rankings=[sliced_ranking(rows.dtype)] * len(names),
            workers=options.workers,
            progress=options.progress,
        )
    return _results(sample, measured, options, calibrations)


@slices_scratch()
def run_sliced(
    sample: Sample, distances: Sequence[Distance], options: Options, way: Way | None
) -> tuple[SlicedTestResult, ...]:
    """Return the results of sliced tests of a sample.

    Those by a formula share directions and sorting, and so do those by replicates, which share these as well.
    """
    check_sliced_method(way)
    check_treatment("sliced tests", sample, options.null, way)
    formulas = [has_formula(distance, sample, options, way) for distance in distances]
    found: dict[str, SlicedTestResult] = {}
    for formula in (True, False):
        some = [distance for distance, is_one in zip(distances, formulas, strict=True) if is_one is formula]
        if some:
            results = (
                _run_by_formula(sample, some, options) if formula else _run_by_replicates(sample, some, options, way)
            )
            found.update({result.name: result for result in results})
    return tuple(found[distance.name] for distance in distances)
