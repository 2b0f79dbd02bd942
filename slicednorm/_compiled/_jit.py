"""How the kernels are compiled: without Python's lock, and once per installation if a folder can be written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, and cache the code beside its source or in the user's cache folder.

    If neither can be written to, Numba refuses to cache code, and it is compiled anew in every process.
    """
    try:
        return numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)
