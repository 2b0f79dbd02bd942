"""``.safetensors``: one tensor, memory-mapped; bfloat16 is widened to float32."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .asked import Asked
from .errors import ReaderError
from .table import Table, array_table, choose_key

# The format's names of dtypes, all little-endian.
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",  # the upper halves of float32
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
    "C64": "<c8",
}


def read(path: str, asked: Asked) -> Table:
    """Map one tensor of a ``.safetensors`` file into memory."""
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        raise ReaderError("needs the package safetensors; pip install 'slicednorm[io]'") from None
    try:
        # The library checks the whole header: names, dtypes, and offsets without gaps up to the file's end.
        with safe_open(path, framework="np") as file:
            chosen = choose_key(sorted(file.keys()), asked.key, "tensor")
    except SafetensorError as error:
        raise ReaderError(f"is not a valid .safetensors file ({error}); write it again") from None
    # Its NumPy side copies, and knows no bfloat16: the checked header says where the tensor lies.
    with open(path, "rb") as raw:
        length = int.from_bytes(raw.read(8), "little")
        entry = json.loads(raw.read(length))[chosen]
    if entry["dtype"] not in _DTYPES:
        raise ReaderError(f"tensor {chosen!r} has dtype {entry['dtype']}, which is not read; convert it to F32")
    shape, dtype = tuple(entry["shape"]), np.dtype(_DTYPES[entry["dtype"]])
    start, stop = entry["data_offsets"]
    # There is no mapping nothing.
    array: NDArray[Any] = (
        np.empty(shape, dtype) if start == stop else np.memmap(path, dtype, "r", 8 + length + start, shape)
    )
    if entry["dtype"] == "BF16":
        array = np.left_shift(array, 16, dtype=np.uint32).view(np.float32)
    return array_table(array, asked)
