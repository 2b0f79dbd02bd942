"""Every statistic of many samples at once, and how many of them are rejected."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from slicednorm.stats._hypotests.omnibus.smallest import member_pvalues

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics
from slicednorm.stats._hypotests.omnibus.members import Member, members_for
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.statistics import slice_statistics

Array: TypeAlias = NDArray[np.float64]

LEVEL = 0.05
OMNIBUS = "omnibus"

# `sw` compares with a sample of the prior, which adds its own noise: `w2` is that distance without the noise.
_SLICED = tuple(name for name, distance in DISTANCES.items() if not distance.needs_prior)
AGGREGATES = ("mean", "max")

# The single tests; the members of the omnibus have the names that it gives them.
SINGLE: tuple[Member, ...] = (
    Member("mardia_skewness", "Mardia's skewness"),
    Member("mardia_kurtosis", "Mardia's kurtosis", two_sided=True),
    *(Member(test.name, test.title) for test in CLASSICAL.values()),
    *(
        Member(f"{name}_{aggregate}", f"sliced {DISTANCES[name].title}, {aggregate}")
        for aggregate in AGGREGATES
        for name in _SLICED
    ),
)
NAMES = tuple(member.name for member in SINGLE)


def directions_for(dim: int) -> Array:
    """Return the directions of the sliced tests, which all samples have in common."""
    return random_directions(N_SLICES, dim, rng=0)


def statistics(samples: Array) -> Array:
    """Return every single test's statistic of samples (count, n, dim), (count, tests)."""
    with single_threaded_blas():
        rows = Rows(samples, np.dtype(np.float64))
        whitening = estimated(rows)
        sliced = slice_statistics(
            rows, directions_for(rows.dim), [get_distance(name) for name in _SLICED], whitening=whitening
        )
        columns = [
            *mardia_statistics(rows, whitening).T,
            *(test.statistics(rows, whitening, "composite") for test in CLASSICAL.values()),
            *sliced.mean(axis=-1).T,
            *sliced.max(axis=-1).T,
        ]
    return np.stack(columns, axis=-1)


def rejections(found: Array, null: Array, shape: tuple[int, int]) -> dict[str, int]:
    """Return how many samples each test rejects, by the ranks of their statistics among those of null samples."""
    pvalues = member_pvalues(found, null, SINGLE)
    counts = dict(zip(NAMES, np.sum(pvalues <= LEVEL, axis=0).tolist(), strict=True))
    members = [NAMES.index(member.name) for member in members_for(*shape, "composite")]
    smallest = pvalues[:, members].min(axis=1)
    under_the_null = np.sort(member_pvalues(null, null, SINGLE)[:, members].min(axis=1))
    as_small = np.searchsorted(under_the_null, smallest, side="right") / len(under_the_null)
    counts[OMNIBUS] = int(np.sum(as_small <= LEVEL))
    return counts
