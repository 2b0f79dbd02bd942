"""The size at which a test has a given power: searched for, then read off a line."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._deviation.power import Array, Power, Seen, probit, share_beyond, within
from slicednorm.stats._deviation.tested_sample import Tested
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

Bound: TypeAlias = Literal["estimate", "at most", "more than"]

# The number of draws at a size: while searching, and then at the sizes around the one that was found. If draws are not
# cheap, fewer are made the nearer the size is to n, because the sample itself tells less then; but always enough for
# some to be beyond the critical value.
_SCOUTING = 80
_FEWEST, _MOST = 100, 400
_CHEAP = 1 << 25

# The sizes around it, as multiples of it, and how near (in probits) the search has to come.
_AROUND = (0.6, 0.77, 1.0, 1.3, 1.7)
_NEAR = 0.6
_LOOKS = 10
_FIRST_SIZE = 50

# The probit of the power grows at least by this while the log of the size grows by 1.
_LEAST_SLOPE = 0.3

# The largest multiple of n to which a size is extrapolated.
_FARTHEST = 100.0


def _first_guess(power: Power, statistic: float, target: float) -> int:
    """Return a size to start from: where the whole sample's distance would stand out from the noise under the null."""
    seen = power.at(min(power.most, max(power.least, _FIRST_SIZE)), _SCOUTING)
    mean, sd = seen.mean, math.sqrt(seen.var)
    excess = statistic - mean / power.n**power.order
    needed = power.critical(seen) - mean + max(target, 0.0) * 1.5 * sd
    if not excess > 0.0:
        return power.most
    return within(power, (needed / excess) ** (1.0 / power.order))


def _scout(power: Power, statistic: float, target: float) -> tuple[int, float]:
    """Return a size near the one whose power has the probit ``target``, and the probit of the power there."""
    size = _first_guess(power, statistic, target)
    below: tuple[float, float] | None = None
    above: tuple[float, float] | None = None
    for _ in range(_LOOKS):
        seen = power.at(size, _SCOUTING)
        z = probit(share_beyond(seen, power.critical(seen)))
        if abs(z - target) <= _NEAR:
            break
        if z < target:
            if size == power.most:
                break
            below = (math.log(size), z)
        else:
            if size == power.least:
                break
            above = (math.log(size), z)
        if below is not None and above is not None:
            share = (target - below[1]) / (above[1] - below[1])
            proposed = within(power, math.exp(below[0] + min(max(share, 0.15), 0.85) * (above[0] - below[0])))
        else:
            factor = math.exp(min(max((target - z) / 1.5, -1.4), 1.4))
            proposed = within(power, size * factor)
            if proposed == size:
                proposed = within(power, size + (1 if z < target else -1))
        if proposed in (size, *(round(math.exp(end[0])) for end in (below, above) if end is not None)):
            break
        size = proposed
    return size, z


def _fit(power: Power, size: int) -> tuple[list[Seen], Array, float, float, float]:
    """Look at sizes around one; return the observations, the powers, the line of their probits, and its noise.

    The line is given by intercept and slope over the log of the size; the noise is its standard error due to the number
    of draws.
    """
    count = int(min(max(0.5 * power.among / size, _CHEAP / (size * power.slices), _FEWEST), _MOST))
    sizes = sorted({within(power, part * size) for part in _AROUND})
    some = [power.at(each, count) for each in sizes]
    shares = np.asarray(
        [share_beyond(seen, critical) for seen, critical in zip(some, power.fitted_critical(some), strict=True)]
    )
    probits = np.asarray([probit(share) for share in shares])
    density = np.exp(-0.5 * probits**2) / math.sqrt(2.0 * math.pi)
    information = np.asarray([seen.count for seen in some]) * density**2 / (shares * (1.0 - shares))
    logs = np.log(sizes)
    if len(sizes) > 1:
        slope, intercept = np.polyfit(logs, probits, 1, w=np.sqrt(information))
    else:
        slope, intercept = 0.0, float(probits[0])
    if not slope >= _LEAST_SLOPE:
        slope = _LEAST_SLOPE
        intercept = float(np.average(probits - slope * logs, weights=information))
    # As much again for critical values that come from equally many normal samples.
    simulated = any(not isinstance(seen.null, WeightedChi2) for seen in some)
    noise = math.sqrt((2.0 if simulated else 1.0) / float(information.sum()))
    return some, shares, float(intercept), float(slope), noise


def _extrapolate(power: Power, seen: Seen, statistic: float, target: float) -> float:
    """Return the size beyond half of the sample whose power has the probit ``target``, at most 100 n.

    The mean of m^a·statistic grows linearly in m^a, through half of the sample and the whole and beyond; its variance
    is that under the null plus a part that grows with m.
    """
    half, whole = seen.size**power.order, power.n**power.order
    mean = float(np.mean(seen.drawn))
    slope = (whole * statistic - mean) / (whole - half)
    critical, base = power.critical(seen), seen.var
    growing = max(0.0, float(np.var(seen.drawn)) - base)

    def probit(size: float) -> float:
        middle = mean + slope * (size**power.order - half)
        return (middle - critical) / math.sqrt(base + growing * size / seen.size)

    low, high = float(seen.size), _FARTHEST * power.n
    if probit(high) < target:
        return math.inf
    while high - low > 0.5:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if probit(middle) < target else (low, middle)
    return high


_Found: TypeAlias = tuple[float | None, float, float, Bound, NDArray[np.intp], Array]


def find_size(subject: Tested, power: Power, statistic: float, target: float) -> _Found:
    """Return rows, low, high, bound, sizes and powers."""
    n = power.n
    nothing: _Found = (None, float(n), math.inf, "more than", np.empty(0, np.intp), np.empty(0))
    tested = subject.result
    if tested is not None and tested.has_pvalue and tested.pvalue > power.level:
        return nothing
    if power.most < power.least:
        return nothing
    size, z = _scout(power, statistic, target)
    if (
        (tested is None or not tested.has_pvalue)
        and size == power.most
        # The null distribution of n^order·statistic at half of the sample stands for that at the whole.
        and not statistic * n**power.order > power.critical(power.at(size, _FEWEST))
    ):
        return nothing
    if size == power.least and z > target:
        seen = power.at(size, _FEWEST)
        share = share_beyond(seen, power.critical(seen))
        if probit(share) > target:
            return (float(size), float(size), float(size), "at most", np.asarray([size], np.intp), np.asarray([share]))
    some, shares, intercept, slope, noise = _fit(power, size)
    sizes = np.asarray([seen.size for seen in some], np.intp)
    rows = math.exp(min((target - intercept) / slope, 700.0))
    # Rows that are infinitely far out, or too far for float32, are found as soon as they are drawn.
    if not (math.isfinite(statistic) and np.isfinite(some[-1].drawn).all()):
        rows = min(rows, float(n))
    elif rows > power.most:
        rows = _extrapolate(power, some[-1], statistic, target)
        if not math.isfinite(rows):
            return None, float(n), math.inf, "more than", sizes, shares
    error = 1.96 * math.hypot(math.sqrt(rows / power.among), noise) / slope
    low, high = rows * math.exp(-error), rows * math.exp(error)
    return rows, max(low, float(power.least)), high, "estimate", sizes, shares
