"""BHEP, the weighted distance between characteristic functions, and Henze and Zirkler's choice of its weight."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.pairs import of_distances, of_lengths, pairs_elements, pairs_work, tile_sums
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# Below the first β, T (which goes with its sixth power) is lost in the rounding of the sums; the second keeps its
# square from overflowing.
_LEAST_BETA, _MOST_BETA = 0.01, 1e6


def _gaussian(squares: Array, rate: float) -> Array:
    squares *= -rate
    return np.exp(squares, out=squares)


def smoothing(n: int, dim: int) -> float:
    """Return the β of Henze and Zirkler, ((2D + 1)n/4)^(1/(D + 4)) / √2."""
    return float(((2 * dim + 1) * n / 4) ** (1.0 / (dim + 4)) / math.sqrt(2.0))


@dataclass(frozen=True)
class _Statistic:
    """BHEP's statistic with ``beta(n, dim)``."""

    beta: Callable[[int, int], float]

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        n, dim = rows.n, rows.dim
        square = self.beta(n, dim) ** 2
        pairs, singles = tile_sums(
            rows,
            whitening,
            of_distances(lambda s: _gaussian(s, 0.5 * square)),
            of_lengths(lambda s: _gaussian(s, 0.5 * square / (1.0 + square))),
        )
        among_normal = (1.0 + 2.0 * square) ** (-0.5 * dim)
        across = 2.0 * (1.0 + square) ** (-0.5 * dim)
        # A squared distance is not negative, but rounding may make it so.
        return np.maximum(pairs / n - across * singles + n * among_normal, 0.0)


@dataclass(frozen=True)
class _Constant:
    value: float

    def __call__(self, n: int, dim: int) -> float:
        return self.value


@dataclass(frozen=True)
class _Spread:
    """About how much T varies: n (1 + 2β²)^(−D/2), by which it differs from 1 in many dimensions, and not more than 1.

    The range of 20 to 60 replicates was one half to 20 times that, D = 30 to 80, n = 120 and 1,000.
    """

    beta: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> float:
        return min(1.0, _distinct(n, dim, self.beta(n, dim)))


@dataclass(frozen=True)
class _Rounding:
    """By how much T may be off: its terms are 1 and multiples of n (1 + 2β²)^(−D/2)."""

    beta: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> float:
        return 64.0 * float(np.finfo(np.float64).eps) * (1.0 + _distinct(n, dim, self.beta(n, dim)))


def _distinct(n: int, dim: int, beta: float) -> float:
    """Return the mean of (1/n) Σ exp(−β²‖x_j − x_k‖²/2) over distinct rows of N(0, I)."""
    return n * math.exp(-0.5 * dim * math.log1p(2.0 * beta**2))


def with_beta(test: ClassicalTest, beta: Callable[[int, int], float]) -> ClassicalTest:
    """Return a test of this family with another β."""
    return replace(test, statistic=_Statistic(beta), beta=beta, rounding=_Rounding(beta), spread=_Spread(beta))


def _lognormal_tail(statistic: float, rows: Rows) -> float:
    """Return the p-value by the lognormal distribution with the limiting mean and variance of the statistic."""
    d = rows.dim
    square = smoothing(rows.n, d) ** 2
    fourth, eighth = square**2, square**4
    a = 1.0 + 2.0 * square
    w = (1.0 + square) * (1.0 + 3.0 * square)
    mean = 1.0 - a ** (-d / 2) * (1.0 + d * square / a + d * (d + 2) * fourth / (2.0 * a**2))
    variance = (
        2.0 * (1.0 + 4.0 * square) ** (-d / 2)
        + 2.0 * a**-d * (1.0 + 2.0 * d * fourth / a**2 + 3.0 * d * (d + 2) * eighth / (4.0 * a**4))
        - 4.0 * w ** (-d / 2) * (1.0 + 3.0 * d * fourth / (2.0 * w) + d * (d + 2) * eighth / (2.0 * w**2))
    )
    if statistic <= 0.0:
        return 1.0
    log_variance = math.log1p(variance / mean**2)
    log_mean = math.log(mean) - 0.5 * log_variance
    return 0.5 * math.erfc((math.log(statistic) - log_mean) / math.sqrt(2.0 * log_variance))


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=3.0)


HENZE_ZIRKLER = ClassicalTest(
    name="henze_zirkler",
    title="Henze-Zirkler",
    sensitive_to="any departure, hollow and bounded shapes among them; finer ones as n grows",
    alias="hz",
    statistic=_Statistic(smoothing),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(smoothing),
    beta=smoothing,
    limit=_lognormal_tail,
    spread=_Spread(smoothing),
    exponential_tail=False,
)
BHEP = ClassicalTest(
    name="bhep",
    title="BHEP",
    sensitive_to="any departure, hollow and bounded shapes among them",
    statistic=_Statistic(_Constant(1.0)),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(_Constant(1.0)),
    beta=_Constant(1.0),
    spread=_Spread(_Constant(1.0)),
    exponential_tail=False,
)


def henze_zirkler(
    x: ArrayLike | Sample,
    *,
    null: Null = "composite",
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> ClassicalTestResult:
    r"""Test whether a sample is multivariate normal, by Henze and Zirkler's test.

    It is `bhep` with a :math:`\beta` that grows with n,

    .. math::

        \beta = \frac{1}{\sqrt 2} \Big( \frac{(2D + 1) n}{4} \Big)^{1/(D+4)}

    The p-value of the classical test comes from a lognormal distribution with the limiting mean and variance of the
    statistic. In many dimensions all pairs of rows are so far apart that the statistic hardly varies from sample to
    sample and tells little. From about 90 dimensions on it tells nothing, and the test refuses the sample.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: x is standardised by its mean and covariance (divisor n). Or
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``): BHEP of x itself with the same β.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"asymptotic"``: by the lognormal distribution, with a `SizeWarning` where its size
        is not known to be right. ``"auto"``: by that distribution where its measured size at 5% is within 4 and 6%,
        else by the cached null distribution if there is one, else by 999 replicates. ``"monte carlo"``,
        ``"sequential"`` and ``"cached"`` as for `sliced_test`. None computes the statistic alone.
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
        n ≤ D + 1 or the covariance is singular; if D is so large that the statistic is the same for all samples; if an
        option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Henze and Zirkler, "A class of invariant consistent tests for multivariate normality", Communications in Statistics
    - Theory and Methods 19 (1990), 3595-3617.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = henze_zirkler(x)
    >>> round(result.statistic, 6), round(result.pvalue, 12), result.method
    (2.535522, 1.78e-10, 'asymptotic')
    """
    return run(
        HENZE_ZIRKLER,
        x,
        null=null,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
        workers=workers,
        mean=mean,
        cov=cov,
        nan_policy=nan_policy,
        progress=progress,
    )


def bhep(
    x: ArrayLike | Sample,
    beta: float = 1.0,
    *,
    null: Null = "composite",
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> ClassicalTestResult:
    r"""Test whether a sample is multivariate normal, by the test of Baringhaus, Henze, Epps and Pulley.

    .. math::

        T = n \int |\varphi_n(t) - e^{-\|t\|^2/2}|^2 \, N(t; 0, \beta^2 I) \, dt
          = \frac{1}{n} \sum_{j,k} e^{-\beta^2 \|\tilde x_j - \tilde x_k\|^2 / 2}
          - \frac{2}{(1 + \beta^2)^{D/2}} \sum_j e^{-\beta^2 \|\tilde x_j\|^2 / (2 + 2\beta^2)}
          + \frac{n}{(1 + 2\beta^2)^{D/2}}

    where :math:`\varphi_n` is the empirical characteristic function of the standardised rows. It is consistent
    against every alternative. A small β looks at the tails, a large one at details of the centre. In many dimensions
    all pairs of rows are so far apart that T tells little. Where :math:`n (1 + 2\beta^2)^{-D/2}` is below rounding
    (for β = 1 from D ≈ 65 on) it tells nothing, and the test refuses the sample.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    beta : float, default: 1.0
        The parameter β, between 0.01 and 10⁶; with a smaller one T is lost in rounding.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: :math:`\tilde x` is x standardised by its mean and covariance
        (divisor n). Or ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), x as it is.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"auto"``: by the cached null distribution if there is one, else by 999 replicates.
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
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null, n ≤ D + 1 or
        the covariance is singular; if D is so large that T is the same for all samples; if an option is unknown or out
        of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Epps and Pulley, "A test for normality based on the empirical characteristic function", Biometrika 70 (1983).
    Baringhaus and Henze, "A consistent test for multivariate normality based on the empirical characteristic
    function", Metrika 35 (1988), 339-348.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = bhep(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (2.31314, 0.01)
    """
    if isinstance(beta, bool) or not isinstance(beta, numbers.Real):
        raise TypeError(f"beta must be a number, got {beta!r}")
    if not _LEAST_BETA <= beta <= _MOST_BETA:
        raise ValueError(f"beta must be between {_LEAST_BETA:g} and {_MOST_BETA:g}, got {beta!r}")
    return run(
        with_beta(BHEP, _Constant(float(beta))),
        x,
        null=null,
        method=method,
        n_resamples=n_resamples,
        rng=rng,
        workers=workers,
        mean=mean,
        cov=cov,
        nan_policy=nan_policy,
        progress=progress,
    )
