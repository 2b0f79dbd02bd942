"""``.xlsx``: a sheet of a workbook, as the rows of cells that a text file has."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .asked import Asked
from .cells import Cells
from .errors import ReaderError, listed
from .grid import Place, read_grid
from .note import Note
from .table import Table, choose_key


def _text(value: Any, decimal: str) -> str:
    """Return a cell as a text file has it; numbers keep all their digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(value).replace(".", decimal)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _letters(position: int) -> str:
    """Return what a spreadsheet calls a column: A to Z, then AA and so on."""
    found = ""
    position += 1
    while position:
        position, letter = divmod(position - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def _rows(sheet: Any, decimal: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank, each with its number, without blank columns at the right."""
    found = []
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        row = [_text(value, decimal) for value in values]
        if any(cell.strip() for cell in row):
            found.append((number, row))
    width = max((_width(row) for _, row in found), default=0)
    return [(number, (row + [""] * width)[:width]) for number, row in found]


def _width(row: list[str]) -> int:
    return max(index + 1 for index, cell in enumerate(row) if cell.strip())


def read(path: str, asked: Asked) -> Table:
    """Read a sheet of an ``.xlsx`` file, the first if none is asked for."""
    try:
        import openpyxl
    except ImportError:
        raise ReaderError("needs the package openpyxl; pip install 'slicednorm[files]'") from None
    try:
        with warnings.catch_warnings(action="ignore"):  # openpyxl's own, about styles and extensions
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            chosen = choose_key(list(sheets), asked.key or next(iter(sheets), None), "sheet")
            sheet = sheets[chosen]
            sheet.reset_dimensions()  # what a file says of its size is not always true
            rows = _rows(sheet, asked.decimal_of_text)
            book.close()
    except ReaderError:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError, SyntaxError) as error:
        reason = str(error).split("\n", 1)[0]
        raise ReaderError(f"is not a valid .xlsx file ({reason}); save it again as an Excel workbook") from None
    others = [title for title in sheets if title != chosen] if asked.key is None else []
    notes: tuple[Note, ...] = ()
    if others:
        text = f"The sheet that was read is {chosen!r}, the first of {len(sheets)}; --key names another."
        notes = (Note(text, "sheet"),)
    if not rows:
        raise ReaderError(f"the sheet {chosen!r} is empty; --key names another sheet{_of(others)}")
    place = Place(cell=lambda row, position: f"cell {_letters(position)}{row}", width=_never)
    try:
        table = read_grid(iter(rows), Cells(asked.decimal_of_text, asked.na_values), asked, place, quoted=False)
    except ReaderError as error:
        if not others:
            raise
        raise ReaderError(f"the sheet {chosen!r}: {error}; --key names another sheet{_of(others)}") from None
    return replace(table, notes=(*notes, *table.notes))


def _of(sheets: Sequence[str]) -> str:
    return f": {listed(sheets)}" if sheets else ""


# Blank cells fill up the rows of a sheet.
def _never(row: int, cells: Sequence[str], first: int, expected: int) -> str:
    return f"row {row} has {len(cells)} cells where row {first} has {expected}"
