"""The normal distribution of which rounded values are most likely: mean and variance by column, then correlations.

Mean and variance are those of the largest likelihood of a column's counts. The correlations are those that leave the
rounded columns the correlations of the sample: a column that rounds a standard normal Z has coefficients
c_k = E r(Z) h_k(Z) in orthonormal Hermite polynomials h_k, and two of correlation ρ then have the covariance
Σ_k ρ^k c_k c'_k once they are rounded (Mehler's formula), which grows with ρ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

# Steps below this, in standard deviations, leave covariances as they are, but for h²/12 of the variance (Sheppard).
_FINE = 0.05

# Cells farther out, in standard deviations, are left out; Hermite polynomials up to this degree are taken.
_REACH, _DEGREES = 9.0, 128

# Whole numbers from 0 or 1 up to at most this are taken for answers on a scale, which ends there.
_SCALE = 10

# By how much an end must raise the log-likelihood of other columns of few values. Without an end it rises by .03 to .1
# in the median, and by more than 1.5 in one of 20 columns of 100 rows; .7 in the median where one row lies beyond it,
# 2.9 where there are three.
_GAIN = 2.0

# How many rows are expected at least in cells whose counts are compared with those expected.
_EXPECTED = 3.0

# The largest correlation before rounding, and how often its interval is halved.
_MOST, _HALVINGS = 0.999, 40

# The smallest eigenvalue that is left to correlations which were found pair by pair.
_LEAST = 1e-6


@dataclass(frozen=True)
class Margin:
    """A normal column, and how it is rounded: to ``origin`` plus whole steps, between its ends.

    ``step`` is 0 for a column that is not rounded. ``low`` and ``high`` are the numbers of the steps at which it ends,
    infinite where it does not. ``misfit`` is the p-value of the counts, by Pearson's χ².
    """

    mean: float
    sd: float
    step: float = 0.0
    origin: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    misfit: float = 1.0

    @property
    def ends(self) -> bool:
        """Whether what lies beyond the lowest or the highest value is counted there."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    def rounded(self, values: Array) -> Array:
        """Return what values become."""
        if self.step == 0.0:
            return values
        number = np.clip(np.rint((values - self.origin) / self.step), self.low, self.high)
        return np.asarray(self.origin + self.step * number)

    def thresholds(self) -> Array:
        """Return the values between which a standard normal variable is rounded to the same number, ascending."""
        first = max(self.low, math.floor((self.mean - _REACH * self.sd - self.origin) / self.step))
        last = min(self.high, math.ceil((self.mean + _REACH * self.sd - self.origin) / self.step))
        between = self.origin + self.step * (np.arange(first, last) + 0.5)
        return np.asarray((between - self.mean) / self.sd)

    def coefficients(self) -> tuple[Array, float]:
        """Return the coefficients c_1, c_2, … of the rounded column, and its variance."""
        found = np.zeros(_DEGREES)
        if self.step <= _FINE * self.sd and not self.ends:
            found[0] = self.sd
            return found, self.sd**2 + self.step**2 / 12.0
        at = self.thresholds()
        density = np.exp(-0.5 * at * at) / math.sqrt(2.0 * math.pi)
        before, now = np.zeros_like(at), np.ones_like(at)
        for degree in range(1, _DEGREES + 1):
            # ∫ 1(z > t) h_k(z) φ(z) dz = φ(t) h_{k−1}(t) / √k
            found[degree - 1] = self.step * float(density @ now) / math.sqrt(degree)
            before, now = now, (at * now - math.sqrt(degree - 1.0) * before) / math.sqrt(degree)
        beyond = _ndtr(-at)
        # The number of thresholds that z exceeds has the mean Σ P_j, and the mean square Σ (2 j − 1) P_j.
        squares = float(beyond @ (2.0 * np.arange(len(at)) + 1.0))
        return found, self.step**2 * (squares - float(beyond.sum()) ** 2)


def _ndtr(x: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(x))


def _log_between(low: Array, high: Array) -> Array:
    """Return log(Φ(high) − Φ(low)), in the tail where both are small."""
    from scipy.special import log_ndtr

    turned = low > 0.0
    low, high = np.where(turned, -high, low), np.where(turned, -low, high)
    upper = log_ndtr(high)
    with np.errstate(invalid="ignore"):
        return np.asarray(upper + np.log1p(-np.exp(np.minimum(log_ndtr(low) - upper, -1e-300))))


def _most_likely(numbers: Array, shares: Array, ends: tuple[bool, bool]) -> tuple[float, float, float]:
    """Return the mean and standard deviation, in steps, of which numbers of steps are most likely, and how likely.

    That is the mean of their log-likelihood. With an end, what lies beyond the lowest or the highest number is counted
    there.
    """
    from scipy.optimize import minimize

    centre = float(shares @ numbers)
    spread = math.sqrt(float(shares @ (numbers - centre) ** 2))
    low, high = (numbers - 0.5 - centre) / spread, (numbers + 0.5 - centre) / spread
    low[0], high[-1] = -math.inf if ends[0] else low[0], math.inf if ends[1] else high[-1]

    def loss(parameters: Array) -> tuple[float, Array]:
        """Return the mean of −log P and its gradient; it is convex in mean/sd and 1/sd."""
        shift, slope = parameters
        a, b = slope * low - shift, slope * high - shift
        log_p = _log_between(a, b)
        at_a = np.exp(-0.5 * a * a - log_p) / math.sqrt(2.0 * math.pi)
        at_b = np.exp(-0.5 * b * b - log_p) / math.sqrt(2.0 * math.pi)
        by_slope = np.where(np.isfinite(high), high, 0.0) * at_b - np.where(np.isfinite(low), low, 0.0) * at_a
        return -float(shares @ log_p), np.asarray([shares @ (at_b - at_a), -(shares @ by_slope)])

    # Two values with ends have the same likelihood with any variance.
    slopes = (1.0, 1.0) if len(numbers) == 2 and all(ends) else (1e-3, 1e3)
    found = minimize(loss, np.asarray([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), slopes])
    shift, slope = found.x.tolist()
    return centre + spread * shift / slope, spread / slope, -float(found.fun)


def _misfit(numbers: Array, counts: NDArray[np.intp], mean: float, sd: float, ends: tuple[bool, bool]) -> float:
    """Return the p-value of counts by Pearson's χ², cells in which few rows are expected being taken together."""
    from scipy.special import chdtrc

    cells = np.arange(numbers[-1] + 1.0)
    observed: Array = np.zeros(len(cells))
    observed[numbers.astype(np.intp)] = counts
    edges = _ndtr((np.append(cells - 0.5, cells[-1] + 0.5) - mean) / sd)
    edges[0], edges[-1] = 0.0 if ends[0] else edges[0], 1.0 if ends[1] else edges[-1]
    expected: Array = np.diff(edges) * counts.sum() / (edges[-1] - edges[0])
    last = math.floor(expected.sum() / _EXPECTED) - 1
    together = np.clip(np.floor(np.cumsum(expected) / _EXPECTED), 0, max(last, 0))
    _, place = np.unique(together, return_inverse=True)
    observed, expected = (np.bincount(place, weights=one).astype(np.float64) for one in (observed, expected))
    freedom = len(expected) - 3
    return float(chdtrc(freedom, np.sum((observed - expected) ** 2 / expected))) if freedom > 0 else 1.0


def margin_of(values: Array, step: float, *, most_values: int) -> Margin:
    """Return the normal column of which rounded values are most likely.

    Parameters
    ----------
    values : ndarray of shape (n,), dtype=float64
        The values, whole steps apart, at least two of them different.
    step : float
        The step.
    most_values : int
        Up to how many values a column may end at its lowest or highest one.
    """
    n, origin = len(values), float(values.min())
    numbers, counts = np.unique(np.rint((values - origin) / step), return_counts=True)
    shares = counts / n
    scale = step == 1.0 and origin in (0.0, 1.0) and origin + numbers[-1] <= _SCALE and len(numbers) <= most_values
    ends = (scale or len(numbers) == 2,) * 2
    mean, sd, plain = _most_likely(numbers, shares, ends)
    if not any(ends) and len(numbers) <= most_values:
        low_end, high_end = (_most_likely(numbers, shares, one)[2] for one in ((True, False), (False, True)))
        ends = n * (low_end - plain) > _GAIN, n * (high_end - plain) > _GAIN
        if any(ends):
            mean, sd, _ = _most_likely(numbers, shares, ends)
    low, high = 0.0 if ends[0] else -math.inf, float(numbers[-1]) if ends[1] else math.inf
    misfit = _misfit(numbers, counts, mean, sd, ends)
    return Margin(origin + step * mean, step * sd, step, origin, low, high, misfit)


def latent_correlation(margins: Sequence[Margin], correlation: Array) -> Array:
    """Return the correlations (D, D) before rounding, from those of the rounded columns.

    Parameters
    ----------
    margins : sequence of Margin
        The D columns.
    correlation : ndarray of shape (D, D), dtype=float64
        The correlations of the sample.
    """
    dim = len(margins)
    parts = [margin.coefficients() for margin in margins]
    scaled = np.stack([found / math.sqrt(variance) for found, variance in parts])
    one, other = np.triu_indices(dim, 1)
    products = scaled[one] * scaled[other]
    wanted = correlation[one, other]
    low, high = np.full(len(one), -_MOST), np.full(len(one), _MOST)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        value = np.zeros_like(middle)
        for degree in range(_DEGREES - 1, -1, -1):
            value = (value + products[:, degree]) * middle
        above = value > wanted
        high, low = np.where(above, middle, high), np.where(above, low, middle)
    found = np.eye(dim)
    found[one, other] = found[other, one] = 0.5 * (low + high)
    values, vectors = np.linalg.eigh(found)
    if values[0] < _LEAST:
        found = (vectors * np.maximum(values, _LEAST)) @ vectors.T
        scale = np.sqrt(np.diagonal(found))
        found = found / scale[:, np.newaxis] / scale
    return np.asarray(found)
