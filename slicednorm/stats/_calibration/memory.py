"""Null distributions in memory, for tests of many samples of one shape.

A null distribution on disk would be read and checked anew for every sample, and where nothing can be cached
(``SLICEDNORM_CACHE=off``, a folder that cannot be written to) it would be computed anew. In memory it takes 8 bytes per
replicate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.cached import Laws, obtain
from slicednorm.stats._calibration.pvalue import Calibration, by_fixed_number
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._types import Progress

# How many are in memory at most; the oldest is dropped first.
_MOST = 32

_held: dict[tuple[object, ...], NDArray[np.float64]] = {}


def in_memory(
    laws: Laws, n_resamples: int, *, workers: int = 1, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Return at least ``n_resamples`` replicates of one statistic: from memory, from the cache, or computed."""
    # The key is what the null distribution depends on; if it serves all large samples, their size is not part of it.
    (key,) = laws.keys
    name = tuple(key.items())
    if name not in _held or len(_held[name]) < n_resamples:
        (law,) = obtain(laws, n_resamples, workers=workers, progress=progress)
        _held.pop(name, None)
        while len(_held) >= _MOST:
            del _held[next(iter(_held))]
        _held[name] = law
    return _held[name]


def judged_in_memory(
    laws: Laws, n_resamples: int, statistic: float, ranking: Ranking, *, workers: int, progress: Progress | None
) -> Calibration:
    """Return the p-value of a statistic by at least ``n_resamples`` replicates, as a test by cached ones does."""
    law = in_memory(laws, n_resamples, workers=workers, progress=progress)
    judged = by_fixed_number(laws.at_n(0, law), statistic, ranking)
    return replace(judged, method="cached", law_n=laws.law_n)
