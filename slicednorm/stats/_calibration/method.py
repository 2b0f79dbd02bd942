"""How a p-value is to be found: the options ``method`` and ``n_resamples``, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np

from slicednorm.stats._arguments import spelled
from slicednorm.stats._limits import current
from slicednorm.stats._types import Method


@dataclass(frozen=True)
class Way:
    """A checked way to a p-value.

    Attributes
    ----------
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"}
        The method that was asked for; a number of replicates without one is ``"monte carlo"``.
    n_resamples : int or None
        Number of replicates with ``"monte carlo"``; with ``"auto"`` their number if nothing is cached, None for as many
        as it takes.
    """

    method: Method
    n_resamples: int | None = None


def fixed_number(n_resamples: int) -> Way:
    """Return the way of a fixed number of replicates."""
    return Way("monte carlo", n_resamples)


def check_method(method: Method | None, n_resamples: int | None) -> Way | None:
    """Return the way to a p-value that the two options ask for; None for the statistic alone.

    Raises
    ------
    ValueError
        If the method is unknown, or a number of replicates is given to one that takes none, or is less than 1.
    TypeError
        If ``n_resamples`` is not a whole number.

    Examples
    --------
    >>> check_method("auto", 199)
    Way(method='monte carlo', n_resamples=199)
    """
    known = get_args(Method)
    if method is not None and method not in known:
        raise ValueError(f"method must be {', '.join(map(repr, known))} or None, got {spelled(method)}")
    if n_resamples is None:
        if method is None:
            return None
        return Way(method, current().default_resamples if method == "monte carlo" else None)
    if isinstance(n_resamples, str):
        hint = f": use method={spelled(n_resamples)}" if n_resamples in known else ""
        raise TypeError(f"n_resamples must be a whole number or None, got {spelled(n_resamples)}{hint}")
    if isinstance(n_resamples, bool) or not isinstance(n_resamples, (int, np.integer)):
        raise TypeError(f"n_resamples must be a whole number or None, got {spelled(n_resamples)}")
    if method not in ("auto", "monte carlo"):
        what = "computes the statistic alone" if method is None else "fixes the number of replicates itself"
        if method in ("analytic", "asymptotic"):
            what = "takes no replicates"
        raise ValueError(f"method={spelled(method)} {what}; leave out n_resamples={spelled(n_resamples)}")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples}")
    return fixed_number(int(n_resamples))
