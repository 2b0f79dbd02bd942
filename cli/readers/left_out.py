"""Which columns of a table are no data and are left out, with a note: row numbers, text, dates, empty ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .asked import Asked
from .columns import Chosen
from .errors import ReaderError, listed
from .note import Note
from .table import Table

# What pandas, readr and spreadsheets call a column of row numbers that had no name.
_NO_NAME = ("", "...1", "__index_level_0__")
_UNNAMED = "unnamed: "

# What tables call a column that numbers their rows. That may be data, so that it is only remarked on.
_NUMBERED = re.compile(
    r"(.*[ _.-])?(id|ids|idx|index|row|rows|nr|no|num|obs|case|record|sample|subject)", re.IGNORECASE
)

# Why columns are left out, other than for what they hold: "text", "dates" and so on.
_INDEX, _ROW_NUMBERS, _EMPTY = "index", "row numbers", "empty"
_NO_WORDS = (_INDEX, _ROW_NUMBERS, _EMPTY)

# Fewer rows may go up by chance.
_FEWEST_ROWS = 3

# From so many rows on a column that counts them is remarked on, whatever it is called.
_REMARKED = 10


@dataclass(frozen=True)
class Columns:
    """The columns of a file: how many, their names, and which are asked for."""

    width: int
    names: tuple[str, ...] | None
    chosen: Chosen

    def called(self, position: int) -> str:
        """Return what a column is called in a list."""
        if self.names and self.names[position]:
            return repr(self.names[position])
        return f"column {position}"


def are_row_numbers(values: Sequence[float | None] | NDArray[Any]) -> bool:
    """Tell the row numbers of a table: counted from 0 or 1, all different after rows were left out, or joined ones."""
    if not len(values) or any(value is None for value in values):
        return False
    numbers = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all() and (numbers == np.floor(numbers)).all()):
        return False
    if _counts(numbers):
        return True
    if len(numbers) < _FEWEST_ROWS:
        return False
    return len(np.unique(numbers)) == len(numbers) or _starts_again(numbers)


def _counts(numbers: NDArray[np.float64]) -> bool:
    return bool(numbers[0] in (0, 1) and (np.diff(numbers) == 1).all())


def _starts_again(numbers: NDArray[np.float64]) -> bool:
    """Tell the row numbers of tables that were put below each other, each counted from 0 or from 1."""
    start = numbers[0]
    return bool(start in (0, 1) and ((np.diff(numbers) == 1) | (numbers[1:] == start)).all() and numbers.max() > start)


def data_of(
    array: NDArray[Any],
    used: Sequence[int],
    columns: Columns,
    asked: Asked,
    reasons: Mapping[int, str],
    *,
    index: Iterable[int] = (),
    no_name: tuple[str, ...] = (),
) -> Table:
    """Return the columns that hold data, with notes on those that do not.

    Parameters
    ----------
    array : ndarray
        The values of the columns that hold numbers.
    used : sequence of int
        Their positions in the file.
    columns : Columns
        The columns of the file.
    asked : Asked
        What was asked for.
    reasons : mapping of int to str
        What the columns hold that are asked for and hold no numbers; "empty" for nothing.
    index : iterable of int
        The columns that the file says are pandas' index, which are not read.
    no_name : tuple of str
        More names that a column of row numbers without a name has in the format.
    """
    coded = asked.na_values.removed(array)
    array = array if coded is None else coded
    reasons = {position: reason for position, reason in reasons.items() if position in columns.chosen.positions}
    keep = [number for number, position in enumerate(used) if position not in reasons]
    labels = None
    row_numbers: list[int] = []
    # A table that was saved and read and saved again has two of them, and pandas may have an index of several columns.
    leading = _without_names(columns, no_name) if asked.index != "none" and columns.width > 1 else 0
    while keep and used[keep[0]] < leading and used[keep[0]] not in columns.chosen.named:
        numbers = array[:, keep[0]]
        if leading == 1 and not (are_row_numbers(numbers) or _only_goes_up(numbers)):
            break
        labels = numbers.copy() if labels is None else labels
        row_numbers.append(used[keep.pop(0)])
    empty = []
    if len(array):
        empty = [n for n in keep if used[n] not in columns.chosen.named and np.isnan(array[:, n]).all()]
        keep = [number for number in keep if number not in empty]
    left_out = {
        **reasons,
        **dict.fromkeys(index, _INDEX),
        **dict.fromkeys(row_numbers, _ROW_NUMBERS),
        **dict.fromkeys((used[number] for number in empty), _EMPTY),
    }
    if not keep:
        raise ReaderError(f"no column holds numbers: {_listed(columns, left_out)}; give columns of numbers")
    positions = tuple(used[number] for number in keep)
    if len(keep) < array.shape[1]:
        array = array[:, keep]
    return Table(
        array,
        columns=None if positions == tuple(range(columns.width)) and asked.selection is None else positions,
        names=None if columns.names is None else tuple(columns.names[position] for position in positions),
        notes=(*_notes(columns, left_out), *_counted(array, positions, columns)),
        labels=labels,
    )


def _only_goes_up(numbers: NDArray[Any]) -> bool:
    """Tell an index of numbers that are not whole, such as times."""
    return len(numbers) >= _REMARKED and bool((np.diff(numbers) > 0).all())


def _without_names(columns: Columns, no_name: tuple[str, ...]) -> int:
    """Return how many columns at the start have no name, none where all have none."""
    for position, name in enumerate(columns.names or ()):
        if name.lower() not in (*_NO_NAME, *no_name) and not name.lower().startswith(_UNNAMED):
            return position
    return 0


def _listed(columns: Columns, left_out: Mapping[int, str]) -> str:
    return listed(f"{columns.called(position)} ({left_out[position]})" for position in sorted(left_out))


def _notes(columns: Columns, left_out: Mapping[int, str]) -> tuple[Note, ...]:
    """Return a sentence on each kind of column that is left out."""

    def called(reason: str) -> str:
        return listed(columns.called(position) for position in sorted(left_out) if left_out[position] == reason)

    notes = []
    if names := called(_INDEX):
        text = f"The index that pandas stored is left out ({names}); --index none takes it as data."
        notes.append(Note(text, "index"))
    if names := called(_ROW_NUMBERS):
        notes.append(Note(f"The row numbers in {names} are left out; --index none takes them as data.", "index"))
    words = {position: reason for position, reason in left_out.items() if reason not in _NO_WORDS}
    if words:
        text = f"Columns without numbers are left out: {_listed(columns, words)}."
        notes.append(Note(text, "columns-left-out"))
    if names := called(_EMPTY):
        notes.append(Note(f"Empty columns are left out: {names}.", "columns-left-out"))
    return tuple(notes)


def _counted(array: NDArray[Any], positions: Sequence[int], columns: Columns) -> tuple[Note, ...]:
    """Return a sentence on a column that numbers the rows and is taken as data all the same."""
    if len(array) < _REMARKED or len(positions) < 2:
        return ()
    for number, position in enumerate(positions):
        if position in columns.chosen.named:
            continue
        name = columns.names[position] if columns.names else ""
        first, second = array[:2, number]
        counted = first in (0, 1) and second == first + 1 and _counts(array[:, number])
        if counted or (_NUMBERED.fullmatch(name) and are_row_numbers(array[:, number])):
            text = (
                f"The column {columns.called(position).removeprefix('column ')} numbers the rows, and is tested as "
                f"data; --columns '!{name or position}' leaves it out."
            )
            return (Note(text, "index"),)
    return ()
