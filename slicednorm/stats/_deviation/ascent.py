"""Climbing to the direction along which a standardised sample is farthest from N(0, 1).

The distance of the slice z v has the gradient zᵀ ∂d/∂y with respect to v, where ∂d/∂y comes in closed form from
`slicednorm.distances`. The climb follows the part of it that is tangent to the sphere. There are many peaks, so it
starts from several directions: those where the distance is already large, and those that moments point to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance

Array: TypeAlias = NDArray[np.float64]
Slope: TypeAlias = Callable[[Array], tuple[Any, Any]]

# Directions as close as this count as one start.
_SAME = 0.95

# A climb: the number of steps; the first, the largest and the smallest turn of a step, in radians; the share of the
# promised growth that is enough, the factor by which a step is cut that does not give it, and the growth below which
# the climb is over.
_SWEEPS = 60
_FIRST_TURN, _LONGEST_TURN, _LEAST_TURN = 0.2, 0.7, 1e-5
_ENOUGH, _CUT, _LITTLE = 1e-4, 0.3, 1e-6


def climbed(distance: Distance) -> Distance:
    """Return the distance that is climbed and reported for a statistic: itself, or the one that needs no prior."""
    return distance if distance.without_prior is None else distance.without_prior


def moment_directions(z: Array) -> Array:
    """Return unit vectors that moments of a sample (n, D) point to, and its farthest rows, (at most 3 D + 6, D).

    They are the mean; the principal axes of the covariance and of the fourth moments (1/n) Σ ‖z‖² z zᵀ (Cardoso 1989);
    the third moments (1/n) Σ ‖z‖² z (Móri, Rohatgi and Székely 1993); the four rows farthest out.
    """
    with np.errstate(over="ignore"):
        z = z / max(float(np.abs(z).max()), np.finfo(np.float64).tiny)
    n = len(z)
    squares = np.einsum("ij,ij->i", z, z)
    weighted = z * squares[:, np.newaxis]
    centred = z - z.mean(axis=0)
    far = z[np.argsort(-squares, kind="stable")[:4]]
    candidates = np.concatenate(
        [
            z.mean(axis=0)[np.newaxis],
            weighted.mean(axis=0)[np.newaxis],
            np.linalg.eigh(centred.T @ centred / n)[1].T,
            np.linalg.eigh(weighted.T @ z / n)[1].T,
            far,
        ]
    )
    lengths = np.linalg.norm(candidates, axis=1)
    kept = lengths > np.finfo(np.float64).tiny
    return candidates[kept] / lengths[kept, np.newaxis]


def choose_starts(directions: Array, values: Array, count: int) -> NDArray[np.intp]:
    """Return the indices of the ``count`` directions with the largest values that are not nearly the same."""
    chosen: list[int] = []
    for index in np.argsort(-values, kind="stable"):
        if len(chosen) == count:
            break
        if not chosen or float(np.max(np.abs(directions[chosen] @ directions[index]))) < _SAME:
            chosen.append(int(index))
    return np.asarray(chosen, dtype=np.intp)


def _value_and_gradient(z: Array, v: Array, slope_of: Slope, needs_sorted: bool) -> tuple[Array, Array]:
    """Return the distances of slices of (n, D) along (s, D) directions, (s,), and their gradients on the sphere."""
    y = v @ z.T
    if needs_sorted:
        order = np.argsort(y, axis=-1)
        value, in_order = slope_of(np.take_along_axis(y, order, axis=-1))
        slope = np.empty_like(y)
        np.put_along_axis(slope, order, in_order, axis=-1)
    else:
        value, slope = slope_of(y)
    gradient = slope @ z
    gradient -= np.sum(gradient * v, axis=-1, keepdims=True) * v
    return np.asarray(value, dtype=np.float64), gradient


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(np.sum(a * b, axis=-1))


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _climb_all(z: Array, starts: Array, slope_of: Slope, needs_sorted: bool) -> Array:
    """Return the ends of climbs from (s, D) starts; no end has a smaller distance than its start.

    Steps follow the gradient, with the length of Barzilai and Borwein (1988) from the last two gradients, and are cut
    until the distance grows. All climbs take their steps together.
    """
    v = starts.copy()
    value, gradient = _value_and_gradient(z, v, slope_of, needs_sorted)
    steepness = np.sqrt(_dot(gradient, gradient))
    step = _FIRST_TURN / steepness
    # A distance that overflows, or does not change, cannot be climbed.
    active = np.flatnonzero(np.isfinite(value) & np.isfinite(step))
    for _ in range(_SWEEPS):
        if not active.size:
            break
        length = step[active, np.newaxis]
        trial = v[active] + length * gradient[active]
        trial /= np.sqrt(_dot(trial, trial))[:, np.newaxis]
        new_value, new_gradient = _value_and_gradient(z, trial, slope_of, needs_sorted)
        better = new_value >= value[active] + _ENOUGH * step[active] * steepness[active] ** 2
        gained = active[better]
        moved, turned = trial[better] - v[gained], new_gradient[better] - gradient[gained]
        little = new_value[better] - value[gained] <= _LITTLE * np.abs(value[gained])
        v[gained], value[gained], gradient[gained] = trial[better], new_value[better], new_gradient[better]
        steepness[gained] = np.sqrt(_dot(gradient[gained], gradient[gained]))
        guess = _dot(moved, moved) / np.abs(_dot(moved, turned))
        longest = _LONGEST_TURN / steepness[gained]
        step[gained] = np.where(np.isfinite(guess), np.minimum(guess, longest), longest)
        step[active[~better]] *= _CUT
        done = np.zeros(len(v), dtype=bool)
        done[gained[little]] = True
        done |= ~(step * steepness > _LEAST_TURN) | ~np.isfinite(step)
        active = active[~done[active]]
    return v


def climb(z: Array, distance: Distance, starts: Array) -> Array:
    """Return the ends of the climbs, (m, D) unit vectors: s from (s, D) starts, and s more if a second climb goes on.

    Parameters
    ----------
    z : ndarray of shape (n, D), dtype=float64
        Standardised sample.
    distance : Distance
        A distance that needs no prior sample.
    starts : ndarray of shape (s, D), dtype=float64
        Unit vectors.
    """
    ends: list[Array] = []
    for slope_of in distance.ascent or (distance.value_and_gradient,):
        starts = _climb_all(z, starts, slope_of, distance.needs_sorted)
        ends.append(starts)
    return np.concatenate(ends)
