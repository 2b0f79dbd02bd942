"""Where data sets are looked for."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from ..errors import StudyError

_VARIABLE = "SLICEDNORM_DATA"


def cache_folder() -> Path:
    """Return the user's folder for what was downloaded and prepared; it need not exist."""
    return platformdirs.user_cache_path("slicednorm") / "data"


def roots(data_dir: str | os.PathLike[str] | None) -> list[Path]:
    """Return the folders to look in, in order; the last is the cache folder, the only one to write to.

    A folder that was asked for and cannot be listed is an error: a typing mistake must not start a download.
    """
    cache = cache_folder()
    source, given = "--data-dir", data_dir
    if given is None:
        source, given = _VARIABLE, os.environ.get(_VARIABLE) or None
    if given is None:
        return [cache]
    folder = Path(given).expanduser().absolute()
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise StudyError(
            f"{folder}: is not a folder that can be read ({error.strerror}); correct {source}, or leave it out"
        ) from None
    return [folder, cache]


def listing(folder: Path) -> set[str]:
    """Return the names in a folder; none if the folder does not exist."""
    try:
        return set(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return set()
