"""What stands beside a verdict: p-values that decide nothing, and what the omnibus and pursuit are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from slicednorm import stats
from slicednorm.stats._deviation.words import columns_in_words, sentence_along
from slicednorm.stats._hypotests.combined.member import in_a_sentence
from slicednorm.stats._sample.called import listed as in_a_row

from ..testing.findings import Report, Row
from ..testing.verdicts import only_by_itself, remarkable


def names_of(rows: Sequence[Row]) -> str:
    """Return the names of tests as a list in a sentence."""
    return in_a_row([row.test for row in rows])


def not_the_verdict(report: Report) -> list[str]:
    """Return what looks like a rejection and is none, a sentence or two each."""
    said = []
    if alone := only_by_itself(report):
        said.append(
            f"By itself the p-value of {names_of(alone)} is at most {report.alpha:g}. Adjusted for the "
            f"{alone[0].together} tests that stand together it is not."
        )
    if not report.rejects:
        said += [text for row in report.tests if (text := _parts_of(row, report.alpha))]
    if not report.rejects and (rows := remarkable(report)):
        measures = " and ".join(
            f"{row.title.removeprefix('Mardia ')} (p = {row.pvalue:.2g})" for row in rows if row.pvalue is not None
        )
        said.append(
            f"Mardia's {measures} would be rare in a normal sample. That is no part of the verdict, because it was not "
            "asked for: --stat omnibus counts it in."
        )
    return said


def _parts_of(row: Row, alpha: float) -> str:
    """Return which parts of a sliced statistic would be rare, adjusted for their number; nothing if none is."""
    parts = row.result.components if isinstance(row.result, stats.SlicedTestResult) else None
    if parts is None:
        return ""
    rare = [
        f"{'the ' * (part.name == 'rest')}{part.name} (p = {part.pvalue:.2g})"
        for part in parts.values()
        if part.pvalue * len(parts) <= alpha
    ]
    if not rare:
        return ""
    return (
        f"Of the parts that {row.test} is the sum of, {' and '.join(rare)} would be rare in a normal sample; the "
        "sum is not. That is no part of the verdict. --stat w2 sees a single direction better."
    )


_COMBINED = {
    "omnibus": "The omnibus judges several tests that see different things as one test.",
    "pursuit": "Pursuit looks in several ways for the direction along which the sample is least normal.",
}


def _driver_of(row: Row) -> stats.MemberResult:
    return next(member for member in row.members if member.name == row.driver)


def _by_itself(member: stats.MemberResult) -> str:
    return f"{in_a_sentence(member.title)} (p = {member.pvalue:.2g})"


def _direction_of(row: Row, report: Report) -> str:
    """Return what the direction is that pursuit has found, and what the sample is like there if p is small."""
    found = row.result
    if not isinstance(found, stats.PursuitTestResult):
        return ""
    # By itself: how many tests it stands together with does not change what it has found.
    if found.pvalue <= report.alpha:
        along = sentence_along(found.weights, found.shape, found.n, report.names)
        return f" {along} Other directions may deviate as well."
    where = columns_in_words(found.weights, report.names)
    return f" {where}the sample is no farther from normal than a normal sample may be." if where else ""


def members_of(row: Row, report: Report) -> str:
    """Return what a test of several statistics is, which of them drove it, where, and what each says by itself."""
    driver = _driver_of(row)
    text = f"{_COMBINED[row.test]} It is driven by {_by_itself(driver)}.{_direction_of(row, report)}"
    others = sorted((member for member in row.members if member is not driver), key=lambda member: member.pvalue)
    if others:
        text += f" The others, by their own p-values: {', '.join(map(_by_itself, others))}."
    return text


def drivers_of(test: str, rejecting: Mapping[str, Row]) -> str:
    """Return what a test of several statistics is, and which of them drove it in the groups that it rejects."""
    groups: dict[str, list[str]] = {}
    for group, row in rejecting.items():
        groups.setdefault(in_a_sentence(_driver_of(row).title), []).append(group)
    driven = "; ".join(f"{title} ({listed(which)})" for title, which in groups.items())
    return f"{_COMBINED[test]} Where it rejects, it is driven by {driven}." if driven else _COMBINED[test]


# How many groups a sentence names.
_NAMED = 5


def listed(groups: Sequence[str]) -> str:
    """Return the names of groups, of some where they are many."""
    more = f" and {len(groups) - _NAMED} more" if len(groups) > _NAMED else ""
    return f"{', '.join(groups[:_NAMED])}{more}"
