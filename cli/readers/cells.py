"""What a cell of text holds: a number, a missing value, a date, a word, or a number that is not written as one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .missing import NaValues

Kind: TypeAlias = Literal["number", "missing", "nearly", "date", "word"]

_DATE = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ]\d{1,2}:\d{2}.*)?|\d{4}-\d{2}|\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?",
)
# With decimal commas, thousands separators, units in front and behind, or limits of detection.
_NEARLY = re.compile(
    r"[<>≤≥~≈+\-−–$€£¥ ]*(\d[\d.,'’_]*([ \u00a0\u202f]\d{3})*([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?"
    r"[ \u00a0\u202f]*[%‰°$€£¥]?"
)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([,.'’ \u00a0\u202f])\d{3}(\1\d{3})*([,.]\d*)?")
_SHOWN = 40


def is_label(cell: str) -> bool:
    """Tell a whole number without a sign, which can be the name of a column."""
    return cell.strip().isdecimal()


def is_whole(cell: str) -> bool:
    """Tell a number that is written without a decimal sign and an exponent."""
    return cell.strip().lstrip("+-").isdecimal()


def shown(cell: str) -> str:
    """Return a cell as messages show it."""
    return repr(cell if len(cell) <= _SHOWN else cell[: _SHOWN - 3] + "...")


@dataclass(frozen=True)
class Cells:
    """How numbers and missing values are written in the cells of a file."""

    decimal: Literal[".", ","] = "."
    na_values: NaValues = field(default_factory=NaValues)

    def number(self, cell: str) -> float | None:
        """Return a cell as a number, a missing one as NaN, None if it is neither."""
        cell = cell.strip()
        if self.na_values.has_word(cell):
            return float("nan")
        # Python reads 1_000 and other scripts' digits as numbers; tables do not.
        if "_" in cell or not cell.isascii():
            return None
        if self.decimal == ",":
            if "." in cell:
                return None
            cell = cell.replace(",", ".")
        try:
            return float(cell)
        except ValueError:
            return None

    def numbers(self, cells: Sequence[str]) -> list[float] | None:
        """Return cells that are all numbers as such, faster than one by one; None where one is something else."""
        joined = "".join(cells)
        if "_" in joined or not joined.isascii():
            return None
        if self.decimal == ",":
            if "." in joined:
                return None
            cells = [cell.replace(",", ".") for cell in cells]
        try:
            return list(map(float, cells))
        except ValueError:
            return None

    def kind(self, cell: str) -> Kind:
        """Return what a cell holds."""
        if self.na_values.has_word(cell):
            return "missing"
        if self.number(cell) is not None:
            return "number"
        text = cell.strip()
        if _DATE.fullmatch(text):
            return "date"
        return "nearly" if _NEARLY.fullmatch(text) else "word"

    def remedy(self, cell: str) -> str:
        """Return what to do about a cell that is no number."""
        text = cell.strip()
        thousands = _THOUSANDS.fullmatch(text)
        if self.decimal == ",":
            if thousands or ("." in text and _NEARLY.fullmatch(text)):
                return "with --decimal , a point separates thousands, which is not read; write the numbers without"
        elif thousands and (thousands[1] != "," or thousands[2] or thousands[3]):
            return "write it without the thousands separators"
        elif thousands:
            return "write it without the comma if that separates thousands, or pass --decimal , if it is a decimal one"
        elif self.number(text.replace(",", ".", 1)) is not None:
            return "write decimal points, not commas, or pass --decimal ,"
        if self.kind(cell) == "word":
            return (
                "correct it, choose the columns of numbers with --columns, or pass --na-values if it stands for a "
                "missing value"
            )
        return "correct it, or choose the columns of numbers with --columns"
