"""Which columns of a table to use: ``--columns``."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from .errors import ReaderError, listed

_RANGE = re.compile(r"(\d*):(\d*)")


@dataclass(frozen=True)
class Selection:
    """Columns as the user wrote them: names, positions from 0, and ranges of positions ``a:b`` without b."""

    items: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Split at commas; a name that holds one is put in double quotes."""
        items = tuple(item.strip() for item in next(csv.reader([text], skipinitialspace=True), []))
        if not items or "" in items:
            raise ValueError("an empty name; write names or positions with commas between them")
        return cls(items)

    def __str__(self) -> str:
        """Return what `parse` reads as this."""
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(self.items)
        return text.getvalue()

    def positions(self, width: int, names: tuple[str, ...] | None) -> tuple[int, ...]:
        """Return the positions in a table of ``width`` columns, in the order in which they were asked for."""
        found: list[int] = []
        for item in self.items:
            found.extend(_positions(item, width, names))
        if not found:
            raise ReaderError(f"--columns {','.join(self.items)} leaves none of the {width} columns")
        for index, position in enumerate(found):
            if position in found[:index]:
                name = f" ({names[position]!r})" if names else ""
                raise ReaderError(f"--columns asks for column {position}{name} twice; name it once")
        return tuple(found)


def _positions(item: str, width: int, names: tuple[str, ...] | None) -> list[int] | range:
    """Return what one item stands for; a name goes before a position, since names may be digits."""
    if names and item in names:
        if names.count(item) > 1:
            at = [str(position) for position, name in enumerate(names) if name == item]
            raise ReaderError(f"several columns are called {item!r}; ask by position: {listed(at)}")
        return [names.index(item)]
    if item.isdecimal() and int(item) < width:
        return [int(item)]
    bounds = _RANGE.fullmatch(item)
    if bounds and int(bounds[2] or width) <= width:
        return range(int(bounds[1] or 0), int(bounds[2] or width))
    known = f"the columns are {listed(names)}, or " if names else "there are no names here, only "
    raise ReaderError(f"no column {item!r}; {known}positions 0 to {width - 1}")
