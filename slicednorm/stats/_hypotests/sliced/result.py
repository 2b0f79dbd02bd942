"""The result of a sliced test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._types import Aggregate


@dataclass(frozen=True, repr=False, kw_only=True)
class SlicedTestResult(SignificanceResult):
    """The result of `sliced_test`.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The distance, aggregated over the slices.
    pvalue : float
        P-value (1 + #{T* ≥ T}) / (M + 1), or h/M where h replicates were enough. `size_error` tells how far the size of
        tests by a cached null distribution may be off.
    aggregate : {"mean", "max"}
        How the slices are combined, as it was asked for.
    n_slices : int
        Number k of directions.
    slice_statistics : ndarray of shape (k,), dtype=float64
        The distance of each slice.
    directions : ndarray of shape (k, D)
        Directions of the slices.
    """

    aggregate: Aggregate
    n_slices: int
    slice_statistics: NDArray[np.float64] = field(compare=False)
    directions: NDArray[Any] = field(compare=False)
