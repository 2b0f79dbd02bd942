"""The null distribution of a statistic of all pairs of rows that does not depend on how the sample is turned.

Such a statistic is the mean of a quadratic distance over the whole sphere of directions. As n grows, its distribution
has the eigenvalues of the matrices of `sphere`, each as often as there are harmonics. At n rows its mean and variance
are known exactly: under the standard null because its terms are independent, under the composite null by the harmonics
of `slicednorm.distances._quadratic.degrees`. So is its third cumulant under the standard null; under the composite null
that is measured. The distribution of the limit is given these three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.distances._legendre import legendre_rule
from slicednorm.distances._quadratic.degrees import DEGREES, legendre_means
from slicednorm.distances._quadratic.form import Floats, covariance, reduced
from slicednorm.distances._quadratic.pairs import PairKernel, standardised_moments
from slicednorm.stats._distributions.sphere import whole_sphere_law
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._types import Null

# Nodes of the integrals over two rows: their lengths, and the cosine between them.
_LENGTHS, _COSINES = 120, 80

# How far the length of a normal row is from √D at most.
_SPREAD = 8.0


@dataclass(frozen=True)
class Skewness:
    """How the skewness of standardised samples of n rows differs from its limit, as measured.

    It is that of the limit times 1 + (``per_column`` D + ``offset``)/n, and ``pairs`` times what single pairs of near
    rows add.
    """

    per_column: float = 0.0
    offset: float = 0.0
    pairs: float = 0.0


class AllPairs(Protocol):
    """A statistic of all pairs of rows, as a mean over the whole sphere of directions; hashable."""

    def __hash__(self) -> int: ...

    @property
    def skewness(self) -> Skewness:
        """The skewness under the composite null."""
        ...

    def matrix(self, n: int, dim: int) -> Floats:
        """Return B of n times the distance along one direction."""
        ...

    def along(self, n: int, dim: int, null: Null) -> PairKernel:
        """Return that distance as a kernel of projected rows."""
        ...

    def rows(self, n: int, dim: int, null: Null) -> PairKernel:
        """Return n times the mean of the distance as a kernel of squared distances and lengths."""
        ...

    def factor(self, n: int) -> float:
        """Return the statistic over n times the mean of the distance."""
        ...


@dataclass(frozen=True)
class _Degenerate:
    """What a statistic (1/n) Σ_ij h(x_i, x_j), E h(x, X) = 0, is made of.

    Attributes
    ----------
    squares, cubes : float
        E h², E h³ of two rows.
    own : float
        The variance of h(X, X).
    third : float
        The part of n³ κ_3 that the h(x_i, x_i) enter.
    """

    squares: float
    cubes: float
    own: float
    third: float


def _degenerate(kernel: PairKernel, dim: int, n: int, null: Null) -> _Degenerate:
    """Return the moments of h(x, y) = f(‖x − y‖²) − g(‖x‖²) − g(‖y‖²) + c over normal rows.

    Under the composite null h is without the polynomials of degree 1 and 2 in x and in y.
    """
    from scipy import special

    nodes, weights = legendre_rule(_LENGTHS)
    low, high = max(0.0, math.sqrt(dim) - _SPREAD), math.sqrt(dim) + _SPREAD
    a = low + 0.5 * (high - low) * (nodes + 1.0)
    log = (dim - 1.0) * np.log(a) - 0.5 * a * a
    of_length = weights * np.exp(log - log.max())
    of_length /= of_length.sum()
    if dim == 1:
        cosines, of_cosine = np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    elif dim == 2:
        cosines = np.cos(np.pi * (np.arange(_COSINES) + 0.5) / _COSINES)
        of_cosine = np.full(_COSINES, 1.0 / _COSINES)
    else:
        cosines, of_cosine = special.roots_gegenbauer(_COSINES, 0.5 * dim - 1.0)
        of_cosine = of_cosine / of_cosine.sum()
    products = a[:, np.newaxis] * a
    lengths = np.add.outer(a * a, a * a)
    single = kernel.single(a * a)
    squared = np.maximum(lengths[:, :, np.newaxis] - 2.0 * products[:, :, np.newaxis] * cosines, 0.0)
    h = kernel.pair(squared) - np.add.outer(single, single)[:, :, np.newaxis] + kernel.constant
    if null == "composite":
        for _ in range(2):
            h = np.swapaxes(_without_polynomials(h, a, of_length, cosines, of_cosine, dim), 0, 1)
    own = float(kernel.pair(np.zeros(1))[0]) - 2.0 * single + kernel.constant
    own = own - of_length @ own
    both = np.multiply.outer(of_length, of_length)
    squares = h * h
    per_row = (squares @ of_cosine) @ of_length
    third = (
        n * float(of_length @ own**3)
        + 6.0 * n * (n - 1.0) * float(of_length * own @ (h @ of_cosine) @ (of_length * own))
        + 12.0 * n * (n - 1.0) * float(of_length @ (own * per_row))
    )
    cubes = float(np.sum(both * ((squares * h) @ of_cosine)))
    return _Degenerate(float(of_length @ per_row), cubes, float(of_length @ own**2), third)


def _without_polynomials(
    h: Floats, a: Floats, of_length: Floats, cosines: Floats, of_cosine: Floats, dim: int
) -> Floats:
    """Return h(x, y), (lengths of x, lengths of y, cosines), without its polynomials of degree 1 and 2 in x."""
    columns = [np.multiply.outer(a, cosines)]
    columns.append(np.multiply.outer((a * a - dim) / math.sqrt(2.0 * dim), np.ones_like(cosines)))
    if dim > 1:
        columns.append(np.multiply.outer(a * a, cosines**2 - 1.0 / dim) / math.sqrt(2.0 - 2.0 / dim))
    for column in columns:
        weighted = column * np.multiply.outer(of_length, of_cosine)
        h = h - column[:, np.newaxis, :] * np.einsum("abc,ac->b", h, weighted)[:, np.newaxis]
    return h


def _standard(form: AllPairs, limit: WeightedChi2, n: int, dim: int) -> WeightedChi2:
    """Return the distribution under the standard null, with three exact cumulants.

    A pair i ≠ j counts twice in (1/n) Σ_ij h(x_i, x_j). Of the products of three terms those have a mean whose rows all
    occur twice or more: a row alone, a pair with its rows, a pair three times, the sides of a triangle.
    """
    kernel = form.rows(n, dim, "standard")
    found = _degenerate(kernel, dim, n, "standard")
    # E h(X, X) is the mean; E f(‖X − Y‖²) = E g(‖X‖²) = c.
    mean = float(kernel.pair(np.zeros(1))[0]) - kernel.constant
    variance = 2.0 * (1.0 - 1.0 / n) * found.squares + found.own / n
    triangles = limit.cumulant(3) * (1.0 - 1.0 / n) * (1.0 - 2.0 / n)
    third = triangles + 4.0 * (1.0 - 1.0 / n) / n * found.cubes + found.third / n**3
    return limit.with_cumulants(mean, variance, third)


def _composite(form: AllPairs, limit: WeightedChi2, matrix: Floats, n: int, dim: int) -> WeightedChi2:
    """Return the distribution under the composite null, with exact mean and variance and a measured skewness."""
    mean, by_degree = standardised_moments(form.along(n, dim, "composite"), n)
    chaos = covariance(matrix)
    means = legendre_means(dim, n, max(len(chaos) - 1, DEGREES))
    variance = float(by_degree @ means[: len(by_degree)] + chaos[DEGREES + 1 :] @ means[DEGREES + 1 : len(chaos)])
    skew = form.skewness
    skewness = limit.cumulant(3) / limit.std() ** 3 * (1.0 + (skew.per_column * dim + skew.offset) / n)
    if skew.pairs:
        cubes = _degenerate(form.rows(n, dim, "composite"), dim, n, "composite").cubes
        skewness += skew.pairs * 4.0 / n * cubes / limit.std() ** 3
    return limit.with_cumulants(mean, variance, skewness * variance**1.5)


@lru_cache(maxsize=32)
def pairs_law(form: AllPairs, n: int, dim: int, null: Null) -> WeightedChi2:
    """Return the null distribution of a statistic of all pairs of rows.

    Parameters
    ----------
    form : AllPairs
        The statistic.
    n, dim : int
        The shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis.
    """
    # The last bits of a matrix product depend on the number of threads.
    with single_threaded_blas():
        matrix = reduced(form.matrix(n, dim), null)
        limit = whole_sphere_law(matrix, dim)
        found = _standard(form, limit, n, dim) if null == "standard" else _composite(form, limit, matrix, n, dim)
        return found.scaled(form.factor(n))
