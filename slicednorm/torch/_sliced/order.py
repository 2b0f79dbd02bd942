"""Sorting rows of floats together with their order, by NumPy, faster than a comparison sort."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm._compiled import order_rows

_INTEGERS: dict[str, Any] = {"float32": np.int32, "float64": np.int64}
_DIGIT = 16

# Up to so many values for each byte of one a comparison sort is faster.
_SHORT = 128


def _stable(digits: NDArray[np.uint16], starts: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    """Return the stable order of each row of digits, as places in all of them."""
    order = np.argsort(digits.reshape(-1, n), axis=-1, kind="stable")
    if len(starts) > 1:
        order += starts
    return order


def sort_with_order(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the sorted rows of y (rows, n), and where in ``y.ravel()`` each value stood, of the same shape.

    A float's bits, those of a negative one turned over, sort like the float. They are sorted 16 at a time, from the
    lowest: NumPy's stable order of 16-bit integers is a counting sort, at some 4 ns a value whatever the length, where
    its order of floats takes 30 to 50 on many processors and torch's 60 and more. The compiled kernels, where they are
    taken, give the same order.
    """
    rows, n = y.shape
    starts = np.arange(0, rows * n, n)[:, np.newaxis]
    if n <= _SHORT * y.itemsize:
        order = np.argsort(y, axis=-1)
        order += starts
        return np.take(y, order), order
    compiled = order_rows(y)
    if compiled is not None:
        return compiled
    signed = _INTEGERS[y.dtype.name]
    bits = y.view(signed)
    width = 8 * bits.itemsize
    keys = (bits ^ ((bits >> (width - 1)) | np.iinfo(signed).min)).view(f"u{bits.itemsize}").ravel()
    order = _stable(keys.astype(np.uint16), starts, n)
    for shift in range(_DIGIT, width, _DIGIT):
        digit = np.take((keys >> shift).astype(np.uint16), order)
        order = np.take(order, _stable(digit, starts, n))
    return np.take(y, order), order
