"""What the rows of a file are called, by a column that is no data: words, or numbers that count the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .header import counts
from .table import Table

# Rows without a name, as that of totals, are called by their numbers; of most rows the names must be there.
_MOST_WITHOUT = 0.1


def with_row_names(table: Table, names: Sequence[str], *, numbers: bool = False) -> Table:
    """Return a table whose rows are called by the cells of a column, where these are words that all differ.

    Rows that have row numbers already keep them. ``numbers`` tells that other numbers than a count are names, too.
    """
    if table.labels is not None or not names:
        return table
    words = [name for name in names if name]
    if len(words) < (1.0 - _MOST_WITHOUT) * len(names) or len(set(words)) < len(words):
        return table
    if not numbers and not counts(names) and any(map(_is_number, words)):
        return table
    labels = [name or f"{row} (from 0)" for row, name in enumerate(names)]
    return replace(table, labels=np.asarray(labels, dtype=object))


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", "."))
    except ValueError:
        return False
    return True
