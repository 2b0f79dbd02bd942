"""``.csv`` and ``.tsv``: rows of numbers, with or without a header row; empty cells are missing values."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sys
import tempfile
from array import array as flat_array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from typing import TextIO, TypeAlias

import numpy as np

from .columns import Selection
from .errors import ReaderError
from .table import Table

_Row: TypeAlias = list[str]

_MISSING = {"", "na", "n/a", "<na>", "nan", "null", "none"}
_IN_MEMORY = 1 << 26


@contextmanager
def _text(path: str) -> Iterator[TextIO]:
    """Open a file, or what comes on standard input, as text."""
    if path == "-":
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            if spool.tell() == 0:
                raise ReaderError("is empty (0 bytes); pipe CSV into it")
            spool.seek(0)
            yield io.TextIOWrapper(spool, encoding="utf-8-sig", newline="")
    else:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield file


def _delimiter(line: str) -> str:
    """Return which of , ; and tab splits the first line into the most cells."""
    return max(",;\t", key=lambda delimiter: len(next(csv.reader([line], delimiter=delimiter), [])))


def _number(cell: str) -> float | None:
    """Return a cell as a number, a missing one as NaN, None if it is neither."""
    cell = cell.strip()
    if cell.lower() in _MISSING:
        return float("nan")
    # Python reads 1_000 and other scripts' digits as numbers; tables do not.
    if "_" in cell or not cell.isascii():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def _is_label(cell: str) -> bool:
    """Tell a whole number without a sign, which can be the name of a column."""
    return cell.strip().isdecimal()


def _is_header(first: _Row, second: _Row | None) -> bool:
    """Tell names of columns from data, in the first row."""
    words = [index for index, cell in enumerate(first) if _number(cell) is None]
    numbers = [cell for cell in first if not _is_missing(cell) and _number(cell) is not None]
    if words and not numbers:
        return True
    if second is None or len(second) != len(first) or not all(map(_is_label, numbers)):
        return False
    if words:
        # Names some of which are whole numbers; not data whose other columns hold words all the way down.
        return any(_number(second[index]) is not None for index in words)
    # What pandas writes for a frame without names, 0,1,2,..., perhaps after the empty name of its index.
    names = [cell.strip() for cell in (first[1:] if first[0] == "" else first)]
    counted = len(names) > 1 and names == [str(index) for index in range(len(names))]
    return counted and not all(_is_label(cell) or _is_missing(cell) for cell in second)


def _picker(used: Sequence[int], width: int) -> Callable[[_Row], Sequence[str]]:
    """Return a function that takes the cells in use out of a row."""
    if list(used) == list(range(width)):
        return lambda row: row
    if len(used) == 1:
        return lambda row: (row[used[0]],)
    return itemgetter(*used)


def _floats(cells: Sequence[str], used: Sequence[int], names: tuple[str, ...] | None, line: int) -> list[float]:
    """Return the cells of a row as numbers."""
    joined = "".join(cells)
    if "_" not in joined and joined.isascii():
        try:
            return list(map(float, cells))
        except ValueError:
            pass
    values = []
    for position, cell in zip(used, cells, strict=True):
        value = _number(cell)
        if value is None:
            name = f" ({names[position]!r})" if names else ""
            shown = cell if len(cell) <= 40 else cell[:37] + "..."
            remedy = "correct it, or choose the columns of numbers with --columns"
            if _number(cell.replace(",", ".", 1)) is not None:
                remedy = "write decimal points, not commas"
            raise ReaderError(f"line {line}, column {position}{name}: {shown!r} is not a number; {remedy}")
        values.append(value)
    return values


def _parse(file: TextIO, suffix: str, selection: Selection | None) -> Table:
    """Read a table from text."""
    head = [file.readline()]
    while head[-1] and not head[-1].strip():
        head.append(file.readline())
    if not head[-1]:
        raise ReaderError("is empty (no rows); write it again")
    delimiter = "\t" if suffix == ".tsv" else _delimiter(head[-1])
    reader = csv.reader(chain(head, file), delimiter=delimiter)
    # Blank lines are no rows. Line numbers are those of the text, whatever line breaks stand inside quotes.
    rows = ((reader.line_num, row) for row in reader if row and not (len(row) == 1 and row[0].isspace()))
    first = next(rows)
    second = next(rows, None)
    names = None
    data = chain([first], [second] if second else [], rows)
    if _is_header(first[1], second[1] if second else None):
        names = tuple(name.strip() for name in first[1])
        data = chain([second] if second else [], rows)
    width = len(first[1])
    columns = None if selection is None else selection.positions(width, names)
    used = columns or tuple(range(width))
    pick = _picker(used, width)
    values = flat_array("d")
    for line, row in data:
        if len(row) != width:
            shown = {"\t": "tab", ",": "comma", ";": "semicolon"}[delimiter]
            raise ReaderError(
                f"line {line} has {len(row)} cell(s) where line {first[0]} has {width}; "
                f"look there for a {shown} too many or too few, or for an open quote"
            )
        values.extend(_floats(pick(row), used, names, line))
    table = np.frombuffer(values, dtype=np.float64) if values else np.empty(0)
    return Table(
        table.reshape(-1, len(used)),
        columns=columns,
        names=None if names is None else tuple(names[position] for position in used),
    )


def read(path: str, key: str | None, selection: Selection | None) -> Table:
    """Read a ``.csv`` or ``.tsv`` file, ``-`` for CSV on standard input."""
    with _text(path) as file:
        try:
            return _parse(file, os.path.splitext(path)[1].lower(), selection)
        except UnicodeDecodeError:
            raise ReaderError("is not text in UTF-8; is it really CSV? Save it as CSV in UTF-8") from None
        except csv.Error as error:
            raise ReaderError(f"is not valid CSV ({error}); write it again") from None
