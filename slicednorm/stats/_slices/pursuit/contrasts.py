"""Contrasts: what a search over directions makes as large as it can.

Each is a function of the n values along a direction that is larger the less normal they are in one way. Two are
distances of `slicednorm.distances`, with their own gradients: the search for them finds what is one-sided, and values
far out. Two are the mean of exp(−y²/2), as large or as small as possible (Hyvärinen, IEEE Trans. Neural Networks 10,
1999): the search for them finds peaks and heavy tails, and gaps between groups.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance, get_distance

Array: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Contrast:
    """What is climbed.

    Attributes
    ----------
    name, title : str
        Name, and name in words.
    value : callable
        The contrast, (...), of values (..., n) in any order.
    slope : callable
        The contrast, and its derivative by every value, (..., n).
    """

    name: str
    title: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], tuple[Array, Array]]


def _of_distance(distance: Distance) -> Contrast:
    def slope(y: Array) -> tuple[Array, Array]:
        order = np.argsort(y, axis=-1)
        value, in_order = distance.value_and_gradient(np.take_along_axis(y, order, axis=-1))
        found = np.empty_like(y)
        np.put_along_axis(found, order, in_order, axis=-1)
        return value, found

    title = f"search for the largest {distance.title} distance"
    return Contrast(f"{distance.name}_search", title, lambda y: distance.value(np.sort(y, axis=-1)), slope)


def _peak(y: Array) -> Array:
    return np.asarray(np.mean(np.exp(-0.5 * y * y), axis=-1))


def _peak_slope(y: Array) -> tuple[Array, Array]:
    bump = np.exp(-0.5 * y * y)
    return np.mean(bump, axis=-1), -y * bump / y.shape[-1]


def _gap(y: Array) -> Array:
    return -_peak(y)


def _gap_slope(y: Array) -> tuple[Array, Array]:
    value, slope = _peak_slope(y)
    return -value, -slope


WASSERSTEIN, ANDERSON_DARLING = (_of_distance(get_distance(name)) for name in ("w2", "ad"))
PEAK = Contrast("peak", "search for a peak", _peak, _peak_slope)
GAP = Contrast("gap", "search for a gap", _gap, _gap_slope)

CONTRASTS = (WASSERSTEIN, ANDERSON_DARLING, PEAK, GAP)
