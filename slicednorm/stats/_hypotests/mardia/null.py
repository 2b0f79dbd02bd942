"""Mardia's measures under the null: exact moments, limiting distributions, replicates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances._legendre import legendre_rule
from slicednorm.stats._calibration.asymptotic import law_holds
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached_or_computed import OwnSize
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._hypotests.mardia.measures import Array, mardia_elements, mardia_statistics, triples
from slicednorm.stats._hypotests.mardia.result import KURTOSIS, SKEWNESS
from slicednorm.stats._hypotests.mardia.textbook import classical_skewness, kurtosis_limit
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.design import Design
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._streams import replicate_stream
from slicednorm.stats._types import Moments, Null

# Below this many rows the classical test corrects the skewness for the size of the sample.
_SMALL_SAMPLE = 20


@dataclass(frozen=True)
class _NullMoments:
    """The exact means of b1 and b2 under a null, and the variance of b2."""

    skewness: float
    kurtosis: float
    kurtosis_variance: float


def exact_moments(n: int, dim: int, null: Null, design: Design | None = None) -> _NullMoments:
    if design is not None:
        return _moments_of_residuals(design, dim)
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


def _moments_of_residuals(design: Design, dim: int) -> _NullMoments:
    """Return the moments for residuals that are standardised by their own covariance; the variance is nearly right.

    With ν degrees of freedom left and M = I − H, the products of standardised residuals are n Π_ij, Π the projection of
    the rows of M on a random D-dimensional part of the ν-dimensional space of residuals. There E Π_ii² is
    D(D + 2) M_ii²/(ν(ν + 2)), and E Π_ij³ = α M_ij³ + β M_ii M_jj M_ij: setting i = j gives α + β, and applying the
    Laplacian in the one of the two vectors reduces it to E Π_ii². The variance is that of independent rows with as many
    degrees of freedom.
    """
    n, free, kept = design.n, design.freedom, design.kept
    second = dim * (dim + 2) / (free * (free + 2))
    mixed = 3.0 * second * (free - dim) / ((free + 4) * (free - 1))
    pure = second * (dim + 4) / (free + 4) - mixed
    projected = kept - design.basis @ (design.basis.T @ kept)
    plain = exact_moments(free + 1, dim, "composite")
    return _NullMoments(
        n * (pure * design.cubes + mixed * float(kept @ projected)),
        n * second * float(kept @ kept),
        plain.kurtosis_variance,
    )


def _skewness_correction(n: int, dim: int) -> float:
    """Return the factor that gives n·b1/6 exactly the mean of its limiting distribution under the composite null."""
    return (dim + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (dim + 1) - 6))


def _chi2_tail(value: float, degrees: int) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(0.5 * degrees, 0.5 * value))


def _gauss_legendre(low: float, high: float, panels: int = 64, order: int = 16) -> tuple[Array, Array]:
    """Return the nodes and weights of the rule on equal panels, in order."""
    nodes, weights = legendre_rule(order)
    width = (high - low) / panels
    middles = low + width * (np.arange(panels) + 0.5)
    return (middles[:, np.newaxis] + 0.5 * width * nodes).ravel(), np.tile(0.5 * width * weights, panels)


def _weighted_chi2_tail(value: float, dim: int) -> float:
    """Return P(αA + βB > t), where n·b1 tends to αA + βB under the standard null.

    A and B are independent χ² with D and D(D + 1)(D + 2)/6 − D degrees of freedom, α = 3(D + 4), β = 6. With q = t/α
    and A = q sin²θ the convolution

        P(A > q) + ∫_0^q f_A(u) P(B > α(q − u)/β) du

    has an integrand that is analytic up to both ends, for any degrees of freedom. It has a single peak, because it is
    log-concave in u; the rule is applied where it exceeds e⁻⁶⁰ times that peak.
    """
    from scipy.special import gammaincc, gammaln

    alpha, beta = 3.0 * (dim + 4), 6.0
    degrees = triples(dim) - dim
    if value <= 0.0:
        return 1.0
    if degrees == 0 or not math.isfinite(value):
        return _chi2_tail(value / alpha, dim)

    def log_integrand(theta: NDArray[np.floating[Any]]) -> Array:
        u = value / alpha * np.sin(theta) ** 2
        rest = value / beta * np.cos(theta) ** 2
        with np.errstate(divide="ignore"):  # a tail that underflows is left out
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


def skewness_statistic(
    b1: float, n: int, dim: int, null: Null, moments: Moments, design: Design | None = None
) -> float:
    """Return what is compared with the limiting distribution of the skewness."""
    if design is not None and moments == "exact":
        return b1 * triples(dim) / exact_moments(n, dim, null, design).skewness
    if null == "standard":
        return n * b1
    statistic = classical_skewness(b1, n)
    if moments == "exact" or n < _SMALL_SAMPLE:
        statistic *= _skewness_correction(n, dim)
    return statistic


def skewness_test(b1: float, n: int, dim: int, null: Null, moments: Moments) -> tuple[float, float]:
    """Return the statistic of the skewness and its p-value by the limiting distribution."""
    statistic = skewness_statistic(b1, n, dim, null, moments)
    if null == "standard":
        return statistic, _weighted_chi2_tail(statistic, dim)
    return statistic, _chi2_tail(statistic, triples(dim))


def kurtosis_test(
    b2: float, n: int, dim: int, null: Null, moments: Moments, design: Design | None = None
) -> tuple[float, float]:
    """Return z of the kurtosis and its two-sided p-value by the normal distribution."""
    exact = exact_moments(n, dim, null, design)
    mean, variance = exact.kurtosis, exact.kurtosis_variance
    if null == "composite" and moments == "asymptotic":
        mean, variance = kurtosis_limit(n, dim)
    if variance == 0:  # three points on a line have b2 = 3/2, whatever they are
        return 0.0, 1.0
    z = (b2 - mean) / math.sqrt(variance)
    return z, math.erfc(abs(z) / math.sqrt(2.0))


def kurtosis_varies(n: int, dim: int, null: Null) -> bool:
    """Return whether the kurtosis varies between samples; that of three points on a line is always 3/2."""
    return exact_moments(n, dim, null).kurtosis_variance > 0.0


def mardia_rankings(n: int, dim: int, null: Null, design: Design | None = None) -> tuple[Ranking, Ranking]:
    """Return how b1 and b2 are ranked; if b2 does not vary, all samples are ties.

    b1 is a sum of squares over triples of columns, or of cubes over pairs of rows, of the order of D³/n + D^1.5.
    """
    eps = 64.0 * float(np.finfo(np.float64).eps)
    skewness = Ranking(absolute=eps * (dim**3 / n + dim**1.5))
    kurtosis = Ranking(
        absolute=eps * dim * (dim + 2) if kurtosis_varies(n, dim, null) else math.inf,
        centre=exact_moments(n, dim, null, design).kurtosis,
    )
    return skewness, kurtosis


def mardia_laws_hold(n: int, dim: int, null: Null, moments: Moments = "exact") -> bool:
    """Return whether the limiting distributions of both measures hold for samples of a shape.

    Parameters
    ----------
    n, dim : int
        Shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis.
    moments : {"exact", "asymptotic"}, default: "exact"
        Moments by which the measures are scaled, as for `mardia`.

    Returns
    -------
    bool
        Whether both hold.
    """
    return all(law_holds(measure.name, n, dim, null, moments) for measure in (SKEWNESS, KURTOSIS))


def mardia_laws(n: int, dim: int, dtype: np.dtype[Any], null: Null) -> OwnSize:
    """Return the null distributions of b1 and b2."""
    shape: dict[str, Any] = {"null": null, "n": n, "dim": dim, "dtype": dtype.name}
    root = np.random.SeedSequence(entropy({"test": "mardia", **shape}))
    keys = [{"statistic": f"mardia_{name}", **shape} for name in ("skewness", "kurtosis")]
    return OwnSize(MardiaReplicates(n, dim, dtype, null, root), keys)


@dataclass(frozen=True)
class MardiaReplicates:
    """The b1 and b2 of null replicates: picklable, and a function of their numbers alone."""

    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    root: np.random.SeedSequence
    treatment: Treatment | None = None

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype, self.treatment)
        return mardia_statistics(rows, estimated(rows) if self.null == "composite" else None)

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together, from the shape alone."""
        return batch_size(mardia_elements(self.n, self.dim))
