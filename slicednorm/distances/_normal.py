"""The standard normal distribution for every array library that the distances run on.

The array API standard has no special functions, so this is the one place that asks which library an array
belongs to. NumPy float64 goes to scipy.special, torch to torch.special. NumPy float32 has approximations of its
own, because scipy computes float32 in float64 at 10 ns per element, while sorting takes 2: both were fitted in
the minimax sense (Lawson's iteration on a Chebyshev basis, weighted so that the stated error is uniform), and
float32 rounding comes on top.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace, is_torch_namespace

from slicednorm.distances._namespace import Array, wide_dtype

SQRT_2PI = math.sqrt(2.0 * math.pi)

# atanh(2 Φ(y) − 1) / y as a polynomial in y²; the error of Φ is 2.9e-8 before rounding, and the leading
# coefficient is positive, so that Φ saturates properly for any |y|.
_HALF_LOGIT = (
    7.97884941e-1,
    3.63330846e-2,
    -3.2594979e-5,
    -5.53061921e-5,
    3.96474407e-6,
    -1.32263309e-7,
    1.75616981e-9,
)

# Φ(−a) exp(a²/2) = t·poly(t), t = 1/(1 + 0.36 a), for every a ≥ 0; relative error 1.2e-8 before rounding.
_TAIL_SCALE = 0.36
_TAIL = (
    0.143619219,
    0.143619268,
    0.125012339,
    0.0875622134,
    0.042006406,
    -0.0254107861,
    0.0432520791,
    -0.203804167,
    0.242752956,
    -0.122060366,
    0.0234508435,
)


def _unsupported(xp: Any) -> TypeError:
    return TypeError(f"the normal distribution is not available for arrays of {xp.__name__}")


def _horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Evaluate a polynomial (ascending coefficients) in place in a new array of x's own dtype."""
    result = x * x.dtype.type(coefficients[-1])
    for coefficient in coefficients[-2:0:-1]:
        result += x.dtype.type(coefficient)
        result *= x
    result += x.dtype.type(coefficients[0])
    return result


def _is_fast(y: Array) -> bool:
    return bool(y.dtype == np.float32)


def pdf(xp: Any, y: Array) -> Array:
    """Return the normal density φ(y)."""
    return xp.exp(-0.5 * y * y) / SQRT_2PI


def centred_cdf(xp: Any, y: Array) -> Array:
    """Return 2 Φ(y) − 1 = erf(y/√2), accurate to the rounding of 1; in float32 to 1.5e-7."""
    if is_torch_namespace(xp):
        return xp.erf(y / math.sqrt(2.0))
    if not is_numpy_namespace(xp):
        raise _unsupported(xp)
    if _is_fast(y):
        with np.errstate(over="ignore"):
            half_logit = _horner(y * y, _HALF_LOGIT)
            half_logit *= y
        return np.tanh(half_logit, out=half_logit)
    from scipy import special

    return special.erf(y / math.sqrt(2.0))


def scaled_tail(xp: Any, a: Array) -> Array:
    """Return Φ(−a) exp(a²/2) for a ≥ 0, with full relative accuracy however large a is.

    All about the tails follows from it: Φ(−a), its logarithm and the hazard φ(a)/Φ(−a).
    """
    if is_torch_namespace(xp):
        return 0.5 * xp.special.erfcx(a / math.sqrt(2.0))
    if not is_numpy_namespace(xp):
        raise _unsupported(xp)
    if _is_fast(a):
        t = a * np.float32(_TAIL_SCALE)
        t += np.float32(1.0)
        np.divide(np.float32(1.0), t, out=t)
        result = _horner(t, _TAIL)
        result *= t
        return result
    from scipy import special

    return 0.5 * special.erfcx(a / math.sqrt(2.0))


def quantiles(xp: Any, n: int, like: Array | None = None) -> Array:
    """Return Q_{i/n}, i = 1..n−1, the inner quantiles of the normal distribution at n equal shares, in float64.

    They are computed on the device of ``like`` (in its own dtype if the device has no float64).
    """
    if is_torch_namespace(xp):
        half = xp.special.ndtri(xp.arange(1, n // 2 + 1, dtype=wide_dtype(xp, like), device=device(like)) / n)
    elif is_numpy_namespace(xp):
        from scipy import special

        half = special.ndtri(np.arange(1, n // 2 + 1) / n)
    else:
        raise _unsupported(xp)
    return xp.concat([half, -xp.flip(half)[(1 if n % 2 == 0 else 0) :]])
