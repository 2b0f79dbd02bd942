"""Writing JSON: strictly, and to a file in one piece or not at all."""

from __future__ import annotations

import json
import math
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

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


def _mode(target: str) -> int:
    """Return the permissions that a file written in place would have."""
    with suppress(OSError):
        return stat.S_IMODE(os.stat(target).st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


@contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path}: cannot be written ({reason}); choose another file for --json") from None


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
        with _writing(path):
            handle, temporary = tempfile.mkstemp(prefix=".slicednorm-", suffix=".json", dir=folder)
            try:
                with open(handle, "w", encoding="utf-8") as file:
                    click.echo(to_json(value), file=file)
                os.chmod(temporary, _mode(target))
                os.replace(temporary, target)
            except BaseException:
                os.unlink(temporary)
                raise

    yield replace
