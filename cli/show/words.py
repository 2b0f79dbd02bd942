"""What findings mean, in sentences."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence

from slicednorm import stats
from slicednorm.stats._hypotests.sliced.run import most_of_auto
from slicednorm.stats._limits import current

from ..readers.note import Note
from ..testing.findings import Report, Row
from ..testing.sample import naming_the_option
from .besides import members_of, names_of, not_the_verdict
from .grid import WIDTH


def known_target(report: Report) -> bool:
    """Return whether the sample is compared with a given mean or covariance."""
    return report.mean is not None or report.cov is not None


def _null(report: Report) -> str:
    if report.null == "composite":
        return "X ~ N(mu, Sigma), both unknown"
    if not known_target(report):
        return "X ~ N(0, I)"
    mean = f"mu from {report.mean}" if report.mean else "mu = 0"
    cov = f"Sigma from {report.cov}" if report.cov else "Sigma = I"
    return f"X ~ N(mu, Sigma), {mean}, {cov}"


def of_null(report: Report) -> str:
    """Return what the null does to a normal distribution, in a word and a blank; nothing if it does nothing."""
    return "rounded " if report.rounding is not None else "transformed " if report.transform is not None else ""


def compared_with(report: Report) -> str:
    """Return what the sample is compared with."""
    if report.null == "composite":
        return f"a {of_null(report)}normal distribution"
    return "the given N(mu, Sigma)" if known_target(report) else "N(0, I)"


def _sample(report: Report) -> str:
    text = f"n = {report.n:,} rows, D = {report.dim:,} column{'s' if report.dim != 1 else ''}"
    if report.n_omitted:
        text += f" ({report.n_omitted:,} with missing values left out)"
    return text


def _columns(report: Report) -> str:
    shown: Sequence[object] = report.names or report.columns or ()
    return textwrap.shorten(", ".join(str(name) for name in shown), WIDTH - 14, placeholder=" ...")


def _directions(report: Report) -> str:
    if report.dim == 1:
        return "1 (the sample has one column)"
    if not report.is_sliced:
        return f"K = {report.slices[0].count:,} random ones, among those that searches start from"
    if len(report.slices) == 1:
        (one,) = report.slices
        kind = {"iid": "independent, uniform on the sphere", "orthogonal": "in random orthogonal blocks"}
        return f"K = {one.count:,}, {kind[one.kind]}"
    short = {"iid": "independent", "orthogonal": "in orthogonal blocks"}
    return "; ".join(f"K = {one.count:,} {short[one.kind]} ({', '.join(one.tests)})" for one in report.slices)


def _straddles(row: Row, alpha: float) -> bool:
    """Return whether the verdict is within the reach of the Monte Carlo error."""
    decisive = row.pvalue if row.holm is None else row.holm
    if row.at_floor or not row.pvalue_error or decisive is None:
        return False
    # An adjusted p-value has the same relative error.
    error = row.pvalue_error * decisive / (row.pvalue or 1.0)
    return abs(decisive - alpha) < 2.0 * error


def _kept(report: Report) -> list[str]:
    """Return what is to be known of p-values by cached null distributions."""
    notes = []
    kept = {
        (row.result.n_resamples, row.result.law_n)
        for row in (*report.tests, *report.beside)
        if row.result.method == "cached"
    }
    for count, law_n in sorted(kept, key=str):
        error = 100 * stats.size_error(report.alpha, count or 0)
        line = (
            f"The cached null distribution of this shape has {count:,} replicates: at level {report.alpha:g}, tests "
            f"by it reject {100 * report.alpha:g}% of normal samples, with a standard deviation of {error:.2g} points."
        )
        if law_n is not None:
            line += f" Its replicates have {law_n:,} rows, and it is corrected for what changes up to {report.n:,}."
        notes.append(line)
    return notes


def classical(report: Report) -> list[str]:
    """Return Mardia's measures in the form of textbooks, a line; none under the standard null."""
    said = []
    for row in (*report.tests, *report.beside):
        value = row.classical
        if value is not None:
            said.append(f"{'z' if row.normalized is not None else 'n b1/6'} = {value:.4g}")
    return [f"Mardia's measures in the form of textbooks: {', '.join(said)}."] if said else []


# What scripts are told that the notes on the rows are about.
_KINDS = {
    "constant": "singular",
    "discrete": "ties",
    "rounded": "rounding",
    "finer steps": "rounding",
    "misfit": "rounding",
    "one value": "ties",
    "related columns": "singular",
    "repeated rows": "duplicates",
    "nearly repeated rows": "duplicates",
    "sorted rows": "dependence",
    "serial dependence": "dependence",
}


def kind_of(note: str) -> str:
    """Return what a note is about: "tests" if it is about how these ran."""
    return note.kind if isinstance(note, Note) else "tests"


def _for_a_terminal(note: stats.DataNote, report: Report) -> str:
    """Return what is said of the rows, with the options in the place of the library's arguments."""
    said = note.sentence.replace("rounding='auto'", "--rounding auto")
    # Under the standard null no column need be left out.
    return naming_the_option(said) if note.kind == "related columns" and report.null == "composite" else said


def notes(report: Report, *, members: bool = True) -> list[str]:
    """Return what else is to be known of the results, a sentence or two each; of members only with ``members``."""
    said: list[str] = [Note(_for_a_terminal(note, report), _KINDS[note.kind]) for note in report.concerns]
    said += [*report.notes, *_kept(report)]
    near = [row.test for row in report.tests if _straddles(row, report.alpha)]
    if near:
        adjusted = "adjusted " if any(row.holm is not None for row in report.tests) else ""
        said.append(
            f"By its error the {adjusted}p-value of {' and '.join(near)} may lie on either side of {report.alpha:g}: "
            f"more {_remedies(report, near)} would tell."
        )
    if members:
        said += [members_of(row, report) for row in report.tests if row.members]
    if (note := shortfall(report)) is not None:
        said.append(note)
    return said


def _remedies(report: Report, near: Sequence[str]) -> str:
    """Return what makes the errors of p-values smaller: replicates, directions, or both."""
    rows = [row for row in report.tests if row.test in near]
    wanted = []
    if any(row.result.pvalue_stderr for row in rows):
        wanted.append("--resamples")
    if any(isinstance(row.result, stats.SlicedTestResult) and row.result.pvalue_direction_stderr for row in rows):
        wanted.append("--slices")
    return " and ".join(wanted)


def _most(row: Row, report: Report) -> int:
    """Return how many replicates a test could have taken."""
    result = row.result
    if result.method != "sequential":
        return result.n_resamples or 0
    if report.method == "auto" and isinstance(result, stats.SlicedTestResult):
        return most_of_auto(result.law_n or result.n, result.dim, result.n_slices)
    return current().most_resamples


def shortfall(report: Report) -> str | None:
    """Return why no p-value of the tests can reach the level, None if one can."""
    # A p-value by a limiting law may be as small as it likes.
    if not report.tests or any(row.result.n_resamples is None for row in report.tests):
        return None
    # Holm multiplies the smallest p-value by the number of tests.
    adjusted = any(row.holm is not None for row in report.tests)
    looks = max(row.together for row in report.tests)
    # A sequential test that stops early could have gone on.
    most = min(_most(row, report) for row in report.tests)
    if looks <= report.alpha * (most + 1):
        return None
    which = f"Holm-adjusted p-value of {looks} tests" if adjusted else "p-value"
    remedy = "use a larger --alpha"
    if report.alpha > 1e-9:
        remedy = f"use --resamples {math.ceil(looks / report.alpha) - (0 if adjusted else 1)} or more"
    return f"M = {most} is too small for a {which} to reach {report.alpha:g}: {remedy}."


# Below this a share in per cent says nothing to a reader.
_ONE_IN_A_MILLION = 1e-6


def _few(names: Iterable[str]) -> str:
    """Return names, or how many they are."""
    listed = list(names)
    return ", ".join(listed) if len(listed) <= 2 else f"{len(listed)} tests"


def _share(row: Row, report: Report) -> str:
    """Return how many samples from the null lie as far from it as this one."""
    if row.pvalue is None:
        return ""
    if row.at_floor:
        origin = "normal samples" if report.null == "composite" else f"samples from {compared_with(report)}"
        return f"none of {row.result.n_resamples:,} simulated {origin} of this size lies as far"
    share, by = f"about {100 * row.pvalue:.2g}%", ""
    if row.pvalue < _ONE_IN_A_MILLION:
        share = "fewer than one in a million"
    if row.by_a_far_tail:
        share, by = "less than 0.1%", ", by its limiting distribution"
    if report.null == "composite":
        return f"{share} of normal samples of this size lie this far from normality{by}"
    return f"{share} of samples of this size from {compared_with(report)} lie this far from it{by}"


def conclusion(report: Report) -> str:
    """Return what the results mean: a sentence, and what it depends on where the rows are not as tests take them."""
    text = _conclusion(report)
    if report.method is None:
        return text
    text = " ".join([text, *not_the_verdict(report)])
    if report.may_depend:
        text = f"If its rows are independent, {text[0].lower()}{text[1:]} The notes say why they may not be."
    if hides_few_values(report):
        text += f" {FEW_VALUES}: see the notes."
    elif may_be_rounding(report):
        text += " That may be by rounding alone: see the notes."
    return text


FEW_VALUES = "Columns of few values are not normal, whatever a test says"


def hides_few_values(report: Report) -> bool:
    """Return whether tests that do not reject are to be read beside columns of few values."""
    return report.few_values and not report.rejects


def may_be_rounding(report: Report) -> bool:
    """Return whether what a test rejects may be the rounding of values alone."""
    return report.by_rounding and report.rejects


def _conclusion(report: Report) -> str:
    """Return what the results mean for rows as the tests take them, in one sentence."""
    law = compared_with(report)
    if report.method is None:
        return (
            f"These are distances from {law} without p-values, and alone they do not say whether the sample "
            "could come from it; leave out --no-pvalue for a test."
        )
    tests = [row for row in report.tests if row.pvalue is not None]
    rejecting = [row for row in tests if row.reject]
    others = [row for row in tests if not row.reject]
    if rejecting:
        weakest = max(rejecting, key=lambda row: row.pvalue or 0.0)
        share = _share(weakest, report)
        if len(tests) == 1:
            return f"The sample is told apart from {law}: {share}."
        if len(rejecting) > 1:
            share = f"even by {weakest.test}, {share}"
        if not others:
            every = "both tests" if len(rejecting) == 2 else "every test"
            if len(tests) < len(report.tests):
                every += f" that {'have' if len(rejecting) == 2 else 'has'} a p-value"
            return f"The sample is told apart from {law} by {every}: {share}."
        return f"The sample is told apart from {law} by {names_of(rejecting)} ({share}), not by {names_of(others)}."
    if shortfall(report) is not None:
        return f"There is no answer at level {report.alpha:g}: with so few replicates no p-value could be small enough."
    without = [row for row in report.tests if row.pvalue is None]
    only = f" ({names_of(without)} had no p-value)" if without else ""
    origin = "is normal" if report.null == "composite" else f"comes from {law}"
    every = "The test does not tell" if len(report.tests) == 1 else "The tests do not tell"
    return (
        f"{every} the sample from {law} at level {report.alpha:g}{only}; that is no proof that it "
        f"{origin}: a departure too small to show in {report.n:,} rows would look the same."
    )


def _replicates(rows: Sequence[Row]) -> str:
    """Return how many replicates tests took, and which took a formula."""
    formula = [row.test for row in rows if row.result.method == "analytic"]
    rows = [row for row in rows if row.result.n_resamples]
    if not rows:
        return "none, by a formula" if formula else "none"
    if formula:
        return f"{_replicates(rows)} ({_few(row.test for row in rows)}); {_few(formula)} by a formula"
    counts = [f"{count:,}" for count in sorted({row.result.n_resamples or 0 for row in rows})]
    several = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else counts[0]
    methods = {row.result.method for row in rows}
    if methods == {"monte carlo"}:
        return f"M = {several}"
    if methods == {"cached"}:
        return f"M = {several}, cached for this shape"
    return f"M = {several}, {'cached for this shape, or ' if 'cached' in methods else ''}as many as it took"


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what was tested and how, by name."""
    found = [("file", report.label), ("sample", _sample(report))]
    if report.columns is not None or report.names is not None:
        found.append(("columns", _columns(report)))
    if report.residuals is not None:
        found.append(("residuals", report.residuals))
    if report.rounding is not None:
        found.append(("rounding", report.rounding))
    if report.transform is not None:
        found.append(("transform", report.transform))
    found.append(("null", _null(report)))
    if report.is_sliced or report.slices:
        found.append(("directions", _directions(report)))
    if report.is_sliced:
        found.append(("statistic", f"{'mean' if report.aggregate == 'mean' else 'maximum'} over the directions"))
    if report.method is None:
        found.append(("replicates", f"none (--no-pvalue); seed {report.seed}"))
    else:
        found.append(("replicates", f"{_replicates(report.tests)}; seed {report.seed}; alpha = {report.alpha:g}"))
        own = [row for row in report.beside if row.result.n_resamples]
        if own and _replicates(own) != _replicates(report.tests):
            found.append(("", f"Mardia's {_replicates(own)}"))
    return found
