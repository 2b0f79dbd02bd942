"""NumPy's work on independent rows, spread over threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Part = TypeVar("Part")

_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def _forget() -> None:
    """Start anew in a forked process, which has none of its parent's threads."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def thread_count(workers: int) -> int:
    """Return the number of threads for a number of workers; −1 stands for all cores that this process may use."""
    if workers != -1:
        return workers
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(work: Callable[[Part], None], parts: Sequence[Part], threads: int) -> None:
    """Call ``work`` on every part, on a number of threads; an error in one of them is raised here."""
    if min(threads, len(parts)) < 2:
        for part in parts:
            work(part)
        return
    # Imported where it is needed: a command that computes on one thread starts without it.
    from concurrent.futures import ThreadPoolExecutor

    with _lock:
        pool = _pools.get(threads)
        if pool is None:
            pool = _pools[threads] = ThreadPoolExecutor(threads, thread_name_prefix="slicednorm")
    for _ in pool.map(work, parts):
        pass
