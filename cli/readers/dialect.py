"""What stands between the cells of a text file, told from its first lines."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .cells import Cells
from .errors import ReaderError

# Runs of spaces and tabs.
BLANKS = " "
SPELT = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar", BLANKS: "space"}

# A number with a comma in it, between other delimiters, is nearly a number; so is a word a cell, but less of one.
_SCORES = {"number": 1.0, "missing": 1.0, "nearly": 1.0, "date": 1.0, "word": 0.25}


def rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of lines that are not blank, each with the number of its last line."""
    if delimiter == BLANKS:
        # Of a run of spaces the reader skips all but the first.
        lines = (line.replace("\t", " ").strip() + "\n" for line in lines)
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter == BLANKS)
    for row in reader:
        # Blank lines are no rows. Line numbers are those of the text, whatever line breaks stand inside quotes.
        if row and not (len(row) == 1 and (row[0].isspace() or (delimiter == BLANKS and not row[0]))):
            yield reader.line_num, row


def delimiter_of(lines: Sequence[str], suffix: str, cells: Cells) -> str:
    """Return what splits the first lines of a file into the same number of cells each, most of them numbers."""
    if suffix == ".tsv":
        return "\t"
    candidates = [";", "\t", "|"]
    # With decimal commas, commas separate cells only if the numbers are in quotes.
    if cells.decimal == "." or any('"' in line for line in lines[1:]):
        candidates.insert(0, ",")
    if suffix in (".txt", ".dat"):
        candidates.append(BLANKS)
    best = max(candidates, key=lambda candidate: _score(lines, candidate, cells))
    if _score(lines, best, cells) > 0.0:
        return best
    if _score(lines, BLANKS, cells) > 0.0:
        return BLANKS
    return candidates[0]


def _score(lines: Sequence[str], delimiter: str, cells: Cells) -> float:
    """Return how well a delimiter splits lines, 0 where it does not."""
    try:
        found = [row for _, row in rows(lines, delimiter)]
    except csv.Error:
        return 0.0
    widths = Counter(len(row) for row in found)
    width = max(widths, key=lambda width: (widths[width], width), default=1)
    if width < 2:
        return 0.0
    kinds = Counter(cells.kind(cell) for row in found if len(row) == width for cell in row)
    likeness = sum(_SCORES[kind] * count for kind, count in kinds.items()) / sum(kinds.values())
    return widths[width] / len(found) * (0.5 + likeness)


def check_decimals(lines: Sequence[str], delimiter: str) -> None:
    """Raise if every other comma between whole numbers is rather a decimal comma: 58,05 and 61,20."""
    if delimiter != ",":
        return
    cells = [row for _, row in rows(lines, delimiter)][1:]
    if not cells or any(len(row) % 2 or not all(cell.lstrip("+-").isdecimal() for cell in row) for row in cells):
        return
    # Nobody writes a whole number as 05.
    if any(len(cell) > 1 and cell.startswith("0") for row in cells for cell in row[::2]):
        return
    zero = next((row for row in cells if any(len(cell) > 1 and cell.startswith("0") for cell in row[1::2])), None)
    if zero is not None:
        raise ReaderError(
            f"the commas may be decimal commas or stand between columns ({','.join(zero)}); pass --decimal , or "
            "--decimal ."
        )
