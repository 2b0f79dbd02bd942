"""Ctrl-C and a polite kill, heard at the end of a step instead of in the middle of one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """What was heard so far.

    A second Ctrl-C ends the process at once. Not so with several processes, since torchrun passes every signal on.
    """

    def __init__(self, alone: bool) -> None:
        self.signal: int | None = None
        self._alone = alone

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Note a signal."""
        if self.signal is None:
            self.signal = number
        elif number == signal.SIGINT and self._alone:
            os._exit(128 + number)


@contextmanager
def listening(alone: bool = True) -> Iterator[Interrupts]:
    """Note SIGINT and SIGTERM during the block, in the main thread only; ``alone`` if there is no other process."""
    heard = Interrupts(alone)
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
