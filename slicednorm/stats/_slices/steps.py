"""What the steps between the values of columns do to a direction, and which kinds of deviation they may pretend.

A grid of values has many peaks, and a direction that turns it a little shows them as groups. So the kinds are read a
second time off values that are spread evenly over their steps: a kind of peaks that is gone there was one of steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.concerns.steps import SEEN, is_few
from slicednorm.stats._sample.concerns.values import Column, columns_of, looked_at
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._slices.profile import Kind, Profile, profile
from slicednorm.stats._streams import blur_stream

Array: TypeAlias = NDArray[np.float64]

# The kinds that steps may pretend, and those that coarse values may have whatever they stand for.
_OF_PEAKS: frozenset[Kind] = frozenset({"bimodality", "outliers"})
_OF_COARSE: frozenset[Kind] = frozenset({"bimodality", "outliers", "light tails", "heavy tails"})

# The h √n of a direction, h in its standard deviations, from which on its values are spread; the h from which on they
# are coarse; and the part of its squares on columns of few values, or on a single one, from which on these make it up.
_SPREAD, _COARSE, _MADE_UP = 0.3, 0.75, 0.5


@dataclass(frozen=True)
class Steps:
    """The columns whose values come in steps, of a sample of n rows."""

    columns: tuple[Column, ...]
    n: int
    root: np.random.SeedSequence

    def along(self, loadings: Array) -> Array:
        """Return how far each of these columns' steps reach along a direction, with the sign of its loading."""
        return np.asarray([float(loadings[column.index]) * column.step for column in self.columns])

    def seen(self, loadings: Array, sd: float, least: float = SEEN) -> bool:
        """Return whether a test along a direction may see the steps."""
        return bool(np.linalg.norm(self.along(loadings)) * math.sqrt(self.n) >= least * sd) if self.columns else False

    def are_coarse(self, loadings: Array, weights: Array, sd: float) -> bool:
        """Return whether columns of few values make up a direction, or its steps are as large as its spread."""
        if self.columns and float(np.linalg.norm(self.along(loadings))) >= _COARSE * sd:
            return True
        few = [column.index for column in self.columns if is_few(column, self.n)]
        return bool(np.sum(weights[few] ** 2) >= _MADE_UP) if few else False

    def largest(self, loadings: Array) -> tuple[Column, bool]:
        """Return the column whose steps reach farthest along a direction, and whether all steps are mostly its own."""
        squares = self.along(loadings) ** 2
        return self.columns[int(np.argmax(squares))], bool(squares.max() >= _MADE_UP * squares.sum())

    def spread(self, y: Array, loadings: Array) -> Array:
        """Return values along a direction that are spread evenly over their steps."""
        rng = np.random.default_rng(blur_stream(self.root))
        y = y.copy()
        for reach in self.along(loadings).tolist():
            y += reach * (rng.random(len(y)) - 0.5)
        return y


def steps_of(rows: Rows, root: np.random.SeedSequence) -> Steps:
    """Return the columns of a sample whose values come in steps."""
    found = columns_of(rows, looked_at(rows))
    return Steps(tuple(column for column in found if column.step > 0.0), rows.n, root)


def profile_in_steps(y: Array, steps: Steps, loadings: Array, weights: Array) -> Profile:
    """Return the profile of the values along a direction, less the kinds that steps may pretend.

    Parameters
    ----------
    y : ndarray of shape (n,), dtype=float64
        The values.
    steps : Steps
        Which columns come in steps.
    loadings, weights : ndarray of shape (D,), dtype=float64
        The direction, in units of the columns, and for columns of standard deviation 1.
    """
    shape = profile(y)
    if not shape.kinds or not steps.columns:
        return shape
    kinds = list(shape.kinds)
    if steps.are_coarse(loadings, weights, shape.sd):
        kinds = [kind for kind in kinds if kind not in _OF_COARSE]
    elif steps.seen(loadings, shape.sd, _SPREAD):
        spread = profile(steps.spread(y, loadings))
        kinds = [kind for kind in kinds if kind not in _OF_PEAKS or kind in spread.kinds]
        # What showed as peaks may have another name.
        kinds += [kind for kind in spread.kinds if kind not in kinds and kind not in _OF_PEAKS]
        if any(kind in _OF_PEAKS for kind in kinds):
            return replace(shape, kinds=tuple(kinds), parts=spread.parts, groups=spread.groups)
    if kinds == list(shape.kinds):
        return shape
    return replace(shape, kinds=tuple(kinds), parts=None)
