"""Holm's adjustment of the p-values of several tests of one sample."""

from __future__ import annotations

from collections.abc import Sequence


def holm_adjusted(pvalues: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted by Holm's method; missing ones stay missing, and do not count.

    Examples
    --------
    >>> holm_adjusted([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    there = [p for p in pvalues if p is not None]
    adjusted = iter(multipletests(there, method="holm")[1] if there else [])
    return [None if p is None else float(next(adjusted)) for p in pvalues]
