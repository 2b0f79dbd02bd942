"""Verdicts for readers who know no statistics, and what makes one of two samples nearer to normal."""

from __future__ import annotations

from ..show.words import shortfall
from ..testing.findings import Report, Row
from .shown_results import Shown


def _law(report: Report) -> str:
    if report.null == "composite":
        return "rows drawn from a normal distribution"
    if report.mean or report.cov:
        return "rows drawn from the given normal distribution"
    return "rows drawn from the standard normal distribution"


def _decisive(report: Report) -> Row:
    """Return the test that rejects least clearly of those that reject."""
    rejecting = [row for row in report.tests if row.reject]
    return max(rejecting, key=lambda row: (row.holm if row.holm is not None else row.pvalue) or 0.0)


def _chance(row: Row) -> str:
    """Return how rare a normal sample as far off is."""
    p = row.pvalue or 0.0
    if row.at_floor:
        return f"Not one of {row.result.n_resamples:,} simulated normal samples of this size lies as far off."
    if row.by_a_far_tail:
        return "By its limiting distribution, fewer than one in 1,000 normal samples of this size lie as far off."
    if p <= 0.0:
        return "Hardly any normal sample of this size lies as far off."
    return f"Only about one in {max(2, round(1.0 / p)):,} normal samples of this size lies as far off."


def verdict(report: Report) -> tuple[str, str]:
    """Return the answer in a word or two, and why."""
    answer, why = _verdict(report)
    if report.few_values and not report.rejects:
        answer = "Few values, so not normal"
        why += " Columns of few values are not normal, whatever a test says: see the notes below the tests."
    elif report.by_rounding and report.rejects:
        why += " That may be by rounding alone: see the notes below the tests."
    if report.may_depend:
        why += " All this holds for independent rows only. The notes below the tests say why these may not be."
    return answer, why


def _verdict(report: Report) -> tuple[str, str]:
    """Return the answer and why, for rows as the tests take them."""
    look = f"The {report.n:,} rows of {report.dim:,} number{'s' if report.dim > 1 else ''}"
    law = _law(report)
    if report.rejects:
        return "Not normal", f"{look} do not look like {law}. {_chance(_decisive(report))}"
    if (note := shortfall(report)) is not None:
        return "No answer at this level", f"{look} were tested, but no p-value could have been small enough. {note}"
    mardia = [row.title.removeprefix("Mardia ") for row in report.beside if row.reject]
    if mardia:
        return (
            "Not quite normal",
            f"{look} look like {law} to the tests asked for, but their {' and '.join(mardia)} by Mardia's measure "
            f"{'are' if len(mardia) > 1 else 'is'} not that of a normal sample.",
        )
    return (
        "No sign against normality",
        f"{look} look like {law}. That is no proof: a departure too small to show in {report.n:,} rows would look the "
        "same.",
    )


def size_sentence(subject: Shown) -> str:
    """Return how large the departure is, by how many rows it takes to find."""
    if subject.size is not None:
        return subject.size.sentence
    return f"The sliced test ({subject.test.title}) does not reject, so there is no departure whose size could be told."


def comparison(first: Shown, second: Shown) -> str:
    """Return which of two samples is nearer to normal, by how many rows it takes to find how they are not."""
    if first.size is None and second.size is None:
        return "No sliced test tells either sample from normal, so neither can be called nearer."
    for near, far in ((first, second), (second, first)):
        if near.size is None:
            return f"{near.label} is nearer to normal: no sliced test rejects it, and {far.label} is rejected."
    assert first.size is not None
    assert second.size is not None
    pair = sorted((first, second), key=lambda subject: subject.size.low if subject.size else 0.0)
    far, near = pair
    assert far.size is not None
    assert near.size is not None
    if far.size.high < near.size.low:
        return (
            f"{near.label} is nearer to normal: it takes {_rows(near)} to find its departure, and {_rows(far)} to find "
            f"that of {far.label}."
        )
    return (
        f"Both are about as far from normal: it takes {_rows(first)} to find the departure of {first.label}, and "
        f"{_rows(second)} to find that of {second.label}, and these intervals overlap."
    )


def _rows(subject: Shown) -> str:
    """Return a detectable size with its interval."""
    size = subject.size
    assert size is not None
    if size.rows is None or size.bound == "more than":
        return f"more than {size.low:,.0f} rows"
    if size.bound == "at most":
        return f"at most {size.rows:,} rows"
    high = f"{size.high:,.0f}" if size.high < 1e15 else "any number"
    return f"about {size.rows:,} rows ({size.low:,.0f} to {high})"
