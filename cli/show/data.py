"""Findings as JSON and CSV, for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from slicednorm import __version__, stats

from ..readers.note import Note
from ..testing.findings import Report, Row
from .columns import columns_as_json
from .outliers import decides, standing_out
from .words import conclusion, kind_of, notes


def _cells(row: Row) -> dict[str, Any]:
    """Return what there is to say of a test, by name; None where there is nothing."""
    result = row.result
    return {
        "test": row.test,
        "title": row.title,
        "statistic": row.statistic,
        "pvalue": row.pvalue,
        "pvalue_stderr": result.pvalue_stderr,
        "holm": row.holm,
        "reject": row.reject,
        "n_resamples": result.n_resamples,
        "tail_pvalue": result.tail_pvalue,
        "method": result.method,
        "law_n": result.law_n,
        "driver": row.driver,
        "members": tuple(asdict(member) for member in row.members) or None,
        **_of_pursuit(result),
        "expected": row.expected,
        "normalized": row.normalized,
        "name": result.name,
        **_of_slices(result),
    }


def _of_pursuit(result: stats.SignificanceResult) -> dict[str, Any]:
    """Return what there is to say of the direction that pursuit has found; None for the other tests."""
    if not isinstance(result, stats.PursuitTestResult):
        return dict.fromkeys(_PURSUIT)
    found = (result.kind, result.direction.tolist(), result.loadings.tolist(), result.weights.tolist())
    return dict(zip(_PURSUIT, found, strict=True))


def _of_slices(result: stats.SignificanceResult) -> dict[str, Any]:
    """Return what there is to say of a sliced test alone; None for the others."""
    if not isinstance(result, stats.SlicedTestResult):
        return dict.fromkeys(_SLICED)
    parts = None
    if result.method == "analytic" and result.components is not None:
        parts = {name: {"share": part.share, "pvalue": part.pvalue} for name, part in result.components.items()}
    found = (result.n_slices, result.direction_kind, result.direction_stderr, result.pvalue_direction_stderr, parts)
    return dict(zip(_SLICED, found, strict=True))


# What only pursuit has.
_PURSUIT = ("kind", "direction", "loadings", "weights")

# What only sliced tests have.
_SLICED = ("n_slices", "directions", "direction_stderr", "pvalue_direction_stderr", "components")

# What some tests have and others have not.
_SPECIAL = ("driver", "members", "expected", "normalized", *_PURSUIT, *_SLICED)


def notes_as_json(said: Iterable[str]) -> list[dict[str, str]]:
    """Return notes, each with its kind."""
    return [{"kind": kind_of(note), "text": str(note)} for note in said]


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as the JSON object that scripts read."""
    rows = [_cells(row) for row in (*report.tests, *report.beside)]
    tests = [{name: cell for name, cell in row.items() if name not in _SPECIAL or cell is not None} for row in rows]
    return {
        "file": report.file,
        "version": __version__,
        "n": report.n,
        "dim": report.dim,
        "n_omitted": report.n_omitted,
        "columns": report.columns,
        "names": report.names,
        "null": report.null,
        "mean": report.mean,
        "cov": report.cov,
        "residuals": report.residuals,
        "rounding": report.rounding,
        "transform": report.transform,
        "n_slices": max((one.count for one in report.slices), default=None),
        "directions": report.slices[0].kind if report.slices else None,
        "aggregate": report.aggregate,
        "method": report.method,
        "n_resamples": report.n_resamples,
        "seed": report.seed,
        "alpha": report.alpha,
        "tests": tests,
        "where": None if report.where is None else asdict(report.where),
        "outliers": _outliers(report),
        **_classical(report),
        **({} if report.each_column is None else {"each_column": columns_as_json(report.each_column)}),
        "notes": notes_as_json([*notes(report), *_decided_by_rows(report)]),
        "conclusion": conclusion(report),
    }


def _decided_by_rows(report: Report) -> list[Note]:
    """Return a note where the verdict hangs on the rows that stand out; the table ends with the same sentence."""
    return [Note(standing_out(report, report.outliers), "outlier")] if report.outliers and decides(report) else []


def _classical(report: Report) -> dict[str, Any]:
    """Return Mardia's measures in the form of textbooks, n·b1/6 and z, where there are any."""
    found = {row.result.name: row.classical for row in (*report.tests, *report.beside) if row.classical is not None}
    return {"mardia_classical": found} if found else {}


def _outliers(report: Report) -> dict[str, Any] | None:
    """Return the rows that stand out, and the tests without them."""
    found = report.outliers
    if found is None:
        return None
    rows = [
        {"row": name, "number": number, "squared_distance": square, "pvalue": pvalue}
        for name, number, square, pvalue in zip(
            found.names, found.numbers, found.squared_distances, found.pvalues, strict=True
        )
    ]
    without = [
        {"test": row.test, "pvalue": row.pvalue, "holm": row.holm, "reject": row.reject} for row in found.without
    ]
    return {"rows": rows, "without": without, "sentence": standing_out(report, found)}


def as_csv(report: Report) -> list[dict[str, Any]]:
    """Return a report as the rows of a CSV file: one a test, of the same names for every report.

    They are what the JSON says of the test, except for the members and what pursuit has found, after what tells the
    samples apart.
    """
    sample = {"file": report.file, "n": report.n, "dim": report.dim, "null": report.null, "seed": report.seed}
    rows = []
    for row in (*report.tests, *report.beside):
        cells = _cells(row)
        for name in ("members", "components", *_PURSUIT):
            del cells[name]
        rows.append({**sample, **cells})
    return rows
