"""Reading a sample, and the target that it is tested against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._sample.whiten import check_target

from .. import readers
from ..terminal.errors import InputError


def label(path: str) -> str:
    """Return what messages call a file."""
    return "standard input" if path == readers.STDIN else click.format_filename(path)


def read_table(path: str, **options: Any) -> readers.Table:
    """Read a file, or raise an InputError that names it."""
    try:
        return readers.read(path, **options)
    except readers.ReaderError as error:
        raise InputError(f"{label(path)}: {error}") from None


@contextmanager
def naming(path: str, table: readers.Table) -> Iterator[None]:
    """Say which file a sample came from that does not allow the test, and what the file calls the column."""
    try:
        yield
    except (stats.SampleError, stats.SampleTypeError) as error:
        hint = ""
        if table.names is not None or table.columns is not None:
            hint = ", ".join(table.column(index) for index in getattr(error, "columns", ()))
            hint = f" [{hint} of the file]" if hint else ""
        raise InputError(f"{label(path)}: {error}{hint}") from None


def read_parameter(option: str, path: str | None, dim: int) -> NDArray[np.float64] | None:
    """Read the mean or the covariance of a known target, and check it."""
    if path is None:
        return None
    array = np.asarray(read_table(path).array)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{label(path)}: holds {array.dtype}, not real numbers; give the {option} as numbers")
    if array.ndim <= 2:
        array = np.squeeze(array)  # a row or a column of a table
    try:
        check_target(dim, **{option: array})
    except ValueError as error:
        raise InputError(f"{label(path)}: {error}; the sample has D = {dim} columns") from None
    return array.astype(np.float64)


def read_sample(path: str, key: str | None) -> stats.Sample:
    """Read a sample whose shape alone is of interest."""
    table = read_table(path, key=key)
    with naming(path, table):
        return stats.as_sample(table.array, nan_policy="omit", columns=table.take)
