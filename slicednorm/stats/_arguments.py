"""Checks of the options that several of the tests share."""

from __future__ import annotations

import numpy as np

from slicednorm.stats._types import Resamples


def check_resamples(n_resamples: Resamples) -> None:
    """Raise unless ``n_resamples`` is None, "auto", "cached" or a whole number of at least 1."""
    if n_resamples is None or (isinstance(n_resamples, str) and n_resamples in ("auto", "cached")):
        return
    if isinstance(n_resamples, bool) or not isinstance(n_resamples, (int, np.integer)):
        raise TypeError(f"n_resamples must be a whole number, 'auto', 'cached' or None, got {n_resamples!r}")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples}")


def check_choice(method: str, n_resamples: Resamples) -> None:
    """Raise unless ``method`` is "auto" or "asymptotic", and replicates are asked for with the first alone."""
    if method not in ("auto", "asymptotic"):
        raise ValueError(f"method must be 'auto' or 'asymptotic', got {method!r}")
    if method == "asymptotic" and n_resamples is not None:
        raise ValueError(
            f"method='asymptotic' takes no replicates, got n_resamples={n_resamples!r}; leave one of them out"
        )


def check_count(name: str, value: int) -> None:
    """Raise unless a parameter is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, got {value}")


def check_workers(workers: int) -> None:
    """Raise unless ``workers`` is a whole number of at least 1, or −1."""
    if isinstance(workers, bool) or not isinstance(workers, (int, np.integer)):
        raise TypeError(f"workers must be a whole number, got {workers!r}")
    if workers < 1 and workers != -1:
        raise ValueError(f"workers must be at least 1, or -1 for all cores, got {workers}")


def check_aggregate(aggregate: str) -> None:
    if aggregate not in ("mean", "max"):
        raise ValueError(f"aggregate must be 'mean' or 'max', got {aggregate!r}")
