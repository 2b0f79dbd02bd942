"""Several statistics as one: the weighted harmonic mean of their p-values, by ranks in one pool.

The sample and M replicates make a pool of M + 1 items, which are exchangeable under the null. A member's p-value of an
item is the part of the pool that reaches it; among the largest values of the pool it also tells by how much they exceed
the others, as an exponential tail through them does. The statistic is their weighted harmonic mean (Good, J. Amer.
Statist. Assoc. 53, 1958; Wilson, PNAS 116, 2019), and its p-value the part of the pool whose statistic is as small. All
items are treated alike, so that P(p ≤ α) ≤ α for every n, D, M and α, whatever the weights, and however the members
depend on each other.

The mean is ruled by the smallest p-value. But members that agree count for more than one alone, which is worth a point
or two of power over the smallest by itself. Without the tail, some item of the pool would be as extreme by each member
as a sample far beyond all others is by one, and with few replicates no p-value could be small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.pvalue import Calibration, pvalue_stderr
from slicednorm.stats._calibration.ranks import check_replicates
from slicednorm.stats._hypotests.combined.member import Member, MemberResult
from slicednorm.stats._types import MethodUsed

Array: TypeAlias = NDArray[np.float64]

# The tail of a member begins at this number of its largest values, or at the fifth part of them.
_TAIL, _PART = 20, 5

# Means that differ by less are equal: they are sums of the same numbers in another order.
_SAME = 1e-12


def _reached_by(values: Array, pool: Array) -> Array:
    """Return the part of a pool that is at least as large as each value."""
    return (len(pool) - np.searchsorted(np.sort(pool), values, side="left")) / len(pool)


def tail_pvalues(values: Array, pool: Array, members: Sequence[Member]) -> Array:
    """Return the part of a pool (size, members) that reaches each value from above, from below, (count, members, 2).

    Raises
    ------
    SampleError
        If a statistic is not finite.
    """
    check_replicates(pool)
    check_replicates(values)
    pvalues = np.ones((*values.shape, 2))
    for column, member in enumerate(members):
        one, all_of_it = values[:, column], pool[:, column]
        # Ties count against a rejection.
        rounding = member.ranking.rounding(one)
        pvalues[:, column, 0] = _reached_by(one - rounding, all_of_it)
        if member.weight_below:
            pvalues[:, column, 1] = _reached_by(-one - rounding, -all_of_it)
    return pvalues


def _weights(members: Sequence[Member]) -> Array:
    return np.asarray([[member.weight, member.weight_below] for member in members])


def _along_the_tail(pvalues: Array, values: Array, pool: Array, rounding: Array) -> Array:
    """Return p-values by rank, but by an exponential tail for values beyond the largest but a few of the pool.

    Its scale is their mean excess: a function of the whole pool, in which no item is treated unlike another.
    """
    count = min(_TAIL, len(pool) // _PART)
    if count < 2:
        return pvalues
    largest = np.sort(pool)[-count:]
    base = largest[0]
    scale = float(np.mean(largest - base))
    beyond = values - rounding > base
    if not np.isfinite(scale) or not scale > float(np.max(rounding)) or not beyond.any():
        return pvalues
    tail = count / len(pool) * np.exp(-np.where(beyond, values - base, 0.0) / scale)
    return np.where(beyond, np.maximum(tail, np.finfo(np.float64).tiny), pvalues)


def smoothed(pvalues: Array, values: Array, pool: Array, members: Sequence[Member]) -> Array:
    """Return p-values by rank (count, members, 2), of statistics (count, members), by their tails where these begin."""
    found = pvalues.copy()
    for column, member in enumerate(members):
        rounding = member.ranking.rounding(values[:, column])
        for tail, sign in enumerate((1.0, -1.0)[: 1 + bool(member.weight_below)]):
            one, all_of_it = sign * values[:, column], sign * pool[:, column]
            found[:, column, tail] = _along_the_tail(pvalues[:, column, tail], one, all_of_it, rounding)
    return found


def harmonic_means(pvalues: Array, members: Sequence[Member]) -> Array:
    """Return the weighted harmonic means, (count,), of p-values (count, members, 2)."""
    weights = _weights(members)
    return np.asarray(weights.sum() / np.sum(weights / pvalues, axis=(1, 2)))


def member_pvalues(pvalues: Array, members: Sequence[Member]) -> Array:
    """Return the p-value of each member alone, (count, members): of two tails, twice the smaller."""
    tails = np.asarray([1.0 + bool(member.weight_below) for member in members])
    return np.minimum(1.0, tails * np.min(pvalues, axis=-1))


def as_extreme(means: Array) -> NDArray[np.bool_]:
    """Return which items of a pool are as extreme as item 0, from their means."""
    return np.asarray(means <= means[0] * (1.0 + _SAME))


def driver_of(pvalues: Array, pool: Array) -> int:
    """Return the member with the smallest p-value of item 0 of a pool.

    Of several that are beyond all replicates it is the one farthest beyond, relative to how far the replicates reach.
    """
    centre = np.median(pool[1:], axis=0)
    away = np.abs(pool - centre)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.nan_to_num(away[0] / away[1:].max(axis=0), nan=0.0, posinf=np.inf)
    tied = pvalues <= pvalues.min() * (1.0 + 1e-9)
    return int(np.argmax(np.where(tied, reach, -1.0)))


@dataclass(frozen=True)
class Judged:
    """What is found of several statistics that are judged together: the fields of a `CombinedTestResult`."""

    statistic: float
    calibration: Calibration
    driver: str
    members: tuple[MemberResult, ...]


def judged(observed: Array, nulls: Array, members: Sequence[Member], method: MethodUsed) -> Judged:
    """Return what is found of the statistics of a sample (members,) by those of its replicates (M, members)."""
    pool = np.concatenate([observed[np.newaxis], nulls])
    by_rank = tail_pvalues(pool, pool, members)
    means = harmonic_means(smoothed(by_rank, pool, pool, members), members)
    own = member_pvalues(by_rank[:1], members)[0]
    pvalue = float(np.mean(as_extreme(means)))
    return Judged(
        float(means[0]),
        Calibration(pvalue, pvalue_stderr(pvalue, len(nulls)), len(nulls), means[1:], method),
        members[driver_of(own, pool)].name,
        tuple(
            MemberResult(member.name, member.title, float(statistic), float(p))
            for member, statistic, p in zip(members, observed, own, strict=True)
        ),
    )
