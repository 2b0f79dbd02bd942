r"""Probabilities from a cumulant generating function K, along a contour through its saddlepoint.

    P(T > t) = (1/2πi) ∫ exp(K(s) − s t) ds/s,    P(T ≤ t) = −(1/2πi) ∫ exp(K(s) − s t) ds/s,

the first on a path that crosses the real axis between 0 and the first singularity of K, the second on one that crosses
it below 0. The path is the parabola s = c + iu + bu², c the saddlepoint of the integrand, which bends around the
singularities, so that the integrand falls off like a normal density and the trapezoidal rule converges exponentially.
All terms are of one sign and size near c: the tail keeps its relative accuracy however small it is. A saddlepoint
approximation is the first term of this, and errs by up to 8% where one χ² variable leads; Imhof's integral is exact,
but cancels in the tail.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

# The integrand is followed to exp(−40) of its peak, and the step halved until the integral stays within this.
_TOLERANCE = 1e-12
_MOST_HALVINGS = 9
_FIRST_NODES = 24
_FALLEN = 40.0

# Where a path is looked at, in widths of the peak.
_LADDER = 1.2 ** np.arange(-6.0, 120.0)

Complex: TypeAlias = NDArray[np.complexfloating[Any, Any]]
Real: TypeAlias = NDArray[np.floating[Any]]


class Generating(Protocol):
    """A cumulant generating function K, its first two derivatives, and its first singularity on the right."""

    @property
    def singularity(self) -> float:
        """The first singularity on the right of 0."""
        ...

    def value(self, s: Complex) -> Complex:
        """Return K(s)."""
        ...

    def slope(self, s: float) -> float:
        """Return K'(s) for a real s."""
        ...

    def curvature(self, s: float) -> float:
        """Return K''(s) for a real s."""
        ...


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Return where an increasing function is 0, by bisection to rounding."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if rises(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)


def saddle(k: Generating, t: float, pole: float) -> float:
    """Return the saddlepoint of exp(K(s) − s t) s^(−pole): between 0 and the singularity for 1, below 0 for −1.

    −1 stands for the pole of the lower tail, (−s)^−1; with 0 there is none, and it may lie on either side.
    """

    def rises(s: float) -> float:
        return k.slope(s) - t - (abs(pole) / s if pole else 0.0)

    end = k.singularity
    if pole > 0.0 or (pole == 0.0 and k.slope(0.0) < t):
        return _root(rises, 0.0 if pole == 0.0 else end * 1e-300, end)
    low = -end
    while rises(low) > 0.0:
        low *= 4.0
        if low < -1e250 * end:
            # t is at or below the least value: nothing is there.
            return -math.inf
    return _root(rises, low, -end * 1e-300 if pole else 0.0)


def _path(height: Callable[[Complex], Real], c: float, width: float, distance: float) -> tuple[float, float]:
    """Return the bend of the parabola and the u where it ends.

    The more it bends, the faster the integrand falls; but bent too much, it comes close to singularities farther right,
    and rises again.
    """
    u = width * _LADDER
    bend = 0.25 / distance
    for _ in range(60):
        heights = height(c + 1j * u + bend * u * u)
        fallen = heights <= -_FALLEN
        # Where it has fallen, it must stay so; before, it must not rise.
        first = int(np.argmax(fallen))
        if fallen[first:].all() and fallen[first] and np.all(np.diff(heights[: first + 1]) <= 0.0):
            break
        bend *= 0.5
    return bend, float(u[first])


def _integral(k: Generating, t: float, pole: float) -> tuple[float, float]:
    """Return a mantissa m and an exponent e: m·exp(e) is the integral over 2πi, of exp(K − s t) over s^|pole|."""
    c = saddle(k, t, pole)
    if c == -math.inf:
        return 0.0, 0.0
    curvature = k.curvature(c) + (1.0 / (c * c) if pole else 0.0)
    if curvature == 0.0:
        # So close to the least value that the probability underflows.
        return 0.0, 0.0
    width = 1.0 / math.sqrt(curvature)

    def logarithm(s: Complex) -> Complex:
        found = k.value(s) - s * t
        return found - np.log(s * np.sign(pole)) if pole else found

    peak = float(logarithm(np.array([c + 0j]))[0].real)
    bend, end = _path(lambda s: logarithm(s).real - peak, c, width, k.singularity - c)

    def integrand(u: Real) -> Real:
        s = c + 1j * u + bend * u * u
        return np.asarray(np.imag(np.exp(logarithm(s) - peak) * (1j + 2.0 * bend * u)))

    count = _FIRST_NODES
    step = end / count
    values = integrand(step * np.arange(count + 1))
    total = 0.5 * float(values[0]) + float(values[1:].sum())
    found = step * total
    for _ in range(_MOST_HALVINGS):
        total += float(integrand(step * (np.arange(count) + 0.5)).sum())
        step *= 0.5
        count *= 2
        before, found = found, step * total
        if abs(found - before) <= _TOLERANCE * abs(found):
            break
    return found / math.pi, peak


def log_tail(k: Generating, t: float) -> float:
    """Return log P(T > t)."""
    found, peak = _integral(k, t, 1.0)
    return math.log(found) + peak if found > 0.0 else -math.inf


def log_lower(k: Generating, t: float) -> float:
    """Return log P(T ≤ t)."""
    found, peak = _integral(k, t, -1.0)
    return math.log(found) + peak if found > 0.0 else -math.inf


def density(k: Generating, t: float) -> float:
    """Return the density at t."""
    found, peak = _integral(k, t, 0.0)
    return max(0.0, found) * math.exp(peak)
