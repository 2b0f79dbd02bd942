"""Writing files in one piece or not at all, JSON strictly, and CSV."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import click

from slicednorm._runtime.files import json_value, replacing

from .errors import InputError

STDOUT = "-"


def to_json(value: dict[str, Any]) -> str:
    """Return a value as strict JSON.

    Examples
    --------
    >>> print(to_json({"p": float("nan")}))
    {
      "p": null
    }
    """
    import json  # not at the top: the help must not wait for it

    return json.dumps(json_value(value), indent=2, allow_nan=False)


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Return rows that have the same names as CSV, with empty cells where JSON has null.

    Examples
    --------
    >>> print(to_csv([{"test": "ks", "pvalue": 0.25, "reject": False, "holm": None}]), end="")
    test,pvalue,reject,holm
    ks,0.25,false,
    """
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        cells = json_value(list(row.values()))
        writer.writerow([str(cell).lower() if isinstance(cell, bool) else cell for cell in cells])
    return text.getvalue()


@contextmanager
def _writing(path: str, option: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path}: cannot be written ({reason}); choose another place for {option}") from None


@contextmanager
def whole_file(path: str, option: str) -> Iterator[Path]:
    """Yield where to write what shall appear, whole or not at all, under the path that an option names."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"{path}: is a folder or a device; name a file for {option}")
    with _writing(path, option), replacing(path) as temporary:
        yield temporary


def make_folder(path: str, option: str) -> None:
    """Make the folder that an option names, unless it is there."""
    with _writing(path, option):
        os.makedirs(path, exist_ok=True)


@contextmanager
def _writer(path: str | None, option: str, as_text: Callable[[Any], str]) -> Iterator[Callable[[Any], None]]:
    """Open the target that an option names (``-`` is stdout, None is nowhere) and yield the function that writes to it.

    A target that cannot be written is an error here, before the computation and not after it. A file appears
    whole, under its name only once it is, and an old one stays as it was if the command fails.
    """

    def as_bytes(value: Any) -> bytes:
        return as_text(value).encode("utf-8", "surrogateescape")  # names of files need not be text

    if path is None:
        yield lambda value: None
        return
    if path == STDOUT:
        yield lambda value: click.echo(as_bytes(value), nl=False)
        return
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise InputError(f"{path}: is a directory; name a file for {option}")
    if os.path.exists(target) and not os.path.isfile(target):
        # A device or a pipe is written to, and must not be replaced by a file.
        with _writing(path, option):
            stream = open(target, "wb")  # noqa: SIM115
        with stream:

            def send(value: Any) -> None:
                with _writing(path, option):
                    click.echo(as_bytes(value), file=stream, nl=False)

            yield send
        return
    import tempfile

    folder = os.path.dirname(target)
    with _writing(path, option), tempfile.NamedTemporaryFile(dir=folder):
        pass  # so it can be written, and nothing lies about while the computation runs

    def replace(value: Any) -> None:
        with _writing(path, option), replacing(target) as temporary:
            temporary.write_bytes(as_bytes(value))

    yield replace


def json_writer(path: str | None) -> AbstractContextManager[Callable[[dict[str, Any]], None]]:
    """Open the target of ``--json`` and yield the function that writes an object to it, as `_writer` does."""
    return _writer(path, "--json", lambda value: to_json(value) + "\n")


def csv_writer(path: str | None) -> AbstractContextManager[Callable[[list[dict[str, Any]]], None]]:
    """Open the target of ``--csv`` and yield the function that writes rows to it, as `_writer` does."""
    return _writer(path, "--csv", to_csv)
