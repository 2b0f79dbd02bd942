"""Which array library an array belongs to."""

from __future__ import annotations

from typing import Any, TypeAlias

import array_api_compat
import numpy as np

Array: TypeAlias = Any


def array_namespace(*arrays: Array) -> Any:
    """Return the array API namespace of the arrays.

    NumPy 2 follows the standard by itself; asking array-api-compat for a wrapper would import 0.1 s of NumPy that
    nothing else needs.
    """
    if all(isinstance(array, np.ndarray) for array in arrays):
        return np
    return array_api_compat.array_namespace(*arrays)


def wide_dtype(xp: Any, like: Array) -> Any:
    """Return the dtype of sums over arrays like this one: float64, but where the device has none (Apple's GPUs)."""
    return like.dtype if getattr(array_api_compat.device(like), "type", "cpu") == "mps" else xp.float64


def can_look(array: Array) -> bool:
    """Return whether a decision may depend on the values of an array: whether they are at hand without waiting."""
    return getattr(array_api_compat.device(array), "type", "cpu") == "cpu"
