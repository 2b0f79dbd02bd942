"""Whether the first row of a table holds names, numbers, or what could be either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

from .cells import Cells, is_label, is_whole
from .errors import ReaderError, listed
from .note import Note

Row: TypeAlias = Sequence[str]

# Fewer rows below do not tell whether the first is unlike them.
_FEWEST = 3

# So many columns hardly ever count from 0 by chance.
_RANKS = 7

# How many rows below are looked at.
_MOST = 200

_YEARS = range(1800, 2101)


def has_names(first: Row, below: Sequence[Row], cells: Cells, *, quoted: bool) -> bool:
    """Tell names of columns from data in the first row; raise where it could be either.

    Parameters
    ----------
    first : sequence of str
        The first row.
    below : sequence of sequences of str
        Some of the rows below it.
    cells : Cells
        How numbers are written.
    quoted : bool
        Whether every cell of the first row is in quotes, and those below are not.
    """
    words = [index for index, cell in enumerate(first) if cells.number(cell) is None]
    numbers = [index for index, cell in enumerate(first) if _is_number(cell, cells)]
    below = [row for row in below[:_MOST] if len(row) == len(first)]
    nearly = [index for index in words if cells.kind(first[index]) == "nearly"]
    if words and len(nearly) == len(words):
        # Numbers that are not written as such, 58,16 say, beside numbers or above others of the kind.
        return not numbers and not any(cells.kind(row[index]) == "nearly" for row in below for index in nearly)
    if words and not numbers:
        return True
    if not below:
        return False
    labels = all(is_label(first[index]) for index in numbers)
    # Names some of which are whole numbers; not data whose other columns hold words all the way down.
    if labels and any(cells.number(below[0][index]) is not None for index in words):
        return True
    # What pandas writes for a frame without names, 0,1,2,..., perhaps after the empty name of its index.
    names = [cell.strip() for cell in (first[1:] if first[0] == "" else first)]
    if not words and len(names) > 1 and names == [str(index) for index in range(len(names))]:
        whole = all(is_whole(cell) or cells.na_values.has_word(cell) for cell in below[0])
        # Whole numbers may well begin with a row of 0,1,2; with many columns only ranks do.
        return not whole or (len(names) > _RANKS and sorted(below[0]) != sorted(first))
    if first[0] == "" and numbers and labels and counts([row[0] for row in below]) and len(below) >= _FEWEST:
        return True
    if numbers and len(below) >= _FEWEST and _is_unlike([first[index] for index in numbers], numbers, below, quoted):
        raise ReaderError(
            f"the first row ({listed(cell.strip() for cell in first)}) may be names of columns or numbers of the "
            "sample; pass --header yes or --header no"
        )
    return False


def note_on_header(first: Row, below: Sequence[Row], cells: Cells, asked: str, *, quoted: bool) -> Note | None:
    """Return a note on a first row of numbers that was taken for names, or that could be taken for them.

    ``asked`` is what was said of it: "auto", "yes" or "no". Names that are words need no note.
    """
    numbers = [cell for cell in first if _is_number(cell, cells)]
    if not numbers or any(cells.number(cell) is None for cell in first):
        return None
    row = listed(cell.strip() for cell in numbers)
    if asked == "yes":
        return Note(f"The first row ({row}) holds numbers, and names the columns by --header yes.", "header")
    if asked == "auto":
        return Note(f"The first row ({row}) is taken for names of columns; --header no takes it as data.", "header")
    try:
        may_be_names = has_names(first, below, cells, quoted=quoted)
    except ReaderError:
        may_be_names = True
    return Note(f"The first row ({row}) is tested as data by --header no.", "header") if may_be_names else None


def counts(column: Sequence[str]) -> bool:
    """Tell a column that counts its rows, from 0 or 1 on."""
    return bool(column) and any(
        all(cell.strip() == str(start + index) for index, cell in enumerate(column)) for start in (0, 1)
    )


def _is_number(cell: str, cells: Cells) -> bool:
    return cells.number(cell) is not None and not cells.na_values.has_word(cell)


def _is_unlike(labels: Sequence[str], used: Sequence[int], below: Sequence[Row], quoted: bool) -> bool:
    """Tell numbers without signs, all different, that are strikingly unlike the rows below them.

    It asks for so much because a table of numbers without a header must not be asked about: of random ones hardly any
    begins with such a row.
    """
    if any(re.fullmatch(r"\s*\d+(\.\d+)?\s*", label) is None for label in labels):
        return False
    values = [float(label) for label in labels]
    if len(set(values)) < len(values):
        return False
    columns = [[cell for cell in (row[index] for row in below) if cell.strip()] for index in used]
    if any(len(column) < _FEWEST for column in columns):
        return False
    near, far = _are_beyond(values, columns, 1.0), _are_beyond(values, columns, 5.0)
    if not all(map(is_label, labels)):
        return quoted or (_is_run(values) and far)
    # A number that is written without a decimal sign where none below is.
    whole = not any(is_whole(cell) for column in columns for cell in column)
    several = len(values) > 1
    years = all(value in _YEARS for value in values)
    return (
        quoted
        or (years and several and (whole or near))
        or (_is_run(values) and (whole or years) and not any(_is_run_of(row, used) for row in below[:_FEWEST]))
        or (several and len(below) > _FEWEST + 1 and far)
        or (whole and len(below) > 3 * _FEWEST and (years or _are_beyond(values, columns, 10.0)))
    )


def _are_beyond(values: Sequence[float], columns: Sequence[Sequence[str]], times: float) -> bool:
    """Tell whether all values lie outside their columns' range, by some times its width."""
    for value, column in zip(values, columns, strict=True):
        present = _floats(column)
        if len(present) < _FEWEST:
            return False
        low, high = min(present), max(present)
        if max(low - value, value - high) <= times * (high - low):
            return False
    return True


def _floats(column: Sequence[str]) -> list[float]:
    """Return the numbers of a column; the sign of the decimals is a point or a comma."""
    found = []
    for cell in column:
        try:
            number = float(cell.replace(",", "."))
        except ValueError:
            continue
        if number == number:  # not NaN
            found.append(number)
    return found


def _is_run(values: Sequence[float]) -> bool:
    """Tell three or more values that go up by equal steps, as numbered columns, doses and wavelengths do."""
    steps = {round(after - before, 9) for before, after in pairwise(values)}
    return len(values) > 2 and len(steps) == 1 and steps.pop() > 0


def _is_run_of(row: Row, used: Sequence[int]) -> bool:
    labels = [row[index] for index in used]
    return all(map(is_label, labels)) and _is_run([float(label) for label in labels])
