"""The result of Mardia's test, and its two measures as tests of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from slicednorm.stats._calibration.pvalue import pvalue_stderr
from slicednorm.stats._hypotests.mardia.measures import Array
from slicednorm.stats._results import Result, frame_of_tests
from slicednorm.stats._types import Method, Moments, Null

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measure:
    """What one of the two is called, and what it is sensitive to."""

    test: str
    title: str
    notices: str


SKEWNESS = Measure("mardia_skewness", "Mardia skewness", "asymmetry; under the standard null a shift as well")
KURTOSIS = Measure(
    "mardia_kurtosis", "Mardia kurtosis", "heavy or light tails; under the standard null a wrong scale as well"
)


@dataclass(frozen=True)
class MeasureResult:
    """One of Mardia's two measures as a test of its own, with the fields that the other tests have for it."""

    test: str
    title: str
    statistic: float
    pvalue: float | None
    pvalue_stderr: float | None
    n_resamples: int | None
    method: Method | None
    null: Null
    sensitive_to: str


@dataclass(frozen=True, repr=False)
class MardiaResult(Result):
    """The result of `mardia`.

    Attributes
    ----------
    skewness : b1.
    skewness_pvalue : of the upper tail.
    kurtosis : b2.
    kurtosis_pvalue : two-sided.
    skewness_tail_pvalue, kurtosis_tail_pvalue : as in `SlicedTestResult`.
    skewness_pvalue_stderr, kurtosis_pvalue_stderr : their Monte Carlo standard errors √(p(1 − p)/(M + 1)).
    normalized_kurtosis : b2 − D(D + 2), signed: 0 for a normal population.
    expected_skewness, expected_kurtosis : the exact means of b1 and b2 under the null, at this n. That of b1
        is not 0.
    skewness_statistic : what is compared with the limiting law. Composite null: n·b1/6, times the correction
        for small samples where there is one; standard null: n·b1.
    kurtosis_statistic : z, b2 less its mean over its standard deviation (as ``moments`` has them).
    n, dim : the shape of the sample, without the rows left out.
    null, moments : as they were asked for.
    n_resamples : M, None for p-values from the limiting laws; with ``"auto"`` the larger of their two numbers.
    skewness_method, kurtosis_method : how each p-value was found: ``"asymptotic"`` by the limiting laws, or as in
        `SlicedTestResult`.
    seed : what gives this result again as ``rng``, an int or a SeedSequence; None if nothing was drawn.
    null_skewness, null_kurtosis : (M,) float64, b1 and b2 of every null replicate; empty if there are none.
    """

    skewness: float
    skewness_pvalue: float
    kurtosis: float
    kurtosis_pvalue: float
    normalized_kurtosis: float
    expected_skewness: float
    expected_kurtosis: float
    skewness_statistic: float
    kurtosis_statistic: float
    n: int
    dim: int
    null: Null
    moments: Moments
    n_resamples: int | None
    skewness_method: Method
    kurtosis_method: Method
    seed: int | np.random.SeedSequence | None
    null_skewness: Array = field(compare=False)
    null_kurtosis: Array = field(compare=False)
    skewness_tail_pvalue: float | None = field(default=None, repr=False)
    kurtosis_tail_pvalue: float | None = field(default=None, repr=False)

    @property
    def skewness_pvalue_stderr(self) -> float | None:
        """The Monte Carlo standard error of ``skewness_pvalue``; None for one from the limiting law."""
        return None if self.n_resamples is None else pvalue_stderr(self.skewness_pvalue, len(self.null_skewness))

    @property
    def kurtosis_pvalue_stderr(self) -> float | None:
        """The Monte Carlo standard error of ``kurtosis_pvalue``; None for one from the limiting law."""
        return None if self.n_resamples is None else pvalue_stderr(self.kurtosis_pvalue, len(self.null_kurtosis))

    @property
    def measures(self) -> tuple[MeasureResult, MeasureResult]:
        """Skewness and kurtosis, each as a test of its own; the statistics are b1 and b2."""
        skewness = MeasureResult(
            test=SKEWNESS.test,
            title=SKEWNESS.title,
            statistic=self.skewness,
            pvalue=self.skewness_pvalue,
            pvalue_stderr=self.skewness_pvalue_stderr,
            n_resamples=len(self.null_skewness) or None,
            method=self.skewness_method,
            null=self.null,
            sensitive_to=SKEWNESS.notices,
        )
        kurtosis = MeasureResult(
            test=KURTOSIS.test,
            title=KURTOSIS.title,
            statistic=self.kurtosis,
            pvalue=self.kurtosis_pvalue,
            pvalue_stderr=self.kurtosis_pvalue_stderr,
            n_resamples=len(self.null_kurtosis) or None,
            method=self.kurtosis_method,
            null=self.null,
            sensitive_to=KURTOSIS.notices,
        )
        return skewness, kurtosis

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a DataFrame of two rows, skewness and kurtosis, with the columns of `normality_table`.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.random.default_rng(7).standard_exponential((60, 3)) - 1.0
        >>> mardia(x, n_resamples=99, rng=0).to_frame()[["pvalue", "n_resamples"]]
                         pvalue  n_resamples
        test
        mardia_skewness    0.01           99
        mardia_kurtosis    0.01           99
        """
        return frame_of_tests(self.measures)
