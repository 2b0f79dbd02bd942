"""From the options of ``slicednorm test`` to what its report says: which computations, and in which order.

Nothing is computed here: every number comes from `slicednorm.stats` (and Holm's adjustment from statsmodels).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats

from ..options.shared import Resamples
from ..options.tests import OMNIBUS
from ..terminal.errors import InputError
from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from .findings import Findings, Report, Result, Row, Where
from .request import Request
from .sample import label, naming, read_parameter, read_table

# How many replicates Mardia's measures have where as many as the tests' would take too long, and what is never too
# long, in nanoseconds on one core.
_MARDIA_RESAMPLES = 999
_MARDIA_WORK = 1e9


def _holm(pvalues: list[float]) -> list[float]:
    from statsmodels.stats.multitest import multipletests

    return [float(p) for p in multipletests(pvalues, method="holm")[1]]


def _rows(results: list[Result], request: Request) -> tuple[Row, ...]:
    """Return the rows of the tests that were asked for, with Holm's adjustment where it is wanted."""
    pvalues = [result.pvalue for result in results if result.pvalue is not None]
    adjusted: list[float] | None = None
    if request.holm and len(results) > 1 and request.n_resamples is not None:
        adjusted = _holm(pvalues)
    rows = []
    for index, result in enumerate(results):
        decisive = result.pvalue if adjusted is None else adjusted[index]
        rows.append(
            Row(
                test=result.test,
                title=result.title,
                statistic=result.statistic,
                pvalue=result.pvalue,
                pvalue_stderr=result.pvalue_stderr,
                holm=None if adjusted is None else adjusted[index],
                reject=None if decisive is None else decisive <= request.alpha,
                n_resamples=result.n_resamples,
                tail_pvalue=getattr(result, "tail_pvalue", None),
                method=result.method,
                law_n=getattr(result, "law_n", None),
                driver=getattr(result, "driver", None),
                members=getattr(result, "members", None),
            )
        )
    return tuple(rows)


def _sliced_work(sample: stats.Sample, request: Request, n: int) -> float:
    """Return about how long one evaluation of the sliced statistics takes with n rows, in nanoseconds on one core."""
    slices = 1 if sample.dim == 1 else request.n_slices
    return stats.sliced_work(n, sample.dim, slices, len(request.statistics.sliced))


def _classical_work(sample: stats.Sample, request: Request) -> float:
    """Return the same for the classical tests and the omnibus."""
    work = sum(stats.CLASSICAL[name].work(sample.n, sample.dim) for name in request.statistics.classical)
    return work + (stats.omnibus_work(sample.n, sample.dim, request.n_slices) if request.statistics.omnibus else 0.0)


def _tests_work(sample: stats.Sample, request: Request) -> float:
    """Return about how long the tests asked for take at the most."""
    own = _sliced_work(sample, request, sample.n)
    classical = _classical_work(sample, request)
    if request.n_resamples is None:
        return own + classical
    rows = (
        sample.n if isinstance(request.n_resamples, int) else stats.replicate_size(sample.n, sample.dim, request.null)
    )
    one = own if rows == sample.n else _sliced_work(sample, request, rows)
    return own + classical + stats.most_resamples(request.n_resamples) * (one + classical)


def _affordable(name: str, work: float, request: Request) -> Resamples | None:
    """Return how many replicates a test that compares all pairs of rows may take, if no number was asked for."""
    if request.n_resamples == "cached" and name in stats.CLASSICAL and not stats.CLASSICAL[name].rotates:
        raise InputError(
            f"{label(request.path)}: {name} has another law for every sample, and none to compute ahead; use "
            "--resamples auto, or a number"
        )
    try:
        return stats.affordable_resamples(request.n_resamples, work)
    except ValueError as error:
        raise InputError(
            f"{label(request.path)}: {name} compares all pairs of rows, and {error}; take a sliced test, "
            "--no-pvalue, or --resamples 99 to insist"
        ) from None


def _mardia_rows(
    sample: stats.Sample, request: Request, options: dict[str, Any]
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Return Mardia's two rows, and the lines that say why they are not as asked for."""
    one = stats.mardia_work(sample.n, sample.dim)
    allowed = max(_MARDIA_WORK, _tests_work(sample, request))
    if one > allowed:
        return (), ("Mardia is left out: one evaluation would take longer than all of the tests here.",)
    n_resamples = request.n_resamples
    with_pvalue = n_resamples is not None
    notes: tuple[str, ...] = ()
    if n_resamples is not None:
        choices = [n_resamples] if isinstance(n_resamples, int) else [n_resamples, _MARDIA_RESAMPLES]
        n_resamples = next((m for m in choices if (stats.most_resamples(m) + 1) * one <= allowed), None)
        if n_resamples is None:
            with_pvalue = stats.mardia_laws_hold(sample.n, sample.dim, request.null)
            found = "are asymptotic" if with_pvalue else "are left out"
            why = "" if with_pvalue else ", and its limiting laws are not known to hold for this shape"
            notes = (f"Mardia's p-values {found}: replicates of it would take longer than the tests' own{why}.",)
    try:
        with Progress("Mardia") as progress, warnings.catch_warnings():
            # What is by a limiting law that does not hold is not shown.
            warnings.simplefilter("ignore", stats.SizeWarning)
            result = stats.mardia(
                sample,
                method="asymptotic" if n_resamples is None else "auto",
                n_resamples=n_resamples,
                progress=progress,
                **options,
            )
    except stats.SampleError as error:
        return (), (f"Mardia is left out: {error}.",)

    def row(
        test: str,
        title: str,
        statistic: float,
        pvalue: float,
        stderr: float | None,
        tail: float | None,
        method: str,
        null: NDArray[np.float64],
        **more: Any,
    ) -> Row:
        p = pvalue if with_pvalue else None
        return Row(
            test=test,
            title=title,
            statistic=statistic,
            pvalue=p,
            pvalue_stderr=stderr,
            holm=None,
            reject=None if p is None else p <= request.alpha,
            n_resamples=len(null) or None,
            tail_pvalue=tail,
            method=None if p is None else method,
            law_n=None,
            driver=None,
            **more,
        )

    return (
        row(
            "mardia_skewness",
            "Mardia skewness",
            result.skewness,
            result.skewness_pvalue,
            result.skewness_pvalue_stderr,
            result.skewness_tail_pvalue,
            result.skewness_method,
            result.null_skewness,
            expected=result.expected_skewness,
        ),
        row(
            "mardia_kurtosis",
            "Mardia kurtosis",
            result.kurtosis,
            result.kurtosis_pvalue,
            result.kurtosis_pvalue_stderr,
            result.kurtosis_tail_pvalue,
            result.kurtosis_method,
            result.null_kurtosis,
            expected=result.expected_kurtosis,
            normalized=result.normalized_kurtosis,
        ),
    ), notes


def _precision(
    sample: stats.Sample, request: Request, target: dict[str, NDArray[np.float64] | None]
) -> tuple[str, ...]:
    """Return a line where the steps between the values that a file can hold may be what a test sees."""
    step = stats.steps_between_values(sample, request.null, **target)
    if step is None:
        return ()
    return (
        f"The values are stored in steps of up to {step:.2g} standard deviations ({sample.rows.stored}). With "
        f"{sample.n:,} rows that may be what the tests see: store differences from the mean, or more digits.",
    )


def _pairs(rows: tuple[Row, ...], results: dict[str, Result]) -> Iterator[tuple[Row, stats.SlicedTestResult]]:
    for row in rows:
        result = results[row.test]
        if isinstance(result, stats.SlicedTestResult):
            yield row, result


def _where(
    sample: stats.Sample,
    request: Request,
    rejecting: list[stats.SlicedTestResult],
    names: tuple[str, ...] | None,
    options: dict[str, Any],
) -> Where | None:
    """Return where the sample deviates, by the first of the sliced tests that reject with the smallest p-value."""
    if not rejecting:
        return None
    chosen = min(rejecting, key=lambda result: result.pvalue or 0.0)
    target = {name: options[name] for name in ("mean", "cov")}
    found = stats.deviation(sample, chosen, level=request.alpha, workers=request.jobs, names=names, **target)
    return Where(
        test=chosen.test,
        sentences=found.sentences,
        kind=found.direction.kind,
        direction=tuple(found.direction.direction.tolist()),
        loadings=tuple(found.direction.loadings.tolist()),
        rows=found.size.rows,
        low=found.size.low,
        high=found.size.high,
        bound=found.size.bound,
    )


def run(request: Request) -> Report:
    """Read the sample, test it, and return what there is to report.

    Raises
    ------
    InputError
        If a file cannot be read or does not allow the tests.
    """
    return examine(request).report


def examine(request: Request) -> Findings:
    """Do the same, and return the results as well.

    Raises
    ------
    InputError
        If a file cannot be read or does not allow the tests.
    """
    table = read_table(request.path, key=request.key, selection=request.selection)
    with naming(request.path, table):
        sample = stats.as_sample(table.array, nan_policy=request.nan_policy, columns=table.take)
        target = {
            "mean": read_parameter("mean", request.mean, sample.dim),
            "cov": read_parameter("cov", request.cov, sample.dim),
        }
        return findings(sample, request, columns=table.columns, names=table.names, target=target)


def judge(sample: stats.Sample, request: Request) -> Report:
    """Test a sample as was asked for, and return what there is to report."""
    return findings(sample, request).report


def findings(
    sample: stats.Sample,
    request: Request,
    *,
    columns: tuple[int, ...] | None = None,
    names: tuple[str, ...] | None = None,
    target: dict[str, NDArray[np.float64] | None] | None = None,
) -> Findings:
    """Do the same, and return the results as well."""
    with cache_lines():
        return _judge(sample, request, columns, names, target or {"mean": None, "cov": None})


def _judge(
    sample: stats.Sample,
    request: Request,
    columns: tuple[int, ...] | None,
    names: tuple[str, ...] | None,
    target: dict[str, NDArray[np.float64] | None],
) -> Findings:
    options: dict[str, Any] = {"null": request.null, "rng": request.seed, "workers": request.jobs, **target}
    results: dict[str, Result] = {}
    with Progress("replicates") as progress:
        if request.statistics.sliced:
            sliced = stats.sliced_tests(
                sample,
                request.statistics.sliced,
                aggregate=request.aggregate,
                n_slices=request.n_slices,
                directions=request.directions,
                n_resamples=request.n_resamples,
                progress=progress,
                **options,
            )
            results.update({result.test: result for result in sliced})
    for name in request.statistics.classical:
        count = _affordable(name, stats.CLASSICAL[name].work(sample.n, sample.dim), request)
        with Progress(name) as progress:
            results[name] = stats.classical_test(
                sample,
                name,
                n_resamples=count,
                with_pvalue=request.n_resamples is not None,
                progress=progress,
                **options,
            )
    if request.statistics.omnibus:
        count = _affordable(OMNIBUS, stats.omnibus_work(sample.n, sample.dim, request.n_slices), request)
        with Progress(OMNIBUS) as progress:
            results[OMNIBUS] = stats.omnibus_test(
                sample, n_slices=request.n_slices, n_resamples=count or 1, progress=progress, **options
            )
    rows = _rows([results[name] for name in request.statistics.all], request)
    where = None
    if request.where:
        where = _where(sample, request, [result for row, result in _pairs(rows, results) if row.reject], names, options)
    mardia: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    if request.mardia:
        mardia, notes = _mardia_rows(sample, request, options)
    if request.n_resamples is not None:
        notes += _precision(sample, request, target)
    report = Report(
        file=request.path,
        label=label(request.path),
        n=sample.n,
        dim=sample.dim,
        n_omitted=sample.n_omitted,
        columns=columns,
        names=names,
        null=request.null,
        mean=request.mean,
        cov=request.cov,
        n_slices=1 if sample.dim == 1 else request.n_slices,
        directions=request.directions,
        aggregate=request.aggregate,
        n_resamples=request.n_resamples,
        seed=request.seed,
        alpha=request.alpha,
        is_sliced=bool(request.statistics.sliced),
        tests=rows,
        mardia=mardia,
        notes=notes,
        asked_where=request.where,
        where=where,
    )
    return Findings(report, sample, target, results)
