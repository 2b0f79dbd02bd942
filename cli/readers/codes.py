"""Numbers that may stand for missing values: -999 and the like, far outside the rest of their column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import listed
from .note import Note
from .table import Table

# What surveys, measuring devices and formats of files put in place of a missing value.
_USUAL = np.asarray(
    [
        *(sign * int(digit * count) for sign in (1, -1) for digit in "789" for count in range(1, 7)),
        *(sign * value for sign in (1, -1) for value in (98, 998, 9998, 99998)),
        *(-97, -99.9, -999.9, -9999.9, -999.25, -99.99, -999.99, -9999.99),
        *(-32768, 32767, 65535, -2147483648, 2147483647),
    ],
    dtype=np.float64,
)
# As files of float32 have them, -999.9000244 for -999.9.
_USUAL = np.union1d(_USUAL, _USUAL.astype(np.float32).astype(np.float64))

# Beyond this every value is taken for one: 1e20, 1e30 and 9.97e36 are the fill values of formats of grids.
_FILL = 1e19

# The gap to the rest, in spreads of the rest, from which on a value is remarked on: once, and twice or more.
_ONCE, _OFTEN = 5.0, 1.5

# Fewer values have no spread to speak of.
_FEWEST = 10

# A larger array that lies on disk is not read once more for this.
_LARGEST_ON_DISK = 1 << 28

_SHOWN = 3
_TIMES = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times", 6: "six times", 7: "seven times"}
_TIMES |= {8: "eight times", 9: "nine times", 10: "ten times", 11: "eleven times", 12: "twelve times"}


@dataclass(frozen=True)
class _Found:
    code: float
    count: int
    low: float
    high: float


def _times(count: int) -> str:
    return _TIMES.get(count, f"{count:,} times")


def _are_codes(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(np.isin(values, _USUAL) | (np.abs(values) >= _FILL), dtype=np.bool_)


def _found_in(column: NDArray[np.float64]) -> list[_Found]:
    """Return the codes at the ends of a column that lie far outside the rest."""
    values, counts = np.unique(column[np.isfinite(column)], return_counts=True)
    found: list[_Found] = []
    for side in (1, -1):  # below the rest, then above it
        ordered, times = values[::side], counts[::side]
        is_code = _are_codes(ordered)
        at_end = len(ordered) if is_code.all() else int(np.argmin(is_code))
        # All at this end may be codes, or the innermost may belong to the rest.
        for number in range(at_end, 0, -1):
            rest = _rest(ordered[number:], times[number:])
            if len(rest) < _FEWEST:
                continue
            codes, often = ordered[:number], times[:number]
            if _is_far(abs(codes[-1] - ordered[number]), rest, codes, int(often.sum())):
                low, high = float(rest.min()) + 0.0, float(rest.max()) + 0.0  # no -0
                pairs = zip(codes, often, strict=True)
                found += [_Found(float(code), int(count), low, high) for code, count in pairs]
                break
    return found


def _rest(values: NDArray[np.float64], counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the values from an end on, as often as they are there, without codes at the other end."""
    codes = _are_codes(values)
    plain = ~codes
    keep = (
        plain
        if plain[:1].all() and counts[plain].sum() >= max(_FEWEST, counts[codes].sum())
        else np.full(len(values), True)
    )
    return np.repeat(values[keep], counts[keep])


def _is_far(gap: float, rest: NDArray[np.float64], codes: NDArray[np.float64], count: int) -> bool:
    """Tell whether the gap between codes and the rest is far beyond the gaps within the rest."""
    quarter, three_quarters = np.quantile(rest, [0.25, 0.75])
    width = rest.max() - rest.min()
    # Of values rounded coarsely, neighbours lie a step apart, and small counts leave out a number now and then.
    step = np.diff(np.unique(rest)).min(initial=width)
    if abs(codes).min() < 10.0 and gap < 3.0 * step:
        return False
    spread = max(three_quarters - quarter, width / 4.0, step)
    return bool(spread > 0.0 and gap > (_OFTEN if count > 1 else _ONCE) * spread)


def remarks(table: Table) -> tuple[Note, ...]:
    """Return a sentence on numbers that may stand for missing values, none if there are none."""
    array: NDArray[Any] = table.array
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or array.size == 0:
        return ()
    if isinstance(array, np.memmap) and array.nbytes > _LARGEST_ON_DISK:
        return ()
    columns = _columns(table)
    positions = range(columns.shape[1]) if table.take is None else table.take.tolist()
    # Hardly any column has such an extreme: only those that have are looked at closely.
    with np.errstate(invalid="ignore"):
        ends = np.stack([np.fmin.reduce(columns, axis=0), np.fmax.reduce(columns, axis=0)]).astype(np.float64)
    suspects = set(np.flatnonzero(_are_codes(ends).any(axis=0)).tolist())
    found = {}
    for index, position in enumerate(positions):
        if position in suspects and (codes := _found_in(columns[:, position].astype(np.float64))):
            found[index] = codes
    return (Note(_sentence(table, found), "missing-codes"),) if found else ()


def _columns(table: Table) -> NDArray[Any]:
    return table.array[:, np.newaxis] if table.array.ndim == 1 else table.array


def _spelt(code: float, table: Table) -> str:
    """Return a code as ``--na-values`` finds it in the table."""
    short = f"{code:.7g}"
    stored = table.array.dtype if table.array.dtype.kind == "f" else np.dtype(np.float64)
    return short if stored.type(short) == stored.type(code) else repr(code)


def _sentence(table: Table, found: dict[int, list[_Found]]) -> str:
    pairs = [(index, one) for index, codes in found.items() for one in codes]
    parts = [
        f"{_called(table, index)} holds {_spelt(one.code, table)} {_times(one.count)}, far outside the rest "
        f"({one.low:.4g} to {one.high:.4g})"
        for index, one in pairs[:_SHOWN]
    ]
    if len(pairs) > _SHOWN:
        parts.append(f"{len(pairs) - _SHOWN} more like that in {len(found)} columns")
    codes = list(dict.fromkeys(_spelt(one.code, table) for _, one in pairs))
    stands = "it stands for a missing value" if len(codes) == 1 else "they stand for missing values"
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}: if {stands}, pass --na-values {','.join(codes)}.{_elsewhere(table, found)}"


def _elsewhere(table: Table, found: dict[int, list[_Found]]) -> str:
    """Return that a code stands in columns too whose other values lie around it."""
    codes = {one.code for ones in found.values() for one in ones}
    positions = range(_columns(table).shape[1]) if table.take is None else table.take.tolist()
    others = []
    for index, position in enumerate(positions):
        known = {one.code for one in found.get(index, ())}
        column = _columns(table)[:, position]
        for code in sorted(codes - known):
            if count := int((column == column.dtype.type(code)).sum()) if column.dtype.kind == "f" else 0:
                others.append(f"{_called(table, index)} ({_spelt(code, table)}, {_times(count)})")
    return f" Among the other values of {listed(others)} it stands as well." if others else ""


def _called(table: Table, index: int) -> str:
    if table.names is not None and table.names[index]:
        return f"column {table.names[index]!r}"
    return f"column {table.columns[index] if table.columns else index}"
