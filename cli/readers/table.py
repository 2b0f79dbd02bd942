"""What every reader returns, and what the readers share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ReaderError, listed

if TYPE_CHECKING:
    from .columns import Selection


@dataclass(frozen=True)
class Table:
    """What was read from a file.

    Attributes
    ----------
    array : ndarray
        The values, of whatever shape and dtype the file has.
    take : ndarray, dtype=intp, or None
        Positions of the array's columns to use; None for all of them.
    columns : tuple of int or None
        Positions in the file of the columns in use; None for all of them.
    names : tuple of str or None
        Names of the columns in use; None where the file has none.
    """

    array: NDArray[Any]
    take: NDArray[np.intp] | None = None
    columns: tuple[int, ...] | None = None
    names: tuple[str, ...] | None = None

    def column(self, index: int) -> str:
        """Return what a user calls the column in use number ``index``."""
        position = self.columns[index] if self.columns else index
        return f"column {position} ({self.names[index]!r})" if self.names else f"column {position}"


def array_table(array: NDArray[Any], selection: Selection | None) -> Table:
    """Return an array without names as a table; a memory map is left on disk."""
    if selection is None or array.ndim not in (1, 2):
        return Table(array)
    columns = selection.positions(1 if array.ndim == 1 else array.shape[1], None)
    return Table(array, take=np.asarray(columns, dtype=np.intp), columns=columns)


def choose_key(known: Sequence[str], key: str | None, what: str = "array") -> str:
    """Return which of the arrays of a file to read."""
    if not known:
        raise ReaderError(f"holds no {what}s; write it again with one")
    if key is not None:
        if key not in known:
            raise ReaderError(f"holds no {what} {key!r}; --key may be: {listed(known)}")
        return key
    if len(known) > 1:
        raise ReaderError(f"holds {len(known)} {what}s; choose one with --key: {listed(known)}")
    return known[0]
