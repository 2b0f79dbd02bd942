"""Checks of options that several tests share."""

from __future__ import annotations

from typing import Any

import numpy as np


def spelled(value: Any) -> str:
    """Return what a message calls the value of an option: NumPy's numbers and words like Python's."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else repr(value.item())
    if isinstance(value, np.generic):
        return repr(value.item())
    if type(value) in (list, tuple):
        inside = ", ".join(map(spelled, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    return repr(value)


def check_count(name: str, value: int) -> None:
    """Raise unless a parameter is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {spelled(value)}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def check_workers(workers: int) -> None:
    """Raise unless ``workers`` is a whole number of at least 1, or −1."""
    if isinstance(workers, bool) or not isinstance(workers, (int, np.integer)):
        raise TypeError(f"workers must be a whole number, got {spelled(workers)}")
    if workers < 1 and workers != -1:
        raise ValueError(f"workers must be at least 1, or -1 for all cores, got {workers}")


def check_aggregate(aggregate: str) -> None:
    """Raise unless slices are to be aggregated by their mean or their maximum."""
    if aggregate not in ("mean", "max"):
        raise ValueError(f"aggregate must be 'mean' or 'max', got {spelled(aggregate)}")


def check_share(name: str, value: float) -> None:
    """Raise unless an option is a number between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} must be a number, got {spelled(value)}")
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, got {spelled(value)}")
