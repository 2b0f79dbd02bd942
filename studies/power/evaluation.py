"""Every statistic of many samples at once, and how many of them are rejected.

All that the study needs to know of the omnibus is here: its members, and the p-value that is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats._hypotests.classical import CLASSICAL, MORE, ClassicalTest
from slicednorm.stats._hypotests.combined.combine import harmonic_means, member_pvalues, smoothed, tail_pvalues
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.pursuit.statistics import contrast_members
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.statistics import slice_statistics
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

LEVEL = 0.05
# Tests made of several statistics, with their titles; the last is there for comparison.
OMNIBUS, PURSUIT, BEFORE = "omnibus", "pursuit", "omnibus_before"
COMBINED = {OMNIBUS: "omnibus", PURSUIT: "pursuit", BEFORE: "omnibus of 0.1.0"}

# `sw` compares with a sample of the prior, which adds its own noise: `w2` is that distance without the noise.
_SLICED = tuple(name for name, distance in DISTANCES.items() if not distance.needs_prior)
AGGREGATES = ("mean", "max")

_TESTS = CLASSICAL | MORE

_MARDIA = (
    Member("mardia_skewness", "Mardia's skewness"),
    Member("mardia_kurtosis", "Mardia's kurtosis", weight_below=1.0),
)

# The single tests; members of the omnibus that are tests by themselves have the names that it gives them.
SINGLE: tuple[Member, ...] = (
    *_MARDIA,
    *(Member(test.name, test.title) for test in _TESTS.values()),
    *(
        Member(f"{name}_{aggregate}", f"sliced {DISTANCES[name].title}, {aggregate}")
        for aggregate in AGGREGATES
        for name in _SLICED
    ),
)

# At more rows these take too long: together four times as long as the other sliced statistics.
_SLOW = {"cw", "ad", "ep"}
_MOST_ROWS_OF_SLOW = 100
# The longest that a classical statistic may take, in nanoseconds.
_MOST_WORK = 5e6


def directions_for(dim: int) -> Array:
    """Return the directions of the sliced tests, which all samples have in common."""
    return random_directions(N_SLICES, dim, rng=0)


def _is_computed(test: ClassicalTest, n: int, dim: int, null: Null) -> bool:
    if test.work(n, dim) > _MOST_WORK:
        return False
    try:
        test.check(n, dim, null)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Columns:
    """What is computed of samples of one shape, under one null.

    Attributes
    ----------
    members : tuple of Member
        The members of the omnibus, which are the first columns.
    sliced, classical : tuple of str
        The sliced distances and classical tests that are computed.
    single : tuple of Member
        The single tests, Mardia's two measures among them.
    """

    members: tuple[Member, ...]
    sliced: tuple[str, ...]
    classical: tuple[str, ...]
    single: tuple[Member, ...]

    @property
    def all(self) -> tuple[Member, ...]:
        """The members, and then the single tests that are no members."""
        names = {member.name for member in self.members}
        return (*self.members, *(test for test in self.single if test.name not in names))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(member.name for member in self.all)


@lru_cache
def columns_for(n: int, dim: int, null: Null) -> Columns:
    """Return what is computed of samples of a shape, under a null."""
    members = members_for(n, dim, null)
    sliced = tuple(name for name in _SLICED if n <= _MOST_ROWS_OF_SLOW or name not in _SLOW)
    classical = tuple(test.name for test in _TESTS.values() if _is_computed(test, n, dim, null))
    computed = {*(f"{name}_{aggregate}" for name in sliced for aggregate in AGGREGATES), *classical}
    computed |= {member.name for member in (*_MARDIA, *members)}
    single = tuple(test for test in SINGLE if test.name in computed)
    return Columns(members, sliced, classical, single)


def statistics(samples: Array, null: Null) -> Array:
    """Return every statistic of samples (count, n, dim), by the columns of their shape, (count, columns)."""
    columns = columns_for(*samples.shape[1:], null)
    directions = directions_for(samples.shape[2])
    with single_threaded_blas():
        rows = Rows(samples, np.dtype(np.float64))
        whitening = estimated(rows) if null == "composite" else None
        members = member_statistics(rows, whitening, null, directions)
        found = dict(zip((member.name for member in columns.members), members.T, strict=True))

        def add(names: list[str], values: Array) -> None:
            for name, column in zip(names, values.T, strict=True):
                found.setdefault(name, column)

        add([test.name for test in _MARDIA], mardia_statistics(rows, whitening))
        for name in columns.classical:
            if name not in found:
                found[name] = _TESTS[name].statistics(rows, whitening, null)
        slices = slice_statistics(
            rows, directions, [get_distance(name) for name in columns.sliced], whitening=whitening
        )
        for aggregate in AGGREGATES:
            values = slices.mean(axis=-1) if aggregate == "mean" else slices.max(axis=-1)
            add([f"{name}_{aggregate}" for name in columns.sliced], values)
    # One that overflows, as moment generating functions do far out, is as far as can be.
    return np.nan_to_num(np.stack([found[name] for name in columns.names], axis=-1), nan=np.nan, neginf=-np.inf)


def _tails(found: Array, null: Array, members: Sequence[Member]) -> Array:
    """Return the p-values of both tails of samples, each by its rank among itself and the null samples."""
    return (len(null) * tail_pvalues(found, null, members) + 1.0) / (len(null) + 1.0)


def _by_rank(means: Array, of_null: Array) -> Array:
    """Return the part of the null samples whose mean is as small."""
    return np.asarray(np.searchsorted(np.sort(of_null), means, side="right") / len(of_null))


def combined_pvalues(found: Array, null: Array, members: Sequence[Member]) -> Array:
    """Return the p-values of several statistics judged as one, of samples by null samples."""
    means = [
        harmonic_means(smoothed(_tails(values, null, members), values, null, members), members)
        for values in (found, null)
    ]
    return _by_rank(*means)


def before_pvalues(found: Array, null: Array, members: Sequence[Member]) -> Array:
    """Return the p-values by the smallest of the members' p-values, which is how the omnibus of 0.1.0 went."""
    smallest = (member_pvalues(_tails(values, null, members), members).min(axis=1) for values in (found, null))
    return _by_rank(*smallest)


def combinations(columns: Columns) -> dict[str, tuple[list[int], Callable[..., Array]]]:
    """Return the tests that are made of several columns: which columns, and how their p-value is found."""
    names = list(columns.names)

    def places(wanted: Iterable[str]) -> list[int]:
        return [names.index(name) for name in wanted if name in names]

    members = [member.name for member in columns.members]
    searches = [member.name for member in contrast_members()]
    moments = [name for name in members if name == "likelihood_ratio"]
    before = ["cramer_wold", "w2_max", "mardia_skewness", "mardia_kurtosis"]
    before += moments or ["doornik_hansen"]
    return {
        OMNIBUS: (places(members), combined_pvalues),
        PURSUIT: (places([*searches, *moments]), combined_pvalues),
        BEFORE: (places(before), before_pvalues),
    }


def rejections(found: Array, null: Array, columns: Columns) -> dict[str, int]:
    """Return how many samples each test rejects, by the ranks of their statistics among those of null samples."""
    # By themselves the two tails of a statistic count alike.
    alone = [replace(one, weight=1.0, weight_below=float(one.weight_below > 0.0)) for one in columns.all]
    pvalues = member_pvalues(_tails(found, null, alone), alone)
    counts = dict(zip(columns.names, np.sum(pvalues <= LEVEL, axis=0).tolist(), strict=True))
    for name, (places, pvalues_of) in combinations(columns).items():
        some = columns.all if name == OMNIBUS else alone
        chosen = [some[place] for place in places]
        counts[name] = int(np.sum(pvalues_of(found[:, places], null[:, places], chosen) <= LEVEL))
    return counts
