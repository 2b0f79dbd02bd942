"""The one policy of verdicts: wherever several stand together, their p-values are adjusted by Holm's method.

So a normal sample is told apart with a probability of at most the level, by whatever is shown together: the tests of a
sample, those of all groups of a file, those of two samples on one page. What is reported beside the tests describes,
and has no verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from slicednorm.stats._hypotests.holm import holm_adjusted

from .findings import Report, Row


def judged(rows: Sequence[Row], alpha: float) -> tuple[Row, ...]:
    """Return tests that stand together with their adjusted p-values, if there are several, and their verdicts."""
    pvalues = [row.pvalue for row in rows]
    count = sum(pvalue is not None for pvalue in pvalues)
    adjusted = holm_adjusted(pvalues) if len(rows) > 1 else [None] * len(rows)
    found = []
    for row, holm in zip(rows, adjusted, strict=True):
        decisive = row.pvalue if holm is None else holm
        reject = None if decisive is None else decisive <= alpha
        found.append(replace(row, holm=holm, reject=reject, together=max(1, count)))
    return tuple(found)


def judged_together(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Return reports that stand together, all of their tests judged together."""
    if not reports:
        return ()
    rows = iter(judged([row for report in reports for row in report.tests], reports[0].alpha))
    return tuple(replace(report, tests=tuple(next(rows) for _ in report.tests)) for report in reports)


def remarkable(report: Report) -> tuple[Row, ...]:
    """Return what is reported beside the tests and would be told apart by a test of its own, of all that is beside."""
    return tuple(row for row in judged(report.beside, report.alpha) if row.reject)


def only_by_itself(report: Report) -> tuple[Row, ...]:
    """Return tests whose p-value reaches the level by itself, but not adjusted, where no test rejects."""
    if report.rejects:
        return ()
    return tuple(row for row in report.tests if row.pvalue is not None and row.pvalue <= report.alpha)
