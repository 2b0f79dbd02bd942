"""From a request to findings: a file is read, or a sample taken as it is, and `slicednorm.stats` tests it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._calibration.analytic import NO_FORMULA, NoFormulaError
from slicednorm.stats._calibration.method import check_method
from slicednorm.stats._hypotests.battery import Entry, run_battery
from slicednorm.stats._hypotests.errors import ExpensiveError, NoLimitError, NotCachedError
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.pursuit.statistics import can_search
from slicednorm.stats._sample.precision import steps_between_values

from .. import readers
from ..terminal.errors import InputError
from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from .explaining import where
from .findings import Findings, Report, Row, Slices
from .hints import hints
from .request import Request
from .sample import (
    label,
    naming,
    read_parameter,
    read_regressors,
    read_table,
    sample_of,
    without_dependent,
)
from .treated import residuals, rounding, transform, transformations, without_rounding
from .verdicts import judged

if TYPE_CHECKING:
    import pandas as pd

# What is reported beside the tests asked for.
_BESIDE = "mardia"


def examine_file(request: Request) -> Findings:
    """Read the sample that a request names, and test it.

    Raises
    ------
    InputError
        If a file cannot be read or does not allow the tests.
    """
    reading = request.reading
    if request.residuals_of is not None:
        reading["selection"] = request.residuals_of
    table = read_table(request.path, group=request.within, **reading)
    design, of_design = read_regressors(request, table)
    with naming(request.path, table):
        if request.drop_dependent:
            table = without_dependent(table, request, design)
        sample = sample_of(table, request.nan_policy, design, **request.treatment)
        mean, of_mean = read_parameter("mean", request.mean, sample.dim, request.decimal)
        cov, of_cov = read_parameter("cov", request.cov, sample.dim, request.decimal)
        found = examine_sample(
            sample,
            request,
            columns=table.columns,
            names=table.names,
            target={"mean": mean, "cov": cov},
            notes=(*table.notes, *of_design, *of_mean, *of_cov, *_of_nothing(sample, request, table)),
            residuals=residuals(sample, request, table.groups),
        )
    if said := hints(found, request, table):
        found = replace(found, report=replace(found.report, notes=(*found.report.notes, *said)))
    if found.report.where is not None and table.labels is not None:
        sentences = tuple(_with_rows_called(sentence, table) for sentence in found.report.where.sentences)
        found = replace(found, report=replace(found.report, where=replace(found.report.where, sentences=sentences)))
    return replace(found, table=table, design=design)


def _with_rows_called(sentence: str, table: readers.Table) -> str:
    """Return a sentence in which rows are called as the file does, where it numbers them from 0."""
    return re.sub(r"row (\d+) \(from 0\)", lambda match: f"row {table.row(int(match[1]))}", sentence)


def _of_nothing(sample: stats.Sample, request: Request, table: readers.Table) -> tuple[readers.Note, ...]:
    """Return a note on regressors or groups that open no more than the mean, which the null has open anyway."""
    if sample.design is not None:
        return ()
    parts = []
    if request.design is not None or request.residuals_of is not None:
        parts.append(f"the regressors of {label(request.design or request.path)} are constant")
    if request.within is not None:
        parts.append(f"all rows are in one group by {table.by!r}")
    if not parts:
        return ()
    text = f"{' and '.join(parts)}: the mean alone is open, as without {' and '.join(_options(request))}."
    return (readers.Note(text[:1].upper() + text[1:], "design"),)


def _options(request: Request) -> list[str]:
    given = ("design", "residuals_of", "within")
    return [f"--{name.replace('_', '-')}" for name in given if getattr(request, name) is not None]


def examine_sample(
    sample: stats.Sample,
    request: Request,
    *,
    columns: tuple[int, ...] | None = None,
    names: tuple[str, ...] | None = None,
    target: dict[str, NDArray[np.float64] | None] | None = None,
    notes: Sequence[str] = (),
    residuals: str | None = None,
) -> Findings:
    """Test a sample as a request asks for; ``columns`` and ``names`` are those that its file has for its columns.

    ``notes`` is what is to be said of the file, and ``residuals`` of what its rows are residuals.
    """
    target = target or {"mean": None, "cov": None}
    with cache_lines():
        entries = _entries(sample, request, target)
        _check_answers(entries, request)
        beside = [entry for entry in entries if entry.importance == "beside"]
        tests = judged(_rows([entry for entry in entries if entry.importance != "beside"]), request.alpha)
    called = names if names is not None or columns is None else tuple(str(column) for column in columns)
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
        slices=_slices(tests),
        asked_slices=request.n_slices,
        asked_directions=request.directions,
        aggregate=request.aggregate,
        method=request.method,
        n_resamples=request.n_resamples,
        seed=request.seed,
        alpha=request.alpha,
        is_sliced=any(isinstance(row.result, stats.SlicedTestResult) for row in tests),
        tests=tests,
        beside=_rows(beside),
        notes=(
            *notes,
            *request.tests.notes(request.null),
            *_notes(entries),
            *precision,
            *without_rounding(sample, request),
            *transformations(sample, request, called),
        ),
        residuals=residuals,
        rounding=rounding(sample, called),
        transform=transform(sample, called),
        asked_where=request.where,
        concerns=stats.data_notes(sample, names=called, rng=request.seed),
        each_column=_each_column(sample, request, called) if request.each_column else None,
    )
    found = Findings(report, sample, target)
    if request.where:
        found = replace(found, report=replace(report, where=where(found, request.jobs)))
    return found


# The ways to a p-value that all tests of a column have.
_OF_COLUMNS = (None, "auto", "sequential", "monte carlo")


def _each_column(sample: stats.Sample, request: Request, names: tuple[str, ...] | None) -> pd.DataFrame:
    """Return the table of each column, by ``auto`` where its tests have not the method asked for."""
    return stats.column_table(
        sample,
        names=names,
        method=request.method if request.method in _OF_COLUMNS else "auto",
        n_resamples=request.n_resamples,
        rng=request.seed,
        workers=request.jobs,
    )


def _slices(tests: Sequence[Row]) -> tuple[Slices, ...]:
    """Return along which directions the tests were, each set once."""
    found: dict[tuple[int, str], list[str]] = {}
    for row in tests:
        result = row.result
        if isinstance(result, stats.SlicedTestResult):
            found.setdefault((result.n_slices, result.direction_kind or "iid"), []).append(row.test)
        elif isinstance(result, (stats.OmnibusTestResult, stats.PursuitTestResult)) and can_search(
            result.n, result.dim
        ):
            found.setdefault((result.n_slices, "iid"), []).append(row.test)
    return tuple(Slices(count, kind, tuple(names)) for (count, kind), names in found.items())


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
    wanted = request.tests.wanted(request.method)
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
    except NoFormulaError as error:
        raise InputError(f"{label(request.path)}: {error.why}; use --method auto, or a number of --resamples") from None
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
        # A test that never has one says less than the others.
        told = [entry for entry in asked if entry.note]
        told.sort(key=lambda entry: NO_FORMULA in entry.note)
        raise InputError(
            f"{label(request.path)}: none of the tests has a p-value by --method {request.method}; "
            + (f"{told[0].test.alias}: {told[0].note}" if told else "take another method")
        )
    for entry in asked:
        if entry.importance == "named" and not any(result.has_pvalue for result in entry.results):
            raise InputError(f"{label(request.path)}: {entry.test.alias}: {entry.note or 'it has no p-value'}")


def _rows(entries: Sequence[Entry]) -> tuple[Row, ...]:
    """Return a row for each result, without a verdict."""
    return tuple(
        Row(result, entry.test.alias if len(entry.results) == 1 else result.name)
        for entry in entries
        for result in entry.results
    )


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
