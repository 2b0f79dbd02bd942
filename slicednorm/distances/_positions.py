"""Plotting positions p_i = (2i − 1)/(2n), and how far a sample is from them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances import _normal
from slicednorm.distances._namespace import Array


@lru_cache(maxsize=4)
def _numpy_positions(n: int, dtype: str, centred: bool) -> np.ndarray[Any, Any]:
    ranks = np.arange(n, dtype=np.float64)
    points = ((2.0 * ranks + (1.0 - n)) / n if centred else (ranks + 0.5) / n).astype(dtype)
    points.flags.writeable = False
    return points


def midpoints(xp: Any, like: Array) -> Array:
    """Return p_i = (2i − 1)/(2n), i = 1..n, n = like.shape[-1], in like's dtype and on its device."""
    n = like.shape[-1]
    if is_numpy_namespace(xp):
        return _numpy_positions(n, like.dtype.name, centred=False)
    return (xp.arange(n, dtype=like.dtype, device=device(like)) + 0.5) / n


def centred_midpoints(xp: Any, like: Array) -> Array:
    """Return 2 p_i − 1, to be compared with 2 Φ − 1."""
    n = like.shape[-1]
    if is_numpy_namespace(xp):
        return _numpy_positions(n, like.dtype.name, centred=True)
    return (2.0 * xp.arange(n, dtype=like.dtype, device=device(like)) + (1.0 - n)) / n


def twice_deviation(xp: Any, y: Array) -> Array:
    """Return 2(u_i − p_i), u_i = Φ(y_(i)), centred at 0 to keep the digits that 1 − u loses."""
    return _normal.centred_cdf(xp, y) - centred_midpoints(xp, y)
