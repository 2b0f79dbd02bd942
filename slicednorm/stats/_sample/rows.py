"""Reading a sample a block of rows at a time, so that a file may be larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._limits import current
from slicednorm.stats._sample.called import Called


class Rows:
    """Samples of shape (batch, n, D) that are read in blocks of rows, in their computing dtype.

    The blocks follow from n and D alone: the rounding of a matrix product depends on its shape, and two runs
    over the same data must agree to the last bit, whatever memory or workers they have.

    Parameters
    ----------
    data : ndarray of shape (n, D) or (batch, n, D)
        Values, of any real dtype; a memory map is read block by block.
    dtype : numpy.dtype
        The computing dtype, float32 or float64.
    keep : ndarray, dtype=intp, optional
        Indices of the rows to use, None for all of them (not with a batch).
    columns : ndarray, dtype=intp, optional
        Indices of the columns to use, None for all of them.
    numbers : ndarray, dtype=intp, optional
        What `number` is to say of each row in use, for rows that were computed from a user's data.
    called : Called, optional
        What messages call the columns in use, and the rows of the data.

    Attributes
    ----------
    dtype : numpy.dtype
        The computing dtype.
    stored : numpy.dtype
        The dtype of the data.
    batch, n, dim : int
        The shape of what is read.
    called : Called
        What messages call the columns and rows.
    """

    def __init__(
        self,
        data: NDArray[Any],
        dtype: np.dtype[Any],
        keep: NDArray[np.intp] | None = None,
        columns: NDArray[np.intp] | None = None,
        numbers: NDArray[np.intp] | None = None,
        called: Called | None = None,
    ) -> None:
        self._data = data
        self._keep = keep
        self._numbers = keep if numbers is None else numbers
        self._columns = columns
        self.called = Called() if called is None else called
        self.dtype = dtype
        self.batch = data.shape[0] if data.ndim == 3 else 1
        self.n = data.shape[-2] if keep is None else len(keep)
        self.dim = data.shape[-1] if columns is None else len(columns)
        self.stored = data.dtype
        self._step = max(1, current().block_elements // max(1, self.dim))

    def blocks(self) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Yield ``(start, stop, block)``, block of shape (batch, stop - start, D), C-contiguous."""
        for start in range(0, self.n, self._step):
            stop = min(start + self._step, self.n)
            keep = self._keep
            block = self._data[..., start:stop, :] if keep is None else self._data[keep[start:stop]]
            if self._columns is not None:
                block = block[..., self._columns]
            block = np.ascontiguousarray(block, dtype=self.dtype)
            yield start, stop, block if block.ndim == 3 else block[np.newaxis]

    def items(self) -> NDArray[Any]:
        """Return all samples, (batch, n, D), in the computing dtype."""
        return np.concatenate([block for _, _, block in self.blocks()], axis=1)

    def column(self, number: int) -> NDArray[Any]:
        """Return one column of one sample, (n,), in the computing dtype."""
        return np.concatenate([block[0, :, number] for _, _, block in self.blocks()])

    def at(self, positions: NDArray[np.intp], columns: NDArray[np.intp] | None = None) -> NDArray[Any]:
        """Return some of the rows (of one sample, not a batch), and of the columns if asked, in their computing dtype.

        Only these are read: of a memory map, a little of the file.
        """
        if self._keep is not None:
            positions = self._keep[positions]
        if columns is None:
            columns = self._columns
        elif self._columns is not None:
            columns = self._columns[columns]
        some = self._data[positions] if columns is None else self._data[positions[:, np.newaxis], columns]
        return np.ascontiguousarray(some, dtype=self.dtype)

    def number(self, index: int) -> int:
        """Return the number of a row in the data, from its number among the rows in use."""
        return index if self._numbers is None else int(self._numbers[index])

    def largest(self) -> tuple[float, int, int]:
        """Return the largest absolute value, its row in the data, and its column among those in use."""
        found = (-1.0, 0, 0)
        for start, _, (block,) in self.blocks():
            row, column = divmod(int(np.argmax(np.abs(block))), self.dim)
            value = float(abs(block[row, column]))
            if value > found[0]:
                found = (value, self.number(start + row), column)
        return found

    def of_columns(self, columns: NDArray[np.intp]) -> Rows:
        """Return these rows with some of their columns alone."""
        chosen = columns if self._columns is None else self._columns[columns]
        return Rows(self._data, self.dtype, self._keep, chosen, self._numbers)

    def astype(self, dtype: np.dtype[Any]) -> Rows:
        """Return these rows, to be read in another computing dtype."""
        return Rows(self._data, dtype, self._keep, self._columns, self._numbers, self.called)


class MappedRows(Rows):
    """Samples that are computed from others, block by block, whenever they are read."""

    def __init__(self, rows: Rows, function: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
        # A view of one number stands in for the data: only its shape is used.
        super().__init__(np.broadcast_to(np.zeros((), rows.dtype), (rows.batch, rows.n, rows.dim)), rows.dtype)
        self._rows = rows
        self._function = function

    def blocks(self) -> Iterator[tuple[int, int, NDArray[Any]]]:
        """Yield ``(start, stop, block)`` as `Rows` does."""
        for start, stop, block in self._rows.blocks():
            yield start, stop, self._function(block)


def is_kept(n: int, dim: int) -> bool:
    """Return whether a drawn sample of a shape is kept in memory."""
    return n * dim <= current().kept_elements
