"""What cannot be read, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable

_LISTED = 12


class ReaderError(Exception):
    """A file that cannot be read as a sample: what is wrong and what to do, but not which file."""


def listed(names: Iterable[str]) -> str:
    """Return the first of some names, with commas between them, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
