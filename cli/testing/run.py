"""From a request to findings: a file is read, or a sample taken as it is, and `slicednorm.stats` tests it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._calibration.method import check_method
from slicednorm.stats._hypotests.battery import Entry, ExpensiveError, NoLimitError, NotCachedError, run_battery
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._sample.precision import steps_between_values

from ..terminal.errors import InputError
from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from .findings import Findings, Report, Row, Where
from .request import Request
from .sample import label, naming, read_parameter, read_table

# What is reported beside the tests asked for.
_BESIDE = "mardia"


def examine_file(request: Request) -> Findings:
    """Read the sample that a request names, and test it.

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
        return examine_sample(sample, request, columns=table.columns, names=table.names, target=target)


def examine_sample(
    sample: stats.Sample,
    request: Request,
    *,
    columns: tuple[int, ...] | None = None,
    names: tuple[str, ...] | None = None,
    target: dict[str, NDArray[np.float64] | None] | None = None,
) -> Findings:
    """Test a sample as a request asks for; ``columns`` and ``names`` are those that its file has for its columns."""
    target = target or {"mean": None, "cov": None}
    with cache_lines():
        entries = _entries(sample, request, target)
        _check_answers(entries, request)
        beside = [entry for entry in entries if entry.importance == "beside"]
        tests = _rows([entry for entry in entries if entry.importance != "beside"], request, holm=request.holm)
        where = None
        if request.where:
            rejecting = [row.result for row in tests if row.reject]
            sliced = [result for result in rejecting if isinstance(result, stats.SlicedTestResult)]
            where = _where(sample, request, sliced, names, target)
    precision = () if request.method is None else _precision(sample, request, target)
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
        method=request.method,
        n_resamples=request.n_resamples,
        seed=request.seed,
        alpha=request.alpha,
        is_sliced=any(isinstance(row.result, stats.SlicedTestResult) for row in tests),
        tests=tests,
        beside=_rows(beside, request, holm=False),
        notes=(*request.tests.notes, *_notes(entries), *precision),
        asked_where=request.where,
        where=where,
    )
    return Findings(report, sample, target)


def _progress_of(label: str) -> AbstractContextManager[Any]:
    return Progress("Mardia" if label == _BESIDE else label)


def _entries(sample: stats.Sample, request: Request, target: dict[str, NDArray[np.float64] | None]) -> list[Entry]:
    """Return what the tests asked for, and those beside them, found."""
    options = Options(
        null=request.null,
        rng=request.seed,
        workers=request.jobs,
        mean=target["mean"],
        cov=target["cov"],
        aggregate=request.aggregate,
        n_slices=request.n_slices,
        directions=request.directions,
    )
    wanted = request.tests.wanted()
    if request.mardia and _BESIDE not in wanted:
        wanted[_BESIDE] = "beside"
    try:
        way = check_method(request.method, request.n_resamples)
        return run_battery(sample, wanted, options, way, _progress_of)
    except ExpensiveError as error:
        raise InputError(
            f"{label(request.path)}: {error.name} compares all pairs of rows, and {error.takes}; take a sliced test, "
            "--no-pvalue, or --resamples 99 to insist"
        ) from None
    except NoLimitError as error:
        raise InputError(
            f"{label(request.path)}: {error.name} has no limiting distribution under the {request.null} null; "
            "leave out --method asymptotic"
        ) from None
    except NotCachedError as error:
        raise InputError(
            f"{label(request.path)}: {error.name} has another null distribution for every sample, and none to compute "
            "ahead; use --method auto, or a number of --resamples"
        ) from None


def _check_answers(entries: Sequence[Entry], request: Request) -> None:
    """Raise an InputError if none of the tests asked for ran, or none has a p-value though p-values were asked for."""
    asked = [entry for entry in entries if entry.importance != "beside"]
    results = [result for entry in asked for result in entry.results]
    if not results:
        raise InputError(f"{label(request.path)}: none of the tests can run; {asked[0].test.alias}: {asked[0].note}")
    if request.method is None:
        return
    if not any(result.has_pvalue for result in results):
        raise InputError(
            f"{label(request.path)}: none of the tests has a p-value by --method {request.method}; "
            + (f"{asked[0].test.alias}: {asked[0].note}" if asked[0].note else "take another method")
        )
    for entry in asked:
        if entry.importance == "named" and not any(result.has_pvalue for result in entry.results):
            raise InputError(f"{label(request.path)}: {entry.test.alias}: {entry.note or 'it has no p-value'}")


def _rows(entries: Sequence[Entry], request: Request, *, holm: bool) -> tuple[Row, ...]:
    """Return a row for each result, with Holm's adjustment where it is wanted and there are several."""
    named = [
        (result, entry.test.alias if len(entry.results) == 1 else result.name)
        for entry in entries
        for result in entry.results
    ]
    pvalues = [result.pvalue if result.has_pvalue else None for result, _ in named]
    adjusted: list[float | None] = [None] * len(named)
    if holm and len(named) > 1 and request.method is not None:
        adjusted = holm_adjusted(pvalues)
    rows = []
    for (result, name), pvalue, each in zip(named, pvalues, adjusted, strict=True):
        decisive = pvalue if each is None else each
        rows.append(Row(result, name, each, None if decisive is None else decisive <= request.alpha))
    return tuple(rows)


def _notes(entries: Sequence[Entry]) -> list[str]:
    """Return what is to be known of how tests ran, or why they did not, a sentence each."""
    notes = []
    for entry in entries:
        if entry.note and entry.importance == "beside":
            notes.append(entry.note)
        elif entry.note:
            left_out = "" if entry.results else "left out: " * (not entry.note.startswith("left out"))
            notes.append(f"{entry.test.alias}: {left_out}{entry.note}.")
    return notes


def _precision(
    sample: stats.Sample, request: Request, target: dict[str, NDArray[np.float64] | None]
) -> tuple[str, ...]:
    """Return a line where the steps between the values that a file can hold may be what a test sees."""
    step = steps_between_values(sample, request.null, **target)
    if step is None:
        return ()
    return (
        f"The values are stored in steps of up to {step:.2g} standard deviations ({sample.rows.stored}). With "
        f"{sample.n:,} rows that may be what the tests see: store differences from the mean, or more digits.",
    )


def _where(
    sample: stats.Sample,
    request: Request,
    rejecting: list[stats.SlicedTestResult],
    names: tuple[str, ...] | None,
    target: dict[str, Any],
) -> Where | None:
    """Return where the sample deviates, by the first of the sliced tests that reject with the smallest p-value."""
    if not rejecting:
        return None
    chosen = min(rejecting, key=lambda result: result.pvalue)
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
