"""What a classical test is, and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.asymptotic import law_holds
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._results import Result
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._types import Method, Null

Array: TypeAlias = NDArray[np.float64]

# How often the rounding of a statistic must go into its spread.
_LEAST_SPREAD = 10.0


class Statistic(Protocol):
    """The statistic of every sample of a batch, (batch,), large where it speaks against the null."""

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        """Return it in float64. ``whitening`` has divisor n under the composite null."""


@dataclass(frozen=True)
class ClassicalTest:
    """A test of the literature.

    Attributes
    ----------
    name : what the command line calls it, ``title`` its name in words.
    notices : what it is sensitive to, in a few words.
    function : what Python calls it.
    statistic : see `Statistic`.
    elements : ``elements(n, dim)``, how many values one replicate takes, by which batches are sized.
    work : ``work(n, dim)``, a rough estimate, in nanoseconds on one core, of computing the statistic once.
    beta : ``beta(n, dim)``, the β of the tests that have one.
    rounding : ``rounding(n, dim)``, by how much the statistic of a normal sample may be off; nearer values are equal.
    limit : ``limit(statistic, rows)``, the p-value by its law for large n under the composite null, if it has one.
    rotates : whether the law under the composite null is the same for every covariance. Where it is not, replicates
        have the very correlations of the sample.
    exponential_tail : whether a p-value beyond all replicates may be extrapolated.
    fewest, most : the numbers of rows that the statistic is defined for.
    spread : ``spread(n, dim)``, about how much the statistic varies between normal samples, for a test that is lost in
        rounding where that is too little.
    instead : what to use under the standard null, for a test that has none.
    """

    name: str
    title: str
    notices: str
    function: str
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
    instead: str | None = None

    def statistics(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        """Return the statistic of every sample of a batch; not finite where it overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.statistic(rows, whitening, null)

    def has_law(self, null: Null) -> bool:
        """Return whether the test has a law for large n under a null."""
        return self.limit is not None and null == "composite"

    def law_holds(self, n: int, dim: int, null: Null) -> bool:
        """Return whether that law holds for samples of a shape."""
        return self.has_law(null) and law_holds(self.name, n, dim, null)

    def ranking(self, n: int, dim: int) -> Ranking:
        """Return how the statistic is ranked."""
        return Ranking(absolute=self.rounding(n, dim), exponential_tail=self.exponential_tail)

    def check(self, n: int, dim: int, null: Null) -> None:
        """Raise unless the test is defined for samples of that shape under that null."""
        if null == "standard" and self.instead is not None:
            raise ValueError(
                f"{self.function} tests N(μ, Σ) with both unknown, and has no form for null='standard'; "
                f"use {self.instead}"
            )
        if n < self.fewest:
            raise SampleError(f"{self.function} needs at least {self.fewest} rows, got shape ({n}, {dim})")
        if self.most is not None and n > self.most:
            raise SampleError(
                f"{self.function} is known for at most {self.most:,} rows, got shape ({n}, {dim}); "
                "use another test, or fewer rows"
            )
        if self.spread is not None and self.spread(n, dim) < _LEAST_SPREAD * self.rounding(n, dim):
            beta = "" if self.beta is None else f" for its β of {self.beta(n, dim):.3g}"
            raise SampleError(
                f"{self.function} is the same for all samples of shape ({n}, {dim}), normal or not, to within "
                f"rounding: all pairs of rows are too far apart{beta}; use energy, cramer_wold or mardia"
            )


@dataclass(frozen=True, repr=False)
class ClassicalTestResult(Result):
    """The result of a classical test.

    Attributes
    ----------
    test : the name of the test, ``title`` its name in words.
    sensitive_to : what the test notices, in a few words; not in the ``repr``.
    statistic : large where it speaks against the null.
    pvalue : by the law for large n, or (1 + #{T* ≥ T}) / (M + 1), or h/M where h replicates were enough; None if
        none was asked for.
    pvalue_stderr : its Monte Carlo standard error √(p(1 − p)/(M + 1)); None for one by the law for large n.
    tail_pvalue : as in `SlicedTestResult`.
    method : ``"asymptotic"``, or as in `SlicedTestResult`.
    n, dim : the shape of the sample, without the rows left out.
    null : as it was asked for.
    beta : the β of the tests that have one, else None.
    n_resamples : M, None without replicates.
    seed : what gives this result again as ``rng``, an int or a SeedSequence; None if nothing was drawn.
    null_distribution : (M,) float64, the statistic of every null replicate; empty if there are none.
    """

    test: str
    title: str
    statistic: float
    pvalue: float | None
    pvalue_stderr: float | None
    tail_pvalue: float | None
    method: Method | None
    n: int
    dim: int
    null: Null
    beta: float | None
    n_resamples: int | None
    seed: int | np.random.SeedSequence | None
    sensitive_to: str = field(repr=False)
    null_distribution: Array = field(compare=False)
