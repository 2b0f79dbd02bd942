"""Mardia's multivariate skewness and kurtosis, without a matrix of all pairs of rows.

The skewness b1 is a sum over all pairs of rows and, as well, over all triples of columns:

    b1 = (1/n²) Σ_jk (x_j'x_k)³ = Σ_abc m_abc²,    m_abc = (1/n) Σ_j x_ja x_jb x_jc

so it costs either n²D/2 products, in tiles of the Gram matrix, or nD³/6, the triples a ≤ b ≤ c of the tensor
m. Whichever is cheaper is taken. Both are sums of matrix products, item by item of a batch, over blocks that
follow from n and D alone: a replicate has the same b1 to the last bit whatever it is batched with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_choice, check_resamples
from slicednorm.stats._calibration.asymptotic import law_holds, warn_of_size
from slicednorm.stats._calibration.budget import affordable_resamples
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached import OwnSize, calibrate_by_laws
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.pvalue import DEFAULT_RESAMPLES, Calibration, pvalue_stderr
from slicednorm.stats._calibration.ranks import Ranking, check_statistics
from slicednorm.stats._hypotests.pairs import TILE, dot, pairs_elements, tile_sums
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._results import Result, frame_of_tests
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, estimated, whitening_for
from slicednorm.stats._streams import RNG, replay_seed, replicate_stream, root_seed
from slicednorm.stats._types import Choice, Method, Moments, NanPolicy, Null, Progress, Resamples

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[np.float64]

# Third moments that are summed in one pass over the rows (128 MB); more than 463 columns take several passes.
_MOMENTS_AT_ONCE = 1 << 24

# Rows whose products are formed at a time: few enough for the cache, enough to keep the matrix product busy.
_STRIP = 2048

# Below this many rows the classical test corrects the skewness for the size of the sample.
_SMALL_SAMPLE = 20


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


def _triples(dim: int) -> int:
    """Return the number of triples a ≤ b ≤ c of columns."""
    return dim * (dim + 1) * (dim + 2) // 6


def _fourth_powers(x: Array) -> Array:
    """Return Σ ‖x_j‖⁴ over the columns x_j of each item of (batch, D, rows)."""
    norms = np.matmul(np.ones((1, x.shape[1])), x * x)
    return dot(norms, norms)


def _strips(rows: Rows, whitening: Whitening | None) -> Iterator[Array]:
    """Yield the, possibly standardised, rows as columns: float64 arrays (batch, D, at most _STRIP)."""
    for _, _, block in rows.blocks():
        taken = block if whitening is None else whitening(block)
        for start in range(0, taken.shape[1], _STRIP):
            strip = np.swapaxes(taken[:, start : start + _STRIP], -1, -2)
            yield np.ascontiguousarray(strip, dtype=np.float64)


def _middles(dim: int) -> Iterator[range]:
    """Yield ranges of b whose moments m_abc, a ≤ b ≤ c, can be held at once."""
    first, held = 0, 0
    for b in range(dim):
        size = (b + 1) * (dim - b)
        if held and held + size > _MOMENTS_AT_ONCE:
            yield range(first, b)
            first, held = b, 0
        held += size
    yield range(first, dim)


def _add_moments(x: Array, b: int, total: Array) -> None:
    """Add Σ_j x_ja x_jb x_jc, a = 0..b, c = b..D−1, to ``total`` (batch, b + 1, D − b)."""
    low, middle, high = x[:, : b + 1], x[:, b : b + 1], x[:, b:]
    if low.shape[1] <= high.shape[1]:
        low = low * middle
    else:
        high = high * middle
    total += np.matmul(low, np.swapaxes(high, -1, -2))


def _orderings(b: int, dim: int) -> Array:
    """Return in how many orders the triples a ≤ b ≤ c occur: 6, 3 or 1; (b + 1, D − b)."""
    orders = np.full((b + 1, dim - b), 6.0)
    orders[b, :] = orders[:, 0] = 3.0
    orders[b, 0] = 1.0
    return orders


def _by_moments(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    """Return n²·b1 and n·b2, each (batch,), from the third moments."""
    cubes, fourths = np.zeros(rows.batch), np.zeros(rows.batch)
    for middles in _middles(rows.dim):
        totals = [np.zeros((rows.batch, b + 1, rows.dim - b)) for b in middles]
        for x in _strips(rows, whitening):
            if middles.start == 0:
                fourths += _fourth_powers(x)
            for b, total in zip(middles, totals, strict=True):
                _add_moments(x, b, total)
        for b, total in zip(middles, totals, strict=True):
            cubes += dot(_orderings(b, rows.dim) * total, total)
    return cubes, fourths


def _tile_cubes(left: Array, right: Array, same: bool) -> Array:
    """Return the sum of (x_j'x_k)³ over the pairs of a row of ``left`` and one of ``right``."""
    gram = np.matmul(left, np.swapaxes(right, -1, -2))
    return dot(gram * gram, gram)


def _by_pairs(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    """Return n²·b1 and n·b2, each (batch,), from tiles of the Gram matrix."""
    cubes, fourths = tile_sums(rows, whitening, _tile_cubes, lambda tile: _fourth_powers(np.swapaxes(tile, -1, -2)))
    # Where b1 is 0, as for a sample symmetric about its centre, rounding may leave less than that.
    return np.maximum(cubes, 0.0), fourths


def _moments_work(n: int, dim: int) -> float:
    triples = _triples(dim)
    return 60.0 * dim + 2.0 * triples + n * (1.4 + 1.7 * dim + 0.4 * dim**2 + 0.037 * triples)


def _pairs_work(n: int, dim: int) -> float:
    return 30.0 + 2.0 * n * dim + 0.5 * n * (n * (0.8 + 0.033 * dim) + 0.5 * min(n, TILE))


def _takes_moments(n: int, dim: int) -> bool:
    return _moments_work(n, dim) <= _pairs_work(n, dim)


def mardia_work(n: int, dim: int) -> float:
    """Return a rough estimate, in nanoseconds on one core, of computing b1 and b2 once."""
    return min(_moments_work(n, dim), _pairs_work(n, dim))


def mardia_elements(n: int, dim: int) -> int:
    """Return how many values one replicate takes, by which batches are sized."""
    return max(n * dim, _triples(dim)) if _takes_moments(n, dim) else pairs_elements(n, dim)


def mardia_statistics(rows: Rows, whitening: Whitening | None = None) -> Array:
    """Return b1 and b2 of each sample of a batch, (batch, 2), by whichever of the two ways is cheaper.

    Computed in float64; not finite where the values are so large that their sixth powers overflow.
    """
    evaluate = _by_moments if _takes_moments(rows.n, rows.dim) else _by_pairs
    with np.errstate(over="ignore", invalid="ignore"):
        cubes, fourths = evaluate(rows, whitening)
    return np.stack([cubes / rows.n / rows.n, fourths / rows.n], axis=-1)


@dataclass(frozen=True)
class _NullMoments:
    """The exact means of b1 and b2 under a null, and the variance of b2."""

    skewness: float
    kurtosis: float
    kurtosis_variance: float


def _exact_moments(n: int, dim: int, null: Null) -> _NullMoments:
    if null == "standard":
        return _NullMoments(
            dim * (dim + 2) * (dim + 4) / n,
            float(dim * (dim + 2)),
            8 * dim * (dim + 2) * (dim + 3) / n,
        )
    return _NullMoments(
        dim * (dim + 2) * ((n + 1) * (dim + 1) - 6) / ((n + 1) * (n + 3)),
        dim * (dim + 2) * (n - 1) / (n + 1),
        8 * dim * (dim + 2) * (n - 3) * (n - dim - 1) * (n - dim + 1) / ((n + 1) ** 2 * (n + 3) * (n + 5)),
    )


def _skewness_correction(n: int, dim: int) -> float:
    """Return the factor that gives n·b1/6 the mean of its limiting law under the composite null, exactly."""
    return (dim + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (dim + 1) - 6))


def _chi2_tail(value: float, degrees: int) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(0.5 * degrees, 0.5 * value))


def _gauss_legendre(low: float, high: float, panels: int = 64, order: int = 16) -> tuple[Array, Array]:
    """Return the nodes and weights of the rule on equal panels, in order."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    width = (high - low) / panels
    middles = low + width * (np.arange(panels) + 0.5)
    return (middles[:, np.newaxis] + 0.5 * width * nodes).ravel(), np.tile(0.5 * width * weights, panels)


def _weighted_chi2_tail(value: float, dim: int) -> float:
    """Return P(αA + βB > t), where n·b1 tends to αA + βB under the standard null.

    A and B are independent χ² with D and D(D + 1)(D + 2)/6 − D degrees, α = 3(D + 4), β = 6. With q = t/α and
    A = q sin²θ the convolution

        P(A > q) + ∫_0^q f_A(u) P(B > α(q − u)/β) du

    has an integrand that is analytic up to both ends, for any degrees. It has a single peak, for in u it is
    log-concave; the rule is applied where it is above e⁻⁶⁰ of that.
    """
    from scipy.special import gammaincc, gammaln

    alpha, beta = 3.0 * (dim + 4), 6.0
    degrees = _triples(dim) - dim
    if value <= 0.0:
        return 1.0
    if degrees == 0 or not math.isfinite(value):
        return _chi2_tail(value / alpha, dim)

    def log_integrand(theta: NDArray[np.floating[Any]]) -> Array:
        u = value / alpha * np.sin(theta) ** 2
        rest = value / beta * np.cos(theta) ** 2
        with np.errstate(divide="ignore"):  # a tail that underflows is one to leave out
            log_tail = np.log(gammaincc(0.5 * degrees, 0.5 * rest))
        log_density = 0.5 * dim * np.log(0.5 * u) - 0.5 * u - gammaln(0.5 * dim)
        return np.asarray(log_density + np.log(2.0 / np.tan(theta)) + log_tail)

    low, high = 0.0, 0.5 * math.pi
    while True:
        width = (high - low) / 256
        theta = low + width * (np.arange(256) + 0.5)
        height = log_integrand(theta)
        if not np.isfinite(height.max()):
            return _chi2_tail(value / alpha, dim)
        inside = theta[height > height.max() - 60.0]
        ends = max(low, inside[0] - width), min(high, inside[-1] + width)
        if ends[1] - ends[0] > 0.5 * (high - low):
            break
        low, high = ends
    nodes, weights = _gauss_legendre(low, high)
    return min(1.0, _chi2_tail(value / alpha, dim) + float(weights @ np.exp(log_integrand(nodes))))


def _skewness_test(b1: float, n: int, dim: int, null: Null, moments: Moments) -> tuple[float, float]:
    """Return the statistic of the skewness and its p-value by the limiting law."""
    if null == "standard":
        return n * b1, _weighted_chi2_tail(n * b1, dim)
    statistic = n * b1 / 6
    if moments == "exact" or n < _SMALL_SAMPLE:
        statistic *= _skewness_correction(n, dim)
    return statistic, _chi2_tail(statistic, _triples(dim))


def _kurtosis_test(b2: float, n: int, dim: int, null: Null, moments: Moments) -> tuple[float, float]:
    """Return z of the kurtosis and its two-sided p-value by the normal law."""
    exact = _exact_moments(n, dim, null)
    mean, variance = exact.kurtosis, exact.kurtosis_variance
    if null == "composite" and moments == "asymptotic":
        mean, variance = float(dim * (dim + 2)), 8 * dim * (dim + 2) / n
    if variance == 0:  # three points on a line have b2 = 3/2 whatever they are
        return 0.0, 1.0
    z = (b2 - mean) / math.sqrt(variance)
    return z, math.erfc(abs(z) / math.sqrt(2.0))


def kurtosis_varies(n: int, dim: int, null: Null) -> bool:
    """Return whether the kurtosis varies between samples; that of three points on a line is 3/2 whatever they are."""
    return _exact_moments(n, dim, null).kurtosis_variance > 0.0


def mardia_rankings(n: int, dim: int, null: Null) -> tuple[Ranking, Ranking]:
    """Return how b1 and b2 are ranked; where b2 is always the same, all samples are equal.

    b1 is a sum of squares over triples of columns, or of cubes over pairs of rows, of the order of D³/n + D^1.5.
    """
    eps = 64.0 * float(np.finfo(np.float64).eps)
    skewness = Ranking(absolute=eps * (dim**3 / n + dim**1.5))
    kurtosis = Ranking(
        absolute=eps * dim * (dim + 2) if kurtosis_varies(n, dim, null) else math.inf,
        centre=_exact_moments(n, dim, null).kurtosis,
    )
    return skewness, kurtosis


def _affordable(n: int, dim: int) -> int:
    """Return how many replicates to take where none were asked for."""
    try:
        count = affordable_resamples("auto", mardia_work(n, dim))
    except ValueError as error:
        raise ValueError(
            f"mardia: for samples of shape ({n}, {dim}) its limiting laws are not known to hold, and {error}; use "
            "method='asymptotic', or give a number for n_resamples to insist"
        ) from None
    return count if isinstance(count, int) else DEFAULT_RESAMPLES


def mardia_laws_hold(n: int, dim: int, null: Null, moments: Moments = "exact") -> bool:
    """Return whether the limiting laws of both measures hold for samples of a shape."""
    return all(law_holds(measure.test, n, dim, null, moments) for measure in (SKEWNESS, KURTOSIS))


def mardia_laws(n: int, dim: int, dtype: np.dtype[Any], null: Null) -> OwnSize:
    """Return the laws of b1 and b2."""
    shape: dict[str, Any] = {"null": null, "n": n, "dim": dim, "dtype": dtype.name}
    root = np.random.SeedSequence(entropy({"test": "mardia", **shape}))
    keys = [{"statistic": f"mardia_{name}", **shape} for name in ("skewness", "kurtosis")]
    return OwnSize(_Replicates(n, dim, dtype, null, root), keys)


@dataclass(frozen=True)
class _Replicates:
    """b1 and b2 of null replicates: picklable, and a function of their numbers alone."""

    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    root: np.random.SeedSequence

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype)
        return mardia_statistics(rows, estimated(rows) if self.null == "composite" else None)

    @property
    def batch(self) -> int:
        """How many to evaluate together, from the shape alone."""
        return batch_size(mardia_elements(self.n, self.dim))


def _checked_statistics(rows: Rows, null: Null, mean: ArrayLike | None, cov: ArrayLike | None) -> tuple[float, float]:
    """Return b1 and b2 of one sample of a user, or raise a SampleError if they are not finite."""
    with single_threaded_blas():
        b1, b2 = mardia_statistics(rows, whitening_for(rows, null, mean, cov))[0].tolist()
    check_statistics(np.asarray([b1, b2]), ("Mardia's skewness", "Mardia's kurtosis"), rows)
    return b1, b2


def mardia_without_pvalues(
    sample: Sample, null: Null, mean: ArrayLike | None = None, cov: ArrayLike | None = None
) -> tuple[MeasureResult, MeasureResult]:
    """Return skewness and kurtosis alone, where there is no law for their p-values and replicates are not wanted."""
    statistics = _checked_statistics(sample.rows, null, mean, cov)
    skewness, kurtosis = (
        MeasureResult(one.test, one.title, statistic, None, None, None, None, null, one.notices)
        for one, statistic in zip((SKEWNESS, KURTOSIS), statistics, strict=True)
    )
    return skewness, kurtosis


def mardia(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    moments: Moments = "exact",
    method: Choice = "auto",
    n_resamples: Resamples = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> MardiaResult:
    r"""Test whether a sample is multivariate normal, by Mardia's skewness and kurtosis.

    .. math::

        b_1 = \frac{1}{n^2} \sum_{j,k} (\tilde x_j^T \tilde x_k)^3, \qquad
        b_2 = \frac{1}{n} \sum_j \|\tilde x_j\|^4

    Composite null: :math:`\tilde x` is x standardised by its own mean and covariance (divisor n), the
    classical test. :math:`n b_1 / 6 \to \chi^2` with D(D+1)(D+2)/6 degrees, and
    :math:`(b_2 - D(D+2)) / \sqrt{8 D(D+2)/n}` tends to N(0, 1).

    Standard null: :math:`\tilde x` is x itself. The mean of :math:`b_1` is D(D+2)(D+4)/n and
    :math:`n b_1 \to 3(D+4) \chi^2_D + 6 \chi^2_{D(D+1)(D+2)/6 - D}`. The mean of :math:`b_2` is D(D+2), its
    variance 8D(D+2)(D+3)/n.

    The p-value of the skewness is that of the upper tail; the kurtosis is two-sided, by its distance from its
    mean. No matrix of all pairs is formed, and the sample may be larger than memory.

    The limiting laws need many rows, that of the skewness under the standard null most of all: at the 5%
    level it rejects 9% of normal samples at n = 50, D = 4, and 15% at n = 200, D = 20 (in 4,000 simulated
    samples each). They are used where their measured size is right; replicates have the right level at any n.

    Parameters
    ----------
    x : (n, D) sample, rows are observations: an array (also memory-mapped), a DataFrame, a torch tensor, of
        any real dtype; (n,) is one column. Computed in float64.
    null : ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ),
        both unknown.
    moments : for the composite null, ``"exact"`` scales the skewness to its exact mean and the kurtosis to
        its exact mean and variance at this n; ``"asymptotic"`` is the classical test, in which only the
        skewness is scaled, and only for n < 20, and asks for its limiting laws as ``method`` does. The standard
        null has exact moments in either case.
    method : ``"auto"``, or ``"asymptotic"`` for the limiting laws whatever the shape, with a `SizeWarning` where the
        size of one is off.
    n_resamples : the number M of null replicates from which the p-values are
        :math:`(1 + \#\{T^* \ge T\}) / (M + 1)`, valid at every level for any n, D and M; ``"auto"`` and
        ``"cached"`` as in `sliced_test`; None for the limiting laws where the measured size of both at 5% is
        within 4 and 6%, and else for 999, or 199 or 99 where more would take a quarter of an hour of one core.
    rng : an int, a Generator, a SeedSequence, or None for fresh entropy (see ``seed`` in the result). Only
        replicates need it.
    workers : how many threads compute replicates, −1 for all cores. The answer does not depend on it.
    mean, cov : a known target N(mean, cov) in place of N(0, I), with the standard null: mean a number or
        (D,), cov a number, (D,) variances or (D, D).
    nan_policy : ``"raise"``, or ``"omit"`` rows that hold NaN.
    progress : ``progress(done, total)``, called as replicates are finished.

    Returns
    -------
    MardiaResult

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if the composite null meets
        n ≤ D + 1 or a singular covariance; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530.
    Mardia, "Applications of some measures of multivariate skewness and kurtosis in testing normality and
    robustness studies", Sankhyā B 36 (1974), 115-128.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((400, 2))
    >>> mardia(x, null="composite")
    MardiaResult
                   skewness: 0.0458208
            skewness_pvalue: 0.542375
                   kurtosis: 7.92585
            kurtosis_pvalue: 0.930302
        normalized_kurtosis: -0.0741513
          expected_skewness: 0.0592563
          expected_kurtosis: 7.9601
         skewness_statistic: 3.09306
         kurtosis_statistic: -0.0874643
                          n: 400
                        dim: 2
                       null: 'composite'
                    moments: 'exact'
                n_resamples: None
            skewness_method: 'asymptotic'
            kurtosis_method: 'asymptotic'
                       seed: None
              null_skewness: <float64 array of shape (0,)>
              null_kurtosis: <float64 array of shape (0,)>
    >>> y = np.random.default_rng(7).standard_exponential((60, 3)) - 1.0
    >>> mardia(y, n_resamples=99, rng=0).skewness_pvalue
    0.01
    """
    if moments not in ("exact", "asymptotic"):
        raise ValueError(f"moments must be 'exact' or 'asymptotic', got {moments!r}")
    check_choice(method, n_resamples)
    check_resamples(n_resamples)
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    n, dim = rows.n, rows.dim
    b1, b2 = _checked_statistics(rows, null, mean, cov)
    expected = _exact_moments(n, dim, null)
    skewness_statistic, skewness_pvalue = _skewness_test(b1, n, dim, null, moments)
    kurtosis_statistic, kurtosis_pvalue = _kurtosis_test(b2, n, dim, null, moments)
    by_skewness = Calibration(skewness_pvalue, method="asymptotic")
    by_kurtosis = Calibration(kurtosis_pvalue, method="asymptotic")
    seed = None
    if n_resamples is None and not mardia_laws_hold(n, dim, null, moments):
        if method == "asymptotic" or moments == "asymptotic":
            warn_of_size("mardia", n, dim)
        else:
            n_resamples = _affordable(n, dim)
    if n_resamples is not None:
        root = root_seed(rng)
        seed = replay_seed(root)
        by_skewness, by_kurtosis = calibrate_by_laws(
            np.asarray([b1, b2]),
            n_resamples,
            replicates=_Replicates(n, dim, rows.dtype, null, root),
            laws=mardia_laws(n, dim, rows.dtype, null),
            rankings=mardia_rankings(n, dim, null),
            workers=workers,
            progress=progress,
        )
    return MardiaResult(
        skewness=b1,
        skewness_pvalue=cast(float, by_skewness.pvalue),
        kurtosis=b2,
        kurtosis_pvalue=cast(float, by_kurtosis.pvalue),
        normalized_kurtosis=b2 - dim * (dim + 2),
        expected_skewness=expected.skewness,
        expected_kurtosis=expected.kurtosis,
        skewness_statistic=skewness_statistic,
        kurtosis_statistic=kurtosis_statistic,
        n=n,
        dim=dim,
        null=null,
        moments=moments,
        n_resamples=None if n_resamples is None else max(by_skewness.n_resamples or 0, by_kurtosis.n_resamples or 0),
        skewness_method=cast(Method, by_skewness.method),
        kurtosis_method=cast(Method, by_kurtosis.method),
        seed=seed,
        null_skewness=by_skewness.null_distribution,
        null_kurtosis=by_kurtosis.null_distribution,
        skewness_tail_pvalue=by_skewness.tail_pvalue,
        kurtosis_tail_pvalue=by_kurtosis.tail_pvalue,
    )
