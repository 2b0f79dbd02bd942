"""What a test of a sample found: everything there is to report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats

from ..options.shared import Method
from ..readers.table import Table

if TYPE_CHECKING:
    import pandas as pd

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
        The p-value adjusted for the tests that it stands together with, None where it stands alone.
    reject : bool or None
        The verdict at alpha, by the adjusted p-value where there is one; None of what is reported beside the tests.
    together : int
        With how many p-values it stands together, its own included.
    """

    result: stats.SignificanceResult
    test: str
    holm: float | None = None
    reject: bool | None = None
    together: int = 1

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
    def pvalue_error(self) -> float | None:
        """The standard error of the p-value, by replicates and by directions together; None where there is none."""
        return self.result.pvalue_error

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
    def classical(self) -> float | None:
        """The form of textbooks, of Mardia's measures under the composite null."""
        return self.result.classical if isinstance(self.result, stats.MeasureResult) else None

    @property
    def members(self) -> tuple[stats.MemberResult, ...]:
        """What each member of a test of several statistics says alone; none of the other tests."""
        return self.result.members if isinstance(self.result, stats.CombinedTestResult) else ()

    @property
    def driver(self) -> str | None:
        """Which member of a test of several statistics has the smallest p-value."""
        return self.result.driver if isinstance(self.result, stats.CombinedTestResult) else None


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
class Slices:
    """Directions, how they were drawn, and which tests are along them."""

    count: int
    kind: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class StandingOut:
    """Rows that stand out, as `slicednorm.stats.outliers` has them, and what the tests say without them.

    Attributes
    ----------
    names : tuple of str
        What the rows are called.
    numbers : tuple of int
        Their numbers in the file, from 0.
    squared_distances, pvalues : tuple of float
        The squared distance of each from the rows left when it was found, and the p-value of that.
    without : tuple of Row
        The tests without these rows; empty if there are none, or the others cannot be tested.
    n_tried : int
        How many rows were taken away at most to look for them.
    counted : bool
        Whether rows are called by their numbers from 0, because the file has no row numbers of its own.
    """

    names: tuple[str, ...]
    numbers: tuple[int, ...]
    squared_distances: tuple[float, ...]
    pvalues: tuple[float, ...]
    without: tuple[Row, ...]
    n_tried: int
    counted: bool


@dataclass(frozen=True)
class Report:
    """Everything there is to report: what was tested, how, and what came out.

    ``method`` is None where no p-values were asked for. ``beside`` are the tests that are reported beside those asked
    for. ``is_sliced`` tells whether one of these projects on directions, ``slices`` on which, and
    ``asked_slices`` and ``asked_directions`` what was said of that. ``residuals`` says of what the rows are residuals,
    None if they are rows as they are; ``rounding`` to which steps the null rounds them, and
    ``transform`` by which powers they were transformed. ``concerns`` is what about the
    rows may mislead the tests, and ``each_column`` what `slicednorm.stats.column_table` returns, None where it was not
    asked for.
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
    slices: tuple[Slices, ...]
    aggregate: Literal["mean", "max"]
    method: Method | None
    n_resamples: int | None
    seed: int
    alpha: float
    tests: tuple[Row, ...]
    beside: tuple[Row, ...]
    notes: tuple[str, ...]
    is_sliced: bool = True
    asked_slices: int | None = None
    asked_directions: Literal["iid", "orthogonal"] | None = None
    residuals: str | None = None
    rounding: str | None = None
    transform: str | None = None
    asked_where: bool = False
    where: Where | None = None
    outliers: StandingOut | None = None
    concerns: tuple[stats.DataNote, ...] = ()
    each_column: pd.DataFrame | None = None

    @property
    def may_depend(self) -> bool:
        """Whether the rows do not look independent, as the tests take them to be."""
        kinds = ("repeated rows", "nearly repeated rows", "serial dependence")
        return any(note.kind in kinds for note in self.concerns)

    @property
    def few_values(self) -> bool:
        """Whether columns hold so few values that they are not normal, whatever a test says."""
        return any(note.kind == "discrete" and "in_null" not in note.figures for note in self.concerns)

    @property
    def by_rounding(self) -> bool:
        """Whether what the tests see may be the rounding of values, and nothing else.

        Rounding to steps h of a standard deviation s moves a test's p-value to about exp(−n h²/s²) at the least.
        """
        seen = [note for note in self.concerns if note.kind in ("rounded", "finer steps")]
        steps = max((note.figures["step_over_sd"] for note in seen), default=0.0)
        if self.few_values and any(note.figures.get("distinct", 0.0) > 2 for note in self.concerns):
            steps = max(steps, 1.0)
        smallest = min((row.pvalue for row in self.tests if row.pvalue is not None), default=1.0)
        return steps > 0.0 and -math.log(max(smallest, 1e-300)) < self.n * steps**2

    @property
    def rejects(self) -> bool:
        """Whether a test that was asked for rejects; what is reported beside them does not count."""
        return any(row.reject for row in self.tests)


@dataclass(frozen=True)
class Findings:
    """A report with what it is about: the checked sample, its known target, and where it comes from.

    ``table`` is what was read, None for a sample that was not; ``design`` are the regressors that were read.
    """

    report: Report
    sample: stats.Sample
    target: dict[str, NDArray[np.float64] | None]
    table: Table | None = None
    design: NDArray[np.float64] | None = None

    def sliced(self) -> list[tuple[Row, stats.SlicedTestResult]]:
        """Return the sliced tests that were asked for."""
        rows = [(row, row.result) for row in self.report.tests]
        return [(row, result) for row, result in rows if isinstance(result, stats.SlicedTestResult)]
