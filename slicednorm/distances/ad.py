"""Anderson-Darling: (1/n) A² = −1 − (1/n²) Σ (2i − 1)(log u_i + log(1 − u_{n+1−i})), u_i = Φ(y_(i)).

The textbook sum is −1 up to the small difference that matters, so float32 loses it. With p_i = (2i − 1)/(2n) it is

    (1/n) A² = c_n + (2/n) Σ KL(p_i ‖ u_i),    c_n = −1 − (2/n) Σ (p log p + (1 − p) log(1 − p)),

the divergence between two coins, and KL(p ‖ u) = p h(u/p − 1) + (1 − p) h((1 − u)/(1 − p) − 1) with
h(x) = x − log(1 + x): every term is positive. Both use the tail Φ(−|y|), which has full relative accuracy.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import is_numpy_namespace

from slicednorm.distances import _normal
from slicednorm.distances._distance import Distance
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._positions import midpoints
from slicednorm.distances._quadratic.degrees import Falling, Standardised
from slicednorm.distances._quadratic.edf import edf_form
from slicednorm.distances._quadratic.hermite import DENSITY, tail

# Below this, u/p − 1 is so close to −1 that its rounding spoils the logarithm, which is then taken of the tail itself.
_NEAR_MINUS_ONE = -0.75


@lru_cache(maxsize=32)
def _floor(n: int) -> float:
    """Return c_n, the value if every u_i = p_i."""
    p = (np.arange(n) + 0.5) / n
    # The entropy is symmetric in p, so that log p alone gives both terms.
    return -1.0 - 4.0 * math.fsum(p * np.log(p)) / n


def _tails(xp: Any, y: Array) -> tuple[Array, Array, Array]:
    """Return Φ(−|y|) exp(y²/2), Φ(−|y|), and the plotting position of the tail that y lies in."""
    a = xp.abs(y)
    scaled = _normal.scaled_tail(xp, a)
    p = midpoints(xp, y)
    if is_numpy_namespace(xp):
        # This does what np.where does, in half the time.
        position = np.empty_like(y)
        position[...] = p
        np.copyto(position, p[::-1], where=y >= 0)
    else:
        position = xp.where(y < 0, p, xp.flip(p))
    return scaled, scaled * xp.exp(-0.5 * a * a), position


def _log_ratio(xp: Any, y: Array, scaled: Array, ratio: Array, p: Array) -> Array:
    """Return log(1 + ratio) = log(tail/p), computed from the tail itself where 1 + ratio has lost its digits."""
    lost = ratio < _NEAR_MINUS_ONE
    if not is_numpy_namespace(xp):
        kept = xp.log1p(xp.where(lost, xp.zeros_like(ratio), ratio))
        return xp.where(lost, xp.log(scaled / p) - 0.5 * y * y, kept)
    result = np.log1p(ratio)
    where = np.flatnonzero(lost)
    if where.size:
        result.flat[where] = np.log(scaled.flat[where] / p.flat[where]) - 0.5 * y.flat[where] ** 2
    return result


def _divergences(xp: Any, y: Array, scaled: Array, tail: Array, p: Array) -> Array:
    """Return KL(p_i ‖ u_i)."""
    # A tail may underflow; its logarithm is computed in another way then.
    with np.errstate(divide="ignore"):
        difference, rest = tail - p, 1.0 - p
        near, far = difference / p, -difference / rest
        return p * (near - _log_ratio(xp, y, scaled, near, p)) + rest * (far - xp.log1p(far))


def _value(xp: Any, y: Array, scaled: Array, tail: Array, p: Array) -> Array:
    return _floor(y.shape[-1]) + 2.0 * xp.mean(_divergences(xp, y, scaled, tail, p), axis=-1)


def value(y: Array) -> Array:
    """Return d_S = A²/n of sorted samples y (..., n).

    Examples
    --------
    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.063163
    """
    xp = array_namespace(y)
    return _value(xp, y, *_tails(xp, y))


def value_and_gradient(y: Array) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_(i) = (2/n)(u_i − p_i) φ(y_(i)) / (u_i (1 − u_i)), by the tail's hazard."""
    xp = array_namespace(y)
    scaled, tail, p = _tails(xp, y)
    # The hazard φ(a)/Φ(−a) is 1/(√(2π) scaled); the sign is that of −y, and −1 at 0.
    slope = (tail - p) / ((0.5 * y.shape[-1] * _normal.SQRT_2PI) * scaled * (1.0 - tail))
    return _value(xp, y, scaled, tail, p), xp.where(y < 0, slope, -slope)


DISTANCE = Distance(
    name="ad",
    title="Anderson-Darling",
    sensitive_to="location and shape, with more weight on the tails",
    model=None,
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=True,
    source="Anderson and Darling, Ann. Math. Statist. 23 (1952)",
    quadratic=edf_form(
        lambda: DENSITY / (tail() * (1.0 - tail())),
        mean=1.0,
        variance=2.0 * (math.pi**2 - 9.0) / 3.0,
        own=lambda: -1.0 - np.log(tail()) - np.log1p(-tail()),
        standardised=Standardised(Falling(-0.0106), Falling(0.0118), Falling(0.067), Falling(0.065)),
    ),
)
