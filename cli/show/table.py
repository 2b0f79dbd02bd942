"""Findings as a table for a terminal."""

from __future__ import annotations

import sys
import textwrap
import unicodedata

import click

from ..testing.findings import Report, Row
from .columns import columns_as_text
from .grid import WIDTH, grid
from .numbers import floors, number, pvalue, very_small
from .outliers import standing_out
from .words import classical, conclusion, facts, notes


def verdict(row: Row) -> str:
    """Return the verdict of a test, in colour."""
    return {None: "-", True: click.style("reject", fg="red", bold=True), False: "not rejected"}[row.reject]


def _tests(report: Report) -> list[str]:
    shows_p, shows_holm = report.method is not None, any(row.holm is not None for row in report.tests)
    header = ["test", "statistic", *["p-value"] * shows_p, *["Holm"] * shows_holm, *["verdict"] * shows_p]
    width = max(4, *(len(row.test) + 1 for row in report.tests))
    rows = []
    for row in report.tests:
        cells = [f"{row.test:<{width}}{row.title}", number(row.statistic)]
        if shows_p:
            cells.append(pvalue(row, report.alpha))
        if shows_holm:
            cells.append("-" if row.holm is None else very_small(row.holm) or f"{row.holm:.3g}")
        if shows_p:
            cells.append(verdict(row))
        rows.append(cells)
    return grid(header, rows, right=[1])


def _mardia(report: Report) -> list[str]:
    shows_p = report.method is not None
    header = ["Mardia", "value", "expected", *["p-value"] * shows_p]
    rows = []
    for row in report.beside:
        value, expected, name = row.statistic, row.expected, "skewness"
        if row.normalized is not None:
            # Both less D(D + 2), as the papers print it.
            name, value = "kurtosis - D(D+2)", row.normalized
            expected = None if expected is None else expected - (row.statistic - row.normalized)
        cells = [name, number(value), "-" if expected is None else number(expected)]
        rows.append(cells + ([pvalue(row, report.alpha)] if shows_p else []))
    return grid(header, rows, right=[1, 2])


def table(report: Report) -> str:
    """Return a report as text for a terminal of 80 columns."""
    lines = []
    for name, value in facts(report):
        lines += textwrap.wrap(f"{name:<12}{value}", WIDTH, subsequent_indent=" " * 12, break_long_words=False) or [
            name
        ]
    lines += ["", *_tests(report)]
    if report.beside:
        lines += ["", *_mardia(report)]
    lines += classical(report)
    if report.each_column is not None:
        lines += ["", *columns_as_text(report.each_column)]
    said = [*floors(report), *notes(report)]
    if said:
        lines.append("")
        for note in said:
            lines += textwrap.wrap(note, WIDTH)
    lines += ["", *textwrap.wrap(conclusion(report), WIDTH, break_long_words=False)]
    if report.asked_where and report.where is None:
        lines.append("There is no deviation to explain: no test that looks along directions rejects.")
    if report.where is not None:
        for sentence in report.where.sentences:
            lines += textwrap.wrap(sentence, WIDTH, break_long_words=False)
    if report.outliers is not None:
        lines += ["", *textwrap.wrap(standing_out(report, report.outliers), WIDTH, break_long_words=False)]
    return "\n".join(lines)


def encodable(text: str, encoding: str) -> str:
    """Return a text in letters that an encoding has."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text.replace("±", "+/-"))
        return plain.encode("ascii", "ignore").decode("ascii")
    return text


def print_text(text: str, *, to_stderr: bool) -> None:
    """Print a text on stdout, or on stderr."""
    stream = sys.stderr if to_stderr else sys.stdout
    encoding = getattr(stream, "encoding", None) or "ascii"
    click.echo(encodable(text, encoding), err=to_stderr)


def print_table(report: Report, *, to_stderr: bool) -> None:
    """Print a report's table on stdout, or on stderr."""
    print_text(table(report), to_stderr=to_stderr)
