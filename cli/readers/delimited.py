"""``.csv``, ``.tsv``, ``.txt`` and ``.dat``: rows of numbers between delimiters, with or without a row of names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TextIO

from .asked import Asked
from .cells import Cells, is_whole
from .dialect import SPELT, check_decimals, delimiter_of, rows
from .errors import ReaderError
from .grid import Place, read_grid
from .table import Table
from .text import read_text, suffixes

# How many lines tell the delimiter.
_LINES = 50


def _first_lines(file: TextIO) -> list[str]:
    """Return the first lines, with blank ones before them."""
    head: list[str] = []
    found = 0
    while found < _LINES and (line := file.readline()):
        head.append(line)
        found += bool(line.strip())
    if not found:
        raise ReaderError("is empty (no rows); write it again")
    return head


# Excel's way to say the delimiter.
_SEP = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def _told(lines: list[str]) -> tuple[list[str], str | None]:
    """Return lines without one that tells the delimiter, and what it says."""
    first = next(index for index, line in enumerate(lines) if line.strip())
    told = _SEP.fullmatch(lines[first])
    if told is None or told[1] not in SPELT or not any(map(str.strip, lines[first + 1 :])):
        return lines, None
    return [*lines[:first], "\n", *lines[first + 1 :]], told[1]


def _without_comments(lines: list[str], delimiter: str) -> list[str]:
    """Return lines without the comments that NumPy's savetxt puts at the start; the last may hold the names."""
    first = next(index for index, line in enumerate(lines) if line.strip())
    end = first
    while end < len(lines) and lines[end].startswith("# "):
        end += 1
    below = next((line for line in lines[end:] if line.strip()), None)
    if end == first or below is None:
        return lines
    names = lines[end - 1].removeprefix("# ")
    width = len(next(rows([below], delimiter), (0, []))[1])
    keeps = width > 0 and len(next(rows([names], delimiter), (0, []))[1]) == width
    # Blank lines instead, so that the numbers of lines stay.
    return ["\n"] * (end - keeps) + [names] * keeps + lines[end:]


def _is_quoted(lines: Sequence[str], delimiter: str) -> bool:
    """Tell a first row that has every cell in quotes, above rows of numbers that have none."""
    first, *below = [line for line in lines if line.strip()]
    cells = next(rows([first], delimiter), (0, []))[1]
    row_names = 2 * (not cells or cells[0] == "")
    return first.count('"') == 2 * len(cells) > 0 and all(line.count('"') <= row_names for line in below)


def _places(delimiter: str) -> Place:
    def width(line: int, row: Sequence[str], first: int, expected: int) -> str:
        halves = delimiter == "," and len(row) == 2 * expected and all(map(is_whole, row))
        hint = ", or pass --decimal , if it is a decimal comma" if halves else ""
        return (
            f"line {line} has {len(row)} cell(s) where line {first} has {expected}; "
            f"look there for a {SPELT[delimiter]} too many or too few, or for an open quote{hint}"
        )

    return Place(cell=lambda line, position: f"line {line}, column {position}", width=width)


def _parse(file: TextIO, suffix: str, asked: Asked) -> Table:
    """Read a table from text."""
    head = _first_lines(file)
    cells = Cells(asked.decimal_of_text, asked.na_values)
    head, told = _told(head)
    delimiter = told or delimiter_of(head, suffix, cells)
    if asked.decimal is None:
        check_decimals(head, delimiter)
    head = _without_comments(head, delimiter)
    found = rows(chain(head, file), delimiter)
    return read_grid(found, cells, asked, _places(delimiter), quoted=_is_quoted(head, delimiter))


def read(path: str, asked: Asked) -> Table:
    """Read a text file, ``-`` for CSV on standard input."""
    suffix = ".csv" if path == "-" else suffixes(path)[0]
    try:
        table, notes = read_text(path, lambda file: _parse(file, suffix, asked))
    except csv.Error as error:
        raise ReaderError(f"is not valid CSV ({error}); write it again") from None
    return replace(table, notes=(*notes, *table.notes))
