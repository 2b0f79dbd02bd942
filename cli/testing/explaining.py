"""Where a sample deviates: by which sliced test that is looked for, and what there is to say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from slicednorm import stats
from slicednorm.stats._deviation.by_search import or_of_its_search
from slicednorm.stats._deviation.stands_for import stands_for
from slicednorm.stats._hypotests.combined.member import in_a_sentence

from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from .findings import Findings, Row, Where

# By what slices are tested and ordered where neither a sliced test nor one of several statistics was asked for.
_DEFAULT = "cvm"


def _driver_of(combined: Row) -> stats.MemberResult:
    return next(member for member in combined.members if member.name == combined.driver)


@dataclass(frozen=True)
class Explaining:
    """The sliced test by which a sample is explained.

    Attributes
    ----------
    test : slicednorm.stats.SlicedTestResult
        The test.
    rejects : bool
        Whether there is something to explain: the verdict of this test, or of the one that it stands for.
    combined : Row or None
        The test of several statistics, such as the omnibus, that it stands for.
    """

    test: stats.SlicedTestResult
    rejects: bool
    combined: Row | None = None

    def lead(self, direction: stats.DirectionResult) -> tuple[str, ...]:
        """Return by what the deviation was looked for, where that was not asked for by name."""
        if self.combined is None:
            return ()
        driver = _driver_of(self.combined)
        test = "Pursuit" if self.combined.test == "pursuit" else f"The {self.combined.test}"
        by = "" if direction.name == driver.name else f" What follows is by the sliced {self.test.title} distance."
        return (f"{test} was driven by {in_a_sentence(driver.title)}.{by}",)

    def size(self, found: stats.DetectableSizeResult) -> str:
        """Return how large the deviation is, by how many rows it takes to find."""
        if self.combined is not None and found.bound == "more than":
            return f"The sliced {self.test.title} test alone would not find it in {found.n:,} rows."
        return found.sentence


def explained_by(found: Findings, workers: int) -> Explaining | None:
    """Return the sliced test by which a sample is explained: asked for, or for one of several statistics; else None.

    A test that rejects goes before one that does not, and a sliced test before one of several statistics.
    """
    # Without a p-value (a group's member by --method asymptotic) a test says neither yes nor no.
    sliced = [(row, result) for row, result in found.sliced() if result.has_pvalue]
    combined = min((row for row in found.report.tests if row.members), key=lambda row: not row.reject, default=None)
    if sliced:
        row, chosen = min(sliced, key=lambda pair: (not pair[0].reject, pair[1].pvalue))
        if row.reject or combined is None or not combined.reject:
            return Explaining(chosen, bool(row.reject))
    if combined is None:
        return None
    result = combined.result
    assert isinstance(result, stats.CombinedTestResult)
    statistic, aggregate, directions = stands_for(result)
    return Explaining(_tested(found, workers, statistic, aggregate, directions), bool(combined.reject), combined)


def explained_by_any(found: Findings, workers: int) -> Explaining:
    """Return the sliced test by which a sample is explained, one of its own where none was asked for.

    That one decides nothing: there is something to explain only where the tests asked for reject as well.
    """
    asked = explained_by(found, workers)
    if asked is not None:
        return asked
    report = found.report
    test = _tested(found, workers, _DEFAULT, report.aggregate, None)
    return Explaining(test, report.rejects and test.has_pvalue and test.pvalue <= report.alpha)


def _tested(
    found: Findings, workers: int, statistic: str, aggregate: Literal["mean", "max"], directions: Any
) -> stats.SlicedTestResult:
    report = found.report
    with cache_lines(), Progress(statistic) as progress:
        return stats.sliced_test(
            found.sample,
            statistic,
            null=report.null,
            aggregate=aggregate,
            n_slices=None if directions is not None else report.asked_slices,
            directions=report.asked_directions if directions is None else directions,
            # Sliced tests have no limiting distribution, and along given directions no cached one.
            method="auto" if report.method == "asymptotic" or directions is not None else report.method,
            n_resamples=report.n_resamples,
            rng=report.seed,
            workers=workers,
            mean=found.target["mean"],
            cov=found.target["cov"],
            progress=progress,
        )


def explained(found: Findings, by: Explaining, workers: int) -> stats.DeviationResult:
    """Return the least normal direction of a sample that is rejected, and from how many rows on that would be found.

    Where the sliced test supports no direction, it is the one that the search has found by which the sample is
    rejected.
    """
    report = found.report
    target: dict[str, Any] = found.target
    told = stats.deviation(found.sample, by.test, level=report.alpha, workers=workers, names=report.names, **target)
    if by.combined is None:
        return told
    result = by.combined.result
    assert isinstance(result, stats.CombinedTestResult)
    direction = or_of_its_search(told.direction, found.sample, result, names=report.names, **target)
    return replace(told, direction=direction)


def where(found: Findings, workers: int) -> Where | None:
    """Return where a sample deviates, by the test along directions that rejects it; None if none does."""
    by = explained_by(found, workers)
    if by is None or not by.rejects:
        return None
    told = explained(found, by, workers)
    parts = () if by.test.components is None else (by.test.components.sentence,)
    return Where(
        test=by.test.test,
        sentences=(*by.lead(told.direction), told.direction.sentence, by.size(told.size), *parts),
        kind=told.direction.kind,
        direction=tuple(told.direction.direction.tolist()),
        loadings=tuple(told.direction.loadings.tolist()),
        rows=told.size.rows,
        low=told.size.low,
        high=told.size.high,
        bound=told.size.bound,
    )
