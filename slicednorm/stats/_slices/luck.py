"""How far a mean over random directions is from the mean over the whole sphere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slicednorm.directions import DirectionKind

# From so many orthogonal blocks on, their means tell how they vary.
_LEAST_BLOCKS = 16


def direction_stderr(values: NDArray[np.float64], dim: int, kind: DirectionKind | None) -> float | None:
    """Return the standard error of the mean of slices' distances over the directions, estimated from the slices.

    Parameters
    ----------
    values : ndarray of shape (k,)
        Distances of the slices, in the order in which the directions were drawn.
    dim : int
        Number of columns.
    kind : {"iid", "orthogonal"} or None
        How the directions were drawn, None if they are a user's.

    Returns
    -------
    float or None
        The standard error; 0 in one dimension; None for a user's directions, for a single one, and if a distance
        overflows.

    Examples
    --------
    >>> direction_stderr(np.array([1.0, 2.0, 3.0, 2.0]), 3, "iid").__round__(6)
    0.408248
    """
    if dim == 1:
        return 0.0
    k: float = len(values)
    if kind is None or k < 2 or not np.isfinite(values).all():
        return None
    blocks = len(values) // dim
    if kind == "orthogonal" and blocks >= _LEAST_BLOCKS:
        # Directions of a block share the sphere among them; the blocks are independent.
        values, k = values[: blocks * dim].reshape(blocks, dim).mean(axis=1), k / dim
    # Squares of distances of the largest values overflow.
    largest = float(np.max(np.abs(values))) or 1.0
    return largest * float(np.std(values / largest, ddof=1)) / math.sqrt(k)
