"""Reading samples from files, one module a format. Nothing is ever unpickled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .columns import Selection
from .errors import ReaderError
from .table import Table

__all__ = ["STDIN", "ReaderError", "Table", "read"]

STDIN = "-"


@dataclass(frozen=True)
class _Format:
    module: str
    has_keys: bool = False


# A format's module is imported when a file of its suffix is read.
_FORMATS = {
    ".npy": _Format("npy"),
    ".npz": _Format("npz", has_keys=True),
    ".csv": _Format("delimited"),
    ".tsv": _Format("delimited"),
    ".parquet": _Format("parquet"),
    ".safetensors": _Format("safetensors", has_keys=True),
    ".pt": _Format("pt", has_keys=True),
}


def _check_file(path: str) -> None:
    """Raise unless there is a file of at least one byte that may be read."""
    try:
        if os.path.isdir(path):
            raise ReaderError("is a directory; name a file in it")
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise ReaderError("is empty (0 bytes); write it again")
    except FileNotFoundError:
        raise ReaderError("no such file; check the path") from None
    except PermissionError:
        raise ReaderError("may not be read (permission denied); change its permissions") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ReaderError(f"cannot be opened ({reason}); check the path") from None


def read(path: str, *, key: str | None = None, selection: Selection | None = None) -> Table:
    """Read a sample from a file, by the suffix of its name; ``-`` is CSV on standard input.

    Parameters
    ----------
    path : str
        The file.
    key : str, optional
        Which array of a file that holds several; None takes the only one.
    selection : Selection, optional
        The columns to use; None for all of them.

    Raises
    ------
    ReaderError
        If that cannot be done; the message does not repeat the path.
    """
    suffix = ".csv" if path == STDIN else os.path.splitext(path)[1].lower()
    if path != STDIN:
        _check_file(path)
    if suffix not in _FORMATS:
        what = f"the format {suffix!r} is not known" if suffix else "the name has no suffix to tell the format by"
        raise ReaderError(f"{what}; known: {', '.join(_FORMATS)}")
    if key is not None and not _FORMATS[suffix].has_keys:
        keyed = ", ".join(known for known, form in _FORMATS.items() if form.has_keys)
        raise ReaderError(f"a {suffix} file holds one table and takes no --key (that is for {keyed}); leave it out")
    module: Any = import_module(f".{_FORMATS[suffix].module}", __package__)
    try:
        table: Table = module.read(path, key, selection)
    except OSError as error:
        raise ReaderError(f"cannot be read ({error.strerror or error}); check the file") from None
    return table
