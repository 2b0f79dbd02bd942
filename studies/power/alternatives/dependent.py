"""Coordinates that depend on each other: skewed, bent and round clouds, and factors."""

from __future__ import annotations

from functools import partial

import numpy as np

from .law import Alternative, Array, Shape, column, unit_vectors

_SKEWED, _BENT, _FACTORS = "skewed along one direction", "bent and round", "factors"


def _skew_normal(rng: np.random.Generator, shape: Shape, delta: float) -> Array:
    """Return Azzalini's law with its skewness along the diagonal."""
    z = rng.standard_normal(shape)
    along = np.sum(z, axis=-1, keepdims=True) / np.sqrt(shape[2])
    half = np.abs(rng.standard_normal(column(shape)))
    moved = delta * half + np.sqrt(1.0 - delta**2) * rng.standard_normal(column(shape))
    return np.asarray(z + (moved - along) / np.sqrt(shape[2]))


def _skew_t(rng: np.random.Generator, shape: Shape, delta: float, degrees: float) -> Array:
    """Return Azzalini and Capitanio's law: a skew-normal row over the root of a χ² of its own."""
    return np.asarray(_skew_normal(rng, shape, delta) / np.sqrt(rng.chisquare(degrees, column(shape)) / degrees))


def _curved(rng: np.random.Generator, shape: Shape, bend: float) -> Array:
    """Return normal rows whose last coordinate follows the square of the first."""
    x = rng.standard_normal(shape)
    x[..., -1] += bend * x[..., 0] ** 2
    return x


def _banana(rng: np.random.Generator, shape: Shape, noise: float) -> Array:
    """Return normal rows whose second coordinate is the square of the first, but for little noise."""
    x = rng.standard_normal(shape)
    second = min(1, shape[2] - 1)
    x[..., second] = x[..., 0] ** 2 + noise * rng.standard_normal(shape[:2])
    return x


def _around(rng: np.random.Generator, shape: Shape, number: int, radius: float, noise: float) -> Array:
    """Return normal rows whose first coordinates lie near a circle or a sphere of those coordinates."""
    x = rng.standard_normal(shape)
    used = min(number, shape[2])
    points = unit_vectors(rng, (*shape[:2], used)) * (radius + noise * rng.standard_normal(column(shape)))
    x[..., :used] = points
    return x


def _factors(rng: np.random.Generator, shape: Shape, number: int, degrees: float) -> Array:
    """Return normal noise and a few factors with t scores; each sample has normal loadings of its own."""
    scores = rng.standard_t(degrees, (*shape[:2], number))
    loadings = rng.standard_normal((shape[0], number, shape[2]))
    return np.asarray(rng.standard_normal(shape) + np.matmul(scores, loadings))


def _of_factors(degrees: int) -> Alternative:
    return Alternative(
        f"factors-t{degrees}",
        f"two factors, t with {degrees} degrees",
        partial(_factors, number=2, degrees=float(degrees)),
        True,
        "heavy tails in a plane of all directions, hidden by the noise along others",
        _FACTORS,
        isotropic=True,
        fixed=False,
    )


SKEWED: tuple[Alternative, ...] = (
    Alternative(
        "skew-normal",
        "skew-normal, δ = 0.99",
        partial(_skew_normal, delta=0.99),
        True,
        "a little skewness along one direction",
        _SKEWED,
    ),
    Alternative(
        "skew-t",
        "skew-t, δ = 0.9, 5 degrees",
        partial(_skew_t, delta=0.9, degrees=5.0),
        True,
        "heavy tails in every direction, and skewness along one",
        _SKEWED,
    ),
)

BENT: tuple[Alternative, ...] = (
    Alternative(
        "curved",
        "bent along a parabola",
        partial(_curved, bend=0.5),
        True,
        "third moments of two columns: Mardia's skewness is a sum of squares of just those",
        _BENT,
    ),
    Alternative(
        "banana",
        "on a parabola",
        partial(_banana, noise=0.5),
        True,
        "third moments of two columns, one of them skewed by itself: a χ² variable with little noise",
        _BENT,
    ),
    Alternative(
        "ring",
        "a ring in two coordinates",
        partial(_around, number=2, radius=2.0, noise=0.4),
        True,
        "a hole in a plane: low kurtosis along its directions, and no skewness",
        _BENT,
    ),
    Alternative(
        "sphere-in-3",
        "near a sphere in three coordinates",
        partial(_around, number=3, radius=2.0, noise=0.4),
        True,
        "a hole in three coordinates: low kurtosis along their directions, and no skewness",
        _BENT,
    ),
)

FACTORS: tuple[Alternative, ...] = (_of_factors(3), _of_factors(5))
