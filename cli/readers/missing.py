"""What stands for a missing value: words that are known, and codes of the user's own (``--na-values``)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# In small letters: what NumPy, pandas, R, SPSS, SAS, Minitab and Weka write, and the errors of Excel's formulas.
_WORDS = frozenset(
    {
        *("", "na", "n/a", "<na>", "nan", "-nan", "nat", "null", "none", "n.a.", "#na", "#n/a", "#n/a n/a"),
        *(".", "?", "-", "--", "*", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
        *("#null!", "#num!", "#div/0!", "#value!", "#ref!", "#name?"),
    }
)

# The special missing values of SAS and Stata: .a to .z, and ._ of SAS.
_SPECIAL = re.compile(r"\.[a-z_]")

_AT_ONCE = 1 << 20


@dataclass(frozen=True)
class NaValues:
    """What the user says stands for missing values, besides the words that are known.

    Attributes
    ----------
    items : tuple of str
        What was given.
    """

    items: tuple[str, ...] = ()
    words: frozenset[str] = field(init=False)
    numbers: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Tell numbers from words."""
        numbers = [_number(item) for item in self.items]
        words = {item.lower() for item, number in zip(self.items, numbers, strict=True) if number is None}
        object.__setattr__(self, "words", _WORDS | words)
        object.__setattr__(self, "numbers", tuple(number for number in numbers if number is not None))

    @classmethod
    def parse(cls, text: str) -> NaValues:
        """Split at commas; a code that holds one is put in double quotes."""
        items = tuple(item.strip() for item in next(csv.reader([text], skipinitialspace=True), []))
        if not items or "" in items:
            raise ValueError("an empty code; write numbers or words with commas between them")
        return cls(items)

    def __str__(self) -> str:
        """Return what `parse` reads as this."""
        return ",".join(f'"{item}"' if "," in item else item for item in self.items)

    def has_word(self, cell: str) -> bool:
        """Tell whether a cell holds a word for a missing value."""
        word = cell.strip().lower()
        return word in self.words or _SPECIAL.fullmatch(word) is not None

    def removed(self, array: NDArray[np.generic], take: NDArray[np.intp] | None = None) -> NDArray[np.generic] | None:
        """Return the columns of an array with NaN where they equal a number of these; None where none does."""
        if not self.numbers or array.dtype.kind not in "iuf" or array.ndim not in (1, 2) or array.size == 0:
            return None
        with np.errstate(over="ignore"):  # a code that float16 does not have
            codes = np.asarray(self.numbers)
            codes = codes.astype(array.dtype) if array.dtype.kind == "f" else codes
        # A memory map is copied only if there is something to replace in it.
        if not any(np.isin(block, codes).any() for block in _blocks(array, take)):
            return None
        chosen = array if take is None or array.ndim == 1 else array[:, take]
        found = np.array(chosen, dtype=np.result_type(array.dtype, np.float16))
        found[np.isin(chosen, codes)] = np.nan
        return found


def _blocks(array: NDArray[np.generic], take: NDArray[np.intp] | None) -> Iterator[NDArray[np.generic]]:
    """Yield an array's columns a number of rows at a time."""
    rows = max(1, _AT_ONCE // (array.size // len(array) or 1))
    for start in range(0, len(array), rows):
        block = array[start : start + rows]
        yield block if take is None or array.ndim == 1 else block[:, take]


def _number(item: str) -> float | None:
    """Return a code as a number, with a decimal point or comma; None if it is a word."""
    try:
        number = float(item.replace(",", ".", 1)) if item.isascii() and "_" not in item else None
    except ValueError:
        return None
    return None if number is None or np.isnan(number) else number
