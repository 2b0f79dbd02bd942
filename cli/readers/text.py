"""Text files: compressed or not, from a path or standard input, in UTF-8, UTF-16 or Windows' own encoding."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, TypeVar, cast

from .errors import ReaderError
from .note import Note

T = TypeVar("T")

COMPRESSED = (".gz", ".bz2", ".xz")

_OPEN: dict[str, Callable[[str], object]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_DAMAGE = (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)
_IN_MEMORY = 1 << 26
_LOOKED_AT = 1 << 16
_WINDOWS = "The text is not UTF-8; it was read as Windows-1252, the encoding of western Windows."
_NOT_TEXT = "is not text in UTF-8; is it really CSV? Save it as CSV in UTF-8"


def suffixes(path: str) -> tuple[str, str]:
    """Return the suffix of a name that tells the format, and that of its compression, in small letters."""
    stem, suffix = os.path.splitext(path)
    suffix = suffix.lower()
    if suffix in COMPRESSED:
        return os.path.splitext(stem)[1].lower(), suffix
    return suffix, ""


@contextmanager
def _bytes(path: str) -> Iterator[BinaryIO]:
    """Open a file, or what comes on standard input."""
    if path == "-":
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
            if spool.tell() == 0:
                raise ReaderError("is empty (0 bytes); pipe CSV into it")
            yield cast(BinaryIO, spool)
        return
    compression = suffixes(path)[1]
    if not compression:
        with open(path, "rb") as file:
            yield file
        return
    try:
        with cast(BinaryIO, _OPEN[compression](path)) as file:
            yield file
    except _DAMAGE as error:
        raise ReaderError(f"is not a valid {compression} file ({error}); compress it again") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise ReaderError(f"is not a valid {compression} file ({error}); compress it again") from None


def read_text(path: str, parse: Callable[[TextIO], T]) -> tuple[T, tuple[Note, ...]]:
    """Return what ``parse`` makes of a text file, and what is to be said of the encoding."""
    with _bytes(path) as raw:
        raw.seek(0)
        start = raw.read(_LOOKED_AT)
        wide = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if not wide and b"\0" in start:
            raise ReaderError(_NOT_TEXT)
        tries = ("utf-16",) if wide else ("utf-8-sig", "cp1252")
        for encoding in tries:
            raw.seek(0)
            text = io.TextIOWrapper(raw, encoding=encoding, newline="")
            try:
                return parse(text), (Note(_WINDOWS, "encoding"),) if encoding == "cp1252" else ()
            except UnicodeDecodeError:
                continue
            finally:
                text.detach()
    raise ReaderError(_NOT_TEXT)
