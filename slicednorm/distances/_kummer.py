"""₁F₁(½; D/2; −s), the mean of exp(−s v₁²) over directions v: the kernel of the Cramer-Wold distance.

It is the first of f_r(s) = ₁F₁(½ + r; D/2 + r; −s), where f_r' = −(1 + 2r)/(D + 2r) f_(r+1). For D = 1 that is exp(−s).
For D > 1 and w = c/(s + c) it is f_r(s) = w^(½ + r) g(w) with a g that is smooth on all of [0, 1]. A Chebyshev series
in 1 − 2w gives g to within rounding, with 5 to 25 terms in float32 and 10 to 65 in float64; more columns take fewer.
On NumPy arrays there is a faster way: 2,048 cubics, fitted to that series.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances._legendre import legendre_rule

Array: TypeAlias = NDArray[np.float64]

_NODES = 128
_ABSCISSAE = 96

# Cells of [0, 1], each with a cubic: from 1,400 cells on their error is that of rounding, and 64 KB stay in the cache.
_CELLS = 2048


def series_scale(dim: int) -> float:
    """Return c, about that of the shortest series."""
    return 0.5 * dim + 3.0


def _integral(s: Array, dim: int, order: int) -> Array:
    """Return ∫ exp(−s sin²θ) sin^2r θ cos^(D−2) θ dθ over [0, π/2], which is f_r(s) up to a factor, for D ≥ 2.

    No term is negative. The integral ends where the rest is below rounding.
    """
    abscissae, weights = legendre_rule(_ABSCISSAE)
    reach = np.minimum(0.5 * math.pi, 11.0 / np.sqrt(s + 0.5 * dim - 1.0 + 1e-9))[..., np.newaxis]
    theta = 0.5 * reach * (abscissae + 1.0)
    squares = np.sin(theta) ** 2
    exponent = (0.5 * dim - 1.0) * np.log1p(-squares) - s[..., np.newaxis] * squares
    return 0.5 * reach[..., 0] * ((np.exp(exponent) * squares**order) @ weights)


@lru_cache(maxsize=256)
def series(dim: int, order: int, tolerance: float) -> tuple[float, ...]:
    """Return the Chebyshev coefficients of g for D > 1 up to the last that is more than ``tolerance``."""
    # Angles in units of π/(2·_NODES) and less than a turn, because the cosine of a large angle has lost digits.
    nodes = 2 * np.arange(_NODES) + 1
    cosines = np.cos(0.5 * math.pi / _NODES * (np.outer(np.arange(_NODES), nodes) % (4 * _NODES)))
    w = np.sin(0.25 * math.pi / _NODES * nodes) ** 2
    integrals = _integral(series_scale(dim) * (1.0 - w) / w, dim, order) / _integral(np.zeros(1), dim, order)
    coefficients = 2.0 / _NODES * cosines @ (integrals / w ** (0.5 + order))
    coefficients[0] *= 0.5
    return tuple(coefficients[: np.flatnonzero(np.abs(coefficients) > tolerance)[-1] + 1].tolist())


@lru_cache(maxsize=16)
def _cubics(dim: int) -> Array:
    """Return the cubic of g in each cell, (4, cells + 1), by powers of the position in it; the last begins at w = 1."""
    coefficients = np.asarray(series(dim, 0, 1e-16))
    places = 0.5 - 0.5 * np.cos(0.25 * math.pi * (np.arange(4) + 0.5))
    w = (np.arange(_CELLS + 1)[:, np.newaxis] + places) / _CELLS
    g = np.polynomial.chebyshev.chebval(1.0 - 2.0 * w, coefficients)
    cubics = np.linalg.solve(np.vander(places, increasing=True), g.T)
    cubics.flags.writeable = False
    return cubics


def kummer(s: Array, dim: int) -> Array:
    """Return ₁F₁(½; D/2; −s) of s ≥ 0, to a relative 5e-14; s is overwritten.

    Examples
    --------
    >>> kummer(np.asarray([0.0, 1.0, np.inf]), 3).round(6).tolist()
    [1.0, 0.746824, 0.0]
    """
    if dim == 1:
        np.negative(s, out=s)
        return np.exp(s, out=s)
    s += series_scale(dim)
    w = np.divide(series_scale(dim), s, out=s)
    place = w * _CELLS
    cell = place.astype(np.intp)
    place -= cell
    cubics = _cubics(dim)
    g, taken = cubics[3].take(cell), np.empty_like(place)
    for coefficients in cubics[2::-1]:
        g *= place
        # No index is out of range; unlike the default mode, "clip" writes directly into the array it is given.
        g += coefficients.take(cell, out=taken, mode="clip")
    return np.multiply(g, np.sqrt(w, out=w), out=w)
