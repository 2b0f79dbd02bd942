"""Null distributions in the user's cache folder: a file for each, checked when read, whole or absent when written.

A file is a line of JSON, which says what the null distribution belongs to and has a SHA-256 of what follows, and then
the replicates as float64, little-endian, in the order of their streams. Nothing is ever unpickled. A file that is
damaged, of another version or of another null distribution is as good as none: it is reported, and written anew. A
folder that cannot be written to costs a warning, and the time to compute the null distribution again.

The folder is that of ``platformdirs``, or what the environment variable SLICEDNORM_CACHE names; "off" caches nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.files import UNFINISHED, replacing
from slicednorm._version import __version__
from slicednorm.stats._calibration.ranks import check_replicates

ENVIRONMENT = "SLICEDNORM_CACHE"
OFF = "off"

Key: TypeAlias = dict[str, Any]

# Raised whenever a change makes other replicates for a key: in streams, formulas or rounding.
_REVISION = 2
_MAGIC = "slicednorm null law"
_SUFFIX = ".law"
_DTYPE = np.dtype("<f8")
_LONGEST_HEADER = 4096


class CacheWarning(UserWarning):
    """A null distribution could not be cached, or a cached one cannot be used; the answer is right, but took longer."""


class CannotCacheWarning(CacheWarning):
    """A null distribution was computed, and could not be written to the cache folder."""


@dataclass(frozen=True)
class Entry:
    """A file of the cache.

    Attributes
    ----------
    path : pathlib.Path
        Where the file is.
    key : dict of str to object or None
        What the null distribution belongs to; None if the file is damaged.
    n_resamples : int
        Number of replicates in the file; 0 if it is damaged.
    size : int
        Its size in bytes.
    """

    path: Path
    key: Key | None
    n_resamples: int
    size: int


def cache_folder() -> Path | None:
    """Return the folder of the cached null distributions, None if none are to be cached.

    Returns
    -------
    pathlib.Path or None
        The folder.
    """
    named = os.environ.get(ENVIRONMENT)
    if named is None or not named.strip():
        from platformdirs import user_cache_dir

        return Path(user_cache_dir("slicednorm", appauthor=False)) / "laws"
    return None if named.strip().lower() == OFF else Path(named).expanduser()


def _identity(key: Key) -> str:
    whole = {**key, "version": __version__, "revision": _REVISION}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def entropy(key: Key) -> int:
    """Return the entropy of the streams of a null distribution, which follows from its key alone."""
    return int.from_bytes(hashlib.sha256(_identity(key).encode()).digest()[:16], "little")


def _name(identity: str) -> str:
    return hashlib.sha256(identity.encode()).hexdigest()[:32] + _SUFFIX


def _path(folder: Path, key: Key) -> Path:
    return folder / _name(_identity(key))


def _parse(data: bytes) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Return the header and the replicates of a file's bytes, or raise a ValueError that says what is wrong."""
    line, newline, body = data.partition(b"\n")
    if not newline or len(line) > _LONGEST_HEADER:
        raise ValueError("it has no header")
    header = json.loads(line)
    if not isinstance(header, dict) or header.get("format") != _MAGIC:
        raise ValueError("it is no null distribution")
    if header.get("sha256") != hashlib.sha256(body).hexdigest():
        raise ValueError("its bytes are not those that were written")
    values = np.frombuffer(body, _DTYPE).astype(np.float64)
    if header.get("n_resamples") != len(values) or not isinstance(header.get("key"), dict):
        raise ValueError("its header does not fit what follows")
    if not np.isfinite(values).all():
        raise ValueError("it holds values that are not finite")
    return header, values


def _replicates(data: bytes, key: Key) -> NDArray[np.float64]:
    """Return the replicates in a file's bytes, or raise a ValueError unless they are complete and belong to a key."""
    header, values = _parse(data)
    if header.get("identity") != _identity(key):
        raise ValueError("it is that of another test")
    return values


def load(key: Key) -> NDArray[np.float64] | None:
    """Return the replicates that are cached for a key, in the order of their streams, or None."""
    folder = cache_folder()
    if folder is None:
        return None
    path = _path(folder, key)
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        warnings.warn(
            f"the null distribution cached in {path} cannot be read ({error.strerror or error}); it is not used",
            CacheWarning,
            stacklevel=2,
        )
        return None
    try:
        return _replicates(data, key)
    except ValueError as error:
        warnings.warn(
            f"the null distribution cached in {path} is damaged ({error}); it is not used, and written anew once it is "
            "computed again (remove the file, or all of them by 'slicednorm cache --clear')",
            CacheWarning,
            stacklevel=2,
        )
        return None


def store(key: Key, values: NDArray[np.float64]) -> bool:
    """Cache replicates for a key, unless as many are cached already; return whether they are cached now.

    Two processes that cache one null distribution write equal replicates, one after the other, each a whole file.

    Raises
    ------
    SampleError
        If a replicate is not finite.
    """
    check_replicates(values)
    folder = cache_folder()
    if folder is None:
        return False
    body = np.ascontiguousarray(values, _DTYPE).tobytes()
    header = {
        "format": _MAGIC,
        "key": key,
        "identity": _identity(key),
        "n_resamples": len(values),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    path = _path(folder, key)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError, ValueError):
            if len(_replicates(path.read_bytes(), key)) >= len(values):
                return True
        with replacing(path) as temporary:
            temporary.write_bytes(json.dumps(header).encode() + b"\n" + body)
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror or error
        warnings.warn(
            f"the null distribution could not be cached in {folder} ({reason}); set {ENVIRONMENT} to another folder, "
            f"or to '{OFF}' to cache nothing",
            CannotCacheWarning,
            stacklevel=2,
        )
        return False
    return True


def _describe(path: Path) -> Entry:
    try:
        data = path.read_bytes()
    except OSError:
        return Entry(path, None, 0, 0)
    try:
        header, values = _parse(data)
        if _name(str(header.get("identity"))) != path.name:
            raise ValueError("it is that of another test")
    except ValueError:
        return Entry(path, None, 0, len(data))
    return Entry(path, header["key"], len(values), len(data))


def entries() -> Iterator[Entry]:
    """Yield the files of the cache, damaged ones included.

    Yields
    ------
    Entry
        A file of the cache: its path, what it belongs to, and its size.
    """
    folder = cache_folder()
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            if not path.name.startswith(UNFINISHED):
                yield _describe(path)


def clear() -> int:
    """Remove every cached null distribution, and what was left half written; return how many were removed.

    Returns
    -------
    int
        Number of null distributions that were removed.

    Raises
    ------
    OSError
        If a file cannot be removed.
    """
    folder = cache_folder()
    if folder is None or not folder.is_dir():
        return 0
    removed = 0
    for path in folder.glob(f"*{_SUFFIX}"):
        if path.is_dir():
            continue
        with suppress(FileNotFoundError):  # another process was faster
            path.unlink()
            removed += not path.name.startswith(UNFINISHED)
    return removed
