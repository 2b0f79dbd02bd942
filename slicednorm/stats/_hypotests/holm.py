"""Holm's adjustment of the p-values of several tests of one sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm_adjusted(pvalues: Sequence[float | None]) -> list[float | None]:
    """Return p-values adjusted by Holm's method; missing ones stay missing, and do not count.

    It is written out here because every test at the command line takes it: statsmodels, which has it too, takes a
    second to load.

    References
    ----------
    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979).

    Examples
    --------
    >>> holm_adjusted([0.01, None, 0.04])
    [0.02, None, 0.04]
    """
    there = np.asarray([p for p in pvalues if p is not None], np.float64)
    order = np.argsort(there, kind="stable")
    adjusted = np.empty_like(there)
    factors = np.arange(len(there), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(there[order] * factors), 1.0) if len(there) else []
    after = iter(adjusted.tolist())
    return [None if p is None else next(after) for p in pvalues]
