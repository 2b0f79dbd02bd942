"""Writing files in one piece or not at all, and JSON strictly."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from slicednorm._files import replacing

from .errors import InputError

STDOUT = "-"


def _strict(value: Any) -> Any:
    """Return a value with null where JSON has no number: NaN and the infinities."""
    if isinstance(value, dict):
        return {name: _strict(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def to_json(value: dict[str, Any]) -> str:
    """Return a value as strict JSON.

    >>> print(to_json({"p": float("nan")}))
    {
      "p": null
    }
    """
    return json.dumps(_strict(value), indent=2, allow_nan=False)


@contextmanager
def _writing(path: str, option: str = "--json") -> Iterator[None]:
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
def json_writer(path: str | None) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Open a target for JSON (``-`` is stdout, None is nowhere) and yield the function that writes it.

    A target that cannot be written is an error here, before the computation and not after it. A file appears
    whole, under its name only once it is, and an old one stays as it was if the command fails.
    """
    if path is None:
        yield lambda value: None
        return
    if path == STDOUT:
        yield lambda value: click.echo(to_json(value))
        return
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise InputError(f"{path}: is a directory; name a file for --json")
    if os.path.exists(target) and not os.path.isfile(target):
        # A device or a pipe is written to, and must not be replaced by a file.
        with _writing(path):
            stream = open(target, "w", encoding="utf-8")  # noqa: SIM115
        with stream:

            def send(value: dict[str, Any]) -> None:
                with _writing(path):
                    click.echo(to_json(value), file=stream)

            yield send
        return
    folder = os.path.dirname(target)
    with _writing(path), tempfile.NamedTemporaryFile(dir=folder):
        pass  # so it can be written, and nothing lies about while the computation runs

    def replace(value: dict[str, Any]) -> None:
        with _writing(path), replacing(target) as temporary:
            temporary.write_text(to_json(value) + "\n", encoding="utf-8")

    yield replace
