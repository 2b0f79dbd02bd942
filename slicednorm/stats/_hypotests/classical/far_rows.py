"""How large an empirical moment generating function becomes."""

from __future__ import annotations

import math

# exp of more than this, times what comes with it, is beyond float64.
_MOST_EXPONENT = 680.0

# The chance e^−L that one row of N(0, I) is longer than taken here; with n rows L is larger by log n.
_SURE = 14.0


def longest(n: int, dim: int) -> float:
    """Return what ‖x‖² of all rows of a normal sample stays below, but for one sample in a million.

    That of one row is at most D + 2√(DL) + 2L but for a part e^−L of them (Laurent and Massart, Annals of Statistics
    28, 2000, lemma 1).
    """
    sure = _SURE + math.log(n)
    return dim + 2.0 * math.sqrt(dim * sure) + 2.0 * sure


def generates_too_much(n: int, dim: int, constant: float) -> bool:
    """Return whether exp(‖x + x‖²/(4c)) of a row of a normal sample may be beyond float64."""
    return longest(n, dim) / constant > _MOST_EXPONENT
