"""The one kind of error that a user meets: a line on stderr and exit status 2."""

from __future__ import annotations

import click


class InputError(click.ClickException):
    """Input that cannot be used; the message says which, what is wrong with it and what to do."""

    exit_code = 2


class Interrupted(click.ClickException):
    """The user pressed Ctrl-C, or another signal asked to stop."""

    def __init__(self, message: str, signal: int = 2) -> None:
        super().__init__(message)
        self.exit_code: int = 128 + signal  # type: ignore[misc]  # as shells have it; click has one a class


def one_line(error: click.ClickException, program: str) -> str:
    """Return an error as a single line that begins with the command, and the file where one is known."""
    message = " ".join(error.format_message().splitlines()).rstrip(". ")
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return f"{program}: {message}"
    path = error.ctx.params.get("path")
    where = f"{click.format_filename(path)}: " if isinstance(path, str) else ""
    return f"{error.ctx.command_path}: {where}{message} (see '{error.ctx.command_path} --help')"
