"""Dörr, Ebner and Henze's test by a double estimation in a differential equation of the characteristic function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._hypotests.classical.base import Array, ClassicalTest, ClassicalTestResult
from slicednorm.stats._hypotests.classical.constant import Constant, checked_constant
from slicednorm.stats._hypotests.classical.run import run
from slicednorm.stats._hypotests.pairs import (
    of_distances_and_lengths,
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

# With a smaller a only single rows are seen, with a larger one T is lost in the rounding of the sums.
_LEAST_A, _MOST_A = 0.01, 100.0


@dataclass(frozen=True)
class _Statistic:
    """The statistic of the double estimation with ``a(n, dim)``."""

    a: Callable[[int, int], float]

    def __call__(self, rows: Rows, whitening: Whitening | None, null: Null) -> Array:
        n, dim, a = rows.n, rows.dim, self.a(rows.n, rows.dim)

        def kernel(squares: Array, lengths: Array, others: Array) -> Array:
            # With t ~ N(0, I/(2a)) and c = cos(t·(x_j − x_k)), E c = e^(−s/(4a)), and over that E ‖t‖²c = m = D/(2a)
            # − s/(4a²) and E ‖t‖⁴c = m² + D/(2a²) − s/(2a³).
            weights = np.exp(squares * (-0.25 / a))
            mean = squares * (-0.25 / a**2)
            mean += (0.5 / a - 1.0) * dim
            squares *= -0.5 / a**3
            squares += 0.5 * dim / a**2
            squares += (lengths + mean) * (others + mean)
            squares *= weights
            return squares

        pairs, _ = tile_sums(rows, whitening, of_distances_and_lengths(kernel), of_lengths(np.zeros_like))
        # An integral of squares is not negative, but rounding may make it so.
        return np.maximum(pairs / n / dim**2, 0.0)


@dataclass(frozen=True)
class _Rounding:
    """By how much T may be off: its terms are about (1 + 1/a)², and n (a/(a + 1))^(D/2) times that."""

    a: Callable[[int, int], float]

    def __call__(self, n: int, dim: int) -> float:
        a = self.a(n, dim)
        terms = (1.0 + 1.0 / a) ** 2 * (2.0 + n * (a / (a + 1.0)) ** (0.5 * dim))
        return 64.0 * float(np.finfo(np.float64).eps) * terms


def _with_a(test: ClassicalTest, a: Callable[[int, int], float]) -> ClassicalTest:
    return replace(test, statistic=_Statistic(a), beta=a, rounding=_Rounding(a))


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=8.0)


_USUAL = Constant(0.5)

DOERR_EBNER_HENZE_DOUBLE = ClassicalTest(
    name="doerr_ebner_henze_double",
    title="Dörr-Ebner-Henze double",
    sensitive_to="heavy tails, and dependence between columns; light tails a little",
    alias="dehu",
    statistic=_Statistic(_USUAL),
    elements=pairs_elements,
    work=_work,
    rounding=_Rounding(_USUAL),
    beta=_USUAL,
    exponential_tail=False,
)


def doerr_ebner_henze_double(
    x: ArrayLike | Sample,
    a: float = 0.5,
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
    r"""Test whether a sample is multivariate normal, by a differential equation of its characteristic function.

    .. math::

        T = \frac{n}{D^2} \Big( \frac{a}{\pi} \Big)^{D/2} \int \Big| \frac1n \sum_j
        (\|\tilde x_j\|^2 + \|t\|^2 - D) e^{i t \cdot \tilde x_j} \Big|^2 e^{-a \|t\|^2} dt

    The characteristic function of N(0, I) solves :math:`\Delta \varphi = (\|t\|^2 - D) \varphi`. Both sides are
    estimated here, where `doerr_ebner_henze` compares an estimate of the left one with that of N(0, I). In sums,

    .. math::

        D^2 T = \frac1n \sum_{j,k} e^{-s_{jk}/(4a)} \Big( (r_j - D + m_{jk}) (r_k - D + m_{jk}) + \frac{D}{2a^2}
        - \frac{s_{jk}}{2a^3} \Big), \qquad m_{jk} = \frac{D}{2a} - \frac{s_{jk}}{4a^2}

    with :math:`r_j = \|\tilde x_j\|^2` and :math:`s_{jk} = \|\tilde x_j - \tilde x_k\|^2`. In many dimensions all
    pairs of rows are so far apart that T tells what Mardia's kurtosis does.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    a : float, default: 0.5
        The parameter a, between 0.01 and 100; 0.5 is that of the tables of R's mnt.
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
        the covariance is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    Dörr, Ebner and Henze, "A new test of multivariate normality by a double estimation in a characterizing PDE",
    Metrika 84 (2021), 401-427.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = doerr_ebner_henze_double(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (5.249285, 0.01)
    """
    return run(
        _with_a(DOERR_EBNER_HENZE_DOUBLE, checked_constant("a", a, _LEAST_A, _MOST_A)),
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
