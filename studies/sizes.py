"""What studies of the size of tests have in common: the tests, how a sample is tested, and which shares are out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from slicednorm.stats import normality_table

TESTS = (
    "cvm",
    "w2",
    "ks",
    "henze_zirkler",
    "energy",
    "bhep",
    "royston",
    "doornik_hansen",
    "mardia",
)
NAMES = (*(name for name in TESTS if name != "mardia"), "mardia_skewness", "mardia_kurtosis")
COUNT, COUNT_OF_OMNIBUS = 4_000, 1_000
LEVEL, M, N_SLICES = 0.05, 99, 64

# The interval of a share of rejections that is the level but for the number of samples.
CONFIDENCE = 0.9999


def rejected(x: NDArray[np.float64], tests: Sequence[str], seed: int, **options: Any) -> list[bool]:
    """Return which tests of normality with unknown mean and covariance reject a sample."""
    table = normality_table(x, tests, null="composite", n_slices=N_SLICES, n_resamples=M, rng=seed, **options)
    return [bool(p <= LEVEL) for p in table["pvalue"]]


def percent(share: float, number: int) -> str:
    """Return a share of rejections in per cent, and whether it is out of the interval about the level."""
    low, high = binom.interval(CONFIDENCE, number, LEVEL)
    return f"{100 * share:.1f}{'' if low <= round(share * number) <= high else ' out'}"


def intervals(*numbers: int) -> str:
    """Return in words the intervals about the level for these numbers of samples."""
    ends = {number: binom.interval(CONFIDENCE, number, LEVEL) for number in numbers}
    return ", ".join(f"{100 * low / c:.2f} to {100 * high / c:.2f}% of {c:,}" for c, (low, high) in ends.items())
