"""The energy test of Székely and Rizzo."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.distances._kummer import kummer
from slicednorm.distances._quadratic.edf import edf_matrix
from slicednorm.distances._quadratic.form import Floats
from slicednorm.distances._quadratic.hermite import NODES
from slicednorm.distances._quadratic.pairs import PairKernel
from slicednorm.stats._distributions.all_pairs import Skewness
from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.pairs import of_distances, of_lengths, pairs_elements, pairs_work, tile_sums
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress


def _root(squares: Array, factor: float) -> Array:
    np.sqrt(squares, out=squares)
    squares *= factor
    return squares


def mean_norm(dim: int) -> float:
    """Return E ‖Z‖ = √2 Γ((D + 1)/2) / Γ(D/2) of Z ~ N(0, I)."""
    return math.sqrt(2.0) * math.exp(math.lgamma(0.5 * (dim + 1)) - math.lgamma(0.5 * dim))


def mean_distance(squares: Array, dim: int) -> Array:
    """Return E ‖y − Z‖ of Z ~ N(0, I) by ‖y‖²: E ‖Z‖ ₁F₁(−½; D/2; −z), z = ‖y‖²/2.

    That is E ‖Z‖ (₁F₁(½; D/2; −z) + (2z/D) ₁F₁(½; D/2 + 1; −z)), where no term is negative.
    """
    z = 0.5 * squares
    return mean_norm(dim) * (kummer(z.copy(), dim) + 2.0 / dim * z * kummer(z.copy(), dim + 2))


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return the energy statistic of every sample of a batch, standardised with divisor n − 1."""
    n, dim = rows.n, rows.dim
    shrinkage = _shrinkage(n, null)
    pairs, singles = tile_sums(
        rows,
        whitening,
        of_distances(lambda s: _root(s, math.sqrt(shrinkage))),
        of_lengths(lambda s: mean_distance(shrinkage * s, dim)),
    )
    return 2.0 * singles - n * math.sqrt(2.0) * mean_norm(dim) - pairs / n


def _mean_cosine(dim: int) -> float:
    """Return the mean of |cos| between directions, Γ(D/2)/(√π Γ((D + 1)/2)); ‖x‖ is that of |u'x| over it."""
    return math.exp(math.lgamma(0.5 * dim) - math.lgamma(0.5 * (dim + 1))) / math.sqrt(math.pi)


def _shrinkage(n: int, null: Null) -> float:
    """Return the square of how much shorter rows are that were standardised with divisor n − 1 than with n."""
    return (n - 1) / n if null == "composite" else 1.0


_SKEWNESS = Skewness(per_column=2.3, offset=-4.3)


@dataclass(frozen=True)
class _Form:
    """The energy statistic as the mean over directions of 2n ∫ (F_n − Φ)² dx over the mean of |cos|."""

    skewness: Skewness = _SKEWNESS

    def matrix(self, n: int, dim: int) -> Floats:
        return edf_matrix(np.full_like(NODES, 2.0 / _mean_cosine(dim)))

    def along(self, n: int, dim: int, null: Null) -> PairKernel:
        shorter, mean = math.sqrt(_shrinkage(n, null)), _mean_cosine(dim)
        return PairKernel(
            lambda y: -shorter / mean * np.abs(y),
            lambda y: -mean_distance((shorter * y) ** 2, 1) / mean,
            -2.0 / math.sqrt(math.pi) / mean,
        )

    def rows(self, n: int, dim: int, null: Null) -> PairKernel:
        shrinkage = _shrinkage(n, null)
        return PairKernel(
            lambda s: _root(s, -math.sqrt(shrinkage)),
            lambda s: -mean_distance(shrinkage * s, dim),
            -math.sqrt(2.0) * mean_norm(dim),
        )

    def factor(self, n: int) -> float:
        return 1.0


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is a difference of sums of about 2n√(2D)."""
    return 64.0 * float(np.finfo(np.float64).eps) * n * math.sqrt(2.0 * dim)


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=4.0)


ENERGY = ClassicalTest(
    name="energy",
    title="energy",
    sensitive_to="any departure, heavy tails and skewness above all",
    statistic=statistic,
    elements=pairs_elements,
    work=_work,
    rounding=_rounding,
    form=_Form(),
)


def energy(
    x: ArrayLike | Sample,
    *,
    null: Null = "composite",
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> ClassicalTestResult:
    r"""Test whether a sample is multivariate normal, by the energy test of Székely and Rizzo.

    .. math::

        T = n \Big( \frac{2}{n} \sum_j E \|y_j - Z\| - E \|Z - Z'\| - \frac{1}{n^2} \sum_{j,k} \|y_j - y_k\| \Big)

    for Z, Z' ~ N(0, I). It is consistent against every alternative.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: y is x standardised by its mean and covariance, with divisor n − 1
        as in the R package energy. Or ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), y = x.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"analytic"``: by the null distribution as a formula. ``"auto"``: by that formula
        from 100 rows on, else by the cached null distribution if there is one, else by 999 replicates.
        ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`. None computes the statistic alone.
    n_resamples : int, optional
        Number M of null replicates, from which the p-value is :math:`(1 + \#\{T^* \ge T\}) / (M + 1)`, valid at every
        level for any n, D and M. With a number, ``"auto"`` means ``"monte carlo"``.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `mardia`.
    workers : int, default: 1
        Number of threads, as for `mardia`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `mardia`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `mardia`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `mardia`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `mardia`.

    Returns
    -------
    ClassicalTestResult
        The statistic, its p-value, and what they come from.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null,
        n ≤ D + 1 or the covariance is singular; if an option is unknown or out of range; with
        ``"analytic"``, where there is no formula for samples of that shape.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Székely and Rizzo, "A new test for multivariate normality", Journal of Multivariate Analysis 93 (2005), 58-80.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = energy(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (2.87456, 0.01)
    """
    return run(
        ENERGY,
        x,
        null=null,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
        workers=workers,
        mean=mean,
        cov=cov,
        design=design,
        groups=groups,
        rounding=rounding,
        transform=transform,
        nan_policy=nan_policy,
        progress=progress,
    )
