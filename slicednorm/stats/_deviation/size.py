"""How many rows it takes to find a deviation: the size of a sample at which the test has a given power.

Power at m rows is estimated from the sample itself: m of its rows are drawn without replacement, many times over, and
each draw is tested along the same directions, by the null distribution as a formula where it holds for m rows, else by
that of as many normal samples. Draws of one sample resemble each other: their
statistics spread less than those of samples by √(1 − m/n), and the spread is widened by that factor again. The n rows
are a draw themselves, which moves the whole of these statistics by √(m/n) of their spread; in probits of the power this
is the standard error √(m/n), which dominates the interval. (Both are exact for a statistic that is a mean over rows;
for these, which are means over pairs of rows and more, they are a little too large.)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import DirectionKind
from slicednorm.stats._arguments import check_share
from slicednorm.stats._deviation.power import Array, Power, probit
from slicednorm.stats._deviation.size_search import Bound, find_size
from slicednorm.stats._deviation.stands_for import sliced_of
from slicednorm.stats._deviation.tested_sample import Tested, tested_by
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._results import NamedResult
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.statistics import slice_statistics, slices_scratch
from slicednorm.stats._streams import RNG, prior_stream, replay_seed
from slicednorm.stats._types import Aggregate, NanPolicy, Null


@dataclass(frozen=True, repr=False, kw_only=True)
class DetectableSizeResult(NamedResult):
    """The result of `detectable_size`.

    Attributes
    ----------
    name, title : str
        Name of the statistic, and its name in words.
    rows : int or None
        Number of rows from which on the deviation would be found; None if that is not known, because the sample cannot
        be told from a normal one.
    low, high : float
        Ends of the interval of confidence 95%; ``high`` may be infinite.
    bound : {"estimate", "at most", "more than"}
        What ``rows`` is: ``"estimate"``; ``"at most"`` if fewer rows than the test can be tried on would be enough;
        ``"more than"`` if all that is known is that n rows are not enough; ``low`` is n then.
    extrapolated : bool
        Whether ``rows`` is more than half of the rows that were drawn from, beyond which power cannot be observed.
    level, power : float
        Level and power, as they were asked for.
    sentence : str
        The answer in words.
    n, dim : int
        Shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    aggregate : {"mean", "max"}
        How the test combines the slices.
    n_slices : int
        Number of directions.
    seed : int or numpy.random.SeedSequence
        Pass it as ``rng`` to reproduce the result.
    sizes : ndarray of shape (s,), dtype=intp
        Sizes that were tried, ascending.
    powers : ndarray of shape (s,), dtype=float64
        Estimated power at each of the sizes.
    """

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


def rounded_rows(rows: float) -> str:
    """Return a number of rows with two digits, which is how well it is known."""
    digits = max(0, math.floor(math.log10(rows)) - 1)
    return f"{round(rows / 10**digits) * 10**digits:,}"


# An interval whose ends differ by more than this factor says nothing.
_KNOWN = 1e6


def _sentence(result_of: str, rows: float | None, low: float, high: float, bound: Bound, n: int, far: bool) -> str:
    if bound == "more than" or rows is None:
        return f"More than {n:,} rows would be needed to find a deviation {result_of}."
    if bound == "at most":
        return f"As few as {rows:,.0f} rows would do to find this deviation {result_of}."
    if math.isfinite(high) and high > _KNOWN * max(low, 1.0):
        return f"How many rows it takes to find this deviation {result_of} cannot be told from {n:,} rows."
    upper = rounded_rows(high) if math.isfinite(high) else "no known limit"
    beyond = "; this is extrapolated from what half of the rows show" if far else ""
    return (
        f"From about {rounded_rows(rows)} rows on ({rounded_rows(low)} to {upper}), this deviation would be found "
        f"{result_of}{beyond}."
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g}%"


def _statistic(subject: Tested) -> float:
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


@slices_scratch()
def detectable_size(
    x: ArrayLike | Sample,
    test: SlicedTestResult | CombinedTestResult | str = "cvm",
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

    It is the smallest m with :math:`P(T_m > c_m) \ge` ``power``, where :math:`T_m` is the statistic of m rows along the
    test's directions and :math:`c_m` its critical value at ``level``. A p-value at n = 10,000 says that a sample is not
    normal; this says how far it is from normal, in the unit that matters to whoever tests it.

    Power is estimated at sizes m up to n/2, on m rows of the sample, drawn at random without replacement; the
    critical value comes from the formula of ``method="analytic"`` where that holds, else from as many normal
    samples. The size is read off a line of the probits of the power over log m. Beyond n/2 it is extrapolated: m
    times the statistic (√m for `ks`) grows linearly. If the test does not reject the sample, there is no deviation
    to find, and the answer is "more than n". The residuals of a regression are taken as independent rows here.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    test : SlicedTestResult, OmnibusTestResult, PursuitTestResult or str, default: "cvm"
        The result of `sliced_test` on x, whose statistic, null, aggregate, directions and seed are used (and whether it
        rejects at ``level``, if it has a p-value); or the name of a statistic. For the result of `omnibus_test` or
        `pursuit_test` on x stands the sliced test that sees what its driver saw, as for `least_normal_direction`.
    level : float, default: 0.05
        Level of the test, between 0 and 1.
    power : float, default: 0.8
        Power with which the deviation is to be found, between 0 and 1.
    null : {"standard", "composite"}, optional
        Null hypothesis, as for `sliced_test`; a result brings its own.
    aggregate : {"mean", "max"}, optional
        How the slices are combined, as for `sliced_test`; a result brings its own.
    n_slices : int, optional
        Number of random directions, as for `sliced_test`; a result brings its own.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors, or how to draw them, as for `sliced_test`; a result brings its own.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        The seed, that of the result by default.
    workers : int, default: 1
        Number of threads, as for `sliced_test`; the answer does not depend on it.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`; to be given again with a result.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`; to be given again with a result.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`; to be given again with a result.

    Returns
    -------
    DetectableSizeResult
        The number of rows with its interval, and the answer in words.

    Raises
    ------
    ValueError
        As `sliced_test`; if a result is not of this sample, or ``level`` or ``power`` is not between 0 and 1.
    TypeError
        As `sliced_test`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((2000, 3)) + 0.3
    >>> found = detectable_size(x, "cvm", n_slices=32, rng=0)
    >>> found.bound, 10 < found.low < found.rows < found.high < 100
    ('estimate', True)
    """
    check_share("level", level)
    check_share("power", power)
    sample = as_sample(x, nan_policy=nan_policy)
    by = sliced_of(sample, test, method="auto", workers=workers, mean=mean, cov=cov)
    with single_threaded_blas():
        subject = tested_by(
            sample,
            by,
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
        curve = Power(subject, level, workers)
        found = find_size(subject, curve, statistic, probit(power))
    rows, low, high, bound, sizes, powers = found
    n = subject.rows.n
    extrapolated = rows is not None and bound == "estimate" and rows > curve.most
    at = f"by the sliced {subject.distance.title} test at {_percent(level)} with {_percent(power)} power"
    return DetectableSizeResult(
        name=subject.distance.name,
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
