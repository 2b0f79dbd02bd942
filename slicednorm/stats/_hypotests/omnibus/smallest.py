"""The smallest of several p-values, by ranks in one pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.ranks import check_replicates
from slicednorm.stats._hypotests.omnibus.members import Array, Member


def _reached_by(values: Array, pool: Array) -> Array:
    """Return the part of a pool that is at least as large as each value."""
    return (len(pool) - np.searchsorted(np.sort(pool), values, side="left")) / len(pool)


def member_pvalues(values: Array, pool: Array, members: tuple[Member, ...]) -> Array:
    """Return the p-values of statistics (count, members) by the ranks they have in a pool (size, members).

    Raises
    ------
    SampleError
        If a statistic of the pool is not finite.
    """
    check_replicates(pool)
    check_replicates(values)
    pvalues = np.empty(values.shape)
    for column, member in enumerate(members):
        one, all_of_it = values[:, column], pool[:, column]
        # Ties count against a rejection.
        rounding = member.ranking.rounding(one)
        pvalues[:, column] = _reached_by(one - rounding, all_of_it)
        if member.two_sided:
            either = 2.0 * np.minimum(pvalues[:, column], _reached_by(-one - rounding, -all_of_it))
            pvalues[:, column] = np.minimum(1.0, either)
    return pvalues


def as_extreme(pvalues: Array) -> NDArray[np.bool_]:
    """Return which items of a pool (size, members) are as extreme as item 0: by the smallest, the next smallest, ..."""
    ordered = np.sort(pvalues, axis=1)
    extreme = np.ones(len(ordered), dtype=bool)
    for column in ordered.T[::-1]:
        extreme = (column < column[0]) | ((column == column[0]) & extreme)
    return extreme


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
