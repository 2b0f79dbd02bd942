"""What every reader returns, and what the readers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .columns import Chosen
from .errors import ReaderError, listed
from .note import Note

if TYPE_CHECKING:
    from .asked import Asked


# Whole numbers up to here are exact as floats.
_EXACT = 2.0**53


@dataclass(frozen=True)
class Table:
    """What was read from a file.

    Attributes
    ----------
    array : ndarray
        The values, of whatever shape and dtype the file has.
    take : ndarray, dtype=intp, or None
        Positions of the array's columns to use; None for all of them.
    columns : tuple of int or None
        Positions in the file of the columns in use; None for all of them.
    names : tuple of str or None
        Names of the columns in use; None where the file has none.
    notes : tuple of Note
        What is to be said of the file: columns that were left out, and what else was not taken as it is.
    groups : ndarray or None
        The group of each row, None where it has none; None where no column of groups was asked for.
    by : str or None
        What the column of groups is called; None where none was asked for.
    labels : ndarray or None
        What the rows are called: the row numbers or names that were left out, or what the column of ``--index`` holds,
        None where that is missing. None where there is neither.
    """

    array: NDArray[Any]
    take: NDArray[np.intp] | None = None
    columns: tuple[int, ...] | None = None
    names: tuple[str, ...] | None = None
    notes: tuple[Note, ...] = ()
    groups: NDArray[np.object_] | None = None
    by: str | None = None
    labels: NDArray[Any] | None = None

    def some(self, rows: NDArray[np.intp]) -> Table:
        """Return some rows, which are called what they are called in the whole."""
        groups = None if self.groups is None else self.groups[rows]
        labels = np.asarray([self._name(row) or f"{row} (from 0)" for row in rows.tolist()], dtype=object)
        return replace(self, array=self.array[rows], groups=groups, labels=labels)

    @cached_property
    def _repeated(self) -> frozenset[str | None]:
        """The labels that several rows have."""
        if self.labels is None:
            return frozenset()
        if self.labels.dtype.kind in "biuf":
            values, counts = np.unique(self.labels, return_counts=True)
            return frozenset(map(_label, values[counts > 1].tolist()))
        times = Counter(map(_label, self.labels.tolist()))
        return frozenset(label for label, count in times.items() if count > 1)

    def _name(self, number: int) -> str | None:
        """Return the label of a row, with its number where several rows have that; None where it has none."""
        label = None if self.labels is None else _label(self.labels[number])
        return f"{label} (row {number} from 0)" if label is not None and label in self._repeated else label

    @property
    def row_names(self) -> list[Any] | None:
        """What each row is called, by its number where it has no name; None where the file names none."""
        if self.labels is None:
            return None
        if self.labels.dtype.kind in "biuf" and not self._repeated and not np.isnan(self.labels).any():
            return self.labels.tolist()  # quickly, of the row numbers of a large file
        return [self._name(row) or f"{row} (from 0)" for row in range(len(self.labels))]

    def grouped(self, groups: NDArray[np.object_], position: int, names: Sequence[str] | None) -> Table:
        """Return the table with the groups of its rows, from a column of the file."""
        return replace(self, groups=groups, by=column_name(position, names))

    def labelled(self, labels: NDArray[np.object_] | None) -> Table:
        """Return the table with names of its rows that were asked for, itself where None."""
        return self if labels is None else replace(self, labels=labels)

    def column(self, index: int) -> str:
        """Return what a user calls the column in use number ``index``."""
        position = self.columns[index] if self.columns else index
        return f"column {position} ({self.names[index]!r})" if self.names else f"column {position}"

    @property
    def width(self) -> int:
        """How many columns are in use."""
        if self.take is not None:
            return len(self.take)
        return 1 if self.array.ndim == 1 else self.array.shape[-1]

    def without(self, some: Iterable[int], note: Note) -> Table:
        """Return the table without some of the columns in use, and with a note on them."""
        keep = np.setdiff1d(np.arange(self.width), np.asarray(list(some), np.intp))
        return replace(
            self,
            take=keep if self.take is None else self.take[keep],
            columns=tuple(keep.tolist()) if self.columns is None else tuple(self.columns[at] for at in keep),
            names=None if self.names is None else tuple(self.names[at] for at in keep),
            notes=(*self.notes, note),
        )

    def row(self, number: int) -> str:
        """Return what a user calls a row: as its file does where that names rows, else by its number from 0.

        Where several rows have a name, the number stands behind it.
        """
        return self._name(number) or str(number)


def _label(value: Any) -> str | None:
    """Return a value as a name, None for a missing one."""
    if value is None or not bool(np.all(value == value)) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return f"{number:.0f}" if number.is_integer() and abs(number) < _EXACT else f"{number:g}"
    return str(value).strip()


def column_name(position: int, names: Sequence[str] | None) -> str:
    """Return the name of a column of the file, its position where it has none."""
    return (names[position] if names else "") or str(position)


def group_labels(values: Iterable[Any]) -> NDArray[np.object_]:
    """Return values as the names of groups or rows, None for missing ones; 1 and 1.0 are one."""
    return np.asarray([_label(value) for value in values], dtype=object)


def array_table(array: NDArray[Any], asked: Asked) -> Table:
    """Return an array without names as a table; a memory map is left on disk."""
    if array.dtype.names is not None:
        raise ReaderError(
            f"holds records of {listed(array.dtype.names)}, not real numbers in columns; save them as such: "
            "numpy.lib.recfunctions.structured_to_unstructured(x)"
        )
    columns, take = None, None
    chosen = Chosen(())
    some = (asked.selection, asked.group, asked.labels) != (None, None, None)
    if some and array.ndim in (1, 2):
        chosen = chosen_of(1 if array.ndim == 1 else array.shape[1], None, asked)
        columns = chosen.positions
        take = np.asarray(columns, dtype=np.intp)
    coded = asked.na_values.removed(array, take)
    table = Table(array, take=take, columns=columns) if coded is None else Table(coded, columns=columns)
    if chosen.labels is not None:
        table = table.labelled(group_labels(array[:, chosen.labels].tolist()))
    if chosen.group is None:
        return table
    return table.grouped(group_labels(array[:, chosen.group].tolist()), chosen.group, None)


def chosen_of(width: int, names: tuple[str, ...] | None, asked: Asked) -> Chosen:
    """Return the columns that are asked for, all of them where nothing is said."""
    chosen = Chosen(tuple(range(width))) if asked.selection is None else asked.selection.chosen(width, names)
    return chosen.with_group(asked.group, width, names).with_labels(asked.labels, width, names)


def choose_key(known: Sequence[str], key: str | None, what: str = "array") -> str:
    """Return which of the arrays of a file to read."""
    if not known:
        raise ReaderError(f"holds no {what}s; write it again with one")
    if key is not None:
        if key not in known:
            raise ReaderError(f"holds no {what} {key!r}; --key may be: {listed(known)}")
        return key
    if len(known) > 1:
        raise ReaderError(f"holds {len(known)} {what}s; choose one with --key: {listed(known)}")
    return known[0]
