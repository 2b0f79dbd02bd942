"""Findings as JSON and CSV, for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from slicednorm import __version__

from ..testing.findings import Report
from .words import conclusion, notes


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as the JSON object that scripts read."""
    tests = [
        {
            name: value
            for name, value in asdict(row).items()
            if name not in ("expected", "normalized") and (name not in ("driver", "members") or value is not None)
        }
        for row in report.tests
    ]
    for row in report.mardia:
        entry = asdict(row)
        del entry["driver"], entry["members"]
        if row.normalized is None:
            del entry["normalized"]
        tests.append(entry)
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

    They are what the JSON says of the test, but for the members of the omnibus, after what tells the samples apart.
    """
    sample = {"file": report.file, "n": report.n, "dim": report.dim, "null": report.null, "seed": report.seed}
    rows = []
    for row in (*report.tests, *report.mardia):
        cells = asdict(row)
        del cells["members"]
        rows.append({**sample, **cells})
    return rows
