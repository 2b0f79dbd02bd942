"""The way of every classical test: sample, whitening, statistic, calibration, result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._calibration.analytic import NoFormulaError, by_formula
from slicednorm.stats._calibration.asymptotic import warn_of_size
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached_or_computed import OwnSize, calibrate_by_laws
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.pvalue import Calibration
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._distributions.all_pairs import pairs_law
from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.treatments import check_treatment, has_formulas
from slicednorm.stats._limits import current
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import correlations, estimated, moments, whitening_for
from slicednorm.stats._streams import RNG, replay_seed, replicate_stream
from slicednorm.stats._types import Method, NanPolicy, Null, Progress


@dataclass(frozen=True)
class Replicates:
    """The statistics of null replicates of a test: picklable, and a function of their numbers alone.

    ``root`` has their streams. ``mixing`` (D, D) is what normal rows are multiplied by once they are standardised, so
    that every replicate has the same covariance; None to take the rows as they are. With a ``treatment`` the rows are
    residuals.

    A normal sample, given its mean and covariance, is distributed like these replicates (Lindqvist and Taraldsen,
    Biometrika 92, 2005): a p-value by them is exact, whatever the distribution of the statistic depends on.
    """

    test: ClassicalTest
    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    root: np.random.SeedSequence
    mixing: Array | None = None
    treatment: Treatment | None = None

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype, self.treatment)
        if self.mixing is not None:
            standardise = estimated(rows)
            mixed = [np.matmul(standardise(block), self.mixing) for _, _, block in rows.blocks()]
            rows = Rows(np.concatenate(mixed, axis=1), np.dtype(np.float64))
        whitening = estimated(rows) if self.null == "composite" else None
        return self.test.statistics(rows, whitening, self.null)[:, np.newaxis]

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together, from the shape alone."""
        return batch_size(self.test.elements(self.n, self.dim))


def laws_of(test: ClassicalTest, n: int, dim: int, dtype: np.dtype[Any], null: Null) -> OwnSize | None:
    """Return the test's null distribution; None if it is another one for every covariance."""
    if not test.rotates:
        return None
    shape = {"null": null, "n": n, "dim": dim, "dtype": dtype.name}
    beta = {} if test.beta is None else {"beta": test.beta(n, dim)}
    root = np.random.SeedSequence(entropy({"test": "classical", **shape}))
    return OwnSize(Replicates(test, n, dim, dtype, null, root), [{"statistic": test.alias, **beta, **shape}])


def correlation(rows: Rows) -> Array:
    """Return the correlations of the columns, (batch, D, D)."""
    _, covariance = moments(rows)
    return correlations(covariance)[0]


def _default_way(test: ClassicalTest, sample: Sample, null: Null) -> Way:
    """Return the way of ``"auto"``: a formula or a limiting distribution where it holds, else replicates."""
    n, dim = sample.n, sample.dim
    if has_formulas(sample) and test.formula_holds(n, dim, null):
        return Way("analytic")
    if sample.treatment is None and test.law_holds(n, dim, null):
        return Way("asymptotic")
    return Way("auto", current().default_resamples)


def run(
    test: ClassicalTest,
    x: ArrayLike | Sample,
    *,
    null: Null,
    method: Method | None,
    n_resamples: int | None,
    rng: RNG,
    workers: int,
    mean: ArrayLike | None,
    cov: ArrayLike | None,
    design: Any,
    groups: ArrayLike | None,
    rounding: Steps | None,
    transform: Transform | None,
    nan_policy: NanPolicy,
    progress: Progress | None,
) -> ClassicalTestResult:
    """Return the result of a test; the options are those of every classical test."""
    way = check_method(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    if way is not None and way.method == "auto":
        way = _default_way(test, sample, null)
    options = Options(null, rng, workers, mean, cov, progress)
    return run_classical(test, sample, options, way)


def run_classical(test: ClassicalTest, sample: Sample, options: Options, way: Way | None) -> ClassicalTestResult:
    """Return the result of a test of a sample; ``"auto"`` is by replicates, cached or as many as it takes."""
    rows, null = sample.rows, options.null
    n, dim = rows.n, rows.dim
    check_treatment(test.name, sample, null, way)
    asymptotic = way is not None and way.method == "asymptotic"
    if asymptotic and not test.has_law(null):
        raise ValueError(f"{test.name} has no limiting distribution under null={null!r}; leave out method='asymptotic'")
    analytic = way is not None and way.method == "analytic"
    if analytic:
        why = test.why_no_formula(n, dim, null)
        if why is not None:
            raise NoFormulaError(f"{test.name}: {why}")
    with single_threaded_blas():
        whitening = whitening_for(rows, null, options.mean, options.cov)
        test.check(n, dim, null)
        statistic = test.statistics(rows, whitening, null)
    seed = None
    found = Calibration()
    if way is not None:
        check_statistics(statistic, (test.name,), rows)
    if asymptotic:
        if not test.law_holds(n, dim, null):
            warn_of_size(test.name, n, dim, stacklevel=5)
        assert test.limit is not None
        found = Calibration(pvalue=test.limit(float(statistic[0]), rows), method="asymptotic")
    elif analytic:
        assert test.form is not None
        found = by_formula(pairs_law(test.form, n, dim, null), float(statistic[0]))
    elif way is not None:
        seed = replay_seed(options.root)
        # Replicates that are not exact for any mean and covariance have those of the sample already.
        mixed = not test.rotates and (sample.treatment is None or sample.treatment.exact)
        mixing = np.linalg.cholesky(correlation(rows)[0]).T if mixed else None
        (found,) = calibrate_by_laws(
            statistic,
            way,
            replicates=Replicates(test, n, dim, rows.dtype, null, options.root, mixing, sample.treatment),
            laws=None if sample.treatment is not None else laws_of(test, n, dim, rows.dtype, null),
            rankings=[test.ranking(n, dim)],
            workers=options.workers,
            progress=options.progress,
        )
    return ClassicalTestResult(
        name=test.name,
        title=test.title,
        sensitive_to=test.sensitive_to,
        statistic=float(statistic[0]),
        n=n,
        dim=dim,
        hypothesis=null,
        seed=seed,
        calibration=found,
        beta=None if test.beta is None else test.beta(n, dim),
    )
