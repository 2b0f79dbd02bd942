"""Null distributions in memory, for whoever tests many samples of one shape.

A cached one would be read and checked anew for every sample, and where nothing can be cached (``SLICEDNORM_CACHE=off``,
a folder that cannot be written to) it would be computed anew. In memory it takes 8 bytes a replicate.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.cached import Laws, obtain
from slicednorm.stats._calibration.pvalue import Calibration, by_fixed_number
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._types import Progress

# How many are held at the most; the oldest goes first.
_MOST = 32

_held: dict[tuple[object, ...], NDArray[np.float64]] = {}


def in_memory(
    laws: Laws, n_resamples: int, *, workers: int = 1, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Return at least so many replicates of the law of one statistic: from memory, from the cache, or computed."""
    # What the law depends on: of one that serves all large samples their number of rows is not part.
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
    """Return the p-value of a statistic by a law of at least so many replicates, as a test by a cached one does."""
    law = in_memory(laws, n_resamples, workers=workers, progress=progress)
    judged = by_fixed_number(laws.at_n(0, law), statistic, ranking)
    return replace(judged, method="cached", law_n=laws.law_n)
