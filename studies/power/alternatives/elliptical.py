"""Laws that are the same in all directions, and rows that are far from the others."""

from __future__ import annotations

from functools import partial

import numpy as np

from .law import Alternative, Array, Shape, column, unit_vectors

_KIND = "elliptical"
_FAR = "contaminated"


def _t(rng: np.random.Generator, shape: Shape, degrees: float) -> Array:
    return np.asarray(rng.standard_normal(shape) / np.sqrt(rng.chisquare(degrees, column(shape)) / degrees))


def _laplace(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.standard_normal(shape) * np.sqrt(rng.standard_exponential(column(shape))))


def _ball(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(unit_vectors(rng, shape) * rng.uniform(size=column(shape)) ** (1.0 / shape[2]))


def _shell(rng: np.random.Generator, shape: Shape, thickness: float) -> Array:
    """Return points at a distance of about √D from the origin; its standard deviation is ``thickness``."""
    return unit_vectors(rng, shape) * (np.sqrt(shape[2]) + thickness * rng.standard_normal(column(shape)))


def _contaminated(rng: np.random.Generator, shape: Shape, part: float, scale: float) -> Array:
    return np.asarray(rng.standard_normal(shape) * np.where(rng.uniform(size=column(shape)) < part, scale, 1.0))


def _moved_rows(rng: np.random.Generator, shape: Shape, part: float, distance: float) -> Array:
    """Return normal rows of which a part, at least one, is moved, in a direction that each sample has for itself."""
    x = rng.standard_normal(shape)
    moved = max(1, round(part * shape[1]))
    x[:, :moved] += distance * unit_vectors(rng, (shape[0], 1, shape[2]))
    return x


ELLIPTICAL: tuple[Alternative, ...] = (
    Alternative(
        "t3",
        "multivariate t, 3 degrees",
        partial(_t, degrees=3.0),
        True,
        "heavy tails in every direction",
        _KIND,
        isotropic=True,
    ),
    Alternative(
        "t5",
        "multivariate t, 5 degrees",
        partial(_t, degrees=5.0),
        True,
        "heavy tails in every direction",
        _KIND,
        isotropic=True,
    ),
    Alternative(
        "t10",
        "multivariate t, 10 degrees",
        partial(_t, degrees=10.0),
        True,
        "heavy tails in every direction",
        _KIND,
        isotropic=True,
    ),
    Alternative(
        "laplace",
        "multivariate Laplace",
        _laplace,
        True,
        "heavy tails and a peak, in every direction",
        _KIND,
        isotropic=True,
    ),
    Alternative(
        "ball",
        "uniform in a ball",
        _ball,
        True,
        "no tails: the kurtosis is low in every direction",
        _KIND,
        isotropic=True,
    ),
    Alternative(
        "shell",
        "near a sphere",
        partial(_shell, thickness=0.4),
        True,
        "a hole, and lengths that hardly differ",
        _KIND,
        isotropic=True,
    ),
)

CONTAMINATED: tuple[Alternative, ...] = (
    Alternative(
        "contaminated",
        "10% with three times the scale",
        partial(_contaminated, part=0.1, scale=3.0),
        True,
        "a few rows far out",
        _FAR,
        isotropic=True,
    ),
    Alternative(
        "one-row-moved",
        "one row moved by 6",
        partial(_moved_rows, part=0.0, distance=6.0),
        True,
        "one long row: the fourth moment notices where there are few columns, and an average over rows and directions "
        "hardly does",
        _FAR,
        isotropic=True,
        fixed=False,
    ),
    Alternative(
        "rows-moved",
        "5% of rows moved by 4",
        partial(_moved_rows, part=0.05, distance=4.0),
        True,
        "a small group along one direction: skewness and a tail there, in no other",
        _FAR,
        isotropic=True,
        fixed=False,
    ),
)
