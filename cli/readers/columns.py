"""Which columns of a table to use: ``--columns``."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from .errors import ReaderError, listed

_RANGE = re.compile(r"(\d*):(\d*)")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Chosen:
    """Positions of columns, in the order in which they were asked for.

    Attributes
    ----------
    positions : tuple of int
        All of them.
    named : frozenset of int
        Those asked for one by one. They are used or are an error; of the others, those that hold no data are left out.
    group, labels : int or None
        The column that names the group of each row, and the one that names the rows. They are not among the others.
    """

    positions: tuple[int, ...]
    named: frozenset[int] = frozenset()
    group: int | None = None
    labels: int | None = None

    def with_group(self, group: str | None, width: int, names: tuple[str, ...] | None) -> Chosen:
        """Return the same columns but the one that names groups."""
        if group is None:
            return self
        (position,) = _single(group, width, names, "groups come")
        name = (names[position] if names else "") or group
        return replace(self._without(position, f"of groups, {name!r}"), group=position)

    def with_labels(self, label: str | None, width: int, names: tuple[str, ...] | None) -> Chosen:
        """Return the same columns but the one that names rows."""
        if label is None:
            return self
        (position,) = _single(label, width, names, "names of rows come")
        if position == self.group:
            raise ReaderError(f"the column {label!r} cannot name both the rows and their groups; leave out --index")
        return replace(self._without(position, f"of --index, {label!r}"), labels=position)

    def _without(self, position: int, what: str) -> Chosen:
        rest = tuple(other for other in self.positions if other != position)
        if not rest:
            raise ReaderError(f"without the column {what}, there is none to test")
        return replace(self, positions=rest, named=self.named - {position})


@dataclass(frozen=True)
class Selection:
    """Columns as the user wrote them: names, patterns of names, positions from 0, and ranges ``a:b`` without b.

    An item that begins with ``!`` leaves its columns out; if there are only such items, all other columns are used.
    """

    items: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Split at commas; a name that holds one is put in double quotes."""
        items = tuple(item.strip() for item in next(csv.reader([text], skipinitialspace=True), []))
        if not items or not set(items).isdisjoint(("", "!")):
            raise ValueError("an empty name; write names or positions with commas between them")
        return cls(items)

    def __str__(self) -> str:
        """Return what `parse` reads as this."""
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(self.items)
        return text.getvalue()

    def others(self) -> Selection:
        """Return the selection of all other columns."""
        return Selection(tuple(item[1:] if item.startswith("!") else f"!{item}" for item in self.items))

    def positions(self, width: int, names: tuple[str, ...] | None) -> tuple[int, ...]:
        """Return the positions in a table of ``width`` columns, in the order in which they were asked for."""
        return self.chosen(width, names).positions

    def chosen(self, width: int, names: tuple[str, ...] | None) -> Chosen:
        """Return the positions in a table of ``width`` columns, and which of them were asked for one by one."""
        found: list[int] = []
        named: set[int] = set()
        excluded: set[int] = set()
        # A name that begins with ! is that name, like any other.
        only_excludes = all(_excludes(item, names) for item in self.items)
        if only_excludes:
            found.extend(range(width))
        for item in self.items:
            if _excludes(item, names):
                excluded.update(_positions(item[1:], width, names))
                continue
            positions = list(_positions(item, width, names))
            if _is_pattern(item, names):
                # So that `--columns 'weight,*'` puts one first.
                positions = [position for position in positions if position not in found]
            elif ":" not in item or (names is not None and item in names):
                named.update(positions)
            _raise_if_twice(found, positions, names)
            found.extend(positions)
        found = [position for position in found if position not in excluded]
        if not found:
            raise ReaderError(f"--columns {','.join(self.items)} leaves none of the {width} columns")
        return Chosen(tuple(found), frozenset(named - excluded))


def _single(item: str, width: int, names: tuple[str, ...] | None, what: str) -> list[int]:
    """Return the position of one column."""
    found = list(_positions(item, width, names))
    if len(found) != 1:
        raise ReaderError(f"{what} from one column, and {item!r} stands for {len(found)}; name one")
    return found


def _raise_if_twice(found: list[int], more: list[int], names: tuple[str, ...] | None) -> None:
    for position in more:
        if position in found:
            name = f" ({names[position]!r})" if names else ""
            raise ReaderError(f"--columns asks for column {position}{name} twice; name it once")


def _excludes(item: str, names: tuple[str, ...] | None) -> bool:
    return item.startswith("!") and not (names and item in names)


def _is_pattern(item: str, names: tuple[str, ...] | None) -> bool:
    return names is not None and item not in names and _PATTERN.search(item) is not None


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
    if names and _is_pattern(item, names):
        matching = [position for position, name in enumerate(names) if fnmatchcase(name, item)]
        if matching:
            return matching
    known = (
        f"the columns are {listed(name for name in names if name)}, or " if names else "there are no names here, only "
    )
    raise ReaderError(f"no column {item!r}; {known}positions 0 to {width - 1}")
