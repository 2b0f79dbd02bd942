"""What was asked for of a file: which array and columns of it, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .columns import Selection
from .missing import NaValues

# "auto", "none", or the column that names the rows.
Index: TypeAlias = str
Header: TypeAlias = Literal["auto", "yes", "no"]
Decimal: TypeAlias = Literal[".", ","]


@dataclass(frozen=True)
class Asked:
    """What was asked for of a file.

    Attributes
    ----------
    key : str or None
        Which array, or sheet, of a file that holds several; None for the only one, or the first sheet.
    selection : Selection or None
        The columns to use; None for all that hold numbers.
    index : str
        "auto" leaves out what looks like row numbers, "none" nothing; else the column that names the rows.
    header : {"auto", "yes", "no"}
        Whether the first row of text holds names.
    decimal : {".", ","} or None
        The decimal sign of text; None where nothing was said, which is a point.
    na_values : NaValues
        What stands for missing values.
    group : str or None
        The column that names the group of each row, which is no data; None for none.
    """

    key: str | None = None
    selection: Selection | None = None
    index: Index = "auto"
    header: Header = "auto"
    decimal: Decimal | None = None
    na_values: NaValues = field(default_factory=NaValues)
    group: str | None = None

    @property
    def labels(self) -> str | None:
        """The column that names the rows, which is no data; None where none is named."""
        return None if self.index in ("auto", "none") else self.index

    @property
    def decimal_of_text(self) -> Decimal:
        """The decimal sign of text, a point where nothing was said."""
        return self.decimal or "."
