"""What a test of a sample found: everything there is to report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats

from ..options.shared import Method

# Below this, at usual sample sizes, a limiting distribution is no longer near the exact one: of 12,000 normal samples
# of 150 rows and 3 columns, 44 had a Doornik-Hansen p-value of at most 0.001, where 12 are expected.
_FAR_TAIL = 1e-3


@dataclass(frozen=True)
class Row:
    """One test: its result, and the verdict.

    Attributes
    ----------
    result : slicednorm.stats.SignificanceResult
        What the test found.
    test : str
        What the command line calls it.
    holm : float or None
        The p-value adjusted for the other tests asked for, None where that was not.
    reject : bool or None
        The verdict at alpha, by the adjusted p-value where there is one.
    """

    result: stats.SignificanceResult
    test: str
    holm: float | None
    reject: bool | None

    @property
    def title(self) -> str:
        """The test's name in words."""
        return self.result.title

    @property
    def statistic(self) -> float:
        """The statistic."""
        return self.result.statistic

    @property
    def pvalue(self) -> float | None:
        """The p-value, None where there is none."""
        return self.result.pvalue if self.result.has_pvalue else None

    @property
    def at_floor(self) -> bool:
        """Whether no replicate was as far as the sample, so that the p-value is the smallest possible."""
        count = self.result.n_resamples
        return count is not None and self.pvalue == 1.0 / (count + 1)

    @property
    def by_a_far_tail(self) -> bool:
        """Whether the p-value is from so far out in a limiting distribution that only its bound is worth saying."""
        return self.result.method == "asymptotic" and self.pvalue is not None and self.pvalue < _FAR_TAIL

    @property
    def expected(self) -> float | None:
        """The statistic's expectation under the null, of Mardia's measures."""
        return self.result.expected if isinstance(self.result, stats.MeasureResult) else None

    @property
    def normalized(self) -> float | None:
        """The kurtosis less D(D + 2), of Mardia's kurtosis."""
        if self.result.name != "mardia_kurtosis":
            return None
        return self.statistic - self.result.dim * (self.result.dim + 2)

    @property
    def members(self) -> tuple[stats.MemberResult, ...]:
        """What each member of the omnibus says alone; none of the other tests."""
        return self.result.members if isinstance(self.result, stats.OmnibusTestResult) else ()

    @property
    def driver(self) -> str | None:
        """Which member of the omnibus has the smallest p-value."""
        return self.result.driver if isinstance(self.result, stats.OmnibusTestResult) else None


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

    ``method`` is None where no p-values were asked for. ``beside`` are the tests that are reported beside those asked
    for. ``is_sliced`` tells whether one of these projects on directions.
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
    method: Method | None
    n_resamples: int | None
    seed: int
    alpha: float
    tests: tuple[Row, ...]
    beside: tuple[Row, ...]
    notes: tuple[str, ...]
    is_sliced: bool = True
    asked_where: bool = False
    where: Where | None = None

    @property
    def rejects(self) -> bool:
        """Whether a test that was asked for rejects; what is reported beside them does not count."""
        return any(row.reject for row in self.tests)


@dataclass(frozen=True)
class Findings:
    """A report with what it is about: the checked sample, and its known target."""

    report: Report
    sample: stats.Sample
    target: dict[str, NDArray[np.float64] | None]

    def sliced(self) -> list[tuple[Row, stats.SlicedTestResult]]:
        """Return the sliced tests that were asked for."""
        rows = [(row, row.result) for row in self.report.tests]
        return [(row, result) for row, result in rows if isinstance(result, stats.SlicedTestResult)]
