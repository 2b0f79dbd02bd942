"""The entry point: a click group that imports a command when it is called, and prints errors as one line."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from slicednorm import __version__

from .terminal.errors import InputError, Interrupted, one_line

# Each is in the module of its name under commands/, which imports nothing heavy at its top: `--help` stays fast.
COMMANDS = ("test", "report", "calibrate", "cache", "train", "encode", "evaluate", "table", "cite")

_INTERRUPTED = "interrupted; no result was written"
_INTERRUPTED_CODE = 128 + signal.SIGINT
_BROKEN_PIPE = 141  # 128 + SIGPIPE, as shells have it


def _leave(signum: int, frame: object) -> NoReturn:
    """Leave at once on Ctrl-C.

    Python's own handler raises an exception, which is lost if it happens to strike in a callback, becomes another
    one in the middle of an import, and waits for the threads that compute. Nothing is left half done here.
    """
    # A progress bar has hidden the cursor.
    end = "\x1b[?25h\n" if sys.stderr is not None and sys.stderr.isatty() else ""
    with suppress(OSError):
        os.write(2, f"{end}slicednorm: {_INTERRUPTED}\n".encode())
    os._exit(_INTERRUPTED_CODE)


def _flush() -> None:
    if sys.stdout is not None:  # None if it was closed from the start
        sys.stdout.flush()


def _drop_output() -> None:
    """Discard what is buffered for an output that takes no more; at exit it would end in a traceback."""
    try:
        _flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class LazyGroup(click.Group):
    """A group that imports a command when it is needed and prints every error as one line."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run as the program of this process; `main` alone leaves the process's signals as they are."""
        signal.signal(signal.SIGINT, _leave)
        return super().__call__(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".commands.{cmd_name}", __package__), cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; an interrupt, a lack of memory and a reader that goes away are no tracebacks."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted(_INTERRUPTED) from None
        except BrokenPipeError:
            _drop_output()
            ctx.exit(_BROKEN_PIPE)
        except MemoryError as error:
            detail = str(error) or "the computation does not fit"
            raise InputError(f"out of memory: {detail}; use fewer slices or fewer rows") from None

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run the command line and exit."""
        kwargs["standalone_mode"] = False
        try:
            # An int is the status of click's own exits (--help, ctx.exit); commands return None.
            status = super().main(*args, **kwargs)
            _flush()
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            status = error.exit_code
        except click.ClickException as error:
            click.echo(one_line(error, self.name or "slicednorm"), err=True)
            status = error.exit_code
        except click.Abort:
            click.echo(f"slicednorm: {_INTERRUPTED}", err=True)
            status = _INTERRUPTED_CODE
        except BrokenPipeError:
            _drop_output()
            status = _BROKEN_PIPE
        except OSError as error:  # a full disk under stdout
            _drop_output()
            click.echo(f"slicednorm: {error.strerror or error}", err=True)
            status = InputError.exit_code
        sys.exit(status or 0)


@click.group(cls=LazyGroup, name="slicednorm", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="slicednorm", message="%(prog)s %(version)s")
def main() -> None:
    """Sliced normality tests with honest p-values, and autoencoders trained by the same statistics.

    \b
    slicednorm test latents.npy --stat ks             is this sample normal, and how sure is that?
    slicednorm test latents.npy --where               and if not, where is it not?
    slicednorm report latents.npy -o report.html      the same as a page with pictures
    slicednorm train --model scwae --data digits      make latents that are
    slicednorm COMMAND --help                         what can be asked for
    """
