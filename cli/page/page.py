"""A page about one sample, or about two beside each other: what there is to say, laid out by a template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..show.numbers import floors, number, pvalue, very_small
from ..show.outliers import standing_out as told_outliers
from ..show.words import classical, facts, notes
from ..testing.findings import Report, Row
from .columns import column_rows
from .pictures import pictures
from .shown_results import Shown
from .template import rendered
from .words import comparison, deviation_sentences, level_sentence, question, verdict


def test_row(row: Row, alpha: float) -> dict[str, Any]:
    """Return a test as a row of a page's table."""
    return {
        "title": row.title[:1].upper() + row.title[1:],
        "name": row.test,
        "statistic": number(row.statistic),
        "pvalue": pvalue(row, alpha),
        "holm": "-" if row.holm is None else very_small(row.holm) or f"{row.holm:.3g}",
        "reject": bool(row.reject),
        "verdict": {None: "-", True: "reject", False: "not rejected"}[row.reject],
    }


def _measure(row: Row, alpha: float) -> dict[str, str]:
    value, title, expected = row.statistic, row.title.removeprefix("Mardia "), row.expected
    if row.normalized is not None:
        # Both less D(D + 2), as the papers print it.
        value, title = row.normalized, f"{title} - D(D+2)"
        expected = None if expected is None else expected - (row.statistic - row.normalized)
    return {
        "title": title[:1].upper() + title[1:],
        "statistic": number(value),
        "expected": "-" if expected is None else number(expected),
        "pvalue": pvalue(row, alpha),
    }


def no_columns(report: Report) -> str:
    """Return why there is no table of columns."""
    return (
        f"There is no table of its {report.dim:,} column{'s' * (report.dim > 1)}: they are too many, or their values "
        "allow none. slicednorm.stats.column_table describes columns in Python."
    )


def _sample(subject: Shown) -> dict[str, Any]:
    report = subject.report
    answer, why = verdict(report)
    known = [*subject.about.items(), *facts(report)]
    known.append(("bands", f"{subject.n_bands} replicates, by {subject.test.title}"))
    return {
        "label": report.label,
        "answer": answer,
        "rejected": report.rejects,
        "sentences": [why, *deviation_sentences(subject)],
        "notes": notes(report),
        "holm": any(row.holm is not None for row in report.tests),
        "alpha": f"{report.alpha:g}",
        "rows": [test_row(row, report.alpha) for row in report.tests],
        "beside": [_measure(row, report.alpha) for row in report.beside],
        "floors": [*floors(report), *classical(report)],
        "outliers": "They were not looked for: there are too many values, or they are so large that distances overflow."
        if subject.outliers is None
        else told_outliers(report, subject.outliers),
        "columns": [] if subject.columns is None else column_rows(subject.columns),
        "no_columns": no_columns(report),
        "facts": known,
    }


def _by_another(subject: Shown) -> str:
    """Return by which test the pictures are, if it is not one of those asked for."""
    if any(row.result is subject.test for row in subject.report.tests):
        return ""
    return (
        f"Those of {subject.label} are by the sliced {subject.test.title} test, which is not one of the tests asked "
        "for."
    )


def page(subjects: Sequence[Shown], command: str) -> str:
    """Return a report of samples as HTML, with the command that makes it again."""
    reports = [subject.report for subject in subjects]
    return rendered(
        "samples.html",
        title=question(reports),
        command=command,
        samples=[_sample(subject) for subject in subjects],
        level=level_sentence(reports),
        comparison=comparison(*subjects) if len(subjects) == 2 else "",
        pictured=[text for subject in subjects if (text := _by_another(subject))],
        pictures=[{**vars(picture), "label": picture.label} for picture in pictures(subjects)],
    )
