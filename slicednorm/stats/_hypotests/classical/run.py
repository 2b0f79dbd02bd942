"""What a classical test is, and the way of all of them: sample, whitening, statistic, calibration, result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_choice, check_resamples
from slicednorm.stats._calibration.asymptotic import warn_of_size
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached import OwnSize, calibrate_by_laws
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._limits import current
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import correlations, estimated, moments, whitening_for
from slicednorm.stats._streams import RNG, replay_seed, replicate_stream, root_seed
from slicednorm.stats._types import Choice, NanPolicy, Null, Progress, Resamples


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
            n_resamples = current().default_resamples
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
