"""Radix sorts of rows of floats, from the lowest digit to the highest, a row at a time so that it stays in the cache.

The bits of a float sort like the float if those of a negative one are inverted and the sign of a positive one is set:
this is its key. Keys of 32 bits have digits of 11, 11 and 10 bits, which are counted in one pass over the row; then the
values are moved once for each digit, to and fro between two buffers, except for a digit that all of them share.

For keys of 64 bits, the upper half is sorted in this way. Few values share it, and those that are not in order yet are
moved up one by one. A row with too many of them (its values differ by less than 1e-6 of themselves) is sorted by all
its digits.

Zeros come in the order −0, 0, and a NaN comes at the end that its sign says. Equal values keep their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm._compiled._jit import kernel

# Numba takes these as constants. They have the types of the keys: a uint32 and a Python number would give 64 bits.
_SIGN = np.uint32(1 << 31)
_ALL = np.uint32(0xFFFFFFFF)
_ONE = np.uint32(1)
_DIGIT = np.uint32(2047)
_MIDDLE = np.uint32(11)
_HIGH = np.uint32(22)

_SIGN64 = np.uint64(1 << 63)
_ALL64 = np.uint64(0xFFFFFFFFFFFFFFFF)
_HALF = np.uint64(32)
_PLACE = np.uint64(0xFFFFFFFF)
_DIGIT64 = np.uint64(2047)
_WIDTH64 = np.uint64(11)

_BUCKETS = 2048
_DIGITS = 3
_DIGITS64 = 6

# The number of steps of single values, per value of a row, beyond which the row is sorted by all its digits.
_STEPS = 8


@kernel
def _key(bits: Any) -> Any:
    """Return the key of the bits of a float32."""
    return bits ^ (_ALL if bits & _SIGN else _SIGN)


@kernel
def _bits(key: Any) -> Any:
    """Return the bits that have this key."""
    return key ^ (_SIGN if key & _SIGN else _ALL)


@kernel
def _key64(bits: Any) -> Any:
    """Return the key of the bits of a float64."""
    return bits ^ (_ALL64 if bits & _SIGN64 else _SIGN64)


@kernel
def _bits64(key: Any) -> Any:
    """Return the bits that have this key."""
    return key ^ (_SIGN64 if key & _SIGN64 else _ALL64)


@kernel
def _count(key: Any, counts: NDArray[Any]) -> None:
    """Count the three digits of a key of 32 bits."""
    counts[0, key & _DIGIT] += _ONE
    counts[1, (key >> _MIDDLE) & _DIGIT] += _ONE
    counts[2, key >> _HIGH] += _ONE


@kernel
def _places(counts: NDArray[Any], keys: int) -> bool:
    """Turn the counts of a digit into the place of the first value that has it; return whether all values share it."""
    place = _ONE - _ONE
    shared = False
    for digit in range(_BUCKETS):
        count = counts[digit]
        shared |= count == keys
        counts[digit] = place
        place += count
    return shared


@kernel
def _move(source: NDArray[Any], target: NDArray[Any], counts: NDArray[Any], shift: Any, mask: Any) -> None:
    """Move keys to where the digit above ``shift`` puts them."""
    for index in range(source.size):
        key = source[index]
        digit = (key >> shift) & mask
        target[counts[digit]] = key
        counts[digit] += _ONE


@kernel
def sort_float32(y: NDArray[Any]) -> None:
    """Sort the rows of y (rows, n), float32 and contiguous, in place."""
    rows, n = y.shape
    counts = np.empty((_DIGITS, _BUCKETS), np.uint32)
    other = np.empty(n, np.uint32)
    for row in range(rows):
        one, two = y[row].view(np.uint32), other
        counts[:] = 0
        for index in range(n):
            key = _key(one[index])
            one[index] = key
            _count(key, counts)
        moved = False
        for number in range(_DIGITS):
            if not _places(counts[number], n):
                _move(one, two, counts[number], np.uint32(_MIDDLE * np.uint32(number)), _DIGIT)
                one, two, moved = two, one, not moved
        back = two if moved else one
        for index in range(n):
            back[index] = _bits(one[index])


@kernel
def _insert(values: NDArray[Any]) -> bool:
    """Finish a row that is nearly in order; return whether that took at most the allowed number of steps."""
    left = _STEPS * values.size
    for index in range(1, values.size):
        value = values[index]
        place = index
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value
        left -= index - place
        if left < 0:
            return False
    return True


@kernel
def sort_float64(y: NDArray[Any]) -> None:
    """Sort the rows of y (rows, n), float64 and contiguous, in place."""
    rows, n = y.shape
    counts = np.empty((_DIGITS64, _BUCKETS), np.uint32)
    other = np.empty(n, np.uint64)
    for row in range(rows):
        one, two = y[row].view(np.uint64), other
        counts[:_DIGITS] = 0
        for index in range(n):
            key = _key64(one[index])
            one[index] = key
            _count(np.uint32(key >> _HALF), counts)
        moved = False
        for number in range(_DIGITS):
            if not _places(counts[number], n):
                _move(one, two, counts[number], _HALF + _WIDTH64 * np.uint64(number), _DIGIT64)
                one, two, moved = two, one, not moved
        if not _insert(one):
            counts[:] = 0
            for index in range(n):
                key = one[index]
                for number in range(_DIGITS64):
                    counts[number, (key >> (_WIDTH64 * np.uint64(number))) & _DIGIT64] += _ONE
            for number in range(_DIGITS64):
                if not _places(counts[number], n):
                    _move(one, two, counts[number], _WIDTH64 * np.uint64(number), _DIGIT64)
                    one, two, moved = two, one, not moved
        back = two if moved else one
        for index in range(n):
            back[index] = _bits64(one[index])


@kernel
def _sort_pairs(one: NDArray[Any], two: NDArray[Any], counts: NDArray[Any]) -> None:
    """Sort ``one``, pairs of a half key above and a place below, by the half key; ``two`` is for the moves."""
    counts[:] = 0
    for index in range(one.size):
        _count(np.uint32(one[index] >> _HALF), counts)
    moved = False
    for number in range(_DIGITS):
        if not _places(counts[number], one.size):
            _move(one, two, counts[number], _HALF + _WIDTH64 * np.uint64(number), _DIGIT64)
            one, two, moved = two, one, not moved
    if moved:
        two[:] = one


@kernel
def _insert_with_order(values: NDArray[Any], order: NDArray[Any]) -> bool:
    """Finish a row that is nearly in order, as `_insert` does, with the places of its values."""
    left = _STEPS * values.size
    for index in range(1, values.size):
        value, came_from = values[index], order[index]
        place = index
        while place > 0 and values[place - 1] > value:
            values[place], order[place] = values[place - 1], order[place - 1]
            place -= 1
        values[place], order[place] = value, came_from
        left -= index - place
        if left < 0:
            return False
    return True


@kernel
def order_float32(y: NDArray[Any], values: NDArray[Any], order: NDArray[Any]) -> None:
    """Fill ``values`` with the sorted rows of y (rows, n), and ``order`` (int64) with their places in all of y."""
    rows, n = y.shape
    counts = np.empty((_DIGITS, _BUCKETS), np.uint32)
    pairs = np.empty(n, np.uint64)
    for row in range(rows):
        bits, found = y[row].view(np.uint32), values[row].view(np.uint32)
        for index in range(n):
            pairs[index] = (np.uint64(_key(bits[index])) << _HALF) | np.uint64(index)
        _sort_pairs(pairs, order[row].view(np.uint64), counts)
        for index in range(n):
            pair = pairs[index]
            found[index] = _bits(np.uint32(pair >> _HALF))
            order[row, index] = row * n + np.int64(pair & _PLACE)


@kernel
def _take(y: NDArray[Any], pairs: NDArray[Any], values: NDArray[Any], order: NDArray[Any]) -> None:
    """Fill the sorted values of a row, and their places in it, from its sorted pairs."""
    for index in range(y.size):
        place = np.int64(pairs[index] & _PLACE)
        values[index] = y[place]
        order[index] = place


@kernel
def order_float64(y: NDArray[Any], values: NDArray[Any], order: NDArray[Any]) -> None:
    """Fill ``values`` with the sorted rows of y (rows, n), and ``order`` (int64) with their places in all of y."""
    rows, n = y.shape
    counts = np.empty((_DIGITS, _BUCKETS), np.uint32)
    pairs = np.empty(n, np.uint64)
    for row in range(rows):
        bits, others = y[row].view(np.uint64), order[row].view(np.uint64)
        for index in range(n):
            pairs[index] = (_key64(bits[index]) & ~_PLACE) | np.uint64(index)
        _sort_pairs(pairs, others, counts)
        _take(y[row], pairs, values[row], order[row])
        if not _insert_with_order(values[row], order[row]):
            for index in range(n):
                pairs[index] = (_key64(bits[index]) << _HALF) | np.uint64(index)
            _sort_pairs(pairs, others, counts)
            for index in range(n):
                place = pairs[index] & _PLACE
                pairs[index] = (_key64(bits[place]) & ~_PLACE) | place
            _sort_pairs(pairs, others, counts)
            _take(y[row], pairs, values[row], order[row])
        for index in range(n):
            order[row, index] += row * n
