"""Findings as a paper prints them: a table, the sentence that goes with it, and what else is to be known."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from slicednorm.paper._lines import Line
from slicednorm.paper._markup import PAPER, PaperMarkup
from slicednorm.paper._sentence import null_in_words, sentence_of_tests
from slicednorm.paper._table import table_of_columns, table_of_tests

from ..testing.findings import Report, Row
from ..testing.groups import GroupReport
from .groups import conclusions as conclusion_of_groups
from .groups import said_of_groups
from .numbers import floors
from .outliers import standing_out
from .words import classical, compared_with, conclusion, known_target, notes

PaperStyle: TypeAlias = Literal["latex", "markdown"]


def _lines(rows: Iterable[Row], group: str | None = None) -> list[Line]:
    return [Line.of(row.result, group=group, holm=row.holm) for row in rows]


def _null(report: Report) -> str:
    """Return what the sample is compared with; results alone do not know a target's mean and covariance."""
    if known_target(report):
        return compared_with(report)
    law = null_in_words(report.tests[0].result)
    return law if report.rounding is None else f"{law}, rounded like the values"


def _what(report: Report) -> str:
    if report.transform is not None:
        return f"The sample, after {report.transform},"
    return "The sample" if report.residuals is None else f"The residuals {report.residuals.partition(':')[0]}"


def _file(label: str) -> str:
    """Return what a caption calls a file."""
    return os.path.basename(label) or label


def _assembled(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _columns(report: Report, markup: PaperMarkup, of: str, label: str = "tab:columns") -> str:
    if report.each_column is None:
        return ""
    caption = f"Columns of {markup.words(of)}, each tested by itself."
    return table_of_columns(report.each_column, markup, caption=caption, label=label)


def paper(report: Report, style: PaperStyle) -> str:
    """Return a report as a table for a paper, the sentence that reports it, and notes."""
    markup = PAPER[style]
    lines = _lines([*report.tests, *report.beside])
    sentence = sentence_of_tests(lines, markup, what=_what(report), null=_null(report))
    shown, by = lines, "Group"
    if report.outliers is not None and report.outliers.without:
        named = report.outliers.names
        without = f"without row {named[0]}" if len(named) == 1 else f"without {len(named):,} rows"
        shown = [*_lines([*report.tests, *report.beside], "all"), *_lines(report.outliers.without, without)]
        by = "Rows"
    against = markup.words(_null(report))
    after = "" if report.transform is None else f", after {report.transform},"
    caption = f"Tests of {markup.words(_file(report.label) + after)} against {against}."
    said = [*floors(report), *classical(report), *notes(report), conclusion(report)]
    if report.n_omitted:
        said.insert(0, f"{report.n_omitted:,} rows with missing values are left out.")
    if report.where is not None:
        said += report.where.sentences
    if report.outliers is not None:
        said.append(standing_out(report, report.outliers))
    return _assembled(
        [
            table_of_tests(shown, markup, caption=caption, by=by),
            _columns(report, markup, _file(report.label)),
            sentence,
            markup.notes(said),
        ]
    )


def paper_of_groups(found: GroupReport, style: PaperStyle) -> str:
    """Return what was found on groups as a table for a paper, the sentence that reports it, and notes."""
    markup = PAPER[style]
    lines: list[Line] = []
    tables = []
    for number, one in enumerate(found.all, 1):
        if one.report is None:
            lines.append(Line("", "not tested", None, None, one.n, None, one.group))
            continue
        lines += _lines(one.report.tests, one.group)
        tables.append(_columns(one.report, markup, f"{_file(found.label)}, {one.group}", f"tab:columns-{number}"))
    first = next(one.report for one in found.all if one.report is not None)
    null = _null(first)
    caption = f"Tests of {markup.words(_file(found.label))} against {markup.words(null)}."
    tested = [line for line in lines if line.result is not None]
    return _assembled(
        [
            table_of_tests(lines, markup, caption=caption, by=found.by),
            *tables,
            sentence_of_tests(tested, markup, null=null),
            markup.notes([*said_of_groups(found), conclusion_of_groups(found)]),
        ]
    )
