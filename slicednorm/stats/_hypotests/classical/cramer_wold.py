"""The multivariate Cramer-Wold distance as a test."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.distances._kummer import kummer
from slicednorm.distances._quadratic.form import Floats
from slicednorm.distances._quadratic.pairs import PairKernel
from slicednorm.distances._quadratic.spectral import spectral_kernel
from slicednorm.distances.cw import DISTANCE as CW
from slicednorm.distances.cw import bandwidth
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


def _scaled_kummer(squares: Array, scale: float, dim: int) -> Array:
    squares /= scale
    return kummer(squares, dim)


def statistic(rows: Rows, whitening: Whitening | None, null: Null) -> Array:
    """Return the Cramer-Wold distance from N(0, I) of every sample of a batch."""
    n, dim = rows.n, rows.dim
    gamma = bandwidth(n)
    pairs, singles = tile_sums(
        rows,
        whitening,
        of_distances(lambda s: _scaled_kummer(s, 4.0 * gamma, dim)),
        of_lengths(lambda s: _scaled_kummer(s, 2.0 + 4.0 * gamma, dim)),
    )
    among, across = pairs / n / n / math.sqrt(gamma), 2.0 * singles / n / math.sqrt(gamma + 0.5)
    return np.asarray((among + (1.0 + gamma) ** -0.5 - across) / (2.0 * math.sqrt(math.pi)))


_SKEWNESS = Skewness(per_column=1.2, offset=-3.0)


@dataclass(frozen=True)
class _Form:
    """The distance as the mean of the sliced statistic ``cw`` over all directions."""

    skewness: Skewness = _SKEWNESS

    def matrix(self, n: int, dim: int) -> Floats:
        form = CW.quadratic
        assert form is not None
        return form.matrix(n)

    def along(self, n: int, dim: int, null: Null) -> PairKernel:
        return spectral_kernel(bandwidth(n), 0.5 / math.pi)

    def rows(self, n: int, dim: int, null: Null) -> PairKernel:
        gamma = bandwidth(n)
        half = 0.5 / math.sqrt(math.pi)
        return PairKernel(
            lambda s: half / math.sqrt(gamma) * _scaled_kummer(s, 4.0 * gamma, dim),
            lambda s: half / math.sqrt(gamma + 0.5) * _scaled_kummer(s.copy(), 2.0 + 4.0 * gamma, dim),
            half / math.sqrt(1.0 + gamma),
        )

    def factor(self, n: int) -> float:
        return 1.0 / n


def _rounding(n: int, dim: int) -> float:
    """Return by how much the statistic may be off: it is a difference of terms of the order of 1."""
    return 64.0 * float(np.finfo(np.float64).eps)


def _work(n: int, dim: int) -> float:
    return pairs_work(n, dim, kernel=14.0)


CRAMER_WOLD = ClassicalTest(
    name="cramer_wold",
    title="multivariate Cramer-Wold",
    sensitive_to="any departure; heavy tails as well as hollow and bounded shapes",
    alias="cramer-wold",
    statistic=statistic,
    elements=pairs_elements,
    work=_work,
    rounding=_rounding,
    form=_Form(),
)


def cramer_wold(
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
    r"""Test whether a sample is multivariate normal, by its multivariate Cramer-Wold distance from N(0, I).

    .. math::

        T = \frac{1}{2\sqrt\pi} \Big[ \frac{1}{n^2 \sqrt\gamma} \sum_{j,k}
        \varphi_D\Big(\frac{\|\tilde x_j - \tilde x_k\|^2}{4\gamma}\Big)
        + \frac{1}{\sqrt{1 + \gamma}} - \frac{2}{n \sqrt{\gamma + \frac12}} \sum_j
        \varphi_D\Big(\frac{\|\tilde x_j\|^2}{2 + 4\gamma}\Big) \Big], \qquad
        \varphi_D(s) = {}_1F_1(\tfrac12; \tfrac D2; -s)

    with :math:`\gamma = (4/(3n))^{2/5}`. It is the limit of the mean of the sliced statistic ``cw`` over k
    directions as k → ∞.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`. Computed in float64.
    null : {"standard", "composite"}, default: "composite"
        ``"composite"``, X ~ N(μ, Σ), both unknown: :math:`\tilde x` is x standardised by its mean and covariance
        (divisor n). Or ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), x as it is.
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
    Tabor, Knop, Spurek, Podolak, Mazur and Jastrzębski, "Cramer-Wold AutoEncoder", arXiv 1805.09235.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_exponential((60, 3))
    >>> result = cramer_wold(x, n_resamples=99, rng=0)
    >>> round(result.statistic, 6), result.pvalue
    (0.013987, 0.01)
    """
    return run(
        CRAMER_WOLD,
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
