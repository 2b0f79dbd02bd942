"""Climbing a contrast on the sphere, from many directions of many samples at once.

A step turns a direction towards the gradient by an angle that grows while the contrast does, and is halved when it does
not: that also works for contrasts with kinks, such as distances of sorted values. The number of steps is fixed and all
climbs take it, so that the maximum of a sample is the same whatever it is computed together with, to the last bit.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._slices.pursuit.contrasts import Contrast

Array: TypeAlias = NDArray[np.floating[Any]]

# The factors of the angle after a step that leads up, and after one that does not.
_LONGER, _SHORTER = 1.1, 0.5

_TINY = 1e-30


def unit(v: Array) -> Array:
    """Return vectors (..., D) divided by their lengths."""
    return np.asarray(v / np.sqrt(np.maximum(np.sum(v * v, axis=-1, keepdims=True), _TINY)))


def climb(z: Array, starts: Array, contrast: Contrast, steps: int, turn: float) -> tuple[Array, Array]:
    """Return the ends of climbs, and the contrast there, which is never less than at the start.

    Parameters
    ----------
    z : ndarray of shape (batch, n, D)
        Standardised samples, in the precision in which to climb.
    starts : ndarray of shape (batch, s, D)
        Unit vectors from which to climb.
    contrast : Contrast
        What is climbed.
    steps : int
        Number of steps.
    turn : float
        The angle of the first step, in radians.

    Returns
    -------
    ends : ndarray of shape (batch, s, D)
        Unit vectors.
    values : ndarray of shape (batch, s)
        The contrast along them.
    """
    columns = np.swapaxes(z, -1, -2)

    def evaluate(v: Array) -> tuple[Array, Array]:
        value, slope = contrast.slope(np.matmul(v, columns))
        gradient = np.matmul(slope, z)
        return value, unit(gradient - np.sum(gradient * v, axis=-1, keepdims=True) * v)

    ends = starts
    values, towards = evaluate(ends)
    angle = np.full(values.shape, turn, z.dtype)
    longer, shorter = z.dtype.type(_LONGER), z.dtype.type(_SHORTER)
    for _ in range(steps):
        trial = unit(np.cos(angle)[..., np.newaxis] * ends + np.sin(angle)[..., np.newaxis] * towards)
        new_values, new_towards = evaluate(trial)
        higher = new_values > values
        chosen = higher[..., np.newaxis]
        ends, towards = np.where(chosen, trial, ends), np.where(chosen, new_towards, towards)
        values = np.where(higher, new_values, values)
        angle *= np.where(higher, longer, shorter)
    return ends, values
