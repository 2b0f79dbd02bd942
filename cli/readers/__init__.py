"""Reading samples from files, one module a format. Nothing is ever unpickled."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from .asked import Asked, Decimal, Header, Index
from .columns import Selection
from .errors import ReaderError
from .missing import NaValues
from .note import Note
from .table import Table
from .text import COMPRESSED, suffixes

__all__ = ["STDIN", "Note", "ReaderError", "Table", "read"]

STDIN = "-"


@dataclass(frozen=True)
class _Format:
    module: str
    has_keys: bool = False
    is_text: bool = False


# A format's module is imported when a file of its suffix is read.
_FORMATS = {
    ".npy": _Format("npy"),
    ".npz": _Format("npz", has_keys=True),
    ".csv": _Format("delimited", is_text=True),
    ".tsv": _Format("delimited", is_text=True),
    ".txt": _Format("delimited", is_text=True),
    ".dat": _Format("delimited", is_text=True),
    ".xlsx": _Format("excel", has_keys=True),
    ".parquet": _Format("arrow"),
    ".feather": _Format("arrow"),
    ".arrow": _Format("arrow"),
    ".ipc": _Format("arrow"),
    ".sav": _Format("statistical"),
    ".dta": _Format("statistical"),
    ".sas7bdat": _Format("statistical"),
    ".xpt": _Format("statistical"),
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


def _format(path: str) -> _Format:
    """Return the format of a file, by the suffix of its name."""
    suffix, compression = (".csv", "") if path == STDIN else suffixes(path)
    known = _FORMATS.get(suffix)
    if known is not None and (known.is_text or not compression):
        return known
    texts = [text for text, form in _FORMATS.items() if form.is_text]
    if compression:
        raise ReaderError(
            f"the format {suffix + compression!r} is not known; {', '.join(COMPRESSED)} go with {', '.join(texts)}"
        )
    what = f"the format {suffix!r} is not known" if suffix else "the name has no suffix to tell the format by"
    raise ReaderError(f"{what}; known: {', '.join(_FORMATS)}, and {texts[0]}.gz")


def read(
    path: str,
    *,
    key: str | None = None,
    selection: Selection | None = None,
    index: Index = "auto",
    header: Header = "auto",
    decimal: Decimal | None = None,
    na_values: NaValues | None = None,
    group: str | None = None,
) -> Table:
    """Read a sample from a file, by the suffix of its name; ``-`` is CSV on standard input.

    Parameters
    ----------
    path : str
        The file.
    key : str, optional
        Which array or sheet of a file that holds several; None takes the only array, or the first sheet.
    selection : Selection, optional
        The columns to use; None for all that hold data.
    index : str, default: "auto"
        "auto" looks for columns of row numbers and leaves them out, "none" does not; else the column that names the
        rows, by name or position. It is not among the columns to use.
    header : {"auto", "yes", "no"}, default: "auto"
        Whether the first row of text holds names.
    decimal : {".", ","}, optional
        The decimal sign of text; None is a point, unless it looks otherwise, which is an error.
    na_values : NaValues, optional
        What stands for missing values, besides what is known.
    group : str, optional
        The column that names the group of each row, by name or position. It is not among the columns to use.

    Raises
    ------
    ReaderError
        If that cannot be done; the message does not repeat the path.
    """
    if path != STDIN:
        _check_file(path)
    form = _format(path)
    if key is not None and not form.has_keys:
        keyed = ", ".join(known for known, form in _FORMATS.items() if form.has_keys)
        suffix = ".csv" if path == STDIN else suffixes(path)[0]
        raise ReaderError(f"a {suffix} file holds one table and takes no --key (that is for {keyed}); leave it out")
    asked = Asked(key, selection, index, header, decimal, na_values or NaValues(), group)
    module: Any = import_module(f".{form.module}", __package__)
    try:
        table: Table = module.read(path, asked)
    except OSError as error:
        raise ReaderError(f"cannot be read ({error.strerror or error}); check the file") from None
    from . import codes, suspects

    return replace(table, notes=(*table.notes, *codes.remarks(table), *suspects.remarks(table)))
