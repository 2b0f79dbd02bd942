"""The covariance of two slices of standardised rows, by the degree of spherical harmonics.

The standardised rows of a slice are √n times a uniform point of the unit sphere of the N = n − 1 dimensions that are
orthogonal to (1, ..., 1), θ say. Along a direction with the cosine ρ to the first the point is ρθ + √(1 − ρ²)θ', θ'
uniform and orthogonal to θ. A distance is a sum of harmonics of θ. By the theorem of Funk and Hecke those of degree p
have the covariance v_p P_p(ρ), P_p Legendre's polynomial of N dimensions, and those of different degrees have none:

    Cov(n·d, n·d') = Σ_p v_p P_p(ρ).

As n grows P_p(ρ) tends to ρ^p and v_p to c_p = 2 Σ B_lm², l + m = p. Nothing in this depends on the number of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances._quadratic.form import Floats

# Beyond this degree P_p(ρ) is taken as ρ^p: it matters along nearly equal directions alone.
DEGREES = 64


def _legendre_step(k: int, dimensions: int, before: Any, now: Any, times_x: Any) -> Any:
    """Return P_(k+1) from P_(k−1), P_k and x·P_k."""
    return (2.0 * (k + 0.5 * dimensions - 1.0) * times_x - k * before) / (k + dimensions - 2.0)


def legendre(x: float, dimensions: int) -> NDArray[np.float64]:
    """Return P_0(x), ..., P_DEGREES(x) of a number of dimensions.

    Examples
    --------
    >>> legendre(0.5, 3)[:4]
    array([ 1.    ,  0.5   , -0.125 , -0.4375])
    """
    found = np.empty(DEGREES + 1)
    found[0], found[1] = 1.0, x
    for k in range(1, DEGREES):
        found[k + 1] = _legendre_step(k, dimensions, found[k - 1], found[k], x * found[k])
    return found


def legendre_means(dim: int, n: int, most: int) -> NDArray[np.float64]:
    """Return the means of P_p(ρ), p = 0..most, P_p of n − 1 dimensions, over pairs of independent directions in D.

    With x_(j) = x(x + 1)···(x + j − 1) they are (½)_(j) ((N − D)/2)_(j)/((D/2)_(j) ((N − 1)/2)_(j)) for p = 2j.

    Examples
    --------
    >>> legendre_means(3, 9, 4).round(6)
    array([1.      , 0.      , 0.238095, 0.      , 0.111111])
    """
    dimensions = n - 1
    found = np.zeros(most + 1)
    found[0] = 1.0
    for p in range(0, most - 1, 2):
        found[p + 2] = found[p] * (p + 1.0) * (dimensions - dim + p) / ((dim + p) * (dimensions - 1.0 + p))
    return found


def in_powers(by_degree: Floats, n: int) -> Floats:
    """Return the coefficients of Σ_p v_p P_p(ρ) by power of ρ; beyond DEGREES they are the v_p.

    Examples
    --------
    >>> in_powers(np.array([0.0, 0.0, 1.0]), 4)
    array([-0.5,  0. ,  1.5])
    """
    found = by_degree.astype(np.longdouble)
    low = min(len(by_degree), DEGREES + 1)
    found[:low] = by_degree[:low] @ _polynomials(low, n - 1)
    return np.asarray(found, np.float64)


def squares_in_powers(by_degree: Floats, n: int) -> Floats:
    """Return the coefficients of Σ_p v_p P_(p/2)(ρ)² by power of ρ, p even; beyond DEGREES they are the v_p.

    Examples
    --------
    >>> squares_in_powers(np.array([0.0, 0.0, 0.0, 0.0, 1.0]), 4)
    array([ 0.25,  0.  , -1.5 ,  0.  ,  2.25])
    """
    found = by_degree.astype(np.longdouble)
    low = min(len(by_degree), DEGREES + 1)
    found[:low] = 0.0
    for j, row in enumerate(_polynomials((low + 1) // 2, n - 1)):
        found[: 2 * j + 1] += by_degree[2 * j] * np.convolve(row[: j + 1], row[: j + 1])
    return np.asarray(found, np.float64)


def _polynomials(count: int, dimensions: int) -> NDArray[np.longdouble]:
    """Return P_0, ..., P_(count−1) by power, (count, count), count ≥ 2."""
    found = np.zeros((count, count), np.longdouble)
    found[0, 0] = found[1, 1] = 1.0
    for k in range(1, count - 1):
        found[k + 1] = _legendre_step(k, dimensions, found[k - 1], found[k], np.roll(found[k], 1))
    return found


@dataclass(frozen=True)
class Falling:
    """A number that falls with n as a power: ``at_100`` · ((n + offset)/(100 + offset))^−fall."""

    at_100: float
    fall: float = 1.0
    offset: float = 0.0

    def at(self, n: int) -> float:
        """Return it at n rows."""
        return self.at_100 * float(((n + self.offset) / (100.0 + self.offset)) ** -self.fall)


@dataclass(frozen=True)
class Standardised:
    """How the v_p of a distance differ from their limits, as measured.

    Attributes
    ----------
    whole : Falling
        Σ v_p over Σ c_p, less 1.
    fourth : Falling
        v_4 over Σ c_p; c_4 is 0.
    sixth, eighth : Falling
        v_p over c_p, less 1.
    to_sample : bool
        Whether it is the distance to another standardised sample. Then half of every v_p but v_4 belongs to products of
        harmonics of degree p/2 of either sample, with the covariance P_(p/2)(ρ)².
    """

    whole: Falling
    fourth: Falling
    sixth: Falling
    eighth: Falling
    to_sample: bool = False

    @staticmethod
    def _fall(later: Floats, wanted: float) -> Floats:
        """Return the powers of a number by which the v_p of higher and higher degree are multiplied, by their sum."""
        steps = np.arange(1.0, len(later) + 1.0)
        low, high = 0.0, 1.1
        for _ in range(60):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if float(later @ middle**steps) < wanted else (low, middle)
        return np.asarray(high**steps)

    def excess(self, chaos: Floats, beyond: float, n: int) -> Floats:
        """Return by power of ρ what the covariance has beyond c_p, with the part beyond the matrix as it is."""
        total = float(chaos.sum()) + beyond
        by_degree = chaos.copy()
        by_degree[4] = self.fourth.at(n) * total
        by_degree[6] *= 1.0 + self.sixth.at(n)
        by_degree[8:] *= 1.0 + self.eighth.at(n)
        by_degree[10:] *= self._fall(by_degree[10:], total * (1.0 + self.whole.at(n)) - beyond - by_degree[:10].sum())
        if not self.to_sample:
            return in_powers(by_degree, n) - chaos
        products = 0.5 * by_degree
        products[4] = 0.0
        return in_powers(by_degree - products, n) + squares_in_powers(products, n) - chaos
