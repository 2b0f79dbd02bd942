"""Simultaneous bands around curves of order statistics, from replicates of the curve that is drawn.

A band of confidence level 1 − α holds the whole curve of a normal sample with that probability. It is calibrated by a
measure of how far a curve strays, which is fixed beforehand or treats sample and replicates alike. Under the null the
sample's measure is exchangeable with those of the replicates, so that the level is exact for any number M of them with
α (M + 1) whole. With fewer replicates the band is no less honest, but noisier.

Q-Q plots have bands of equal local levels (Aldor-Noiman, Brown, Buja, Rolke and Stine, "The power to see", Am. Stat.
67, 2013): at every rank i the band leaves one and the same probability ℓ outside for a sample of independent values,
whose i-th is Beta(i, n + 1 − i) on the scale of its distribution function. ℓ comes from the replicates, whatever was
done to find them, such as taking each one's least normal slice. Such a band does not favour the middle over the tails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.ranks import Ranking, rank_pvalue
from slicednorm.stats._results import Result

Array: TypeAlias = NDArray[np.floating]

# Ranks that are compared and drawn: all of a small sample; of a large one, all near the ends and some between.
_MOST_RANKS = 400
_ENDS = 50

# Curves that stray equally far, up to the rounding of special functions, are ties.
_STRAY = Ranking(relative=1e-10)

# The standard deviation of a normal distribution over its median absolute deviation.
_MAD = 1.4826


def _special() -> Any:
    """Return scipy's special functions; importing them takes longer than importing all the rest."""
    from scipy import special

    return special


@dataclass(frozen=True)
class Law:
    """A continuous distribution: its distribution function, the complement of that, and the inverses of both."""

    cdf: Callable[[Array], Array]
    sf: Callable[[Array], Array]
    ppf: Callable[[Array], Array]
    isf: Callable[[Array], Array]


NORMAL = Law(
    lambda y: _special().ndtr(y),
    lambda y: _special().ndtr(-y),
    lambda p: _special().ndtri(p),
    lambda p: -_special().ndtri(p),
)


def chi_square(dim: int) -> Law:
    """Return the χ² distribution with D degrees of freedom."""
    a = 0.5 * dim
    return Law(
        lambda t: _special().gammainc(a, 0.5 * t),
        lambda t: _special().gammaincc(a, 0.5 * t),
        lambda p: 2.0 * _special().gammaincinv(a, p),
        lambda p: 2.0 * _special().gammainccinv(a, p),
    )


def scaled_beta(n: int, dim: int) -> Law:
    """Return the distribution of a normal row's squared Mahalanobis distance by its sample's moments (divisor n).

    It is (n − 1) Beta(D/2, (n − D − 1)/2).
    """
    a, b, scale = 0.5 * dim, 0.5 * (n - dim - 1), float(n - 1)

    def part(t: Array) -> Array:
        return np.asarray(np.clip(t / scale, 0.0, 1.0))

    return Law(
        lambda t: _special().betainc(a, b, part(t)),
        lambda t: _special().betaincc(a, b, part(t)),
        lambda p: scale * _special().betaincinv(a, b, p),
        lambda p: scale * _special().betainccinv(a, b, p),
    )


@dataclass(frozen=True, repr=False)
class Band(Result):
    """A curve, and the simultaneous band that holds it if the sample is normal.

    Attributes
    ----------
    positions : ndarray of shape (g,)
        Where the curve is drawn: at the median of each order statistic under the null, or at the rank's share.
    observed : ndarray of shape (g,)
        The sample's curve.
    lower, centre, upper : ndarray of shape (g,)
        Lower end, middle and upper end of the band.
    confidence_level : float
        The probability with which the band holds the whole curve of a normal sample.
    pvalue : float
        P-value of how far the curve strays; at most 1 − confidence_level where it leaves the band.
    n_resamples : int
        Number of replicates that the band is based on.
    """

    positions: Array = field(compare=False)
    observed: Array = field(compare=False)
    lower: Array = field(compare=False)
    centre: Array = field(compare=False)
    upper: Array = field(compare=False)
    confidence_level: float
    pvalue: float
    n_resamples: int

    @property
    def inside(self) -> bool:
        """Whether the whole curve lies in the band."""
        return bool(np.all((self.lower <= self.observed) & (self.observed <= self.upper)))


def drawn_ranks(n: int) -> NDArray[np.intp]:
    """Return the ranks, from 1 to n, at which curves are compared and drawn."""
    if n <= _MOST_RANKS:
        return np.arange(1, n + 1)
    ends = np.arange(1, _ENDS + 1)
    # Evenly by the logit between the ends, which spaces the quantiles of a bell about evenly.
    reach = float(_special().logit(1.0 - _ENDS / (n + 1)))
    middle = (n + 1) * np.asarray(_special().expit(np.linspace(-reach, reach, _MOST_RANKS - 2 * _ENDS)))
    return np.unique(np.concatenate([ends, np.rint(middle).astype(np.intp), n + 1 - ends]))


def allowed_outside(confidence_level: float, n_resamples: int) -> int:
    """Return how many of M replicates and the sample a band of a confidence level leaves out, at least one.

    Raises
    ------
    ValueError
        If the confidence level is not between 0 and 1, or M replicates are too few for it.
    """
    if not 0.0 < confidence_level < 1.0:
        raise ValueError(f"confidence_level must lie between 0 and 1, got {confidence_level}")
    count = int((1.0 - confidence_level) * (n_resamples + 1) + 1e-9)
    if count < 1:
        fewest = int(np.ceil(1.0 / (1.0 - confidence_level) - 1e-9)) - 1
        raise ValueError(
            f"a band of confidence level {confidence_level:g} needs at least {fewest} replicates, got "
            f"n_resamples={n_resamples}"
        )
    return count


def _local_levels(curves: Array, ranks: NDArray[np.intp], n: int, law: Law) -> Array:
    """Return the two-sided p-value of each order statistic of the curves (..., g), each by itself."""
    below = _special().betainc(ranks, n + 1 - ranks, law.cdf(curves))
    above = _special().betainc(n + 1 - ranks, ranks, law.sf(curves))
    return np.asarray(np.minimum(1.0, 2.0 * np.minimum(below, above)))


def qq_band(
    observed: Array, replicates: Array, ranks: NDArray[np.intp], n: int, law: Law, confidence_level: float
) -> Band:
    """Return the band of a Q-Q plot from the order statistics (g,) of a sample and (M, g) of replicates."""
    count = allowed_outside(confidence_level, len(replicates))
    parts = np.array_split(replicates, 1 + len(replicates) // 64)
    of_replicates = np.concatenate([_local_levels(part, ranks, n, law).min(axis=-1) for part in parts])
    own = float(_local_levels(observed, ranks, n, law).min())
    pvalue = rank_pvalue(_STRAY.reached(-of_replicates, -own))
    local = np.partition(of_replicates, count - 1)[count - 1]

    def ordered(p: float) -> Array:
        """Return the p-quantile of each order statistic of independent values."""
        return law.ppf(np.asarray(_special().betaincinv(ranks, n + 1 - ranks, p)))

    centre = ordered(0.5)
    return Band(
        positions=centre,
        observed=observed,
        lower=ordered(0.5 * local),
        centre=centre,
        upper=law.isf(np.asarray(_special().betaincinv(n + 1 - ranks, ranks, 0.5 * local))),
        confidence_level=confidence_level,
        pvalue=pvalue,
        n_resamples=len(replicates),
    )


def spread_band(observed: Array, replicates: Array, confidence_level: float) -> Band:
    """Return the band of positive ordered values (k,) of a sample, from those (M, k) of replicates.

    A curve strays by the largest distance of its logarithm from the median over sample and replicates, in median
    absolute deviations.
    """
    count = allowed_outside(confidence_level, len(replicates))
    tiny = np.finfo(np.float64).tiny
    pool = np.log(np.clip(np.concatenate([observed[np.newaxis], replicates]), tiny, np.finfo(np.float64).max))
    centre = np.median(pool, axis=0)
    spread = np.maximum(_MAD * np.median(np.abs(pool - centre), axis=0), 1e-12)
    strays = np.max(np.abs(pool - centre) / spread, axis=-1)
    pvalue = rank_pvalue(_STRAY.reached(strays[1:], strays[0]))
    reach = np.partition(strays[1:], len(replicates) - count)[len(replicates) - count]
    with np.errstate(over="ignore"):
        lower, upper = np.exp(centre - reach * spread), np.exp(centre + reach * spread)
    return Band(
        positions=(np.arange(observed.size) + 0.5) / observed.size,
        observed=observed,
        lower=lower,
        centre=np.exp(centre),
        upper=upper,
        confidence_level=confidence_level,
        pvalue=pvalue,
        n_resamples=len(replicates),
    )
