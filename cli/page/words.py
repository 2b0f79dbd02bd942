"""Verdicts for readers who know no statistics, and what makes one of two samples nearer to normal."""

from __future__ import annotations

import os
from collections.abc import Sequence

from slicednorm.stats._deviation.size import rounded_rows

from ..show.besides import names_of, not_the_verdict
from ..show.words import of_null, shortfall
from ..testing.findings import Report, Row
from .shown_results import Shown


def law(report: Report) -> str:
    """Return what the null hypothesis is called."""
    if report.null == "composite":
        return f"a {of_null(report)}normal distribution"
    return "the given normal distribution" if report.mean or report.cov else "N(0, I)"


def short_labels(labels: Sequence[str]) -> list[str]:
    """Return the files' names without their folders, where these tell them apart."""
    short = [os.path.basename(label.rstrip("/")) or label for label in labels]
    return short if len(set(short)) == len(short) else list(labels)


def question(reports: Sequence[Report]) -> str:
    """Return what was asked."""
    shown, first = short_labels([report.label for report in reports]), reports[0]
    what, one = " and ".join(shown), len(shown) == 1
    if first.null == "standard" and (first.mean or first.cov):
        return f"{'Does' if one else 'Do'} {what} follow the given normal distribution?"
    if first.residuals is not None:
        return f"Are the residuals of {what} normal?"
    return f"{'Is' if one else 'Are'} {what} {asked_for(first)}?"


def asked_for(report: Report) -> str:
    """Return what a sample is asked to be, where that is a word or two."""
    if report.null == "composite":
        if report.transform is not None:
            return "normal after a power transformation"
        return "normal" if report.rounding is None else "normal, but for rounding"
    return "standard normal, N(0, I)"


def answer_of(rejects: bool, report: Report) -> str:
    """Return the headline: what was asked, and whether the tests reject it."""
    if report.null == "composite" and report.transform is not None:
        return "Not normal, even if transformed" if rejects else "Normality after a transformation not rejected"
    if report.null == "composite" and report.rounding is not None:
        return "Not normal, even if rounded" if rejects else "Normality but for rounding not rejected"
    if report.null == "composite":
        return "Not normal" if rejects else "Normality not rejected"
    name = law(report)
    if rejects:
        return f"Not {name}"
    return f"{name[:1].upper()}{name[1:]} not rejected"


def _decisive(report: Report) -> Row:
    """Return the test that rejects least clearly of those that reject."""
    rejecting = [row for row in report.tests if row.reject]
    return max(rejecting, key=lambda row: (row.holm if row.holm is not None else row.pvalue) or 0.0)


def _chance(row: Row) -> str:
    """Return how rare a normal sample as far off is."""
    p = row.pvalue or 0.0
    if row.at_floor:
        return f"not one of {row.result.n_resamples:,} simulated normal samples of this size lies as far off"
    if row.by_a_far_tail:
        return "by its limiting distribution, fewer than one in 1,000 normal samples of this size lie as far off"
    if p <= 1e-9:
        return "hardly any normal sample of this size lies as far off"
    return f"only about one in {max(2, round(1.0 / p)):,} normal samples of this size lies as far off"


def verdict(report: Report) -> tuple[str, str]:
    """Return the answer in a word or two, and why."""
    answer, why = _verdict(report)
    if report.few_values and not report.rejects:
        answer += ", but its values are few"
        why += " Columns of few values are not normal, whatever a test says: see the notes."
    elif report.by_rounding and report.rejects:
        why += " That may be by rounding alone: see the notes."
    if report.may_depend:
        why += " All this holds for independent rows only, and the notes say why these may not be."
    return answer, why


def _verdict(report: Report) -> tuple[str, str]:
    """Return the answer and why, for rows as the tests take them."""
    look = f"{report.n:,} rows of {report.dim:,} number{'s' if report.dim > 1 else ''}"
    if report.residuals is not None:
        look = f"residuals of {look}"
    answer = answer_of(report.rejects, report)
    if report.rejects:
        chance = _chance(_decisive(report))
        others = [row for row in report.tests if row.pvalue is not None and not row.reject]
        by = _decisive(report).test
        named = f"Even by {by}, {chance}" if sum(bool(row.reject) for row in report.tests) > 1 else f"By {by}, {chance}"
        if len(report.tests) == 1:
            named = f"{chance[:1].upper()}{chance[1:]}"
        why = f"The {look} do not look like rows drawn from {law(report)}. {named}."
        if others:
            does = "does" if len(others) == 1 else "do"
            why += (
                f" {names_of(others)} {does} not reject. One test that rejects is enough, because the p-values are "
                "adjusted for the number of tests."
            )
        return answer, why
    if (note := shortfall(report)) is not None:
        return "No answer at this level", f"The {look} were tested, but no p-value could be small enough. {note}"
    tests = "The test does not tell" if len(report.tests) == 1 else "The tests do not tell"
    why = (
        f"{tests} the {look} from rows drawn from {law(report)}. That is no proof: a departure too small to show in "
        f"{report.n:,} rows would look the same."
    )
    return answer, " ".join([why, *not_the_verdict(report)])


def deviation_sentences(subject: Shown) -> list[str]:
    """Return where a sample deviates and by how much, as far as its verdict has something to explain."""
    report = subject.report
    if not report.rejects:
        return []
    if subject.is_explained:
        assert subject.size is not None
        return [*subject.by.lead(subject.direction), subject.direction.sentence, subject.by.size(subject.size)]
    return [
        f"Along directions there is nothing to show: the sliced {subject.test.title} test does not reject by itself. "
        "What rejects looks at something else."
    ]


def level_sentence(reports: Sequence[Report]) -> str:
    """Return at which level the page has its verdicts, over how many tests."""
    alpha = reports[0].alpha
    count = sum(len(report.tests) for report in reports)
    if count == 1:
        return f"The verdict is at level {alpha:g}: by chance the test rejects with probability {alpha:g} at most."
    which = f"the {count} tests of both samples" if len(reports) > 1 else f"its {count} tests"
    return (
        f"The verdict is at level {alpha:g} for the whole page. P-values are adjusted by Holm's method for {which}, "
        f"so by chance any of them rejects with probability {alpha:g} at most."
    )


def comparison(first: Shown, second: Shown) -> str:
    """Return which of two samples is nearer to normal, by how many rows it takes to find how they are not."""
    rejected = [subject for subject in (first, second) if subject.report.rejects]
    what = law(first.report)
    if not rejected:
        return f"Neither sample is told apart from {what}, so neither can be called nearer."
    if len(rejected) == 1:
        (far,) = rejected
        near = second if far is first else first
        if far.size is not None and near.report.n > far.size.high:
            return (
                f"{near.label} is nearer to {what}: {_rows(far)} show the departure of {far.label}, and "
                f"{near.report.n:,} rows of {near.label} show none."
            )
        return (
            f"{far.label} is told apart from {what}, and {near.label} is not. That alone does not say which is nearer: "
            f"{near.label} has {near.report.n:,} rows, and {far.label} {far.report.n:,}."
        )
    if first.size is None or second.size is None:
        return f"Both samples are told apart from {what}. Which is nearer the sliced tests do not tell."
    far, near = sorted((first, second), key=lambda subject: subject.size.low if subject.size else 0.0)
    assert far.size is not None
    assert near.size is not None
    if far.size.high < near.size.low:
        return (
            f"{near.label} is nearer to {what}: it takes {_rows(near)} to find its departure, and {_rows(far)} to find "
            f"that of {far.label}."
        )
    return (
        f"Both are about as far from {what}: it takes {_rows(first)} to find the departure of {first.label}, and "
        f"{_rows(second)} to find that of {second.label}, and these intervals overlap."
    )


def _rows(subject: Shown) -> str:
    """Return a detectable size with its interval, rounded as its own sentence has it."""
    size = subject.size
    assert size is not None
    if size.rows is None or size.bound == "more than":
        return f"more than {size.low:,.0f} rows"
    if size.bound == "at most":
        return f"at most {size.rows:,} rows"
    high = rounded_rows(size.high) if size.high < 1e15 else "any number"
    return f"about {rounded_rows(size.rows)} rows ({rounded_rows(size.low)} to {high})"
