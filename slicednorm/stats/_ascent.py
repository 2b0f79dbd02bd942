"""Climbing to the direction along which a standardised sample is farthest from N(0, 1).

The distance of the slice z v has the gradient zᵀ ∂d/∂y by v, ∂d/∂y in closed form from `slicednorm.distances`. The
climb is L-BFGS in w, v = w/‖w‖, whose gradient is the part tangent to the sphere, over ‖w‖. There are many peaks: it
starts from several directions, those where the distance is already large and those that moments point to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance, get_distance
from slicednorm.distances import _normal as normal
from slicednorm.distances._positions import twice_deviation

Array: TypeAlias = NDArray[np.float64]
Objective: TypeAlias = Callable[[Array], tuple[float, Array]]

# Directions this close are one start.
_SAME = 0.95

_STEPS = 60

# The norm of u − p that stands in for its maximum.
_POWER = 8


def _smooth_maximum(y: Array) -> tuple[Any, Array]:
    """Return the norm (mean |u_i − p_i|⁸)^(1/8) of a sorted sample and its gradient.

    The gradient of the maximum itself, `ks`, is that of a single value, and says nothing about where the maximum goes
    when the whole sample turns. The values near it do.
    """
    deviation = 0.5 * twice_deviation(np, y)
    largest = float(np.max(np.abs(deviation)))
    powers = (deviation / largest) ** (_POWER - 1)
    mean = float(np.mean(powers * deviation / largest))
    slope = mean ** (1.0 / _POWER - 1.0) / len(y) * powers * normal.pdf(np, y)
    return largest * mean ** (1.0 / _POWER), slope


def climbed(distance: Distance) -> Distance:
    """Return the distance that is climbed, and reported, for a statistic: itself, or `w2` for `sw`.

    `sw` is `w2` plus the noise of its prior sample.
    """
    return get_distance("w2") if distance.needs_prior else distance


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


def _objective(z: Array, value_and_gradient: Callable[[Array], tuple[Any, Array]], needs_sorted: bool) -> Objective:
    """Return w ↦ (−d, −∂d/∂w) of the slice along w/‖w‖."""

    def evaluate(w: Array) -> tuple[float, Array]:
        length = float(np.linalg.norm(w))
        v = w / length
        y = z @ v
        if needs_sorted:
            order = np.argsort(y)
            value, sorted_slope = value_and_gradient(y[order])
            slope = np.empty_like(y)
            slope[order] = sorted_slope
        else:
            value, slope = value_and_gradient(y)
        gradient = slope @ z
        gradient -= (gradient @ v) * v
        return -float(value), -gradient / length

    return evaluate


def _climb(objective: Objective, start: Array) -> Array:
    """Return the direction where L-BFGS ends; the objective there is never above that of the start."""
    from scipy.optimize import minimize

    first, slope = objective(start)
    if not (np.isfinite(first) and np.isfinite(slope).all()) or first == 0.0:
        return start
    unit = abs(first)

    def scaled(w: Array) -> tuple[float, Array]:
        value, gradient = objective(w)
        return value / unit, gradient / unit

    found = minimize(
        scaled, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "ftol": 1e-7, "gtol": 1e-5}
    )
    if not (np.isfinite(found.x).all() and found.fun <= first / unit):
        return start
    return np.asarray(found.x / np.linalg.norm(found.x))


def climb(z: Array, distance: Distance, starts: Array) -> Array:
    """Return where the climbs end, (m, D) unit vectors: of (s, D) starts, s ends or, for `ks`, two each.

    Parameters
    ----------
    z : (n, D) standardised sample, float64.
    distance : a distance that needs no prior sample.
    starts : (s, D) unit vectors.
    """
    if distance.name != "ks":
        objective = _objective(z, distance.value_and_gradient, distance.needs_sorted)
        return np.asarray([_climb(objective, start) for start in starts])
    # Cramér-von Mises is smooth and peaks near by; from there it is not far.
    first = climb(z, get_distance("cvm"), starts)
    objective = _objective(z, _smooth_maximum, True)
    return np.concatenate([first, [_climb(objective, start) for start in first]])
