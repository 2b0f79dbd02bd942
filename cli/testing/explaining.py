"""Where a sample deviates: by which sliced test that is looked for, and what there is to say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from slicednorm import stats
from slicednorm.stats._deviation.stands_for import stands_for

from ..terminal.progress import Progress
from ..terminal.warnings import cache_lines
from .findings import Findings, Row, Where

# By what slices are tested and ordered where neither a sliced test nor one of several statistics was asked for.
_DEFAULT = "cvm"


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

    @property
    def lead(self) -> tuple[str, ...]:
        """By what the deviation is looked for, where that was not asked for by name."""
        if self.combined is None:
            return ()
        (driver,) = (member.title for member in self.combined.members if member.name == self.combined.driver)
        by = f"What follows is by the sliced {self.test.title} distance."
        return (f"The {self.combined.test} test was driven by {driver}. {by}",)

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


def where(found: Findings, workers: int) -> Where | None:
    """Return where a sample deviates, by the test along directions that rejects it; None if none does."""
    by = explained_by(found, workers)
    if by is None or not by.rejects:
        return None
    report = found.report
    target: dict[str, Any] = found.target
    told = stats.deviation(found.sample, by.test, level=report.alpha, workers=workers, names=report.names, **target)
    parts = () if by.test.components is None else (by.test.components.sentence,)
    return Where(
        test=by.test.test,
        sentences=(*by.lead, told.direction.sentence, by.size(told.size), *parts),
        kind=told.direction.kind,
        direction=tuple(told.direction.direction.tolist()),
        loadings=tuple(told.direction.loadings.tolist()),
        rows=told.size.rows,
        low=told.size.low,
        high=told.size.high,
        bound=told.size.bound,
    )
