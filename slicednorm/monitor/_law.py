"""Null laws in memory, beside those in the cache folder.

A kept law would be read and checked anew at every look, and where nothing can be kept (``SLICEDNORM_CACHE=off``, a
folder that cannot be written to) it would be computed anew. In memory it is 8 bytes a replicate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.cached import obtain
from slicednorm.stats._calibration.pvalue import Calibration, by_fixed_number
from slicednorm.stats._null.large_n import beyond_all_sizes
from slicednorm.stats._null.sliced import SlicedLaws, sliced_ranking
from slicednorm.stats._types import Progress

# How many laws are held at the most; the oldest goes first.
_MOST = 32

_held: dict[SlicedLaws, NDArray[np.float64]] = {}


def hold_law(
    laws: SlicedLaws, n_resamples: int, *, workers: int = 1, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Return at least so many replicates of the law of one statistic: held, or else kept, or else computed and kept."""
    # One law serves all numbers of rows beyond a size, by any of which it is to be found.
    beyond = replace(laws, n=beyond_all_sizes(laws.dim, laws.null))
    name = beyond if beyond.keys == laws.keys else laws
    if name not in _held or len(_held[name]) < n_resamples:
        (law,) = obtain(laws, n_resamples, workers=workers, progress=progress)
        _held.pop(name, None)
        while len(_held) >= _MOST:
            del _held[next(iter(_held))]
        _held[name] = law
    return _held[name]


def judge(
    laws: SlicedLaws, n_resamples: int, statistic: float, *, workers: int, progress: Progress | None
) -> Calibration:
    """Return the p-value of a statistic by a law of at least so many replicates, as a test by a kept law does."""
    law = hold_law(laws, n_resamples, workers=workers, progress=progress)
    judged = by_fixed_number(laws.at_n(0, law), statistic, sliced_ranking(np.dtype(laws.dtype)))
    return replace(judged, method="cached", law_n=laws.law_n)
