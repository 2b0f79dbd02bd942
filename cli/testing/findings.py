"""What a test of a sample found: everything there is to report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats

from ..options.shared import Resamples


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


Result: TypeAlias = stats.SlicedTestResult | stats.ClassicalTestResult | stats.OmnibusTestResult


@dataclass(frozen=True)
class Findings:
    """A report with what it is about: the checked sample, its known target, and the tests' results by name."""

    report: Report
    sample: stats.Sample
    target: dict[str, NDArray[np.float64] | None]
    results: dict[str, Result]
