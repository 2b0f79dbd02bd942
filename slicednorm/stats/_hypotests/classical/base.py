"""What makes up a classical test, and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.analytic import NO_FORMULA, RELIABLE_ROWS, why_not_measured
from slicednorm.stats._calibration.asymptotic import law_holds
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._distributions.all_pairs import AllPairs
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# How many times its rounding a statistic must spread, at least.
_LEAST_SPREAD = 10.0


def _always_known(n: int, dim: int) -> str | None:
    return None


def _never_too_large(n: int, dim: int) -> bool:
    return False


class Statistic(Protocol):
    """The statistic of every sample of a batch, (batch,), large where it speaks against the null."""

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        """Return the statistics in float64. ``whitening`` has divisor n under the composite null."""


@dataclass(frozen=True)
class ClassicalTest:
    """A test of the literature.

    Attributes
    ----------
    name : str
        Name of its function.
    title : str
        Its name in words.
    sensitive_to : str
        What it is sensitive to, in a few words.
    statistic : Statistic
        Computes the statistic of a batch, see `Statistic`.
    elements : callable
        ``elements(n, dim)``, how many values one replicate takes, by which batches are sized.
    work : callable
        ``work(n, dim)``, a rough estimate, in nanoseconds on one core, of computing the statistic once.
    beta : callable or None
        ``beta(n, dim)``, the constant of the tests that have one: β, or what their function calls it.
    rounding : callable
        ``rounding(n, dim)``, by how much the statistic of a normal sample may be off; nearer values are equal.
    limit : callable or None
        ``limit(statistic, rows)``, the p-value by its limiting distribution under the composite null, if it has one.
    rotates : bool
        Whether the null distribution under the composite null is the same for every covariance. Where it is not,
        replicates have exactly the correlations of the sample.
    exponential_tail : bool
        Whether a p-value beyond all replicates may be extrapolated.
    fewest : int
        Smallest number of rows that the statistic is defined for.
    most : int or None
        Largest number of rows that it is defined for, None without a limit.
    spread : callable or None
        ``spread(n, dim)``, about how much the statistic varies between normal samples, for a test whose
        statistic is lost in rounding where that is too little.
    too_large : callable
        ``too_large(n, dim)``, whether the statistic of a normal sample of a shape may be beyond float64.
    instead : str or None
        What to use under the standard null, for a test that has none.
    form : AllPairs or None
        What the null distribution as a formula is made of, for a test that has one.
    why_no_form : callable
        ``why_no_form(n, dim)`` says why that is not known for samples of a shape, and is None where it is.
    alias : str
        A shorter name, by which the command line and the cache know it; equal to ``name`` if there is none.
    """

    name: str
    title: str
    sensitive_to: str
    statistic: Statistic
    elements: Callable[[int, int], int]
    work: Callable[[int, int], float]
    rounding: Callable[[int, int], float]
    beta: Callable[[int, int], float] | None = None
    limit: Callable[[float, Rows], float] | None = None
    rotates: bool = True
    exponential_tail: bool = True
    fewest: int = 2
    most: int | None = None
    spread: Callable[[int, int], float] | None = None
    too_large: Callable[[int, int], bool] = _never_too_large
    instead: str | None = None
    form: AllPairs | None = None
    why_no_form: Callable[[int, int], str | None] = _always_known
    alias: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "alias", self.alias or self.name)

    def statistics(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        """Return the statistic of every sample of a batch; not finite where it overflows.

        Parameters
        ----------
        rows : Rows
            The samples.
        whitening : Whitening or None
            How they are standardised, None to take them as they are.
        null : {"standard", "composite"}
            Null hypothesis.

        Returns
        -------
        ndarray of shape (batch,), dtype=float64
            The statistics.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            return self.statistic(rows, whitening, null)

    def has_law(self, null: Null) -> bool:
        """Return whether the test has a limiting distribution under a null.

        Parameters
        ----------
        null : {"standard", "composite"}
            Null hypothesis.

        Returns
        -------
        bool
            Whether the test has one.
        """
        return self.limit is not None and null == "composite"

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether the test's limiting distribution holds for samples of a shape.

        Parameters
        ----------
        n, dim : int
            Shape of the sample.
        null : {"standard", "composite"}
            Null hypothesis.

        Returns
        -------
        bool
            Whether it holds; False without one under that null.
        """
        return self.has_law(null) and law_holds(self.name, n, dim, null)

    def why_no_formula(self, n: int, dim: int, null: Null) -> str | None:
        """Return why there is no null distribution as a formula for samples of a shape, None if there is one.

        Parameters
        ----------
        n, dim : int
            Shape of the sample.
        null : {"standard", "composite"}
            Null hypothesis.

        Returns
        -------
        str or None
            Why.
        """
        if self.form is None:
            return NO_FORMULA
        return why_not_measured(n, dim, null) or self.why_no_form(n, dim)

    def formula_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether the size of tests by the formula is known to be right for samples of a shape.

        Parameters
        ----------
        n, dim : int
            Shape of the sample.
        null : {"standard", "composite"}
            Null hypothesis.

        Returns
        -------
        bool
            Whether it is; False without a formula.
        """
        return n >= RELIABLE_ROWS and self.why_no_formula(n, dim, null) is None

    def ranking(self, n: int, dim: int) -> Ranking:
        """Return how the statistic is ranked.

        Parameters
        ----------
        n, dim : int
            Shape of the sample.

        Returns
        -------
        Ranking
            How values are ranked.
        """
        return Ranking(absolute=self.rounding(n, dim), exponential_tail=self.exponential_tail)

    def check(self, n: int, dim: int, null: Null) -> None:
        """Raise unless the test is defined for samples of that shape under that null.

        Parameters
        ----------
        n, dim : int
            Shape of the sample.
        null : {"standard", "composite"}
            Null hypothesis.

        Raises
        ------
        ValueError
            If it is not defined; the message says why.
        """
        if null == "standard" and self.instead is not None:
            raise ValueError(
                f"{self.name} tests N(μ, Σ) with both unknown, and has no form for the standard null; "
                f"use {self.instead}"
            )
        if n < self.fewest:
            raise SampleError(f"{self.name} needs at least {self.fewest} rows, got shape ({n}, {dim})")
        if self.most is not None and n > self.most:
            raise SampleError(
                f"{self.name} is known for at most {self.most:,} rows, got shape ({n}, {dim}); "
                "use another test, or fewer rows"
            )
        if self.too_large(n, dim):
            constant = "" if self.beta is None else f" with its constant of {self.beta(n, dim):.3g}"
            raise SampleError(
                f"{self.name}{constant} is beyond float64 in normal samples of shape ({n}, {dim}); use fewer columns, "
                "or energy, cramer_wold or mardia"
            )
        if self.spread is not None and self.spread(n, dim) < _LEAST_SPREAD * self.rounding(n, dim):
            beta = "" if self.beta is None else f" for its β of {self.beta(n, dim):.3g}"
            raise SampleError(
                f"{self.name} is the same for all samples of shape ({n}, {dim}), normal or not, to within "
                f"rounding: all pairs of rows are too far apart{beta}; use energy, cramer_wold or mardia"
            )


@dataclass(frozen=True, repr=False, kw_only=True)
class ClassicalTestResult(SignificanceResult):
    """The result of a classical test.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The test's statistic, large where it speaks against the null.
    pvalue : float
        P-value by the null distribution as a formula or by the limiting distribution, or (1 + #{T* ≥ T}) / (M + 1), or
        h/M where h replicates were enough.
    beta : float or None
        The constant of the tests that have one, else None: β, γ of `henze_visagie`, a of `doerr_ebner_henze`
        and `doerr_ebner_henze_double`.
    """

    beta: float | None
