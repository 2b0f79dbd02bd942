"""Copulas: coordinates that are normal one by one and not together, and a normal copula with others."""

from __future__ import annotations

from functools import partial

import numpy as np

from .law import Alternative, Array, Shape, column

_KIND = "copulas"


def _khintchine(rng: np.random.Generator, shape: Shape) -> Array:
    """Return normal coordinates that are uniform given their common bound, the root of a χ² with 3 degrees."""
    return np.asarray(np.sqrt(rng.chisquare(3.0, column(shape))) * rng.uniform(-1.0, 1.0, shape))


def _common_sign(rng: np.random.Generator, shape: Shape) -> Array:
    """Return normal coordinates, of which the product of the first two is never negative."""
    x = rng.standard_normal(shape)
    second = min(1, shape[2] - 1)
    x[..., second] = np.abs(x[..., second]) * np.sign(x[..., 0])
    return x


def _normal_of(u: Array) -> Array:
    """Return the normal quantiles of uniform variables."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.clip(u, 1e-15, 1.0 - 1e-15)))


def _clayton(rng: np.random.Generator, shape: Shape, theta: float) -> Array:
    """Return Clayton's copula, whose lower tails go together, with normal coordinates."""
    frailty = rng.gamma(1.0 / theta, size=column(shape))
    return _normal_of(np.asarray((1.0 + rng.standard_exponential(shape) / frailty) ** (-1.0 / theta)))


def _gumbel(rng: np.random.Generator, shape: Shape, theta: float) -> Array:
    """Return Gumbel's copula, whose upper tails go together, with normal coordinates.

    Its frailty is positive stable of index 1/θ, drawn by Kanter's formula.
    """
    index = 1.0 / theta
    angle, waiting = rng.uniform(0.0, np.pi, column(shape)), rng.standard_exponential(column(shape))
    frailty = np.sin(index * angle) / np.sin(angle) ** theta
    frailty *= (np.sin((1.0 - index) * angle) / waiting) ** (theta - 1.0)
    return _normal_of(np.exp(-((rng.standard_exponential(shape) / frailty) ** index)))


def _frank(rng: np.random.Generator, shape: Shape, theta: float) -> Array:
    """Return Frank's copula, whose tails do not go together, with normal coordinates."""
    part = -np.expm1(-theta)
    frailty = rng.logseries(part, column(shape))
    return _normal_of(np.asarray(-np.log1p(-part * np.exp(-rng.standard_exponential(shape) / frailty)) / theta))


def _correlated(rng: np.random.Generator, shape: Shape, rho: float) -> Array:
    """Return normal rows with all correlations ρ."""
    return np.asarray(
        np.sqrt(1.0 - rho) * rng.standard_normal(shape) + np.sqrt(rho) * rng.standard_normal(column(shape))
    )


def _t_copula(rng: np.random.Generator, shape: Shape, rho: float, degrees: float) -> Array:
    """Return a t copula with normal coordinates."""
    from scipy.special import stdtr

    t = _correlated(rng, shape, rho) / np.sqrt(rng.chisquare(degrees, column(shape)) / degrees)
    # By the lower tail, whose digits are not lost.
    return np.asarray(-np.sign(t) * _normal_of(np.asarray(stdtr(degrees, -np.abs(t)))))


def _gamma_margins(rng: np.random.Generator, shape: Shape, rho: float, degrees: float) -> Array:
    """Return a normal copula with χ² coordinates."""
    from scipy.special import chdtri, ndtr

    return np.asarray(chdtri(degrees, ndtr(-_correlated(rng, shape, rho))))


COPULAS: tuple[Alternative, ...] = (
    Alternative(
        "khintchine",
        "Khintchine, normal coordinates",
        _khintchine,
        True,
        "nothing in the columns, tails between them",
        _KIND,
    ),
    Alternative(
        "common-sign",
        "two normal coordinates of one sign",
        _common_sign,
        True,
        "two quadrants of a plane are empty: kinks in the density that moments hardly notice",
        _KIND,
    ),
    Alternative(
        "clayton",
        "Clayton copula, normal coordinates",
        partial(_clayton, theta=2.0),
        True,
        "normal columns with one common tail: third moments between columns. Where there are two columns, Mardia's "
        "skewness is far ahead of other tests; where there are many, all see it",
        _KIND,
    ),
    Alternative(
        "gumbel",
        "Gumbel copula, normal coordinates",
        partial(_gumbel, theta=2.0),
        True,
        "normal columns with one common tail: third moments between columns",
        _KIND,
    ),
    Alternative(
        "frank",
        "Frank copula, normal coordinates",
        partial(_frank, theta=6.0),
        True,
        "normal columns that depend on each other less in their tails than in the middle",
        _KIND,
    ),
    Alternative(
        "t-copula",
        "t copula, 4 degrees, normal coordinates",
        partial(_t_copula, rho=0.5, degrees=4.0),
        True,
        "normal columns with common tails of either sign: fourth moments between columns",
        _KIND,
    ),
    Alternative(
        "gamma-margins",
        "normal copula, χ² coordinates",
        partial(_gamma_margins, rho=0.5, degrees=5.0),
        True,
        "skewness of each coordinate",
        _KIND,
    ),
)
