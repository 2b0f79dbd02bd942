"""Plotting positions: where the i-th of n ordered uniforms is expected."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances._normal import Array


@lru_cache(maxsize=8)
def _numpy_midpoints(n: int, dtype: str) -> np.ndarray[Any, Any]:
    points = ((np.arange(n) + 0.5) / n).astype(dtype)
    points.flags.writeable = False
    return points


def midpoints(xp: Any, like: Array) -> Array:
    """Return p_i = (2i − 1)/(2n), i = 1..n, n = like.shape[-1], of like's dtype and device."""
    n = like.shape[-1]
    if is_numpy_namespace(xp):
        return _numpy_midpoints(n, like.dtype.name)
    return (xp.arange(n, dtype=like.dtype, device=device(like)) + 0.5) / n
