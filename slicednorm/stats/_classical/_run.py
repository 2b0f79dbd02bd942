"""What a classical test is, and the way of all of them: sample, whitening, statistic, calibration, result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_choice, check_resamples
from slicednorm.stats._calibration.asymptotic import law_holds, warn_of_size
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached import OwnSize, calibrate_by_laws
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.pvalue import DEFAULT_RESAMPLES, Calibration
from slicednorm.stats._calibration.ranks import Ranking, check_statistics
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, correlations, estimated, moments, whitening_for
from slicednorm.stats._streams import RNG, replay_seed, replicate_stream, root_seed
from slicednorm.stats._types import Choice, Method, NanPolicy, Null, Progress, Resamples

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


@dataclass(frozen=True)
class Replicates:
    """The statistics of null replicates of a test: picklable, and a function of their numbers alone.

    ``root`` has their streams. ``mixing`` (D, D) is what normal rows are multiplied by once they are standardised, so
    that every replicate has the same covariance; None to take the rows as they are.

    A normal sample, given its mean and covariance, is one that is drawn in this way (Lindqvist and Taraldsen,
    Biometrika 92, 2005): a p-value by such replicates is exact, whatever the law of the statistic depends on.
    """

    test: ClassicalTest
    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    root: np.random.SeedSequence
    mixing: Array | None = None

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype)
        if self.mixing is not None:
            standardise = estimated(rows)
            mixed = [np.matmul(standardise(block), self.mixing) for _, _, block in rows.blocks()]
            rows = Rows(np.concatenate(mixed, axis=1), np.dtype(np.float64))
        whitening = estimated(rows) if self.null == "composite" else None
        return self.test.statistics(rows, whitening, self.null)[:, np.newaxis]

    @property
    def batch(self) -> int:
        """How many to evaluate together, from the shape alone."""
        return batch_size(self.test.elements(self.n, self.dim))


def laws_of(test: ClassicalTest, n: int, dim: int, dtype: np.dtype[Any], null: Null) -> OwnSize | None:
    """Return the test's law; None if it is another for every covariance."""
    if not test.rotates:
        return None
    shape = {"null": null, "n": n, "dim": dim, "dtype": dtype.name}
    beta = {} if test.beta is None else {"beta": test.beta(n, dim)}
    root = np.random.SeedSequence(entropy({"test": "classical", **shape}))
    return OwnSize(Replicates(test, n, dim, dtype, null, root), [{"statistic": test.name, **beta, **shape}])


def correlation(rows: Rows) -> Array:
    """Return the correlations of the columns, (batch, D, D)."""
    _, covariance = moments(rows)
    return correlations(covariance)[0]


def run(
    test: ClassicalTest,
    x: ArrayLike | Sample,
    *,
    null: Null,
    method: Choice = "auto",
    n_resamples: Resamples,
    rng: RNG,
    workers: int,
    mean: ArrayLike | None,
    cov: ArrayLike | None,
    nan_policy: NanPolicy,
    progress: Progress | None,
    with_pvalue: bool = True,
) -> ClassicalTestResult:
    """Return the result of a test; the options are those of every classical test."""
    check_choice(method, n_resamples)
    check_resamples(n_resamples)
    if method == "asymptotic" and not test.has_law(null):
        raise ValueError(f"{test.function} has no law for large n under null={null!r}; leave out method='asymptotic'")
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    n, dim = rows.n, rows.dim
    with single_threaded_blas():
        whitening = whitening_for(rows, null, mean, cov)
        test.check(n, dim, null)
        statistic = test.statistics(rows, whitening, null)
    if with_pvalue and n_resamples is None and not test.law_holds(n, dim, null):
        if method == "asymptotic":
            warn_of_size(test.function, n, dim)
        else:
            n_resamples = DEFAULT_RESAMPLES
    root = mixing = None
    found = Calibration()
    if with_pvalue:
        check_statistics(statistic, (test.function,), rows)
    if with_pvalue and n_resamples is None:
        assert test.limit is not None
        found = Calibration(pvalue=test.limit(float(statistic[0]), rows), method="asymptotic")
    elif with_pvalue and n_resamples is not None:
        root = root_seed(rng)
        mixing = None if test.rotates else np.linalg.cholesky(correlation(rows)[0]).T
        (found,) = calibrate_by_laws(
            statistic,
            n_resamples,
            replicates=Replicates(test, n, dim, rows.dtype, null, root, mixing),
            laws=laws_of(test, n, dim, rows.dtype, null),
            rankings=[test.ranking(n, dim)],
            workers=workers,
            progress=progress,
        )
    return ClassicalTestResult(
        test=test.name,
        title=test.title,
        statistic=float(statistic[0]),
        pvalue=found.pvalue,
        pvalue_stderr=found.pvalue_stderr,
        tail_pvalue=found.tail_pvalue,
        method=found.method,
        n=n,
        dim=dim,
        null=null,
        beta=None if test.beta is None else test.beta(n, dim),
        n_resamples=found.n_resamples,
        seed=None if root is None else replay_seed(root),
        sensitive_to=test.notices,
        null_distribution=found.null_distribution,
    )
