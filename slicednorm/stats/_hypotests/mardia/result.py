"""The result of Mardia's test, and its two measures as tests of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._hypotests.mardia.textbook import classical_kurtosis, classical_skewness
from slicednorm.stats._results import Result, frame_of_tests
from slicednorm.stats._types import MethodUsed, Moments, Null

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measure:
    """What one of the two measures is called, and what it is sensitive to."""

    name: str
    title: str
    sensitive_to: str


SKEWNESS = Measure("mardia_skewness", "Mardia skewness", "asymmetry; under the standard null a shift as well")
KURTOSIS = Measure(
    "mardia_kurtosis", "Mardia kurtosis", "heavy or light tails; under the standard null a wrong scale as well"
)


@dataclass(frozen=True, repr=False, kw_only=True)
class MeasureResult(SignificanceResult):
    """One of Mardia's two measures as a test of its own.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The skewness b1 or the kurtosis b2.
    pvalue : float
        P-value of the upper tail for the skewness, two-sided for the kurtosis.
    expected : float
        The exact mean of the statistic under the null, at this n. That of b1 is not 0.
    limit_statistic : float
        What is compared with the limiting distribution. For the skewness it is n·b1/6, times the correction for small
        samples where there is one, and n·b1 under the standard null; for the kurtosis it is z, b2 less its mean, over
        its standard deviation.
    classical : float or None
        The form of textbooks and of other packages: n·b1/6, and z = (b2 − D(D + 2))/√(8 D(D + 2)/n), without exact
        moments and corrections. None under the standard null, for which there is no such form.
    """

    expected: float
    limit_statistic: float

    @property
    def classical(self) -> float | None:
        """The form of textbooks: n·b1/6, or z by the limiting moments; None under the standard null."""
        if self.hypothesis == "standard":
            return None
        if self.name == SKEWNESS.name:
            return classical_skewness(self.statistic, self.n)
        return classical_kurtosis(self.statistic, self.n, self.dim)


@dataclass(frozen=True, repr=False, kw_only=True)
class MardiaResult(Result):
    """The result of `mardia`.

    Attributes
    ----------
    measures : tuple of MeasureResult
        The tests by skewness and by kurtosis; not in the ``repr``.
    moments : {"exact", "asymptotic"}
        Moments by which the measures are scaled, as they were asked for.
    skewness, kurtosis : float
        Mardia's b1 and b2.
    skewness_pvalue : float
        P-value of the skewness, of the upper tail.
    kurtosis_pvalue : float
        P-value of the kurtosis, two-sided.
    skewness_pvalue_stderr, kurtosis_pvalue_stderr : float or None
        Monte Carlo standard errors √(p(1 − p)/(M + 1)) of the p-values.
    skewness_tail_pvalue, kurtosis_tail_pvalue : float or None
        Extrapolated p-values, as in `SignificanceResult`.
    skewness_method, kurtosis_method : {"sequential", "cached", "monte carlo", "asymptotic"} or None
        How the p-values were found, as in `SignificanceResult`.
    normalized_kurtosis : float
        The kurtosis b2 less D(D + 2), signed: 0 for a normal population.
    expected_skewness, expected_kurtosis, skewness_statistic, kurtosis_statistic : float
        The ``expected`` and the ``limit_statistic`` of each measure, as in `MeasureResult`.
    classical_skewness, classical_kurtosis : float or None
        The ``classical`` form of each measure, n·b1/6 and z, as in `MeasureResult`.
    n, dim : int
        Shape of the sample, without the rows left out.
    hypothesis : {"standard", "composite"}
        Null hypothesis, as it was asked for.
    seed : int, numpy.random.SeedSequence or None
        Pass it as ``rng`` to reproduce the result; None if nothing was drawn.
    n_resamples : int or None
        Number M of null replicates, None for p-values from the limiting distributions; the larger number where the two
        differ.
    null_skewness, null_kurtosis : ndarray of shape (M,), dtype=float64
        The b1 and b2 of every null replicate; empty if there are none.
    """

    measures: tuple[MeasureResult, MeasureResult] = field(repr=False)
    moments: Moments

    @property
    def has_pvalue(self) -> bool:
        """Whether p-values were asked for."""
        return self.measures[0].has_pvalue

    @property
    def skewness(self) -> float:
        """Mardia's skewness b1."""
        return self.measures[0].statistic

    @property
    def kurtosis(self) -> float:
        """Mardia's kurtosis b2."""
        return self.measures[1].statistic

    @property
    def skewness_pvalue(self) -> float:
        """The p-value of the skewness."""
        return self.measures[0].pvalue

    @property
    def kurtosis_pvalue(self) -> float:
        """The p-value of the kurtosis, two-sided."""
        return self.measures[1].pvalue

    @property
    def skewness_pvalue_stderr(self) -> float | None:
        """The Monte Carlo standard error of ``skewness_pvalue``; None for one from the limiting distribution."""
        return self.measures[0].pvalue_stderr

    @property
    def kurtosis_pvalue_stderr(self) -> float | None:
        """The Monte Carlo standard error of ``kurtosis_pvalue``; None for one from the limiting distribution."""
        return self.measures[1].pvalue_stderr

    @property
    def skewness_tail_pvalue(self) -> float | None:
        """The extrapolated p-value of the skewness, as in `SignificanceResult`."""
        return self.measures[0].tail_pvalue

    @property
    def kurtosis_tail_pvalue(self) -> float | None:
        """The extrapolated p-value of the kurtosis, as in `SignificanceResult`."""
        return self.measures[1].tail_pvalue

    @property
    def skewness_method(self) -> MethodUsed | None:
        """How the p-value of the skewness was found."""
        return self.measures[0].method

    @property
    def kurtosis_method(self) -> MethodUsed | None:
        """How the p-value of the kurtosis was found."""
        return self.measures[1].method

    @property
    def skewness_statistic(self) -> float:
        """What is compared with the limiting distribution of the skewness."""
        return self.measures[0].limit_statistic

    @property
    def kurtosis_statistic(self) -> float:
        """What is compared with the limiting distribution of the kurtosis, z."""
        return self.measures[1].limit_statistic

    @property
    def classical_skewness(self) -> float | None:
        """The skewness in the form of textbooks, n·b1/6; None under the standard null."""
        return self.measures[0].classical

    @property
    def classical_kurtosis(self) -> float | None:
        """The kurtosis in the form of textbooks, z by the limiting moments; None under the standard null."""
        return self.measures[1].classical

    @property
    def normalized_kurtosis(self) -> float:
        """The kurtosis less that of a normal population, b2 − D(D + 2)."""
        return self.kurtosis - self.dim * (self.dim + 2)

    @property
    def expected_skewness(self) -> float:
        """The exact mean of b1 under the null, at this n."""
        return self.measures[0].expected

    @property
    def expected_kurtosis(self) -> float:
        """The exact mean of b2 under the null, at this n."""
        return self.measures[1].expected

    @property
    def n(self) -> int:
        """The number of rows, without those left out."""
        return self.measures[0].n

    @property
    def dim(self) -> int:
        """The number of columns."""
        return self.measures[0].dim

    @property
    def hypothesis(self) -> Null:
        """The null hypothesis, as it was asked for."""
        return self.measures[0].hypothesis

    @property
    def n_resamples(self) -> int | None:
        """The number of replicates, the larger of the two; None for p-values from the limiting distributions."""
        return max((one.n_resamples for one in self.measures if one.n_resamples is not None), default=None)

    @property
    def seed(self) -> int | np.random.SeedSequence | None:
        """Pass it as ``rng`` to reproduce the result; None if nothing was drawn."""
        return self.measures[0].seed

    @property
    def null_skewness(self) -> NDArray[np.float64]:
        """The b1 of every null replicate, (M,)."""
        return self.measures[0].calibration.null_distribution

    @property
    def null_kurtosis(self) -> NDArray[np.float64]:
        """The b2 of every null replicate, (M,)."""
        return self.measures[1].calibration.null_distribution

    def _values(self) -> list[tuple[str, Any]]:
        """Return the values of the two measures and of the whole, in the order of the class's attributes."""
        skewness, kurtosis = (one.calibration for one in self.measures)
        return [
            ("skewness", self.skewness),
            ("skewness_pvalue", skewness.pvalue),
            ("kurtosis", self.kurtosis),
            ("kurtosis_pvalue", kurtosis.pvalue),
            *((name, getattr(self, name)) for name in _SHOWN),
        ]

    def to_frame(self) -> pd.DataFrame:
        """Return the result as a DataFrame of two rows, skewness and kurtosis, with the columns of `normality_table`.

        Returns
        -------
        pandas.DataFrame
            The two measures, a row each.

        Examples
        --------
        >>> import numpy as np
        >>> from slicednorm.stats import mardia
        >>> x = np.random.default_rng(7).standard_exponential((60, 3)) - 1.0
        >>> mardia(x, n_resamples=99, rng=0).to_frame()[["pvalue", "n_resamples"]]
                         pvalue  n_resamples
        test
        mardia_skewness    0.01           99
        mardia_kurtosis    0.01           99
        """
        return frame_of_tests(dict(one._values()) for one in self.measures)


_SHOWN = (
    "normalized_kurtosis",
    "expected_skewness",
    "expected_kurtosis",
    "skewness_statistic",
    "kurtosis_statistic",
    "n",
    "dim",
    "hypothesis",
    "moments",
    "n_resamples",
    "skewness_method",
    "kurtosis_method",
    "seed",
    "null_skewness",
    "null_kurtosis",
)
