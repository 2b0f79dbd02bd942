"""The result of a sliced test."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.directions import DirectionKind
from slicednorm.distances import get_distance
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._distributions.slices import Slices
from slicednorm.stats._hypotests.sliced.components import Components, components
from slicednorm.stats._slices.moments import hermite_sums
from slicednorm.stats._types import Aggregate

# Moments beyond this have squares that overflow.
_OVERFLOWS = 1e150


@dataclass(frozen=True, repr=False, kw_only=True)
class SlicedTestResult(SignificanceResult):
    """The result of `sliced_test`.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The distance, aggregated over the slices.
    pvalue : float
        P-value: P(T* > T) by the formula, (1 + #{T* ≥ T}) / (M + 1) by replicates, or h/M where h of them were enough.
        `size_error` tells how far the size of tests by a cached null distribution may be off.
    aggregate : {"mean", "max"}
        How the slices are combined, as it was asked for.
    n_slices : int
        Number k of directions.
    direction_stderr : float or None
        The standard error of the statistic over the directions: by how much it would differ with others. It is
        estimated from the slices; 0 in one dimension, None for directions of a user and for a maximum.
    pvalue_direction_stderr : float or None
        What that means for the p-value.
    components : Components or None
        What location, scale, skewness, kurtosis and the rest contribute, of a statistic that is a mean and has a null
        distribution as a formula, but for ``"sw"``; else None, and where moments overflow. Not in a table.
    slice_statistics : ndarray of shape (k,), dtype=float64
        The distance of each slice.
    directions : ndarray of shape (k, D)
        Directions of the slices.
    direction_kind : {"iid", "orthogonal"} or None
        How they were drawn, None if they are a user's.
    moments : ndarray of shape (4, k), dtype=float64, or None
        The means of y, y², y³ and y⁴ of every slice, from which the components are.
    """

    aggregate: Aggregate
    n_slices: int
    direction_stderr: float | None = None
    slice_statistics: NDArray[np.float64] = field(compare=False)
    directions: NDArray[Any] = field(compare=False)
    direction_kind: DirectionKind | None = None
    moments: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    @property
    def components(self) -> Components | None:
        """What location, scale, skewness, kurtosis and the rest contribute; None for a statistic without such parts."""
        return self._components

    @cached_property
    def _components(self) -> Components | None:
        if self.moments is None or not np.all(np.abs(self.moments) < _OVERFLOWS):
            return None
        sums = hermite_sums(self.moments, self.n)
        slices = Slices(self.directions, self.direction_kind)
        return components(get_distance(self.name), sums, self.statistic, self.n, self.hypothesis, slices)

    @property
    def pvalue_direction_stderr(self) -> float | None:
        """The standard error of the p-value over the directions; None where it is not known."""
        null, step = self.null, self.direction_stderr
        if null is None or step is None:
            return None
        if step == 0.0:
            return 0.0
        return 0.5 * float(null.sf(self.statistic - step) - null.sf(self.statistic + step))

    @property
    def pvalue_error(self) -> float | None:
        """The standard error of the p-value by replicates and directions together; None where neither is known."""
        known = [part for part in (self.pvalue_stderr, self.pvalue_direction_stderr) if part is not None]
        return math.hypot(*known) if known else None

    def _values(self) -> list[tuple[str, Any]]:
        """Return the values with what the directions do to the p-value behind them, and without the components."""
        found = []
        for name, value in super()._values():
            if name == "moments":
                continue
            found.append((name, value))
            if name == "direction_stderr":
                found.append(("pvalue_direction_stderr", self.pvalue_direction_stderr))
        return found
