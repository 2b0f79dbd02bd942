"""Which array library an array belongs to."""

from __future__ import annotations

from typing import Any, TypeAlias

import array_api_compat
import numpy as np

Array: TypeAlias = Any


def array_namespace(*arrays: Array) -> Any:
    """Return the array API namespace of the arrays.

    NumPy 2 follows the standard by itself; array-api-compat's wrapper would import modules of NumPy that nothing else
    needs, which takes 0.1 s.
    """
    if all(isinstance(array, np.ndarray) for array in arrays):
        return np
    return array_api_compat.array_namespace(*arrays)


def has_float64(device: Any) -> bool:
    """Return whether a device computes in double precision, as all except Apple's GPUs do."""
    return getattr(device, "type", "cpu") != "mps"


def wide_dtype(xp: Any, like: Array) -> Any:
    """Return the dtype of sums over arrays like this one: float64 if the device has it."""
    return xp.float64 if has_float64(array_api_compat.device(like)) else like.dtype


def can_look(array: Array) -> bool:
    """Return whether a decision may depend on the values of an array: reading them does not wait for a device."""
    return getattr(array_api_compat.device(array), "type", "cpu") == "cpu"
