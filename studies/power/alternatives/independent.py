"""Coordinates that are independent, all of them or a few of them not normal."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .law import Alternative, Array, Shape

_KIND = "independent coordinates"


@dataclass(frozen=True)
class _Independent:
    """Independent coordinates of a law that NumPy draws."""

    law: str
    parameters: tuple[float, ...] = ()

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Array:
        return np.asarray(getattr(rng, self.law)(*self.parameters, size=shape))


INDEPENDENT: tuple[Alternative, ...] = (
    Alternative(
        "independent-t5",
        "independent t, 5 degrees",
        _Independent("standard_t", (5.0,)),
        True,
        "heavy tails along the coordinates, and less so between them",
        _KIND,
    ),
    Alternative(
        "logistic",
        "independent logistic",
        _Independent("logistic"),
        False,
        "each coordinate has slightly heavy tails, and a mixture of coordinates hardly any: a test that looks at the "
        "columns sees more than one of all directions",
        _KIND,
    ),
    Alternative(
        "chi2-5",
        "independent χ², 5 degrees",
        _Independent("chisquare", (5.0,)),
        False,
        "skewness of each coordinate",
        _KIND,
    ),
    Alternative(
        "lognormal",
        "independent lognormal, σ = 0.4",
        _Independent("lognormal", (0.0, 0.4)),
        False,
        "skewness of each coordinate",
        _KIND,
    ),
    Alternative(
        "beta-1-1",
        "independent uniform",
        _Independent("beta", (1.0, 1.0)),
        False,
        "no tails along the coordinates",
        _KIND,
    ),
    Alternative(
        "beta-2-2",
        "independent beta(2, 2)",
        _Independent("beta", (2.0, 2.0)),
        False,
        "tails that are a little light, along the coordinates: Mardia's kurtosis notices, which is not taken for large "
        "values alone, and so does a test of the columns where there are many",
        _KIND,
    ),
)


# --- A few coordinates that are not normal -----------------------------------------------------------------


@dataclass(frozen=True)
class _Few:
    """Normal rows with j coordinates of another law; all of them where there are fewer than j."""

    j: int
    law: _Independent
    centre: float
    scale: float

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Array:
        x = rng.standard_normal(shape)
        few = (*shape[:2], min(self.j, shape[2]))
        x[..., : self.j] = (self.law(rng, few) - self.centre) / self.scale
        return x


# Their names in words, how they are drawn, mean and standard deviation, and what a test sees.
_MARGINS = {
    "exponential": ("exponential", _Independent("standard_exponential"), 1.0, 1.0, "skewness"),
    "t3": ("t, 3 degrees", _Independent("standard_t", (3.0,)), 0.0, math.sqrt(3.0), "heavy tails"),
    "uniform": ("uniform", _Independent("uniform", (-1.0, 1.0)), 0.0, math.sqrt(1.0 / 3.0), "the lack of tails"),
    "chi2-4": ("χ², 4 degrees", _Independent("chisquare", (4.0,)), 4.0, math.sqrt(8.0), "skewness"),
}
_COORDINATES = {1: "one coordinate", 2: "two coordinates", 5: "five coordinates"}


def _sparse(name: str, j: int) -> Alternative:
    title, law, centre, scale, seen = _MARGINS[name]
    return Alternative(
        f"{name}-in-{j}",
        f"{title} in {_COORDINATES[j]}",
        _Few(j, law, centre, scale),
        False,
        f"{seen} along {_COORDINATES[j]}, and nothing along the others: it is diluted in what averages over all "
        "directions, and hidden from tests of the columns once it is rotated",
        "a few coordinates",
        least_dim=j,
    )


# In this order each law is as often on one half of the alternatives as on the other, give or take one.
_ORDER = tuple(_MARGINS)
SPARSE: tuple[Alternative, ...] = tuple(
    _sparse(name, j) for j, names in ((1, _ORDER), (2, _ORDER[::-1]), (5, _ORDER)) for name in names
)
