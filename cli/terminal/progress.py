"""A progress bar for those who wait: on stderr, only there if it is a terminal, and only after a while."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import click

_PATIENCE = 2.0  # seconds


class Progress:
    """Callable as ``progress(done, total)``; its bar appears once the work has taken two seconds."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._stack = ExitStack()
        self._start = time.monotonic()
        self._bar: Any = None
        self._shown = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __call__(self, done: int, total: int) -> None:
        """Show how much is done."""
        if self._bar is None:
            if time.monotonic() - self._start < _PATIENCE or not sys.stderr.isatty():
                return
            bar = click.progressbar(length=total, label=self._label, file=sys.stderr)
            self._bar = self._stack.enter_context(bar)
        self._bar.update(done - self._shown)
        self._shown = done
