"""How many replicates a test takes, and what it can afford."""

from __future__ import annotations

from typing import Literal

from slicednorm.stats._calibration.pvalue import pvalue_stderr
from slicednorm.stats._limits import current
from slicednorm.stats._types import Resamples

# Where no number is asked for, a test with dear replicates takes fewer of them, the first of these that it can afford:
# a quarter of an hour of one core, in nanoseconds.
_FEWER = (999, 199, 99)
MOST_WORK = 900e9


def most_resamples(n_resamples: int | Literal["auto", "cached"]) -> int:
    """Return how many replicates a test takes at the most."""
    if n_resamples == "auto":
        return current().most_resamples
    return current().full_law if n_resamples == "cached" else n_resamples


def affordable_resamples(n_resamples: Resamples, work: float, most_work: float = MOST_WORK) -> Resamples:
    """Return how many replicates a test may take; a number is always taken as it is.

    Parameters
    ----------
    n_resamples : as it was asked for.
    work, most_work : how long the statistic takes once, and how long the test may take, in nanoseconds on one core.

    Raises
    ------
    ValueError
        If even the fewest replicates that make a test, 99, would take longer; the message says how long.

    Examples
    --------
    >>> affordable_resamples("auto", 1e6), affordable_resamples("auto", 1e9), affordable_resamples(5000, 1e9)
    ('auto', 199, 5000)
    """
    if not isinstance(n_resamples, str):
        return n_resamples
    for count in (n_resamples, *_FEWER):
        if (most_resamples(count) + 1) * work <= most_work:
            return count
    minutes = (_FEWER[-1] + 1) * work / 60e9
    takes = f"{minutes / 60.0:.2g} hours" if minutes >= 60.0 else f"{minutes:.2g} minutes"
    raise ValueError(f"{_FEWER[-1]} replicates of it would take about {takes} of one core")


def fewest_resamples() -> int:
    """Return how many replicates a law has at the least that tests are judged by."""
    return current().least_law


def size_error(level: float, n_resamples: int) -> float:
    """Return the standard deviation of the size, at a level, of tests that share a law of so many replicates."""
    return pvalue_stderr(level, n_resamples)
