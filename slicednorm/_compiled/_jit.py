"""How the kernels are compiled: without Python's lock, and once for an installation where a folder can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, and keep the code beside its source or in the user's cache folder.

    Where neither can be written Numba refuses to keep code, and it is compiled in every process anew.
    """
    try:
        return numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)
