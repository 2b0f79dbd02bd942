"""What ``slicednorm test`` found, as a table for people and as JSON for programs."""

from __future__ import annotations

import math
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import click

from slicednorm import __version__, stats

from .options.shared import Resamples

_WIDTH = 80


@dataclass(frozen=True)
class Row:
    """One test.

    Attributes
    ----------
    test, title : its name, and its name in words.
    statistic, pvalue, pvalue_stderr, n_resamples, tail_pvalue, method, law_n : as its result has them; None where
        there is none.
    driver, members : which member of the omnibus has the smallest p-value, and what each says alone (omnibus only).
    holm : the p-value adjusted for the other tests asked for, None where that was not.
    reject : the verdict at alpha, by the adjusted p-value where there is one.
    expected : the statistic's expectation under the null (Mardia only).
    normalized : the kurtosis less D(D + 2) (Mardia's kurtosis only).
    """

    test: str
    title: str
    statistic: float
    pvalue: float | None
    pvalue_stderr: float | None
    holm: float | None
    reject: bool | None
    n_resamples: int | None
    tail_pvalue: float | None = None
    method: str | None = None
    law_n: int | None = None
    driver: str | None = None
    members: tuple[stats.MemberResult, ...] | None = None
    expected: float | None = None
    normalized: float | None = None

    @property
    def at_floor(self) -> bool:
        """Whether no replicate was as far as the sample, so that the p-value is the smallest possible."""
        return self.n_resamples is not None and self.pvalue == 1.0 / (self.n_resamples + 1)


@dataclass(frozen=True)
class Where:
    """Where the sample deviates, by one of the tests, as `slicednorm.stats.deviation` has it."""

    test: str
    sentences: tuple[str, ...]
    kind: str
    direction: tuple[float, ...]
    loadings: tuple[float, ...]
    rows: int | None
    low: float
    high: float
    bound: str


@dataclass(frozen=True)
class Report:
    """Everything there is to report: what was tested, how, and what came out.

    ``is_sliced`` tells whether a test is among them that projects on directions.
    """

    file: str
    label: str
    n: int
    dim: int
    n_omitted: int
    columns: tuple[int, ...] | None
    names: tuple[str, ...] | None
    null: Literal["standard", "composite"]
    mean: str | None
    cov: str | None
    n_slices: int
    directions: Literal["iid", "orthogonal"]
    aggregate: Literal["mean", "max"]
    n_resamples: Resamples | None
    seed: int
    alpha: float
    tests: tuple[Row, ...]
    mardia: tuple[Row, ...]
    notes: tuple[str, ...]
    is_sliced: bool = True
    asked_where: bool = False
    where: Where | None = None

    @property
    def rejects(self) -> bool:
        """Whether a test that was asked for rejects; Mardia is beside the point."""
        return any(row.reject for row in self.tests)


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as the JSON object that scripts read."""
    tests = [
        {
            name: value
            for name, value in asdict(row).items()
            if name not in ("expected", "normalized") and (name not in ("driver", "members") or value is not None)
        }
        for row in report.tests
    ]
    for row in report.mardia:
        entry = asdict(row)
        del entry["driver"], entry["members"]
        if row.normalized is None:
            del entry["normalized"]
        tests.append(entry)
    return {
        "file": report.file,
        "version": __version__,
        "n": report.n,
        "dim": report.dim,
        "n_omitted": report.n_omitted,
        "columns": report.columns,
        "names": report.names,
        "null": report.null,
        "mean": report.mean,
        "cov": report.cov,
        "n_slices": report.n_slices,
        "directions": report.directions,
        "aggregate": report.aggregate,
        "n_resamples": report.n_resamples,
        "seed": report.seed,
        "alpha": report.alpha,
        "tests": tests,
        "where": None if report.where is None else asdict(report.where),
        "notes": [*notes(report)],
        "conclusion": conclusion(report),
    }


def as_csv(report: Report) -> list[dict[str, Any]]:
    """Return a report as the rows of a CSV file: one a test, of the same names for every report.

    They are what the JSON says of the test, but for the members of the omnibus, after what tells the samples apart.
    """
    sample = {"file": report.file, "n": report.n, "dim": report.dim, "null": report.null, "seed": report.seed}
    rows = []
    for row in (*report.tests, *report.mardia):
        cells = asdict(row)
        del cells["members"]
        rows.append({**sample, **cells})
    return rows


# What is tested, in words.


def _known_target(report: Report) -> bool:
    return report.mean is not None or report.cov is not None


def _null(report: Report) -> str:
    if report.null == "composite":
        return "X ~ N(mu, Sigma), both unknown"
    if not _known_target(report):
        return "X ~ N(0, I)"
    mean = f"mu from {report.mean}" if report.mean else "mu = 0"
    cov = f"Sigma from {report.cov}" if report.cov else "Sigma = I"
    return f"X ~ N(mu, Sigma), {mean}, {cov}"


def _law(report: Report) -> str:
    if report.null == "composite":
        return "a normal law"
    return "the given N(mu, Sigma)" if _known_target(report) else "N(0, I)"


def _sample(report: Report) -> str:
    text = f"n = {report.n:,} rows, D = {report.dim:,} columns"
    if report.n_omitted:
        text += f" ({report.n_omitted:,} with missing values left out)"
    return text


def _columns(report: Report) -> str:
    shown: Sequence[object] = report.names or report.columns or ()
    return textwrap.shorten(", ".join(str(name) for name in shown), _WIDTH - 14, placeholder=" ...")


def _directions(report: Report) -> str:
    if report.dim == 1:
        return "1, there being one column"
    kind = {"iid": "independent, uniform on the sphere", "orthogonal": "in random orthogonal blocks"}
    return f"K = {report.n_slices:,}, {kind[report.directions]}"


def _straddles(row: Row, alpha: float) -> bool:
    """Return whether the verdict is within the reach of the Monte Carlo error."""
    decisive = row.pvalue if row.holm is None else row.holm
    if row.at_floor or not row.pvalue_stderr or decisive is None:
        return False
    # An adjusted p-value has the same relative error.
    error = row.pvalue_stderr * decisive / (row.pvalue or 1.0)
    return abs(decisive - alpha) < 2.0 * error


def _kept(report: Report) -> list[str]:
    """Return what is to be known of p-values by kept laws."""
    notes = []
    kept = {(row.n_resamples, row.law_n) for row in (*report.tests, *report.mardia) if row.method == "cached"}
    for count, law_n in sorted(kept, key=str):
        error = 100 * stats.size_error(report.alpha, count or 0)
        line = (
            f"The null law of this shape has {count:,} replicates: at level {report.alpha:g}, tests by it reject "
            f"{100 * report.alpha:g}% of normal samples, with a standard deviation of {error:.2g} points."
        )
        if law_n is not None:
            line += f" Its replicates have {law_n:,} rows, and what changes up to {report.n:,} is put right."
        notes.append(line)
    return notes


def _members(row: Row) -> str:
    """Return what the members of the omnibus say, each by itself, the one that drove it first."""
    members = sorted(row.members or (), key=lambda member: (member.name != row.driver, member.pvalue))
    listed = ", ".join(f"{member.title} {member.pvalue:.2g}" for member in members)
    return f"The omnibus has the smallest p-value of its members, each by itself: {listed}."


def notes(report: Report) -> list[str]:
    """Return what else is to be known of the results, a sentence or two each."""
    said = [*report.notes, *_kept(report)]
    near = [row.test for row in report.tests if _straddles(row, report.alpha)]
    if near:
        said.append(
            f"By its Monte Carlo error the p-value of {' and '.join(near)} may lie on either side of {report.alpha:g}: "
            "more --resamples, or 'cached', would tell."
        )
    said += [_members(row) for row in report.tests if row.members]
    if (note := shortfall(report)) is not None:
        said.append(note)
    return said


def shortfall(report: Report) -> str | None:
    """Return why no p-value of the tests can reach the level, None if one can."""
    if report.n_resamples is None:
        return None
    # Holm multiplies the smallest p-value by the number of tests.
    adjusted = report.tests[0].holm is not None
    looks = len(report.tests) if adjusted else 1
    # A sequential test that stops early could have gone on.
    most = min(
        stats.most_resamples("auto") if row.method == "sequential" else row.n_resamples or 0 for row in report.tests
    )
    if looks <= report.alpha * (most + 1):
        return None
    which = f"Holm-adjusted p-value of {looks} tests" if adjusted else "p-value"
    remedy = "use a larger --alpha"
    if report.alpha > 1e-9:
        remedy = f"use --resamples {math.ceil(looks / report.alpha) - (0 if adjusted else 1)} or more"
    return f"M = {most} is too small for a {which} to reach {report.alpha:g}: {remedy}."


def _share(row: Row, report: Report) -> str:
    """Return how many samples from the null lie as far from it as this one."""
    if row.pvalue is None:
        return ""
    if row.at_floor:
        origin = "normal samples" if report.null == "composite" else f"samples from {_law(report)}"
        return f"none of {row.n_resamples:,} simulated {origin} of this size lies as far"
    share = f"about {100 * row.pvalue:.2g}%"
    if report.null == "composite":
        return f"{share} of normal samples of this size lie this far from normality"
    return f"{share} of samples of this size from {_law(report)} lie this far from it"


def _names(rows: Sequence[Row]) -> str:
    *first, last = [row.test for row in rows]
    return f"{', '.join(first)} and {last}" if first else last


def conclusion(report: Report) -> str:
    """Return what the results mean, in one sentence."""
    law = _law(report)
    if report.n_resamples is None:
        return (
            f"These are distances from {law} without p-values, and alone they do not say whether the sample "
            "could come from it; leave out --no-pvalue for a test."
        )
    rejecting = [row for row in report.tests if row.reject]
    others = [row for row in report.tests if not row.reject]
    if rejecting:
        weakest = max(rejecting, key=lambda row: row.pvalue or 0.0)
        share = _share(weakest, report)
        if len(report.tests) == 1:
            return f"The sample is told apart from {law}: {share}."
        if len(rejecting) > 1:
            share = f"even by {weakest.test}, {share}"
        if not others:
            every = "both tests" if len(rejecting) == 2 else "every test here"
            return f"The sample is told apart from {law} by {every}: {share}."
        return f"The sample is told apart from {law} by {_names(rejecting)} ({share}), not by {_names(others)}."
    mardia = [row.title.removeprefix("Mardia ") for row in report.mardia if row.reject]
    if mardia:
        return (
            f"The tests asked for do not tell the sample from {law} at level {report.alpha:g}, but Mardia's "
            f"{' and '.join(mardia)} {'do' if len(mardia) > 1 else 'does'}."
        )
    origin = "is normal" if report.null == "composite" else f"comes from {law}"
    return (
        f"Nothing here tells the sample from {law} at level {report.alpha:g}; that is no proof that it "
        f"{origin}: a departure too small to show in {report.n:,} rows would look the same."
    )


def _replicates(rows: Sequence[Row]) -> str:
    """Return how many replicates tests took."""
    counts = [f"{count:,}" for count in sorted({row.n_resamples or 0 for row in rows})]
    several = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else counts[0]
    methods = {row.method for row in rows}
    if methods == {"monte carlo"}:
        return f"M = {several}"
    if methods == {"cached"}:
        return f"M = {several}, the law of this shape"
    return f"M = {several}, {'the law of this shape, or ' if 'cached' in methods else ''}as many as it took"


# Numbers.


def number(value: float) -> str:
    """Return a statistic to four digits."""
    return f"{value:#.4g}"


def pvalue(row: Row, alpha: float) -> str:
    """Return a p-value with its Monte Carlo error, to the digit that the error leaves, one more near the level."""
    if row.pvalue is None:
        return "-"
    if row.at_floor:
        return f"{row.pvalue:.3g} *"
    if row.pvalue == 0.0:  # an asymptotic one that underflows
        return "< 1e-300"
    if not row.pvalue_stderr:
        return f"{row.pvalue:.3g}"
    digits = max(0, -math.floor(math.log10(row.pvalue_stderr)))
    digits += round(row.pvalue, digits) == round(alpha, digits)
    if digits > 6:
        return f"{row.pvalue:.2g} ± {row.pvalue_stderr:.0g}"
    return f"{row.pvalue:.{digits}f} ± {row.pvalue_stderr:.{digits}f}"


def _tail(row: Row) -> str:
    """Return an extrapolated p-value, or that it is too small to be extrapolated to."""
    assert row.tail_pvalue is not None
    assert row.n_resamples is not None
    below = row.tail_pvalue <= 1.001 * stats.FARTHEST_TAIL / (row.n_resamples + 1)
    return f"{'below' if below else 'about'} {row.tail_pvalue:.1g}"


def _verdict(row: Row) -> str:
    return {None: "-", True: click.style("reject", fg="red", bold=True), False: "not rejected"}[row.reject]


# The table.


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Return rows of cells as lines, the columns in ``right`` flush right, the header in bold.

    Where that is wider than a terminal, the first column is cut.
    """
    widths = [max(len(click.unstyle(row[i])) for row in [header, *rows]) for i in range(len(header))]
    widths[0] = min(widths[0], _WIDTH - sum(2 + width for width in widths[1:]))

    def line(cells: Sequence[str]) -> str:
        shown = []
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            text = cell if len(click.unstyle(cell)) <= width else cell[: width - 3] + "..."
            pad = " " * (width - len(click.unstyle(text)))
            shown.append(pad + text if index in right else text + pad)
        return "  ".join(shown).rstrip()

    return [click.style(line(header), bold=True), *map(line, rows)]


def _tests(report: Report) -> list[str]:
    shows_p, shows_holm = report.n_resamples is not None, report.tests[0].holm is not None
    header = ["test", "statistic", *["p-value"] * shows_p, *["Holm"] * shows_holm, *["verdict"] * shows_p]
    width = max(4, *(len(row.test) + 1 for row in report.tests))
    rows = []
    for row in report.tests:
        cells = [f"{row.test:<{width}}{row.title}", number(row.statistic)]
        if shows_p:
            cells.append(pvalue(row, report.alpha))
        if row.holm is not None:
            cells.append(f"{row.holm:.3g}")
        if shows_p:
            cells.append(_verdict(row))
        rows.append(cells)
    return _grid(header, rows, right=[1])


def _mardia(report: Report) -> list[str]:
    shows_p = report.n_resamples is not None
    header = ["Mardia", "value", "expected", *["p-value", "verdict"] * shows_p]
    rows = []
    for row in report.mardia:
        value, expected, name = row.statistic, row.expected, "skewness"
        if row.normalized is not None:
            # Both less D(D + 2), as the papers print it.
            name, value = "kurtosis - D(D+2)", row.normalized
            expected = None if expected is None else expected - (row.statistic - row.normalized)
        cells = [name, number(value), "-" if expected is None else number(expected)]
        rows.append(cells + ([pvalue(row, report.alpha), _verdict(row)] if shows_p else []))
    return _grid(header, rows, right=[1, 2])


def floors(report: Report) -> list[str]:
    """Return what is to be known of the p-values that are marked as the smallest possible."""
    rows = [row for row in (*report.tests, *report.mardia) if row.at_floor]
    if not rows:
        return []
    counts = " and ".join(f"M = {count:,}" for count in sorted({row.n_resamples or 0 for row in rows}))
    note = f"* the smallest p-value possible at {counts}: no replicate lies as far."
    tails: dict[str, list[str]] = {}
    for row in rows:
        if row.tail_pvalue is not None:
            tails.setdefault(_tail(row), []).append(row.test)
    if tails:
        shown = ", ".join(f"{value} ({', '.join(names)})" for value, names in tails.items())
        note += f" Extrapolated from the tail of the replicates it would be {shown}."
    return [note]


def facts(report: Report) -> list[tuple[str, str]]:
    """Return what was tested and how, by name."""
    found = [("file", report.label), ("sample", _sample(report))]
    if report.columns is not None or report.names is not None:
        found.append(("columns", _columns(report)))
    found.append(("null", _null(report)))
    if report.is_sliced or any(row.members for row in report.tests):
        found.append(("directions", _directions(report)))
    if report.is_sliced:
        found.append(("statistic", f"{'mean' if report.aggregate == 'mean' else 'maximum'} over the directions"))
    if report.n_resamples is None:
        found.append(("replicates", f"none (--no-pvalue); seed {report.seed}"))
    else:
        found.append(("replicates", f"{_replicates(report.tests)}; seed {report.seed}; alpha = {report.alpha:g}"))
        own = [row for row in report.mardia if row.n_resamples]
        if own and _replicates(own) != _replicates(report.tests):
            found.append(("", f"Mardia's {_replicates(own)}"))
    return found


def table(report: Report) -> str:
    """Return a report as text for a terminal of 80 columns."""
    lines = [f"{name:<12}{value}" for name, value in facts(report)]
    lines += ["", *_tests(report)]
    if report.mardia:
        lines += ["", *_mardia(report)]
    said = [*floors(report), *notes(report)]
    if said:
        lines.append("")
        for note in said:
            lines += textwrap.wrap(note, _WIDTH)
    lines += ["", *textwrap.wrap(conclusion(report), _WIDTH, break_long_words=False)]
    if report.asked_where and report.where is None:
        lines.append("There is no deviation to explain: no sliced test rejects.")
    if report.where is not None:
        for sentence in report.where.sentences:
            lines += textwrap.wrap(sentence, _WIDTH, break_long_words=False)
    return "\n".join(lines)


def encodable(text: str, encoding: str) -> str:
    """Return a text in letters that an encoding has."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text.replace("±", "+/-"))
        return plain.encode("ascii", "ignore").decode("ascii")
    return text


def print_table(report: Report, *, to_stderr: bool) -> None:
    """Print a report's table on stdout, or on stderr."""
    stream = sys.stderr if to_stderr else sys.stdout
    encoding = getattr(stream, "encoding", None) or "ascii"
    click.echo(encodable(table(report), encoding), err=to_stderr)
