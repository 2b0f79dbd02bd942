"""Files whose MD5 is published: downloaded, and read only if they are what was published."""

from __future__ import annotations

import hashlib
import http.client
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from torchvision.datasets.utils import download_url

from slicednorm._runtime.files import replacing

from ..errors import StudyError

# A server that is silent for longer is given up; a slow one is waited for.
_SILENCE = 30.0  # seconds


@dataclass(frozen=True)
class Published:
    """A file as it is published: under one name, at one or more addresses, with an MD5."""

    name: str
    sites: tuple[str, ...]
    md5: str


def read_published(path: Path, md5: str) -> bytes:
    """Return what a file holds, or raise if that is not what was published."""
    content = path.read_bytes()
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        raise StudyError(f"{path}: is damaged (its MD5 is not {md5}); delete it and run again")
    return content


@contextmanager
def _impatience() -> Iterator[None]:
    """Give the connections that are made in the block a time-out."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SILENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _download(file: Published, folder: Path) -> None:
    """Download a file from the first of its sites that has it; the error is that of the last."""
    for site in file.sites:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with replacing(folder / file.name) as temporary, _impatience(), redirect_stdout(sys.stderr):
                print(f"downloading {site}{file.name} to {folder}")
                download_url(f"{site}{file.name}", str(folder), temporary.name, file.md5)
            return
        # torchvision raises a RuntimeError for a wrong MD5.
        except (OSError, http.client.HTTPException, RuntimeError):
            if site == file.sites[-1]:
                raise


def fetch(title: str, files: Sequence[Published], folders: Sequence[Path], layout: str) -> None:
    """Download those of the files that the last of the folders lacks.

    The error, a StudyError, says that the data set of this title is in none of the folders, and what to do: put the
    files there, or name a folder of the given layout.
    """
    target = folders[-1]
    try:
        for file in files:
            if not (target / file.name).exists():
                _download(file, target)
    except (OSError, http.client.HTTPException, RuntimeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise StudyError(
            f"{title} is not in {' or '.join(map(str, folders))} and cannot be downloaded ({reason}); "
            f"get {', '.join(file.name for file in files)} from {files[0].sites[0]} and put them there, "
            f"or name a folder that holds {layout} with --data-dir"
        ) from None
