"""Findings as JSON and CSV, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from slicednorm import __version__

from ..testing.findings import Report, Row
from .words import conclusion, notes


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
        "expected": row.expected,
        "normalized": row.normalized,
        "name": result.name,
    }


# What some tests have and others have not.
_SPECIAL = ("driver", "members", "expected", "normalized")


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
        "n_slices": report.n_slices,
        "directions": report.directions,
        "aggregate": report.aggregate,
        "method": report.method,
        "n_resamples": report.n_resamples,
        "seed": report.seed,
        "alpha": report.alpha,
        "tests": tests,
        "where": None if report.where is None else asdict(report.where),
        "notes": [*notes(report)],
        "conclusion": conclusion(report),
    }


def as_csv(report: Report) -> list[dict[str, Any]]:
    """Return a report as the rows of a CSV file: one a test, of the same names for every report.

    They are what the JSON says of the test, except for the members of the omnibus, after what tells the samples apart.
    """
    sample = {"file": report.file, "n": report.n, "dim": report.dim, "null": report.null, "seed": report.seed}
    rows = []
    for row in (*report.tests, *report.beside):
        cells = _cells(row)
        del cells["members"]
        rows.append({**sample, **cells})
    return rows
