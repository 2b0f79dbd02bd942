"""Distances n·scale ∫ |φ_n(t) − exp(−t²/2)|² exp(−γt²) dt: Epps-Pulley and Cramer-Wold."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from slicednorm.distances._quadratic.degrees import DEGREES, in_powers
from slicednorm.distances._quadratic.form import (
    FIRST_ORDER,
    Floats,
    Quadratic,
    covariance,
    padded_sum,
    reduced,
)
from slicednorm.distances._quadratic.hermite import NODES, coefficients
from slicednorm.distances._quadratic.pairs import PairKernel, standardised_moments

# Orders of the matrix: at least, and at most.
_ORDERS = (32, 256)

# Below this a share of the weight or of the trace is rounding.
_NOTHING = 1e-17


def _orders(gamma: float, power: int) -> int:
    """Return how many orders carry the variance: B_ll falls off as l^((power − 1)/2) (1 + γ)^−l."""
    least, most = _ORDERS
    return min(most, max(least, math.ceil((6.0 + power) / math.log1p(gamma))))


def _rule(gamma: float, scale: float) -> tuple[Floats, Floats]:
    """Return nodes t ≥ 0 and the weights of the integral over the whole line of even functions.

    The integrands are products of exp(−γt²) with functions at least as wide as a normal density.
    """
    last = math.sqrt(-math.log(_NOTHING) / gamma)
    step = 0.1
    t = step * np.arange(math.ceil(last / step) + 1)
    weights = 2.0 * scale * step * np.exp(-gamma * t * t)
    weights[0] *= 0.5
    return t, weights


def spectral_matrix(gamma: float, log_scale: float, power: int = 0) -> Floats:
    """Return B_lm = scale ∫ |t|^power exp(−(1 + γ)t²) i^(l−m) t^(l+m)/√(l!m!) dt, which is 0 if l − m is odd."""
    from scipy import special

    order = np.arange(1, _orders(gamma, power) + 1)
    total = order[:, np.newaxis] + order + power
    log = special.gammaln(0.5 * (total + 1)) - 0.5 * (total + 1) * math.log1p(gamma)
    log -= 0.5 * (special.gammaln(order + 1)[:, np.newaxis] + special.gammaln(order + 1))
    sign = np.array([1.0, 0.0, -1.0, 0.0])[(order[:, np.newaxis] - order) % 4]
    return np.asarray(sign * np.exp(log + log_scale))


def _full_variance(gamma: float, scale: float, null: str) -> float:
    """Return 2 tr B² of the whole matrix: 2 ∫∫ |C(s, t)|², C the covariance of what is left of exp(isY), exp(itY)."""
    t, weights = _rule(gamma, scale)
    both = np.concatenate([-t[:0:-1], t])
    doubled = 0.5 * np.concatenate([weights[:0:-1], 2.0 * weights[:1], weights[1:]])
    product = np.multiply.outer(t, both)
    base = -0.5 * np.add.outer(t * t, both * both)
    left = np.exp(base + product) - np.exp(base)
    for order in range(1, FIRST_ORDER[null]):
        left -= np.exp(base) * product**order / math.factorial(order)
    return float(2.0 * weights @ (left * left) @ doubled)


def _own(gamma: float, scale: float) -> Floats:
    """Return h(y, y) at the nodes of `hermite`, where n·d = (1/n) Σ_ij h(y_i, y_j)."""
    t, weights = _rule(gamma, scale)
    target = np.exp(-0.5 * t * t)
    seen = target > _NOTHING
    cross = np.cos(np.multiply.outer(NODES, t[seen])) @ (weights * target)[seen]
    return np.asarray(float(weights @ (1.0 + target * target)) - 2.0 * cross)


def spectral_kernel(gamma: float, scale: float) -> PairKernel:
    """Return the distance as a mean over pairs: ∫ cos(ty) exp(−γt²) dt is a multiple of exp(−y²/(4γ))."""
    root = scale * math.sqrt(math.pi)
    wider = gamma + 0.5
    return PairKernel(
        lambda y: root / math.sqrt(gamma) * np.exp(-0.25 / gamma * y * y),
        lambda y: root / math.sqrt(wider) * np.exp(-0.25 / wider * y * y),
        root / math.sqrt(1.0 + gamma),
    )


def spectral_form(gamma: Callable[[int], float], scale: float) -> Quadratic:
    """Return the quadratic form of a distance.

    Parameters
    ----------
    gamma : callable
        ``gamma(n)`` is the γ of the weight for samples of n rows.
    scale : float
        The factor of the integral.
    """

    @lru_cache(maxsize=4)
    def matrix(n: int) -> Floats:
        found = spectral_matrix(gamma(n), math.log(scale))
        found.flags.writeable = False
        return found

    @lru_cache(maxsize=8)
    def beyond(null: str, n: int) -> float:
        chaos = covariance(reduced(matrix(n), null))
        return max(0.0, _full_variance(gamma(n), scale, null) - float(chaos.sum()))

    @lru_cache(maxsize=8)
    def excess(null: str, n: int) -> Floats:
        chaos = covariance(reduced(matrix(n), null))
        if null == "composite":
            by_degree = chaos.copy()
            by_degree[: DEGREES + 1] = standardised(n)[1]
            return in_powers(by_degree, n) - chaos
        last = np.zeros(len(chaos) + 2)
        last[-1] = beyond(null, n)
        diagonal = np.concatenate([[0.0], coefficients(_own(gamma(n), scale), len(matrix(n))) ** 2])
        return padded_sum(diagonal, -padded_sum(chaos, last)) / n

    @lru_cache(maxsize=8)
    def standardised(n: int) -> tuple[float, Floats]:
        return standardised_moments(spectral_kernel(gamma(n), scale), n)

    def mean(null: str, n: int) -> float:
        if null == "standard":
            kernel = spectral_kernel(gamma(n), scale)
            return float(kernel.pair(np.zeros(1))[0]) - kernel.constant
        return standardised(n)[0]

    return Quadratic(
        matrix=matrix,
        mean=mean,
        excess=excess,
        beyond=beyond,
    )
