"""NumPy's work on independent rows, spread over the threads that torch is allowed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_lock = threading.Lock()
_pools: dict[int, ThreadPoolExecutor] = {}


def _forget() -> None:
    """Start afresh in a forked process, which has none of its parent's threads."""
    global _lock
    _lock = threading.Lock()
    _pools.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def run(work: Callable[[slice], None], parts: Sequence[slice], threads: int) -> None:
    """Call ``work`` on every part, on that many threads; what one of them raises is raised here."""
    if min(threads, len(parts)) < 2:
        for part in parts:
            work(part)
        return
    with _lock:
        pool = _pools.get(threads)
        if pool is None:
            pool = _pools[threads] = ThreadPoolExecutor(threads, thread_name_prefix="slicednorm")
    for _ in pool.map(work, parts):
        pass
