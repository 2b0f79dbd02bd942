"""The search: from known directions, the most promising are climbed from, and the best of their ends are climbed on.

It is done in float32, in half the time. It does not depend on the order of the rows, and turns with them, but for the
slices and the columns among the directions to start from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._slices.pursuit.climb import climb, unit
from slicednorm.stats._slices.pursuit.contrasts import Contrast

Array: TypeAlias = NDArray[np.floating[Any]]

# How many directions are climbed from, by how many steps, and how far the first of them turns, in radians: first from
# the most promising ones, then on from the best of the ends.
_ROUNDS = ((32, 10, 0.3), (8, 15, 0.05))

# How many of the rows farthest out are directions to start from: they point to what is there.
_ROWS = 128


def _starts(z: Array, slices: Array) -> Array:
    """Return the unit vectors that are looked at first, (batch, p, D): slices, columns, and the farthest rows."""
    batch, _, dim = z.shape
    far = np.argsort(-np.sum(z * z, axis=-1), axis=-1, kind="stable")[:, :_ROWS]
    rows = unit(np.take_along_axis(z, far[..., np.newaxis], axis=1))
    columns = np.concatenate([np.eye(dim), -np.eye(dim)])
    shared = [np.broadcast_to(one, (batch, *one.shape[-2:])) for one in (slices, columns)]
    return np.concatenate([*shared, rows], axis=1).astype(z.dtype)


def _best(directions: Array, values: Array, count: int) -> Array:
    """Return the directions (batch, count, D) with the largest values, the largest first."""
    order = np.argsort(-values, axis=-1, kind="stable")[:, :count]
    return np.take_along_axis(directions, order[..., np.newaxis], axis=1)


def starts_of(n: int, dim: int, n_slices: int) -> int:
    """Return how many directions are looked at first."""
    return n_slices + 2 * dim + min(n, _ROWS)


def search(z: NDArray[np.float64], slices: Array, contrasts: Sequence[Contrast]) -> NDArray[np.float64]:
    """Return the unit vector where each contrast is largest, as far as is found, (batch, contrasts, D).

    Parameters
    ----------
    z : ndarray of shape (batch, n, D), dtype=float64
        Samples standardised by their own moments.
    slices : ndarray of shape (k, D) or (batch, k, D)
        Unit vectors, for all samples or for each its own.
    contrasts : sequence of Contrast
        What is made as large as possible.
    """
    short = z.astype(np.float32)
    starts = _starts(short, slices)
    y = np.matmul(starts, np.swapaxes(short, -1, -2))
    found = []
    for contrast in contrasts:
        ends, worth = starts, contrast.value(y)
        for count, steps, turn in _ROUNDS:
            ends, worth = climb(short, _best(ends, worth, count), contrast, steps, turn)
        found.append(_best(ends, worth, 1)[:, 0])
    return np.asarray(unit(np.stack(found, axis=1).astype(np.float64)), np.float64)


def search_work(n: int, dim: int, n_slices: int) -> float:
    """Return about how long the search for all contrasts takes, in nanoseconds on one core."""
    looks = sum(count * (steps + 1) for count, steps, _ in _ROUNDS)
    return 1e6 + n * (starts_of(n, dim, n_slices) * (40.0 + 0.1 * dim) + looks * (90.0 + 0.5 * dim))
