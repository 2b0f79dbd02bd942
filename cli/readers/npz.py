"""NumPy's ``.npz``: a zip archive of arrays, one of which is read into memory."""

from __future__ import annotations

import tokenize
import zipfile
import zlib

import numpy as np

from .asked import Asked
from .errors import ReaderError
from .table import Table, array_table, choose_key

# What zipfile and NumPy raise on damaged members, on unknown compressions and on passwords.
_DAMAGE = (
    ValueError,
    TypeError,
    EOFError,
    SyntaxError,
    RuntimeError,
    OverflowError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def read(path: str, asked: Asked) -> Table:
    """Read one array of an ``.npz`` file."""
    if not zipfile.is_zipfile(path):
        raise ReaderError("is not a valid .npz file (no zip archive; nothing is unpickled); write it with numpy.savez")
    chosen = None
    try:
        with np.load(path, allow_pickle=False) as archive:
            members = set(archive.zip.namelist()) if archive.zip else set()
            chosen = choose_key([name for name in archive.files if f"{name}.npy" in members], asked.key)
            array = archive[chosen]
    except _DAMAGE as error:
        if chosen is not None and "allow_pickle" in str(error):
            raise ReaderError(
                f"array {chosen!r} holds Python objects, which are never unpickled; save it as numbers: x.astype(float)"
            ) from None
        reason = str(error).split("\n", 1)[0]
        raise ReaderError(f"is not a valid .npz file ({reason}); write it again with numpy.savez") from None
    if not isinstance(array, np.ndarray):
        raise ReaderError(f"array {chosen!r} is damaged; write it again with numpy.savez")
    return array_table(array, asked)
