"""BHEP, the weighted distance between characteristic functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.distances._legendre import legendre_rule
from slicednorm.distances._quadratic.form import Floats
from slicednorm.distances._quadratic.pairs import PairKernel
from slicednorm.distances._quadratic.spectral import spectral_matrix
from slicednorm.stats._distributions.all_pairs import Skewness
from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.constant import Constant, checked_constant
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.pairs import (
    exponential,
    of_distances,
    of_lengths,
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

# Below the first β, T (which goes with its sixth power) is lost in the rounding of the sums; the second keeps its
# square from overflowing.
_LEAST_BETA, _MOST_BETA = 0.01, 1e6

# The largest t of an integral over waves cos(ty) of a row y.
_SHORTEST_WAVE = 20.0


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
            of_distances(lambda s: exponential(s, -0.5 * square)),
            of_lengths(lambda s: exponential(s, -0.5 * square / (1.0 + square))),
        )
        among_normal = (1.0 + 2.0 * square) ** (-0.5 * dim)
        across = 2.0 * (1.0 + square) ** (-0.5 * dim)
        # A squared distance is not negative, but rounding may make it so.
        return np.maximum(pairs / n - across * singles + n * among_normal, 0.0)


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


# With a smaller β the statistic is a sum of sixth powers, whose tail single rows decide. With a larger one it looks at
# so fine details that its distribution is not that of few orders.
_BETA_OF_FORMULA = (0.3, 5.0)

# How far the kurtosis of single pairs of rows may be from vanishing. Where all pairs are far apart the few nearest ones
# decide, and the distribution is far from its limit.
_MOST_KURTOSIS = 0.1

_ORDER = 400


_SKEWNESS = Skewness(offset=-2.5, pairs=0.7)


@dataclass(frozen=True)
class _Form:
    """BHEP as the mean over directions u of n ∫ |φ_n(tu) − exp(−t²/2)|² w(t) dt, w(t) ∝ |t|^(D−1) exp(−t²/(2β²))."""

    beta: Callable[[int, int], float]
    skewness: Skewness = _SKEWNESS

    def matrix(self, n: int, dim: int) -> Floats:
        gamma = 0.5 / self.beta(n, dim) ** 2
        return spectral_matrix(gamma, 0.5 * dim * math.log(gamma) - math.lgamma(0.5 * dim), dim - 1)

    def along(self, n: int, dim: int, null: Null) -> PairKernel:
        gamma = 0.5 / self.beta(n, dim) ** 2
        # The weight of the integral over both halves of the line, which is 1 in all, ends where it is nothing.
        last = math.sqrt((dim + 60.0) / gamma)
        nodes, rule = legendre_rule(_ORDER)
        t = 0.5 * last * (nodes + 1.0)
        log = 0.5 * dim * math.log(gamma) - math.lgamma(0.5 * dim) + (dim - 1.0) * np.log(t) - gamma * t * t
        weights = last * rule * np.exp(log)
        # Waves that are shorter than the nodes of a row can tell apart have vanished in the mean over rows.
        seen = t < _SHORTEST_WAVE
        t, weights, unseen = t[seen], weights[seen], float(weights[~seen].sum())

        def of_difference(y: Array) -> Array:
            return np.cos(np.multiply.outer(y, t)) @ weights + np.where(y == 0.0, unseen, 0.0)

        def of_row(y: Array) -> Array:
            return np.cos(np.multiply.outer(y, t)) @ (weights * np.exp(-0.5 * t * t))

        return PairKernel(of_difference, of_row, (1.0 + 2.0 * self.beta(n, dim) ** 2) ** (-0.5 * dim))

    def rows(self, n: int, dim: int, null: Null) -> PairKernel:
        square = self.beta(n, dim) ** 2
        shrunk = (1.0 + square) ** (-0.5 * dim)
        return PairKernel(
            lambda s: exponential(s, -0.5 * square),
            lambda s: shrunk * exponential(s, -0.5 * square / (1.0 + square)),
            (1.0 + 2.0 * square) ** (-0.5 * dim),
        )

    def factor(self, n: int) -> float:
        return 1.0

    def why_not(self, n: int, dim: int) -> str | None:
        """Return why the distribution is not known for samples of a shape."""
        beta = self.beta(n, dim)
        least, most = _BETA_OF_FORMULA
        if not least <= beta <= most:
            return f"the formula was measured for a β from {least:g} to {most:g}, and its β is {beta:.3g}"
        square = beta**2
        kurtosis = 0.5 * dim * math.log((1.0 + 4.0 * square) ** 2 / (1.0 + 8.0 * square))
        enough = math.exp(min(0.5 * (kurtosis - math.log(_MOST_KURTOSIS)), 50.0))
        if n < enough:
            return (
                f"in {dim} columns {n} rows are so far apart that the few nearest pairs decide; about {enough:.2g} "
                "rows would do"
            )
        return None


def with_beta(test: ClassicalTest, beta: Callable[[int, int], float]) -> ClassicalTest:
    """Return a test of this family with another β."""
    return replace(
        test,
        statistic=_Statistic(beta),
        beta=beta,
        rounding=_Rounding(beta),
        spread=_Spread(beta),
        form=_Form(beta),
        why_no_form=_Form(beta).why_not,
    )


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=3.0)


BHEP = ClassicalTest(
    name="bhep",
    title="BHEP",
    sensitive_to="any departure, hollow and bounded shapes among them",
    statistic=_Statistic(Constant(1.0)),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(Constant(1.0)),
    beta=Constant(1.0),
    spread=_Spread(Constant(1.0)),
    exponential_tail=False,
    form=_Form(Constant(1.0)),
    why_no_form=_Form(Constant(1.0)).why_not,
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
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
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

    The kernel-based quadratic distance of Lindsay, Markatou and Ray, of the packages QuadratiK for R and Python, is
    this test: with the normal kernel of bandwidth h, centred by N(0, I), its V-statistic of the standardised rows is
    :math:`(2 \pi h^2)^{-D/2} T` with β = 1/h. (Their U-statistic leaves out the pairs of a row with itself, and is
    another one.)

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    beta : float, default: 1.0
        The parameter β, between 0.01 and 10⁶; with a smaller one T is lost in rounding.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: :math:`\tilde x` is x standardised by its mean and covariance
        (divisor n). Or ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), x as it is.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"analytic"``: by the null distribution as a formula, for β from 0.3 to 5 and rows
        that are not too far apart in many columns. ``"auto"``: by that formula from 100 rows on, else by the cached
        null distribution if there is one, else by 999 replicates. ``"monte carlo"``, ``"sequential"`` and ``"cached"``
        as for `sliced_test`. None computes the statistic alone.
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
        the covariance is singular; if D is so large that T is the same for all samples; if an option is unknown or out
        of range; with ``"analytic"``, where there is no formula for samples of that shape.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Epps and Pulley, "A test for normality based on the empirical characteristic function", Biometrika 70 (1983).
    Baringhaus and Henze, "A consistent test for multivariate normality based on the empirical characteristic
    function", Metrika 35 (1988), 339-348.
    Lindsay, Markatou and Ray, "Kernels, degrees of freedom, and power properties of quadratic distance goodness-of-fit
    tests", Journal of the American Statistical Association 109 (2014), 395-410.
    Markatou and Saraceno, "A unified framework for multivariate two- and k-sample kernel-based quadratic distance
    goodness-of-fit tests", arXiv 2407.16374.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = bhep(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (2.31314, 0.01)
    """
    return run(
        with_beta(BHEP, checked_constant("beta", beta, _LEAST_BETA, _MOST_BETA)),
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
