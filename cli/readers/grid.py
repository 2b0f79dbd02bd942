"""From rows of text cells to a table: names, which columns hold numbers, and the numbers."""

from __future__ import annotations

import re
from array import array as flat_array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import TypeAlias

import numpy as np

from .asked import Asked
from .cells import Cells, shown
from .columns import Chosen
from .errors import ReaderError
from .header import counts, has_names, note_on_header
from .left_out import Columns, are_row_numbers, data_of
from .note import Note
from .row_names import with_row_names
from .table import Table, chosen_of

Rows: TypeAlias = Iterator[tuple[int, list[str]]]

# What a column holds is told from so many rows, or fewer of a wide table.
_HEAD_ROWS = 1_000
_HEAD_CELLS = 200_000
_FEWEST_ROWS = 20


@dataclass(frozen=True)
class Place:
    """What messages call a cell, by its row's number and its column, and what they say of rows of the wrong width."""

    cell: Callable[[int, int], str]
    width: Callable[[int, Sequence[str], int, int], str]


def read_grid(rows: Rows, cells: Cells, asked: Asked, place: Place, *, quoted: bool) -> Table:
    """Read rows of cells, each with its number in the file; ``quoted`` tells that of the first alone all are quoted."""
    head: list[tuple[int, list[str]]] = []
    for numbered in rows:
        head.append(numbered)
        if len(head) > _HEAD_ROWS or (len(head) > _FEWEST_ROWS and len(head) * len(head[0][1]) > _HEAD_CELLS):
            break
    if not head:
        raise ReaderError("is empty (no rows); write it again")
    first_at, first = head[0]
    below = [row for _, row in head[1:]]
    names: tuple[str, ...] | None = None
    if asked.header == "yes" or (asked.header == "auto" and has_names(first, below, cells, quoted=quoted)):
        names = _fitted(tuple(name.strip() for name in first), below, cells)
        del head[0]
    said = None
    if names is not None or asked.header == "no":
        said = note_on_header(first, below, cells, asked.header, quoted=quoted)
    width = len(first) if names is None else len(names)
    chosen = chosen_of(width, names, asked)
    holds = _kinds([row for _, row in head if len(row) == width], chosen, cells)
    reasons = {position: kind for position, kind in holds.items() if kind in _NO_NUMBERS}
    used = tuple(position for position in chosen.positions if position not in reasons)
    values = flat_array("d")
    last: tuple[int, list[str]] = (0, [])
    named: dict[int, list[str | None]] = {p: [] for p in (chosen.group, chosen.labels) if p is not None}
    # The first column may name the rows, if it is no data.
    names_rows = asked.index == "auto" and 0 not in used and chosen.group != 0
    row_names: list[str] = []
    if used:
        numbers = _Numbers(cells, used, names, place, holds)
        pick = _picker(used, width)
        for line, row in _without_empty_end(chain(head, rows)):
            if len(row) != width:
                raise ReaderError(place.width(line, row, first_at, width))
            if names_rows:
                row_names.append(row[0].strip())
            values.extend(numbers.of(line, pick(row)))
            for position, found_there in named.items():
                label = row[position].strip()
                found_there.append(None if cells.na_values.has_word(label) else label)
            last = line, row
        reasons.update(dict.fromkeys(numbers.words, "text"))
    table = np.frombuffer(values, dtype=np.float64) if values else np.empty(0)
    found = data_of(table.reshape(-1, max(1, len(used))), used, Columns(width, names, chosen), asked, reasons)
    # A last row with missing values is left out, or an error.
    of_last = () if np.isnan(table[-len(used) :]).any() else _totals(last, place)
    notes = (*found.notes, *of_last, *(() if said is None else (said,)))
    found = with_row_names(replace(found, notes=notes), row_names)
    if chosen.labels is not None:
        found = found.labelled(np.asarray(named[chosen.labels], dtype=object))
    if chosen.group is None:
        return found
    return found.grouped(np.asarray(named[chosen.group], dtype=object), chosen.group, names)


def _without_empty_end(rows: Rows) -> Rows:
    """Yield rows but those at the end that hold no cell, as sheets write them that were longer once."""
    empty: list[tuple[int, list[str]]] = []
    for line, row in rows:
        if not any(map(str.strip, row)):
            empty.append((line, row))
            continue
        yield from empty
        empty.clear()
        yield line, row


# What spreadsheets call a row below the others that is no observation, in English and German.
_TOTALS = re.compile(
    r"(grand |sub)?totals?:?|sums?:?|summen?:?|gesamt(summe)?:?|means?:?|averages?:?|mittelwerte?:?|durchschnitt:?|"
    r"medians?:?|s\.?d\.?|std\.?( ?dev\.?)?",
    re.IGNORECASE,
)


def _totals(last: tuple[int, list[str]], place: Place) -> tuple[Note, ...]:
    """Return a sentence on a last row that is no observation, by a word in a column that is left out."""
    line, row = last
    for position, cell in enumerate(row):
        if _TOTALS.fullmatch(cell.strip()):
            text = (
                f"The last row is called {shown(cell)} ({place.cell(line, position)}) and is tested like the others: "
                "if it holds totals, delete it."
            )
            return (Note(text, "totals"),)
    return ()


def _fitted(names: tuple[str, ...], below: Sequence[Sequence[str]], cells: Cells) -> tuple[str, ...]:
    """Return names for all columns, where the row of names is one longer or shorter than the others."""
    widths = {len(row) for row in below}
    if widths == {len(names) - 1} and len(names) > 1 and not names[-1]:
        return names[:-1]
    if widths != {len(names) + 1}:
        return names
    if all(not row[-1].strip() for row in below):
        return (*names, "")
    # R's write.table gives no name to the names of the rows. A single name may stand above decimal commas instead.
    first = [row[0] for row in below]
    row_names = counts(first) or all(cells.kind(cell) == "word" for cell in first)
    if row_names or (len(names) > 1 and are_row_numbers([cells.number(cell) for cell in first])):
        return ("", *names)
    return names


def _kinds(rows: Sequence[Sequence[str]], chosen: Chosen, cells: Cells) -> dict[int, str]:
    """Return what columns hold that are no plain numbers, by most of their cells in the first rows.

    That is "text", "mostly text", "dates" or "flags", or they are "empty". What is nearly a number counts as one, so
    that it is an error and not left out.
    """
    kinds: dict[int, Counter[str]] = {position: Counter() for position in chosen.positions}
    for row in rows:
        if cells.numbers(row) is not None:
            for counter in kinds.values():
                counter["number"] += 1
            continue
        for position, counter in kinds.items():
            counter[cells.kind(row[position])] += 1
    found: dict[int, str] = {}
    for position, counter in kinds.items():
        numbers, dates, words = counter["number"] + counter["nearly"], counter["date"], counter["word"]
        if numbers + dates + words == 0:
            found[position] = "empty"
        elif words and not numbers + dates and all(_is_flag(row[position], cells) for row in rows):
            found[position] = "flags"
        elif dates + words > numbers and position not in chosen.named:
            found[position] = "dates" if dates > words else "text" if not numbers else _MOSTLY_TEXT
    return found


_MOSTLY_TEXT = "mostly text"
_NO_NUMBERS = ("text", "dates", _MOSTLY_TEXT)
_FLAGS = {"true": 1.0, "false": 0.0}


def _is_flag(cell: str, cells: Cells) -> bool:
    return cell.strip().lower() in _FLAGS or cells.na_values.has_word(cell)


def _picker(used: Sequence[int], width: int) -> Callable[[list[str]], Sequence[str]]:
    """Return a function that takes the cells in use out of a row."""
    if list(used) == list(range(width)):
        return lambda row: row
    if len(used) == 1:
        return lambda row: (row[used[0]],)
    return itemgetter(*used)


class _Numbers:
    """Turns the cells in use of one row after another into numbers."""

    def __init__(
        self, cells: Cells, used: Sequence[int], names: tuple[str, ...] | None, place: Place, holds: dict[int, str]
    ) -> None:
        self.cells = cells
        self.used = used
        self.names = names
        self.place = place
        self.flags = {position for position in used if holds.get(position) == "flags"}
        # Columns that were empty so far, and those of them in which a word came first.
        self.empty = {position for position in used if holds.get(position) == "empty"}
        self.words: set[int] = set()

    def of(self, line: int, row: Sequence[str]) -> list[float]:
        """Return a row's numbers."""
        if not self.empty and (found := self.cells.numbers(row)) is not None:
            return found
        return [self._of_cell(line, position, cell) for position, cell in zip(self.used, row, strict=True)]

    def _of_cell(self, line: int, position: int, cell: str) -> float:
        value = self.cells.number(cell)
        if value is None and position in self.flags:
            value = _FLAGS.get(cell.strip().lower())
        if value is None and position in self.empty:
            self.words.add(position)
        if position in self.words:
            return float("nan")
        if value is None:
            name = f" ({self.names[position]!r})" if self.names else ""
            where = self.place.cell(line, position)
            raise ReaderError(f"{where}{name}: {shown(cell)} is not a number; {self.cells.remedy(cell)}")
        if position in self.empty and value == value:
            self.empty.discard(position)
        return value
