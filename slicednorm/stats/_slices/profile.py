"""In which way a one-dimensional sample differs from N(0, 1): its moments, and the kind of deviation.

Four effects are weighed, all in units of a standard deviation: location |m| (over s, if s > 1), scale |log s|, the
shape that is left, √(W₂²) of (y − m)/s to N(0, 1), and whether the sample falls into two groups. Location and scale are
each the smaller of two estimates, by the moments and by the quartiles: what only one of them shows is a matter of the
shape. (A t distribution with 5 degrees of freedom has the quartiles of a normal one of sd 1.08, and an sd of 1.29.) The
effects that stand out from the noise of n values name kinds, the largest first. If it is the shape, a few rows far out
come first if the rest is normal without them; else L-moments tell which shape it is: they are linear in the sample, so
that a few far values do not decide, as they would in third and fourth powers.

Two groups come before all that, unless the whole sample lies to one side: a split moves the mean and widens the scale.
Groups of about one size are recognised by the distance to the nearest unimodal distribution; a group of one in five, or
less, hardly shows there, and is recognised by its likelihood (`mixture`).

Nothing here is a test: along a direction that was searched for, normal samples deviate as well. `support` decides what
may be named.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import w2
from slicednorm.stats._slices.mixture import Parts, gain, parts, two_groups

Kind: TypeAlias = Literal[
    "location", "scale", "skewness", "heavy tails", "light tails", "bimodality", "outliers", "unclear"
]
Array: TypeAlias = NDArray[np.float64]

# The numbers of standard errors from which on a moment stands out, and an L-moment once the shape does.
_STANDS_OUT = 3.0
_LEANS = 2.0

# n·W₂² of a standardised normal sample has the mean 2 and is beyond 6 once in 1,000, for n from 30 to 100,000.
_SHAPE_MEAN, _SHAPE_NOISE = 2.0, 6.0

# √n times the distance to unimodality of a uniform sample, the worst of all unimodal ones, is beyond 0.5 at most once
# in 200 (n from 20 to 4,000).
SPLIT_NOISE = 0.5

# Two groups, one of them at 0 and the other with 85% of the rows, have a mean of this many standard deviations. Beyond
# it, the whole sample lies to one side.
_TO_ONE_SIDE = 2.5

# For larger samples: the number of points of the distribution function that the distance to unimodality looks at.
_POINTS = 4096

_QUARTILE_RANGE = 1.3489795003921634

# For the normal distribution: the L-kurtosis, and √n times the standard deviations of L-skewness and L-kurtosis for
# large n.
_TAU4, _TAU3_SD, _TAU4_SD = 0.12260171954089094, 0.4320, 0.2971

# Scores of values that overflow, so that they can be compared and squared.
_HIGHEST = 1e9


@dataclass(frozen=True)
class Profile:
    """A sample of n values compared with N(0, 1); a z-score is the distance from N(0, 1) in standard errors.

    Attributes
    ----------
    mean, sd, skewness, excess_kurtosis : float
        Moments of the sample (divisor n); the last two 0 for a sample that does not vary.
    mean_z, sd_z, skewness_z, kurtosis_z : float
        Z-scores of these moments, by the exact moments under normality.
    split : float
        √n times the distance to the nearest unimodal distribution; unimodal samples hardly ever exceed 0.5.
    groups : tuple of tuple of float
        The share and the mean of the lower of two groups, and of the upper.
    parts : Parts or None
        What the sample is made of, in units of ``sd`` from ``mean``; None if it has one peak.
    kinds : tuple of str
        The kinds of deviation that it shows, beginning with the one to be named.
    """

    mean: float
    sd: float
    skewness: float
    excess_kurtosis: float
    mean_z: float
    sd_z: float
    skewness_z: float
    kurtosis_z: float
    split: float
    groups: tuple[tuple[float, float], tuple[float, float]]
    parts: Parts | None
    kinds: tuple[Kind, ...]

    @property
    def kind(self) -> Kind:
        """The kind of deviation, for a direction that was fixed in advance."""
        return self.kinds[0] if self.kinds else "unclear"


@dataclass(frozen=True)
class _Standard:
    """Sorted values divided by the largest of them, and standardised by their mean and standard deviation."""

    scaled: Array
    unit: float
    mean: float
    sd: float
    u: Array
    varies: bool


@dataclass(frozen=True)
class Scores:
    """How far a sample is from normal in each way that has a test; larger is farther.

    Attributes
    ----------
    location, scale : float
        Distances in standard errors; for the scale, that of its logarithm.
    skewness, heavy_tails, light_tails : float
        Distances of L-moments, in standard errors that are right for few values, too.
    parts : float
        Twice the log-likelihood that two normal components gain over one.
    split : float
        √n times the distance to the nearest unimodal distribution.
    """

    location: float
    scale: float
    skewness: float
    heavy_tails: float
    light_tails: float
    parts: float
    split: float


def _standard(values: NDArray[Any]) -> _Standard:
    y = np.sort(values.astype(np.float64))
    # Powers of the largest floats would overflow: they are taken of values of order 1.
    unit = max(float(np.abs(y[[0, -1]]).max()), np.finfo(np.float64).tiny)
    scaled = y / unit
    centred = scaled - np.mean(scaled)
    spread = float(np.sqrt(np.mean(centred * centred)))
    # What rounding leaves of equal values is not variation.
    varies = bool(spread > 4.0 * np.finfo(np.float64).eps)
    u = centred / spread if varies else np.zeros(len(y))
    return _Standard(scaled, unit, unit * float(np.mean(scaled)), unit * spread, u, varies)


def scores(values: NDArray[Any]) -> Scores:
    """Return the scores of a sample of shape (n,), n ≥ 4, in any order."""
    own = _standard(values)
    n = len(own.u)
    root = math.sqrt(n)
    tau3, tau4 = _l_ratios(own.u) if own.varies else (0.0, _TAU4)
    tails = root * (tau4 - _TAU4) / (_TAU4_SD * (1.0 + 9.0 / n))
    return Scores(
        min(root * abs(own.mean), _HIGHEST),
        min(math.sqrt(2.0 * n) * abs(math.log(own.sd)), _HIGHEST) if own.sd > 0.0 else _HIGHEST,
        root * abs(tau3) / math.sqrt(_TAU3_SD**2 + 0.9 / n),
        tails,
        -tails,
        gain(own.u),
        root * distance_to_unimodality(own.scaled) if own.varies else 0.0,
    )


def _above_convex(x: Array, height: Array) -> float:
    """Return by how much points (x, height), x ascending, exceed the greatest convex function below them."""
    corners_x: list[float] = []
    corners_y: list[float] = []
    for a, b in zip(x.tolist(), height.tolist(), strict=True):
        while len(corners_x) > 1 and (corners_y[-1] - corners_y[-2]) * (a - corners_x[-1]) >= (b - corners_y[-1]) * (
            corners_x[-1] - corners_x[-2]
        ):
            corners_x.pop()
            corners_y.pop()
        corners_x.append(a)
        corners_y.append(b)
    return float(np.max(height - np.interp(x, corners_x, corners_y)))


def distance_to_unimodality(y: Array) -> float:
    """Return how far the distribution function of a sorted sample is from one that is convex, then concave.

    It is min_m max(a_m, b_m)/2, a_m how far the function exceeds its convex minorant up to the value m of the sample,
    b_m how far its concave majorant exceeds it from there on. It is closely related to the dip of Hartigan and Hartigan
    (Ann. Statist. 13, 1985), and 1/4 for two distant groups of equal size. Equal values count as one at their mean
    rank, so that rounded data are not taken for many groups.
    """
    x, count = np.unique(y, return_counts=True)
    height = (np.cumsum(count) - 0.5 * count) / len(y)
    if len(x) > _POINTS:
        some = np.linspace(0, len(x) - 1, _POINTS).astype(np.intp)
        x, height = x[some], height[some]
    if len(x) < 4:
        return 0.0
    mirrored, depth = -x[::-1], 1.0 - height[::-1]

    def gaps(m: int) -> tuple[float, float]:
        # The point of the cut belongs to both sides: the gap between two groups must be on one of them.
        right = len(x) - m + 1
        return _above_convex(x[:m], height[:m]), _above_convex(mirrored[:right], depth[:right])

    # The gap on the left grows with m, the one on the right falls.
    low, high = 1, len(x) - 1
    while high - low > 1:
        middle = (low + high) // 2
        left, right = gaps(middle)
        low, high = (middle, high) if left < right else (low, middle)
    return 0.5 * min(max(gaps(low)), max(gaps(high)))


def _groups(y: Array, unit: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return share and mean of the two parts of a sorted sample y·unit whose means are farthest apart (two-means)."""
    n = len(y)
    below = np.arange(1, n)
    total = np.cumsum(y)
    left = total[:-1] / below
    right = (total[-1] - total[:-1]) / (n - below)
    cut = int(np.argmax(below * (n - below) * (right - left) ** 2))
    share = (cut + 1) / n
    return (share, unit * float(left[cut])), (1.0 - share, unit * float(right[cut]))


def _l_ratios(u: Array) -> tuple[float, float]:
    """Return L-skewness and L-kurtosis of a sorted sample that varies (unbiased probability-weighted moments)."""
    n = len(u)
    rank = np.arange(n, dtype=np.float64)
    weights = [np.ones(n)]
    for order in range(1, 4):
        weights.append(weights[-1] * (rank - (order - 1)) / max(n - order, 1))  # all 0 for fewer than four values
    b0, b1, b2, b3 = (float(np.mean(weight * u)) for weight in weights)
    l2 = 2.0 * b1 - b0
    return (6.0 * b2 - 6.0 * b1 + b0) / l2, (20.0 * b3 - 30.0 * b2 + 12.0 * b1 - b0) / l2


def _kinds_of_shape(u: Array) -> list[Kind]:
    n = len(u)
    tau3, tau4 = _l_ratios(u)
    skew, tails = math.sqrt(n) * abs(tau3) / _TAU3_SD, math.sqrt(n) * (tau4 - _TAU4) / _TAU4_SD
    of_tails: Kind = "heavy tails" if tails > 0.0 else "light tails"
    leans: list[tuple[float, Kind]] = [(skew, "skewness"), (abs(tails), of_tails)]
    return [kind for lean, kind in sorted(leans, key=lambda each: -each[0]) if lean >= _LEANS]


def _scale_effect(sd: float, quartiles: float) -> float:
    readings = [abs(math.log(value)) if value > 0.0 else math.inf for value in (sd, quartiles)]
    return min(readings)


def profile(values: NDArray[Any]) -> Profile:
    """Return the profile of a sample of shape (n,), n ≥ 2, in any order."""
    own = _standard(values)
    scaled, unit, mean, sd, u, varies = own.scaled, own.unit, own.mean, own.sd, own.u, own.varies
    n = len(u)
    skewness = float(np.mean(u**3)) if varies else 0.0
    excess = float(np.mean(u**4)) - 3.0 if varies else 0.0
    mean_z = math.sqrt(n) * mean
    sd_z = math.sqrt(2.0 * n) * (sd - 1.0)
    skewness_z = skewness / math.sqrt(6.0 * max(n - 2, 1) / ((n + 1) * (n + 3)))
    variance = 24.0 * n * max(n - 2, 1) * max(n - 3, 1) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    kurtosis_z = (excess + 6.0 / (n + 1)) / math.sqrt(variance)
    split = math.sqrt(n) * distance_to_unimodality(scaled) if varies else 0.0

    lower, median, upper = np.quantile(scaled, [0.25, 0.5, 0.75])
    off_centre = min(abs(mean), unit * abs(float(median))) if abs(mean_z) > _STANDS_OUT else 0.0
    location = off_centre / max(1.0, sd)
    scale = _scale_effect(sd, unit * float(upper - lower) / _QUARTILE_RANGE) if abs(sd_z) > _STANDS_OUT else 0.0
    left_over = float(w2.value(u)) if varies else 0.0
    shape = math.sqrt(left_over - _SHAPE_MEAN / n) if n * left_over > _SHAPE_NOISE else 0.0
    made_of = parts(u) if varies else None
    of_shape: list[Kind] = _kinds_of_shape(u) if shape > 0.0 else []
    if shape > 0.0 and made_of is not None and made_of.kind == "outliers":
        of_shape.insert(0, "outliers")
    effects: list[tuple[float, list[Kind]]] = [(location, ["location"]), (scale, ["scale"]), (shape, of_shape)]
    kinds = [kind for effect, those in sorted(effects, key=lambda each: -each[0]) if effect > 0.0 for kind in those]
    in_two = split > SPLIT_NOISE if made_of is None else made_of.kind == "bimodality"
    if in_two and off_centre < _TO_ONE_SIDE * sd:
        kinds.insert(0, "bimodality")
    laws = two_groups(u) if in_two else None
    if laws is None:
        groups = _groups(scaled, unit)
    else:
        (below, above), (low, high) = laws.shares.tolist(), (mean + sd * laws.means).tolist()
        groups = (below, low), (above, high)
    return Profile(
        mean, sd, skewness, excess, mean_z, sd_z, skewness_z, kurtosis_z, split, groups, made_of, tuple(kinds)
    )
