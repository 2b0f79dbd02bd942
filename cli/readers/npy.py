"""NumPy's ``.npy``, memory-mapped: a file larger than memory is read as it is used."""

from __future__ import annotations

import math
import os
import tokenize
import warnings
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .asked import Asked
from .errors import ReaderError
from .table import Table, array_table

# What the parser of the header raises on damaged ones.
_DAMAGE = (
    ValueError,
    TypeError,
    SyntaxError,
    OverflowError,
    RecursionError,
    MemoryError,
    tokenize.TokenError,
)


def _invalid(reason: object) -> ReaderError:
    text = str(reason).split("\n", 1)[0]
    return ReaderError(f"is not a valid .npy file ({text}); write it again with numpy.save")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether in Fortran's order, and dtype, and leave the file where the data begin."""
    if file.read(len(npy.MAGIC_PREFIX)) != npy.MAGIC_PREFIX:
        raise _invalid("it does not begin with NumPy's mark, and nothing is unpickled")
    file.seek(0)
    try:
        version = npy.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            # Version 3 differs in the names of structured dtypes alone, and those are of no use here.
            raise _invalid(f"version {version[0]}.{version[1]} of the format")
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # headers written by Python 2
            read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, fortran, dtype = read_header(file)
    except _DAMAGE as error:
        raise _invalid(f"its header is damaged: {error}") from None
    if any(length < 0 for length in shape):
        raise _invalid(f"its header gives the shape {shape}")
    return shape, fortran, dtype


def read(path: str, asked: Asked) -> Table:
    """Map a ``.npy`` file into memory."""
    with open(path, "rb") as file:
        shape, fortran, dtype = _header(file)
        offset = file.tell()
        size = os.fstat(file.fileno()).st_size
    if dtype.hasobject:
        raise ReaderError(
            f"holds Python objects (dtype {dtype}), which are never unpickled; "
            "save it as numbers: numpy.save(path, x.astype(float))"
        )
    needed = math.prod(shape) * dtype.itemsize
    missing = offset + needed - size
    if missing > 0:
        raise ReaderError(
            f"is truncated: {missing:,} of the {needed:,} bytes of its array (shape {shape}, dtype {dtype}) "
            "are missing; copy or write it again"
        )
    array: NDArray[Any]
    try:
        if needed == 0:
            array = np.empty(shape, dtype)  # nothing to map
        else:
            array = np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C")
    except (ValueError, TypeError, OverflowError) as error:
        raise _invalid(f"its header gives the shape {shape}: {error}") from None
    return array_table(array, asked)
