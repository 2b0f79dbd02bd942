"""The alternatives that the tests have to tell from a normal law, drawn many samples at a time.

None is meant to be hard or easy for one test: there are coordinates that are independent and not normal, elliptical
laws, mixtures, and laws whose coordinates are all normal. The parameters are such that at n = 50 no test is hopeless
or perfect for most of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, int, int]], Array]


@dataclass(frozen=True)
class Alternative:
    """A law of rows.

    Attributes
    ----------
    name : str
        Name in tables, on which its seed depends too.
    title : str
        Name in words.
    draw : callable
        ``draw(rng, (count, n, dim))`` returns ``count`` samples.
    dependent : bool
        Whether its coordinates depend on each other in a way that is not normal, or are heavy-tailed.
    note : str
        What a test can see of it.
    """

    name: str
    title: str
    draw: Draw
    dependent: bool
    note: str


def _normal(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    return rng.standard_normal(shape)


def _column(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    return (*shape[:2], 1)


# --- Independent coordinates ------------------------------------------------------------------------------


def _independent_t(rng: np.random.Generator, shape: tuple[int, int, int], degrees: float) -> Array:
    return rng.standard_t(degrees, shape)


def _chi_square(rng: np.random.Generator, shape: tuple[int, int, int], degrees: float) -> Array:
    return rng.chisquare(degrees, shape)


def _lognormal(rng: np.random.Generator, shape: tuple[int, int, int], sigma: float) -> Array:
    return rng.lognormal(0.0, sigma, shape)


def _beta(rng: np.random.Generator, shape: tuple[int, int, int], a: float, b: float) -> Array:
    return rng.beta(a, b, shape)


def _logistic(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    return rng.logistic(size=shape)


def _one_exponential(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    x = rng.standard_normal(shape)
    x[..., 0] = rng.standard_exponential(shape[:2]) - 1.0
    return x


# --- Elliptical and spherical laws ------------------------------------------------------------------------


def _t(rng: np.random.Generator, shape: tuple[int, int, int], degrees: float) -> Array:
    return rng.standard_normal(shape) / np.sqrt(rng.chisquare(degrees, _column(shape)) / degrees)


def _laplace(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    return rng.standard_normal(shape) * np.sqrt(rng.standard_exponential(_column(shape)))


def _on_sphere(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    z = rng.standard_normal(shape)
    return z / np.linalg.norm(z, axis=-1, keepdims=True)


def _ball(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    return _on_sphere(rng, shape) * rng.uniform(size=_column(shape)) ** (1.0 / shape[2])


def _shell(rng: np.random.Generator, shape: tuple[int, int, int], thickness: float) -> Array:
    """Return points at a distance of about √D from the origin; its standard deviation is ``thickness``."""
    return _on_sphere(rng, shape) * (np.sqrt(shape[2]) + thickness * rng.standard_normal(_column(shape)))


# --- Mixtures ---------------------------------------------------------------------------------------------


def _contaminated(rng: np.random.Generator, shape: tuple[int, int, int], part: float, scale: float) -> Array:
    return rng.standard_normal(shape) * np.where(rng.uniform(size=_column(shape)) < part, scale, 1.0)


def _two_centres(rng: np.random.Generator, shape: tuple[int, int, int], part: float, distance: float) -> Array:
    """Return a mixture of two normal laws whose means are ``distance`` apart, along the diagonal."""
    step = distance / np.sqrt(shape[2])
    return rng.standard_normal(shape) + step * (rng.uniform(size=_column(shape)) < part)


def _two_correlations(rng: np.random.Generator, shape: tuple[int, int, int], rho: float) -> Array:
    """Return half of the rows with correlations ρ, half with those of coordinates of alternating signs."""
    z = np.sqrt(1.0 - rho) * rng.standard_normal(shape) + np.sqrt(rho) * rng.standard_normal(_column(shape))
    signs = np.where(np.arange(shape[2]) % 2, -1.0, 1.0)
    return np.where(rng.uniform(size=_column(shape)) < 0.5, z, z * signs)


# --- Dependent coordinates --------------------------------------------------------------------------------


def _skew_normal(rng: np.random.Generator, shape: tuple[int, int, int], delta: float) -> Array:
    """Return Azzalini's law with its skewness along the diagonal."""
    z = rng.standard_normal(shape)
    along = np.sum(z, axis=-1, keepdims=True) / np.sqrt(shape[2])
    half = np.abs(rng.standard_normal(_column(shape)))
    moved = delta * half + np.sqrt(1.0 - delta**2) * rng.standard_normal(_column(shape))
    return z + (moved - along) / np.sqrt(shape[2])


def _khintchine(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Return normal coordinates that are uniform given their common bound, the root of a χ² with 3 degrees."""
    return np.sqrt(rng.chisquare(3.0, _column(shape))) * rng.uniform(-1.0, 1.0, shape)


def _common_sign(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Return normal coordinates, of which the product of the first two is never negative."""
    x = rng.standard_normal(shape)
    x[..., 1] = np.abs(x[..., 1]) * np.sign(x[..., 0])
    return x


def _clayton(rng: np.random.Generator, shape: tuple[int, int, int], theta: float) -> Array:
    """Return Clayton's copula, whose lower tails go together, with normal coordinates."""
    from scipy.special import ndtri

    frailty = rng.gamma(1.0 / theta, size=_column(shape))
    u = (1.0 + rng.standard_exponential(shape) / frailty) ** (-1.0 / theta)
    return np.asarray(ndtri(np.clip(u, 1e-15, 1.0 - 1e-15)))


def _gamma_margins(rng: np.random.Generator, shape: tuple[int, int, int], rho: float, degrees: float) -> Array:
    """Return a normal copula with χ² coordinates."""
    from scipy.special import chdtri, ndtr

    z = np.sqrt(1.0 - rho) * rng.standard_normal(shape) + np.sqrt(rho) * rng.standard_normal(_column(shape))
    return np.asarray(chdtri(degrees, ndtr(-z)))


def _curved(rng: np.random.Generator, shape: tuple[int, int, int], bend: float) -> Array:
    """Return normal rows whose last coordinate follows the square of the first."""
    x = rng.standard_normal(shape)
    x[..., -1] += bend * x[..., 0] ** 2
    return x


NORMAL = Alternative("normal", "normal (the size)", _normal, False, "nothing")

ALTERNATIVES: tuple[Alternative, ...] = (
    Alternative("t3", "multivariate t, 3 degrees", partial(_t, degrees=3.0), True, "heavy tails in every direction"),
    Alternative("t5", "multivariate t, 5 degrees", partial(_t, degrees=5.0), True, "heavy tails in every direction"),
    Alternative("t10", "multivariate t, 10 degrees", partial(_t, degrees=10.0), True, "heavy tails in every direction"),
    Alternative("laplace", "multivariate Laplace", _laplace, True, "heavy tails and a peak, in every direction"),
    Alternative("ball", "uniform in a ball", _ball, True, "no tails: the kurtosis is low in every direction"),
    Alternative(
        "shell", "near a sphere", partial(_shell, thickness=0.4), True, "a hole, and lengths that hardly differ"
    ),
    Alternative(
        "independent-t5",
        "independent t, 5 degrees",
        partial(_independent_t, degrees=5.0),
        True,
        "heavy tails along the coordinates, and less so between them",
    ),
    Alternative(
        "logistic",
        "independent logistic",
        _logistic,
        False,
        "each coordinate has slightly heavy tails, and a mixture of coordinates hardly any: a test that looks at the "
        "columns sees more than one of all directions",
    ),
    Alternative(
        "chi2-5", "independent χ², 5 degrees", partial(_chi_square, degrees=5.0), False, "skewness of each coordinate"
    ),
    Alternative(
        "lognormal",
        "independent lognormal, σ = 0.4",
        partial(_lognormal, sigma=0.4),
        False,
        "skewness of each coordinate",
    ),
    Alternative("beta-1-1", "independent uniform", partial(_beta, a=1.0, b=1.0), False, "no tails along coordinates"),
    Alternative(
        "beta-2-2",
        "independent beta(2, 2)",
        partial(_beta, a=2.0, b=2.0),
        False,
        "tails that are a little light, along the coordinates. Mardia's kurtosis notices, which is not taken for large "
        "values alone, and so does a test of the columns where there are many; the other members of the omnibus hardly "
        "do, and cost it their share of the level",
    ),
    Alternative(
        "one-exponential", "one exponential coordinate", _one_exponential, False, "skewness of one column, no other"
    ),
    Alternative(
        "contaminated",
        "10% with three times the scale",
        partial(_contaminated, part=0.1, scale=3.0),
        True,
        "a few rows far out",
    ),
    Alternative(
        "two-centres",
        "two centres, 4 apart, 1 : 1",
        partial(_two_centres, part=0.5, distance=4.0),
        True,
        "two modes along one direction, with neither skewness nor heavy tails: a distance between densities on the "
        "scale of the gap sees that, and the largest slice more than the mean of all; what the omnibus has of the "
        "kind, the Cramer-Wold distance, is an average over all directions",
    ),
    Alternative(
        "outlying-centre",
        "two centres, 3 apart, 9 : 1",
        partial(_two_centres, part=0.1, distance=3.0),
        True,
        "skewness along one direction",
    ),
    Alternative(
        "two-correlations",
        "two correlations, ±0.8",
        partial(_two_correlations, rho=0.8),
        True,
        "two crossing clouds: long along some directions, narrow along others",
    ),
    Alternative(
        "skew-normal",
        "skew-normal, δ = 0.99",
        partial(_skew_normal, delta=0.99),
        True,
        "a little skewness along one direction",
    ),
    Alternative(
        "khintchine", "Khintchine, normal coordinates", _khintchine, True, "nothing in the columns, tails between them"
    ),
    Alternative(
        "common-sign",
        "two normal coordinates of one sign",
        _common_sign,
        True,
        "two quadrants of a plane are empty: kinks in the density that moments hardly notice",
    ),
    Alternative(
        "clayton",
        "Clayton copula, normal coordinates",
        partial(_clayton, theta=2.0),
        True,
        "normal columns with one common tail: third moments between columns. Where there are many columns all members "
        "see it; where there are two, Mardia's skewness is far ahead of the rest, and in the omnibus it has a fifth of "
        "the level",
    ),
    Alternative(
        "gamma-margins",
        "normal copula, χ² coordinates",
        partial(_gamma_margins, rho=0.5, degrees=5.0),
        True,
        "skewness of each coordinate",
    ),
    Alternative(
        "curved",
        "bent along a parabola",
        partial(_curved, bend=0.5),
        True,
        "third moments of two columns: Mardia's skewness is a sum of squares of just those, and in the omnibus it has "
        "a share of the level",
    ),
)
