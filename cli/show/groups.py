"""Findings on groups: a table for a terminal, JSON and CSV."""

from __future__ import annotations

import textwrap
from typing import Any

import click

from slicednorm import __version__

from ..readers.note import Note
from ..testing.findings import Row
from ..testing.groups import GroupReport, OfGroup
from .besides import drivers_of, listed
from .columns import columns_as_text
from .data import as_csv, as_json, notes_as_json
from .grid import WIDTH, grid
from .numbers import floors, number, pvalue, very_small
from .table import verdict
from .words import (
    FEW_VALUES,
    classical,
    compared_with,
    facts,
    hides_few_values,
    kind_of,
    may_be_rounding,
    notes,
    shortfall,
)

# What is said once for all groups, of the facts of the first that was tested in all columns.
_COMMON = ("columns", "null", "directions", "statistic")


def group_facts(found: GroupReport) -> list[tuple[str, str]]:
    """Return what was tested and how, by name."""
    some = [one.report for one in found.all if one.report is not None]
    widest = max(some, key=lambda report: report.dim)
    first = dict(facts(widest))
    narrow = [one.group for one in found.all if one.report is not None and one.report.dim < widest.dim]
    fewer = f" (fewer in {listed(narrow)}: see the notes)" if narrow else ""
    total = sum(one.n for one in found.groups)
    count = f"{len(found.groups)} group{'s' * (len(found.groups) > 1)}"
    omitted = sum(one.report.n_omitted for one in found.groups if one.report is not None)
    left_out = f" ({omitted:,} with missing values left out)" if omitted else ""
    return [
        ("file", found.label),
        ("sample", f"n = {total:,} rows in {count} by {found.by!r}, D = {widest.dim:,}{fewer}{left_out}"),
        *((name, first[name]) for name in _COMMON if name in first),
        ("", f"seed {some[0].seed}; alpha = {found.alpha:g}; p-values adjusted by Holm's method"),
    ]


def _rows(one: OfGroup, alpha: float) -> list[list[str]]:
    if one.report is None:
        return [[one.group, f"{one.n:,}", "-", "-", "-", "-", "-"]]
    rows = []
    for index, row in enumerate(one.report.tests):
        name, count = (one.group, f"{one.n:,}") if index == 0 else ("", "")
        holm = "-" if row.holm is None else very_small(row.holm) or f"{row.holm:.3g}"
        rows.append([name, count, row.test, number(row.statistic), pvalue(row, alpha), holm, verdict(row)])
    return rows


def group_notes(found: GroupReport) -> list[str]:
    """Return what is to be known of the file, the groups, and how their tests ran, each once."""
    groups: dict[str, list[str]] = {}
    for one in found.all:
        said_of = [f"{one.note}."]
        if one.report is not None:
            said_of = [*classical(one.report), *notes(one.report, members=False)]
        for note in said_of:
            groups.setdefault(note, []).append(one.group)
    said: list[str] = list(found.notes)
    tested = sum(one.report is not None for one in found.groups)
    for note, which in groups.items():
        where = "all groups" if 1 < tested <= len(which) else listed(which)
        said.append(Note(f"{where}: {note}", kind_of(note)))
    combined: dict[str, dict[str, Row]] = {}
    for one in found.all:
        for row in () if one.report is None else one.report.tests:
            if row.members:
                combined.setdefault(row.test, {})[one.group] = row
    for test, rows in combined.items():
        said.append(drivers_of(test, {group: row for group, row in rows.items() if row.reject}))
    return said


def said_of_groups(found: GroupReport) -> list[str]:
    """Return what stands below the table."""
    marks = [note for one in found.all if one.report is not None for note in floors(one.report)]
    return [*dict.fromkeys(marks), *group_notes(found)]


def conclusion(found: GroupReport) -> str:
    """Return what the results mean for each group."""
    tested = [one for one in found.groups if one.report is not None]
    rejected = [one.group for one in tested if one.report is not None and one.report.rejects]
    if not tested or all(row.pvalue is None for one in tested if one.report for row in one.report.tests):
        return "These are distances without p-values; leave out --no-pvalue for a test."
    assert tested[0].report is not None
    law = compared_with(tested[0].report)
    if rejected:
        said = f"Told apart from {law} at level {found.alpha:g}: {', '.join(rejected)}."
    elif all(shortfall(one.report) is not None for one in tested if one.report):
        said = f"There is no answer at level {found.alpha:g}: no p-value could be small enough for so many tests."
    else:
        said = f"No group is told apart from {law} at level {found.alpha:g}; that is no proof."
    untested = [one.group for one in found.groups if one.report is None]
    if untested:
        said += f" Not tested: {', '.join(untested)}."
    return _with_conditions(said, found)


def _with_conditions(said: str, found: GroupReport) -> str:
    """Return a conclusion with what it depends on where rows are not as tests take them, as that of one sample."""
    reports = [(one.group, one.report) for one in found.groups if one.report is not None]
    if depending := [group for group, report in reports if report.may_depend]:
        said = f"If its rows are independent ({', '.join(depending)}: the notes say why they may not be): {said}"
    if rounded := [group for group, report in reports if may_be_rounding(report)]:
        said += f" That of {', '.join(rounded)} may be by rounding alone: see the notes."
    if few := [group for group, report in reports if hides_few_values(report)]:
        said += f" {FEW_VALUES} ({', '.join(few)}): see the notes."
    return said


def pooled_conclusion(found: GroupReport) -> str:
    """Return what the results mean for all groups together, nothing where they were not tested."""
    pooled = found.pooled
    if pooled is None or pooled.report is None or pooled.report.method is None:
        return ""
    told = "are told apart from" if pooled.report.rejects else "are not told apart from"
    said = f"The rows of all groups, less the means of their groups, {told} one normal distribution."
    if pooled.report.rejects and all(one.report is not None and not one.report.rejects for one in found.groups):
        said += " Each group may be normal even so, with a covariance of its own."
    return said


def conclusions(found: GroupReport) -> str:
    """Return what the results mean for each group, and for all together."""
    return " ".join(text for text in (conclusion(found), pooled_conclusion(found)) if text)


def table(found: GroupReport) -> str:
    """Return the findings as text for a terminal."""
    lines = []
    for name, value in group_facts(found):
        lines += textwrap.wrap(f"{name:<12}{value}", WIDTH, subsequent_indent=" " * 12, break_long_words=False)
    rows = [row for one in found.all for row in _rows(one, found.alpha)]
    lines += ["", *grid(["group", "n", "test", "statistic", "p-value", "Holm", "verdict"], rows, right=[1, 3])]
    for one in found.all:
        if one.report is not None and one.report.each_column is not None:
            lines += ["", click.style(one.group, bold=True), *columns_as_text(one.report.each_column)]
    said = said_of_groups(found)
    if said:
        lines.append("")
        for note in said:
            lines += textwrap.wrap(note, WIDTH)
    return "\n".join([*lines, "", *textwrap.wrap(conclusions(found), WIDTH, break_long_words=False)])


def groups_as_json(found: GroupReport) -> dict[str, Any]:
    """Return the findings as the JSON object that scripts read."""
    return {
        "file": found.file,
        "version": __version__,
        "by": found.by,
        "alpha": found.alpha,
        "groups": [_json(one) for one in found.groups],
        "within_groups": None if found.pooled is None else _json(found.pooled),
        "notes": notes_as_json(said_of_groups(found)),
        "conclusion": conclusions(found),
    }


def _json(one: OfGroup) -> dict[str, Any]:
    found = {"n": one.n, "tests": [], "note": one.note} if one.report is None else as_json(one.report)
    return {"group": one.group, **found}


def groups_as_csv(found: GroupReport) -> list[dict[str, Any]]:
    """Return the findings as the rows of a CSV file."""
    return [{"group": one.group, **row} for one in found.all if one.report is not None for row in as_csv(one.report)]
