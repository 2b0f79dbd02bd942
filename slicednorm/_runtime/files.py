"""Files that appear whole under their name, or not at all."""

from __future__ import annotations

import errno
import math
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# The beginning of the name of a file that is still being written.
UNFINISHED = ".slicednorm-"


def _mode(target: Path) -> int:
    """Return the permissions that a file written in place would have."""
    with suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a path to write to, in the folder of ``path``, and rename that file to ``path`` when the block has ended.

    There is always the old file or the new one, for a reader and if the process is killed. If the block fails, on a
    full disk for example, the old file stays and nothing is left beside it. Anything there that is not a file (a
    folder, a device) stays, and raises an OSError.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise IsADirectoryError(errno.EISDIR, "Is a folder or a device", str(path))
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=target.suffix, dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())  # else a power cut may keep the name and lose the content
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def json_value(value: Any) -> Any:
    """Return a value with None for NaN and the infinities, which JSON does not have.

    Examples
    --------
    >>> json_value({"p": float("nan"), "ranks": (1, 2)})
    {'p': None, 'ranks': [1, 2]}
    """
    if isinstance(value, dict):
        return {name: json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
