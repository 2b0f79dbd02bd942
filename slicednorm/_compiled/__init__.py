"""Compiled kernels, for use if Numba is installed (the extra ``fast``) and the work repays loading it.

They replace sorting, which takes most of the time of every statistic of sorted samples: a radix sort is two to eight
times faster than NumPy's for rows of some thousands of values and more. They give what NumPy gives, to the last bit,
and the formulas are the same lines on both paths: no answer depends on which of the two was taken.

The environment variable ``SLICEDNORM_COMPILED`` is ``auto`` (the default: compiled kernels once the sorting that has
been asked for would repay loading them), ``0`` (never) or ``1`` (at once, with an error if they are not available).
Under ``auto`` NumPy does the work if anything keeps the kernels from running, such as a Numba older than NumPy.
"""

from __future__ import annotations

import math
import os
import threading
import warnings
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["expect_sorting", "is_taken", "order_rows", "sort_rows"]

# Up to this length of rows NumPy is as fast; each doubling beyond it saves this time per value.
_SHORT = 1 << 10
_GAIN_NS = 3.0

# The time to import Numba and to load kernels that were compiled before.
_LOADING_NS = 0.5e9

# Counts and places within a row have 32 bits.
_LONG = 1 << 32

_lock = threading.Lock()
_saving_ns = 0.0


def _setting() -> str:
    setting = os.environ.get("SLICEDNORM_COMPILED", "auto")
    if setting not in ("auto", "0", "1"):
        raise ValueError(f"SLICEDNORM_COMPILED must be auto, 0 or 1, got {setting!r}")
    return setting


def expect_sorting(rows: int, n: int) -> None:
    """Announce that a number of rows of n values will be sorted.

    The kernels are loaded when all that was announced in this process together would have repaid it: at once for a test
    with many replicates, after some steps of a training, never for a small sample.
    """
    global _saving_ns
    if n > _SHORT:
        with _lock:
            _saving_ns += _GAIN_NS * math.log2(n / _SHORT) * n * rows


@cache
def _load(name: str, dtype: str) -> Callable[..., None]:
    """Return a kernel that has run once, so that errors of compiling it are raised here."""
    kernel: Callable[..., None] = getattr(import_module("slicednorm._compiled._radix"), f"{name}_{dtype}")
    row = np.zeros((1, 2), dtype)
    kernel(*((row,) if name == "sort" else (row, row.copy(), np.empty(row.shape, np.int64))))
    return kernel


@cache
def _load_if_possible(name: str, dtype: str) -> Callable[..., None] | None:
    try:
        return _load(name, dtype)
    except ImportError:
        return None
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        text = f"the compiled kernels do not run here, NumPy does the work: {first}"
        warnings.warn(text, RuntimeWarning, stacklevel=4)
        return None


def _kernel(name: str, y: NDArray[Any]) -> Callable[..., None] | None:
    """Return the kernel for the rows of y, None if NumPy is to do the work."""
    if not _SHORT < y.shape[-1] < _LONG or y.dtype.name not in ("float32", "float64"):
        return None
    if not (y.flags.c_contiguous and y.dtype.isnative):
        return None
    setting = _setting()
    if setting == "1":
        return _load(name, y.dtype.name)
    if setting == "0" or _saving_ns < _LOADING_NS:
        return None
    return _load_if_possible(name, y.dtype.name)


def is_taken(y: NDArray[Any]) -> bool:
    """Return whether rows like these are currently sorted by a compiled kernel."""
    return _kernel("sort", y) is not None


def sort_rows(y: NDArray[Any]) -> None:
    """Sort y (rows, n) along the last axis, in place."""
    kernel = _kernel("sort", y)
    if kernel is None:
        y.sort(axis=-1)
    else:
        kernel(y)


def order_rows(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]] | None:
    """Return the sorted rows of y (rows, n) and the place of each value in ``y.ravel()``; None if that is not compiled.

    Equal values keep their order; −0 comes before 0.
    """
    kernel = _kernel("order", y)
    if kernel is None:
        return None
    values, order = np.empty_like(y), np.empty(y.shape, np.int64)
    kernel(y, values, order)
    return values, order.astype(np.intp, copy=False)
