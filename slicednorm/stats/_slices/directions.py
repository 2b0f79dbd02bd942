"""The directions of a test: given, or drawn from their own stream."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.directions import DirectionKind, as_directions, random_directions
from slicednorm.stats._arguments import spelled
from slicednorm.stats._streams import directions_stream


def kind_of(directions: ArrayLike | DirectionKind | None) -> DirectionKind | None:
    """Return how directions are to be drawn, None if they are the user's."""
    if directions is None:
        return "iid"
    return cast(DirectionKind, directions) if isinstance(directions, str) else None


def choose_directions(
    directions: ArrayLike | DirectionKind | None,
    n_slices: int,
    dim: int,
    dtype: np.dtype[Any],
    root: np.random.SeedSequence,
) -> NDArray[Any]:
    """Return the directions (k, D) of a test, drawn from their own stream unless they are given."""
    kind = kind_of(directions)
    if kind is not None:
        if isinstance(n_slices, bool) or not isinstance(n_slices, (int, np.integer)):
            raise TypeError(f"n_slices must be a whole number, got {spelled(n_slices)}")
        if n_slices < 1:
            raise ValueError(f"n_slices must be at least 1, got {n_slices}")
        # All slices of a one-dimensional sample are the same up to sign, and every statistic ignores the sign.
        count = 1 if dim == 1 else int(n_slices)
        drawn = random_directions(count, dim, kind, rng=directions_stream(root))
        return drawn.astype(dtype)
    return as_directions(cast(ArrayLike, directions), dim, dtype)
