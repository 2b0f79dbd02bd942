"""How many replicates a test takes, and how many it can afford."""

from __future__ import annotations

from slicednorm.stats._calibration.method import Way, fixed_number
from slicednorm.stats._calibration.pvalue import pvalue_stderr
from slicednorm.stats._limits import current

# If no number is asked for, a test with expensive replicates takes fewer of them: the first of these numbers that takes
# at most a quarter of an hour of one core, here in nanoseconds.
_FEWER = (999, 199, 99)
MOST_WORK = 900e9


def most_resamples(way: Way) -> int:
    """Return how many replicates a test takes at most.

    Parameters
    ----------
    way : Way
        How the p-value is to be found.

    Returns
    -------
    int
        The largest number of replicates.
    """
    if way.n_resamples is not None:
        return way.n_resamples
    if way.method in ("analytic", "asymptotic"):
        return 0
    return current().full_law if way.method == "cached" else current().most_resamples


def affordable(way: Way, work: float, most_work: float = MOST_WORK) -> Way:
    """Return the way that a test with expensive replicates takes: the one asked for, or a smaller fixed number.

    A number that was asked for is never changed.

    Parameters
    ----------
    way : Way
        The way that was asked for.
    work : float
        How long the statistic takes once, in nanoseconds on one core.
    most_work : float, default: 9e11
        How long the test may take, in nanoseconds on one core.

    Raises
    ------
    ValueError
        If even the fewest replicates that make a test, 99, would take longer; the message says how long.

    Examples
    --------
    >>> affordable(Way("auto"), 1e6)
    Way(method='auto', n_resamples=None)
    >>> affordable(Way("auto"), 1e9), affordable(Way("monte carlo", 5000), 1e9)
    (Way(method='monte carlo', n_resamples=199), Way(method='monte carlo', n_resamples=5000))
    """
    if way.n_resamples is not None:
        return way
    for each in (way, *map(fixed_number, _FEWER)):
        if (most_resamples(each) + 1) * work <= most_work:
            return each
    minutes = (_FEWER[-1] + 1) * work / 60e9
    takes = f"{minutes / 60.0:.2g} hours" if minutes >= 60.0 else f"{minutes:.2g} minutes"
    raise ValueError(f"{_FEWER[-1]} replicates of it would take about {takes} of one core")


def fewest_resamples() -> int:
    """Return the least number of replicates that a cached null distribution needs to be used.

    Returns
    -------
    int
        The smallest number of replicates.
    """
    return current().least_law


def size_error(level: float, n_resamples: int) -> float:
    """Return the standard deviation of the size, at a level, of tests that share a cached null distribution.

    Parameters
    ----------
    level : float
        The level α.
    n_resamples : int
        Number M of replicates of the null distribution.

    Returns
    -------
    float
        The standard deviation.

    Examples
    --------
    >>> round(100 * size_error(0.05, 9_999), 2)
    0.22
    """
    return pvalue_stderr(level, n_resamples)
