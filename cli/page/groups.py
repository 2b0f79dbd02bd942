"""A page about the groups of a file: each by itself, and all of them less their means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..show.besides import listed
from ..show.groups import conclusion, group_facts, group_notes, pooled_conclusion
from ..show.numbers import floors
from ..show.outliers import standing_out as told_outliers
from ..show.words import shortfall
from ..testing.findings import StandingOut
from ..testing.groups import GroupReport, OfGroup
from ..testing.request import Request
from .columns import cells_of_groups, described_columns
from .page import no_columns, test_row
from .shown_results import outliers_of
from .small_pictures import MOST_DRAWN, N_BANDS, small_pictures
from .svg import Picture
from .template import rendered
from .words import answer_of, asked_for, short_labels

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ShownGroups:
    """The groups of a file, and what was found of them.

    Attributes
    ----------
    found : GroupReport
        The tests.
    outliers : dict of str to StandingOut or None
        The rows that stand out, by group; None where they cannot be told.
    columns : dict of str to pandas.DataFrame or None
        What the columns of each group are like, as `slicednorm.stats.column_table` has it.
    pictures : list of Picture
        A small picture of each group, of some groups where they are many.
    """

    found: GroupReport
    outliers: dict[str, StandingOut | None]
    columns: dict[str, pd.DataFrame | None]
    pictures: list[Picture]


def shown_groups(found: GroupReport, request: Request) -> ShownGroups:
    """Compute what a page shows of the groups of a file."""
    tested = [one for one in found.groups if one.found is not None]

    def of(one: OfGroup) -> StandingOut | None:
        return None if one.found is None else outliers_of(one.found, request)

    return ShownGroups(
        found,
        {one.group: of(one) for one in tested},
        {one.group: described_columns(one.found, request.jobs, adjust=False) for one in tested if one.found},
        small_pictures(found.groups, request.jobs),
    )


def _answer(found: GroupReport) -> tuple[str, bool]:
    """Return the headline on the groups, and whether one of them is rejected."""
    tested = [one.report for one in found.groups if one.report is not None]
    if not tested:
        return "No group could be tested", False
    rejected = [one.group for one in found.groups if one.report is not None and one.report.rejects]
    if not rejected and all(shortfall(report) is not None for report in tested):
        return "No answer at this level", False
    if not rejected:
        return f"{answer_of(False, tested[0])} in any group", False
    return f"{answer_of(True, tested[0])}: {listed(rejected)}", True


def _cards(found: GroupReport) -> list[dict[str, Any]]:
    answer, rejected = _answer(found)
    said = [conclusion(found)]
    if any(one.report is not None and one.report.may_depend for one in found.all):
        said.append("All this holds for independent rows only, and the notes say why these may not be.")
    cards = [{"label": "each group by itself", "answer": answer, "rejected": rejected, "sentences": said}]
    pooled = found.pooled
    if pooled is not None and pooled.report is not None:
        rejected = pooled.report.rejects
        label = "all groups together, less the means of their groups"
        answer = answer_of(rejected, pooled.report)
        cards.append({"label": label, "answer": answer, "rejected": rejected, "sentences": [pooled_conclusion(found)]})
    return cards


def _level(found: GroupReport) -> str:
    count = sum(len(one.report.tests) for one in found.groups if one.report is not None)
    said = f"Verdicts on the groups are at level {found.alpha:g} for all of them."
    if count > 1:
        said += (
            f" P-values are adjusted by Holm's method for the {count} tests of all groups, so by chance any of "
            f"them rejects with probability {found.alpha:g} at most."
        )
    if found.pooled is not None:
        said += f" The groups together are a question of their own, at level {found.alpha:g} as well."
    return said


def _outliers(shown: ShownGroups) -> list[str]:
    """Return what to say of the rows that stand out, in the groups that have any."""
    said, without = [], 0
    for one in shown.found.groups:
        found = shown.outliers.get(one.group)
        if one.report is None or found is None:
            continue
        if found.names:
            said.append(f"{one.group}: {told_outliers(one.report, found)}")
        else:
            without += 1
    if without:
        groups = f"In {'the other ' if said else ''}{without:,} group{'s' * (without > 1)}"
        said.append(f"{groups} no row lies farther out than the farthest row of a normal sample may.")
    return said


def _pictured(shown: ShownGroups) -> str:
    tested = sum(one.found is not None for one in shown.found.groups)
    text = (
        "How far the rows of each group are from its centre: squared Mahalanobis distances against those expected. "
        f"Bands are for 95% of normal samples each ({N_BANDS} replicates), so of many groups some leave theirs. "
        "Pictures decide nothing."
    )
    if tested > MOST_DRAWN:
        text += f" Of {tested} groups the {MOST_DRAWN} with the smallest p-values are drawn."
    return text


def page_of_groups(shown: ShownGroups, command: str) -> str:
    """Return a report of the groups of a file as HTML, with the command that makes it again."""
    found = shown.found
    some = [one.report for one in found.all if one.report is not None]
    groups = [
        {
            "name": one.group,
            "n": f"{one.n:,}",
            "rows": [] if one.report is None else [test_row(row, found.alpha) for row in one.report.tests],
        }
        for one in found.all
    ]
    (name,) = short_labels([found.label])
    return rendered(
        "groups.html",
        title=f"Are the groups of {name} by {found.by!r} {asked_for(some[0])}?",
        command=command,
        label=found.label,
        alpha=f"{found.alpha:g}",
        cards=_cards(found),
        level=_level(found),
        notes=group_notes(found),
        holm=any(row.holm is not None for report in some for row in report.tests),
        groups=groups,
        floors=list(dict.fromkeys(note for report in some for note in floors(report))),
        outliers=_outliers(shown),
        columns=cells_of_groups(shown.columns),
        no_columns=no_columns(some[0]),
        pictured=_pictured(shown),
        pictures=[vars(picture) for picture in shown.pictures],
        facts=group_facts(found),
    )
