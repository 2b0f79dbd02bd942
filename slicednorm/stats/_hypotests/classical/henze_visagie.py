"""Henze and Visagie's test, by a differential equation of the moment generating function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.constant import Constant, checked_constant
from slicednorm.stats._hypotests.classical.far_rows import generates_too_much
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.pairs import of_lengths, of_sums_and_lengths, pairs_elements, pairs_work, tile_sums
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# With γ = 1 or less T has no limiting distribution; beyond the second it is lost in the rounding of terms that are γ²
# times as large.
_LEAST_GAMMA, _MOST_GAMMA = 1.01, 100.0


@dataclass(frozen=True)
class _Statistic:
    """Henze and Visagie's statistic with ``gamma(n, dim)``."""

    gamma: Callable[[int, int], float]

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        n, dim = rows.n, rows.dim
        gamma = self.gamma(n, dim)
        # x_j·x_k = (s − ‖x_j‖² − ‖x_k‖²)/2 of s = ‖x_j + x_k‖².
        of_sum = 0.5 - 0.5 / gamma + 0.25 / gamma**2

        def kernel(squares: Array, lengths: Array, others: Array) -> Array:
            weights = np.exp(squares * (0.25 / gamma))
            squares *= of_sum
            squares -= 0.5 * (lengths - dim / gamma)
            squares -= 0.5 * others
            squares *= weights
            return squares

        pairs, _ = tile_sums(rows, whitening, of_sums_and_lengths(kernel), of_lengths(np.zeros_like))
        # An integral of squares is not negative, but rounding may make it so.
        return np.maximum(16.0 * gamma**2 / n * pairs, 0.0)


@dataclass(frozen=True)
class _Rounding:
    """By how much T may be off: 16γ² times n mean terms of about √D + 2D/γ, and of exp(χ²/(2γ))."""

    gamma: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> float:
        gamma = self.gamma(n, dim)
        terms = 16.0 * gamma**2 * n * (math.sqrt(dim) + 2.0 * dim / gamma)
        return 64.0 * float(np.finfo(np.float64).eps) * terms * (1.0 - 1.0 / gamma) ** (-0.5 * dim)


@dataclass(frozen=True)
class _TooLarge:
    gamma: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> bool:
        return generates_too_much(n, dim, self.gamma(n, dim))


def _with_gamma(test: ClassicalTest, gamma: Callable[[int, int], float]) -> ClassicalTest:
    return replace(test, statistic=_Statistic(gamma), beta=gamma, rounding=_Rounding(gamma), too_large=_TooLarge(gamma))


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=5.0)


_USUAL = Constant(5.0)

HENZE_VISAGIE = ClassicalTest(
    name="henze_visagie",
    title="Henze-Visagie",
    sensitive_to="heavy tails and skewness; not light tails",
    alias="hv",
    statistic=_Statistic(_USUAL),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(_USUAL),
    beta=_USUAL,
    too_large=_TooLarge(_USUAL),
    exponential_tail=False,
)


def henze_visagie(
    x: ArrayLike | Sample,
    gamma: float = 5.0,
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
    r"""Test whether a sample is multivariate normal, by the moment generating function and its gradient.

    .. math::

        T = 16 \gamma^2 \Big( \frac{\gamma}{\pi} \Big)^{D/2} n \int \| \nabla M_n(t) - t M_n(t) \|^2
        e^{-\gamma \|t\|^2} dt
        = \frac{16 \gamma^2}{n} \sum_{j,k} e^{s_{jk} / (4\gamma)} \Big( \tilde x_j \cdot \tilde x_k
        - \frac{s_{jk}}{2\gamma} + \frac{D}{2\gamma} + \frac{s_{jk}}{4\gamma^2} \Big), \qquad
        s_{jk} = \|\tilde x_j + \tilde x_k\|^2

    where :math:`M_n` is the empirical moment generating function of the standardised rows: only that of N(0, I) solves
    :math:`\nabla M(t) = t M(t)`, M(0) = 1. As γ grows, T tends to 2n b₁ + n b̃₁, with Mardia's skewness b₁ and that
    of Móri, Rohatgi and Székely.

    A row whose :math:`\|\tilde x\|^2` exceeds about 700 γ makes T overflow, which is an error. Standardised rows have
    at most n − 1, so that it takes thousands of rows and one that is farther out than all others together.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    gamma : float, default: 5.0
        The parameter γ, between 1.01 and 100; 5 is that of the tables of R's mnt.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: :math:`\tilde x` is x standardised by its mean and covariance
        (divisor n). Or ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), x as it is.
    method : {"auto", "sequential", "cached", "monte carlo"} or None, default: "auto"
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
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null, n ≤ D + 1 or
        the covariance is singular; if a row is so far out, or D so large, that T overflows; if an option is unknown or
        out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Henze and Visagie, "Testing for normality in any dimension based on a partial differential equation involving the
    moment generating function", Annals of the Institute of Statistical Mathematics 72 (2020), 1109-1136.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = henze_visagie(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (3161.795041, 0.01)
    """
    return run(
        _with_gamma(HENZE_VISAGIE, checked_constant("gamma", gamma, _LEAST_GAMMA, _MOST_GAMMA)),
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
