"""Henze and Jiménez-Gamero's test, by the moment generating function."""

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
from slicednorm.stats._hypotests.pairs import (
    exponential,
    of_lengths,
    of_sums_and_lengths,
    pairs_elements,
    pairs_work,
    tile_sums,
)
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

# With β = 1 or less the integral of the normal distribution does not exist; beyond the second T, which goes with β^−3,
# is lost in the rounding of the sums.
_LEAST_BETA, _MOST_BETA = 1.01, 100.0

# Powers of β − 1 beyond exp of this are beyond float64, with what they are multiplied by.
_MOST_EXPONENT = 680.0


@dataclass(frozen=True)
class _Statistic:
    """Henze and Jiménez-Gamero's statistic with ``beta(n, dim)``."""

    beta: Callable[[int, int], float]

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        n, dim, beta = rows.n, rows.dim, self.beta(rows.n, rows.dim)
        pairs, singles = tile_sums(
            rows,
            whitening,
            of_sums_and_lengths(lambda sums, lengths, others: exponential(sums, 0.25 / beta)),
            of_lengths(lambda s: exponential(s, 0.5 / (2.0 * beta - 1.0))),
        )
        among = pairs / n * beta ** (-0.5 * dim)
        across = 2.0 * singles * (beta - 0.5) ** (-0.5 * dim)
        # A squared distance is not negative, but rounding may make it so.
        return np.maximum(among - across + n * (beta - 1.0) ** (-0.5 * dim), 0.0)


@dataclass(frozen=True)
class _Rounding:
    """By how much T may be off: its terms have means of about n (β − 1)^(−D/2), and exponents of about D."""

    beta: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> float:
        return 64.0 * float(np.finfo(np.float64).eps) * n * dim * (self.beta(n, dim) - 1.0) ** (-0.5 * dim)


@dataclass(frozen=True)
class _TooLarge:
    beta: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> bool:
        beta = self.beta(n, dim)
        return generates_too_much(n, dim, beta) or abs(0.5 * dim * math.log(beta - 1.0)) > _MOST_EXPONENT


def _with_beta(test: ClassicalTest, beta: Callable[[int, int], float]) -> ClassicalTest:
    return replace(test, statistic=_Statistic(beta), beta=beta, rounding=_Rounding(beta), too_large=_TooLarge(beta))


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=3.0)


_USUAL = Constant(1.5)

HENZE_JIMENEZ_GAMERO = ClassicalTest(
    name="henze_jimenez_gamero",
    title="Henze-Jiménez-Gamero",
    sensitive_to="heavy tails; not light ones",
    alias="hjg",
    statistic=_Statistic(_USUAL),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(_USUAL),
    beta=_USUAL,
    too_large=_TooLarge(_USUAL),
    exponential_tail=False,
)


def henze_jimenez_gamero(
    x: ArrayLike | Sample,
    beta: float = 1.5,
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
    r"""Test whether a sample is multivariate normal, by its moment generating function.

    .. math::

        T = \frac{n}{\pi^{D/2}} \int \big( M_n(t) - e^{\|t\|^2/2} \big)^2
        e^{-\beta \|t\|^2} dt
        = \frac{\beta^{-D/2}}{n} \sum_{j,k} e^{\|\tilde x_j + \tilde x_k\|^2 / (4\beta)}
        - \frac{2}{(\beta - \frac12)^{D/2}} \sum_j e^{\|\tilde x_j\|^2 / (4\beta - 2)}
        + \frac{n}{(\beta - 1)^{D/2}}

    where :math:`M_n` is the empirical moment generating function of the standardised rows. It looks at the farthest
    rows, the more the nearer β is to 1. As β grows, :math:`96 \beta^{3 + D/2} T` tends to 2n b₁ + 3n b̃₁, with Mardia's
    skewness b₁ and that of Móri, Rohatgi and Székely.

    A row whose :math:`\|\tilde x\|^2` exceeds about 700 β makes T overflow, which is an error. Standardised rows have
    at most n − 1, so that it takes a thousand rows and one that is farther out than all others together.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    beta : float, default: 1.5
        The parameter β, between 1.01 and 100; 1.5 is that of the tables of R's mnt.
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
    Henze and Jiménez-Gamero, "A new class of tests for multinormality with i.i.d. and GARCH data based on the empirical
    moment generating function", TEST 28 (2019), 499-521.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = henze_jimenez_gamero(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (424.933781, 0.03)
    """
    return run(
        _with_beta(HENZE_JIMENEZ_GAMERO, checked_constant("beta", beta, _LEAST_BETA, _MOST_BETA)),
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
