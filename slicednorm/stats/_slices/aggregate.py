"""Aggregating slices to one statistic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._types import Aggregate


def aggregated(values: NDArray[np.float64], aggregate: Aggregate) -> NDArray[np.float64]:
    """Return the statistics of slices (..., k) aggregated over them."""
    return np.asarray(np.mean(values, axis=-1) if aggregate == "mean" else np.max(values, axis=-1))
