"""How many rows it takes to find a deviation: the size of a sample at which the test has a given power.

Power at m rows is estimated from the sample itself: m of its rows are drawn without replacement, many times over, and
each draw is tested against m normal rows along the same directions. Draws of one sample resemble each other: their
statistics spread less than those of samples by √(1 − m/n), by which the spread is widened again. And that the n rows
are themselves drawn moves the whole of these statistics by √(m/n) of their spread; in probits of the power this is the
standard error √(m/n), which dominates the interval. (Both are exact for a statistic that is a mean over rows; for
these, which are means over pairs of rows and more, they are a little too large.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import DirectionKind
from slicednorm.distances import Distance
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._hypotests.sliced import SlicedTestResult
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.statistics import scratch, slice_statistics
from slicednorm.stats._streams import RNG, choice_stream, prior_stream, replay_seed, sized_streams
from slicednorm.stats._subject import Subject, subject_of
from slicednorm.stats._types import Aggregate, NanPolicy, Null

Array: TypeAlias = NDArray[np.float64]
Bound: TypeAlias = Literal["estimate", "at most", "more than"]

# Draws at a size: while looking for the size, and at the sizes around it, where fewer do the nearer the size is to n,
# because the sample itself says less, if they are not cheap; never fewer than leave some beyond the critical value.
_SCOUTING = 80
_FEWEST, _MOST = 100, 400
_CHEAP = 1 << 25
_BEYOND = 4

# The sizes around it, as parts of it, and how near (in probits) scouting has to come.
_AROUND = (0.6, 0.77, 1.0, 1.3, 1.7)
_NEAR = 0.6
_LOOKS = 10

# Draws come from at most so many rows, by their values: 128 MB.
_MOST_ELEMENTS = 1 << 25
_LEAST_AMONG = 1 << 14

_LEAST_SIZE = 4
_FIRST_SIZE = 50

# The probit of the power grows at least so much while the log of the size grows by 1.
_LEAST_SLOPE = 0.3

# How far beyond n an extrapolation goes.
_FARTHEST = 100.0


@dataclass(frozen=True, repr=False)
class DetectableSizeResult(Result):
    """The result of `detectable_size`.

    Attributes
    ----------
    test, title : the statistic.
    rows : from how many rows on the deviation would be found; None if that cannot be told because the sample is not
        told apart from a normal one.
    low, high : the interval, of confidence 95%; ``high`` may be infinite.
    bound : ``"estimate"``; ``"at most"`` if fewer rows than the test can be tried on would do; ``"more than"`` if all
        that is known is that n rows, which is ``low``, are not enough.
    extrapolated : whether ``rows`` is more than half of the rows that were drawn from, up to where power can be seen.
    level, power : as they were asked for.
    sentence : the answer in words.
    n, dim, null, aggregate, n_slices : as they were.
    seed : what gives this result again as ``rng``.
    sizes, powers : (s,) sizes that were tried, ascending, and the estimated power at each.
    """

    test: str
    title: str
    rows: int | None
    low: float
    high: float
    bound: Bound
    extrapolated: bool
    level: float
    power: float
    sentence: str
    n: int
    dim: int
    null: Null
    aggregate: Aggregate
    n_slices: int
    seed: int | np.random.SeedSequence
    sizes: NDArray[np.intp] = field(compare=False)
    powers: Array = field(compare=False)


@dataclass(frozen=True)
class _Draws:
    """Statistics of normal samples of a size and of as many rows of the data: a function of their numbers alone."""

    rows: NDArray[np.float32]
    directions: NDArray[np.float32]
    distance: Distance
    null: Null
    aggregate: Aggregate
    root: np.random.SeedSequence
    size: int

    def __call__(self, start: int, stop: int) -> Array:
        """Return (count, 2) statistics, of the normal samples and of the draws."""
        n, dim = self.rows.shape
        streams = [sized_streams(self.root, self.size, number) for number in range(start, stop)]
        normal = normal_rows([stream[0] for stream in streams], self.size, dim, self.rows.dtype)
        drawn = np.empty((len(streams), self.size, dim), self.rows.dtype)
        for number, item in zip(range(start, stop), drawn, strict=True):
            generator = np.random.default_rng(choice_stream(self.root, self.size, number))
            item[:] = self.rows[generator.choice(n, self.size, replace=False, shuffle=False)]
        pairs = ((normal, 1), (Rows(drawn, self.rows.dtype), 2))
        values = []
        for rows, part in pairs:
            prior = None
            if self.distance.needs_prior:
                prior = normal_rows([stream[part] for stream in streams], self.size, dim, self.rows.dtype)
            # Draws of few rows may be singular: no distance, and not found.
            with np.errstate(invalid="ignore", divide="ignore"):
                (statistics,) = np.moveaxis(
                    slice_statistics(
                        rows,
                        self.directions,
                        [self.distance],
                        whitening=estimated(rows) if self.null == "composite" else None,
                        prior=prior,
                        prior_whitening=estimated(prior) if prior is not None and self.null == "composite" else None,
                    ),
                    1,
                    0,
                )
            values.append(aggregated(statistics, self.aggregate))
        return np.stack(values, axis=-1)


@dataclass(frozen=True)
class _Seen:
    """What was seen at a size: statistics times size^order, whose null law hardly depends on the size."""

    size: int
    null: Array
    drawn: Array

    @property
    def count(self) -> int:
        return len(self.null)


class _Power:
    """The power at sizes up to half of the sample, estimated as it is asked for."""

    def __init__(self, subject: Subject, level: float, workers: int) -> None:
        rows = subject.rows
        # Of samples that are larger than it takes, the draws come from a part.
        self.among = min(rows.n, max(_LEAST_AMONG, _MOST_ELEMENTS // rows.dim))
        some = None
        if self.among < rows.n:
            generator = np.random.default_rng(choice_stream(subject.root))
            some = np.sort(generator.choice(rows.n, self.among, replace=False))
        with np.errstate(over="ignore"):  # a value beyond float32 is infinitely far
            drawn_from = subject.standardised(some).astype(np.float32)
        self._draws = _Draws(
            drawn_from,
            subject.directions.astype(np.float32),
            subject.distance,
            subject.null,
            subject.aggregate,
            subject.root,
            0,
        )
        self._workers = workers
        self.level = level
        self.n = rows.n
        self.slices = len(subject.directions)
        # n·d has a null law that hardly depends on n, √n·d for ks.
        self.order = 0.5 if subject.distance.name == "ks" else 1.0
        self.least = _LEAST_SIZE if subject.null == "standard" else max(_LEAST_SIZE, rows.dim + 3)
        self.most = self.among // 2
        self.fewest = math.ceil(_BEYOND / level)
        self.seen: dict[int, _Seen] = {}

    def at(self, size: int, count: int) -> _Seen:
        """Return what is seen at a size in at least so many draws."""
        count = max(count, self.fewest)
        known = self.seen.get(size)
        if known is None or known.count < count:
            draws = _Draws(**{**vars(self._draws), "size": size})
            batch = batch_size(size * max(self._draws.directions.shape))
            values = monte_carlo(draws, count, batch=batch, workers=self._workers) * float(size) ** self.order
            null, drawn = values[:, 0], np.nan_to_num(values[:, 1], nan=-np.inf, posinf=np.inf)
            finite = np.isfinite(drawn)
            if finite.all():
                # Draws without replacement spread less than samples do.
                mean = float(np.mean(drawn))
                drawn = mean + (drawn - mean) / math.sqrt(1.0 - size / self.among)
            known = self.seen[size] = _Seen(size, null, drawn)
        return known

    def critical(self, seen: _Seen) -> float:
        """Return the critical value of size^order·statistic from one size alone."""
        return float(np.quantile(seen.null, 1.0 - self.level, method="weibull"))

    def fitted_critical(self, some: list[_Seen]) -> Array:
        """Return critical values at some sizes, smoothed by a line in the log of the size."""
        values = np.asarray([self.critical(seen) for seen in some])
        logs = np.log([seen.size for seen in some])
        if len(some) < 3 or np.ptp(logs) == 0.0:
            return values
        weights = np.sqrt([seen.count for seen in some])
        return np.asarray(np.polyval(np.polyfit(logs, values, 1, w=weights), logs))


def _share(seen: _Seen, critical: float) -> float:
    """Return the share of draws beyond a critical value, kept off 0 and 1."""
    return (float(np.count_nonzero(seen.drawn > critical)) + 0.5) / (seen.count + 1)


def _probit(p: float) -> float:
    from scipy import special

    return float(special.ndtri(p))


def _first_guess(power: _Power, statistic: float, target: float) -> int:
    """Return a size to start from: where the distance of the whole sample would stand out of the null's noise."""
    seen = power.at(min(power.most, max(power.least, _FIRST_SIZE)), _SCOUTING)
    mean, sd = float(np.mean(seen.null)), float(np.std(seen.null))
    excess = statistic - mean / power.n**power.order
    needed = power.critical(seen) - mean + max(target, 0.0) * 1.5 * sd
    if not excess > 0.0:
        return power.most
    return _within(power, (needed / excess) ** (1.0 / power.order))


def _within(power: _Power, size: float) -> int:
    return int(min(max(round(min(size, float(power.most))), power.least), power.most))


def _scout(power: _Power, statistic: float, target: float) -> tuple[int, float]:
    """Return a size near the one whose power has the probit ``target``, and the probit of the power there."""
    size = _first_guess(power, statistic, target)
    below: tuple[float, float] | None = None
    above: tuple[float, float] | None = None
    for _ in range(_LOOKS):
        seen = power.at(size, _SCOUTING)
        z = _probit(_share(seen, power.critical(seen)))
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
            proposed = _within(power, math.exp(below[0] + min(max(share, 0.15), 0.85) * (above[0] - below[0])))
        else:
            factor = math.exp(min(max((target - z) / 1.5, -1.4), 1.4))
            proposed = _within(power, size * factor)
            if proposed == size:
                proposed = _within(power, size + (1 if z < target else -1))
        if proposed in (size, *(round(math.exp(end[0])) for end in (below, above) if end is not None)):
            break
        size = proposed
    return size, z


def _fit(power: _Power, size: int) -> tuple[list[_Seen], Array, float, float, float]:
    """Look at sizes around one; return what was seen, the powers, the line of their probits and its noise.

    The line is intercept and slope over the log of the size; the noise its standard error from the number of draws.
    """
    count = int(min(max(0.5 * power.among / size, _CHEAP / (size * power.slices), _FEWEST), _MOST))
    sizes = sorted({_within(power, part * size) for part in _AROUND})
    some = [power.at(each, count) for each in sizes]
    shares = np.asarray(
        [_share(seen, critical) for seen, critical in zip(some, power.fitted_critical(some), strict=True)]
    )
    probits = np.asarray([_probit(share) for share in shares])
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
    # As much again for the critical value, which comes of as many normal samples.
    noise = math.sqrt(2.0 / float(information.sum()))
    return some, shares, float(intercept), float(slope), noise


def _extrapolate(power: _Power, seen: _Seen, statistic: float, target: float) -> float:
    """Return the size beyond half of the sample whose power has the probit ``target``, at most 100 n.

    m^a·statistic has the mean, from half of the sample to the whole and on, that grows along m^a, and the variance of
    the null and a part that grows with m.
    """
    half, whole = seen.size**power.order, power.n**power.order
    mean = float(np.mean(seen.drawn))
    slope = (whole * statistic - mean) / (whole - half)
    critical, base = power.critical(seen), float(np.var(seen.null))
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


def _rounded(rows: float) -> str:
    """Write a number of rows with two digits, as many as it is known to."""
    digits = max(0, math.floor(math.log10(rows)) - 1)
    return f"{round(rows / 10**digits) * 10**digits:,}"


def _sentence(result_of: str, rows: float | None, low: float, high: float, bound: Bound, n: int, far: bool) -> str:
    if bound == "more than" or rows is None:
        return f"More than {n:,} rows would be needed to find a deviation {result_of}."
    if bound == "at most":
        return f"As few as {rows:,.0f} rows would do to find this deviation {result_of}."
    upper = _rounded(high) if math.isfinite(high) else "no known limit"
    beyond = "; this is extrapolated from what half of the rows show" if far else ""
    return (
        f"From about {_rounded(rows)} rows on ({_rounded(low)} to {upper}), this deviation would be found {result_of}"
        f"{beyond}."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g}%"


def _statistic(subject: Subject) -> float:
    """Return the statistic of the whole sample."""
    if subject.result is not None:
        return subject.result.statistic
    rows = subject.rows
    prior = None
    if subject.distance.needs_prior:
        prior = normal_rows([prior_stream(subject.root, None)], rows.n, rows.dim, rows.dtype)
    values = slice_statistics(
        rows,
        subject.directions,
        [subject.distance],
        whitening=subject.whitening,
        prior=prior,
        prior_whitening=estimated(prior) if prior is not None and subject.null == "composite" else None,
    )
    return float(aggregated(values, subject.aggregate)[0, 0])


def _check_share(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, got {value!r}")


def detectable_size(
    x: ArrayLike | Sample,
    test: SlicedTestResult | str = "cvm",
    *,
    level: float = 0.05,
    power: float = 0.8,
    null: Null | None = None,
    aggregate: Aggregate | None = None,
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
) -> DetectableSizeResult:
    r"""Estimate from how many rows on a sliced test would find the deviation that a sample shows.

    It is the smallest m with :math:`P(T_m > c_m) \ge` ``power``, :math:`T_m` the statistic of m rows along the test's
    directions and :math:`c_m` its critical value at ``level``. A p-value at n = 10,000 says that a sample is not
    normal; this says how far it is from normal, in the unit that matters to whoever tests it.

    Power is estimated on rows of the sample, m of them drawn at random without replacement, against as many normal
    rows, at sizes m up to n/2; the size is read off a line of the probits of the power over log m. Beyond n/2 it is
    extrapolated: m times the statistic (√m for `ks`) grows linearly. A sample that the test does not reject has no
    deviation to be sized, and the answer is "more than n".

    Parameters
    ----------
    x : (n, D) sample, as for `sliced_test`.
    test : the result of `sliced_test` on x, whose statistic, null, aggregate, directions and seed are used (and whether
        it rejects at ``level``, if it has a p-value); or the name of a statistic.
    level, power : of the test; 0 to 1.
    null, aggregate, n_slices, directions, mean, cov, nan_policy : as for `sliced_test`. A result brings its own, but
        for ``mean``, ``cov`` and ``nan_policy``, which are to be given as they were there.
    rng : the seed, that of the result by default.
    workers : as for `sliced_test`; the answer does not depend on it.

    Returns
    -------
    DetectableSizeResult

    Raises
    ------
    ValueError, TypeError
        As `sliced_test`; if a result is not of this sample, or ``level`` or ``power`` is not between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((2000, 3)) + 0.3
    >>> found = detectable_size(x, "cvm", n_slices=32, rng=0)
    >>> found.bound, 10 < found.low < found.rows < found.high < 100
    ('estimate', True)
    """
    _check_share("level", level)
    _check_share("power", power)
    with single_threaded_blas():
        subject = subject_of(
            x,
            test,
            null=null,
            aggregate=aggregate,
            n_slices=n_slices,
            directions=directions,
            rng=rng,
            mean=mean,
            cov=cov,
            nan_policy=nan_policy,
        )
        statistic = _statistic(subject)
        curve = _Power(subject, level, workers)
        found = _find(subject, curve, statistic, _probit(power))
    scratch.release()
    rows, low, high, bound, sizes, powers = found
    n = subject.rows.n
    extrapolated = rows is not None and bound == "estimate" and rows > curve.most
    at = f"by the sliced {subject.distance.title} test at {_percent(level)} with {_percent(power)} power"
    return DetectableSizeResult(
        test=subject.distance.name,
        title=subject.distance.title,
        rows=None if rows is None else math.ceil(rows),
        low=low,
        high=high,
        bound=bound,
        extrapolated=extrapolated,
        level=float(level),
        power=float(power),
        sentence=_sentence(at, None if rows is None else math.ceil(rows), low, high, bound, n, extrapolated),
        n=n,
        dim=subject.rows.dim,
        null=subject.null,
        aggregate=subject.aggregate,
        n_slices=len(subject.directions),
        seed=replay_seed(subject.root),
        sizes=sizes,
        powers=powers,
    )


_Found: TypeAlias = tuple[float | None, float, float, Bound, NDArray[np.intp], Array]


def _find(subject: Subject, power: _Power, statistic: float, target: float) -> _Found:
    """Return rows, low, high, bound, sizes and powers."""
    n = power.n
    nothing: _Found = (None, float(n), math.inf, "more than", np.empty(0, np.intp), np.empty(0))
    tested = subject.result
    if tested is not None and tested.pvalue is not None and tested.pvalue > power.level:
        return nothing
    if power.most < power.least:
        return nothing
    size, z = _scout(power, statistic, target)
    if (
        (tested is None or tested.pvalue is None)
        and size == power.most
        # The null law times n^order at half of the sample is taken for that of the whole.
        and not statistic * n**power.order > power.critical(power.at(size, _FEWEST))
    ):
        return nothing
    if size == power.least and z > target:
        seen = power.at(size, _FEWEST)
        share = _share(seen, power.critical(seen))
        if _probit(share) > target:
            return (float(size), float(size), float(size), "at most", np.asarray([size], np.intp), np.asarray([share]))
    some, shares, intercept, slope, noise = _fit(power, size)
    sizes = np.asarray([seen.size for seen in some], np.intp)
    rows = math.exp(min((target - intercept) / slope, 700.0))
    # Rows that are infinitely far, or too far for float32, are found as soon as they are among those drawn.
    if not (math.isfinite(statistic) and np.isfinite(some[-1].drawn).all()):
        rows = min(rows, float(n))
    elif rows > power.most:
        rows = _extrapolate(power, some[-1], statistic, target)
        if not math.isfinite(rows):
            return None, float(n), math.inf, "more than", sizes, shares
    error = 1.96 * math.hypot(math.sqrt(rows / power.among), noise) / slope
    low, high = rows * math.exp(-error), rows * math.exp(error)
    return rows, max(low, float(power.least)), high, "estimate", sizes, shares
