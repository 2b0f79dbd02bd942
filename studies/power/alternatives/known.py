"""Alternatives to N(0, I): another shape with that mean and covariance, and other means and covariances."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from slicednorm.stats._sample.whiten import inverse_root

from .law import Alternative, Array, Draw, Shape

# The mean and the covariance of a law are those of so many of its rows, in samples of this many.
_SAMPLES, _ROWS = 4_000, 50
_KIND = "location and scale"


@lru_cache
def _moments(name: str, draw: Draw, dim: int) -> tuple[Array, Array]:
    """Return the mean (D,) and the inverse root of the covariance (D, D) of a law."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), dim])
    rows = draw(rng, (_SAMPLES, _ROWS, dim)).reshape(-1, dim)
    return rows.mean(axis=0), inverse_root(np.cov(rows.T, ddof=0).reshape(1, dim, dim))[0]


@dataclass(frozen=True)
class _Standardised:
    """Samples of a law that has mean 0 and covariance I, not each of them but on the whole."""

    name: str
    draw: Draw

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Array:
        mean, root = _moments(self.name, self.draw, shape[2])
        return np.asarray((self.draw(rng, shape) - mean) @ root)


def standardised(law: Alternative) -> Alternative:
    """Return an alternative with mean 0 and covariance I, so that its shape alone speaks against N(0, I)."""
    if not law.fixed:
        raise ValueError(f"samples of {law.name} have no mean and covariance in common")
    return replace(law, draw=_Standardised(law.name, law.draw))


def _shifted(rng: np.random.Generator, shape: Shape, distance: float) -> Array:
    return rng.standard_normal(shape) + distance / np.sqrt(shape[2])


def _scaled(rng: np.random.Generator, shape: Shape, scale: float) -> Array:
    return scale * rng.standard_normal(shape)


def _one_scaled(rng: np.random.Generator, shape: Shape, scale: float) -> Array:
    x = rng.standard_normal(shape)
    x[..., 0] *= scale
    return x


def _correlated(rng: np.random.Generator, shape: Shape, rho: float) -> Array:
    """Return normal rows whose first two coordinates have the correlation ρ."""
    x = rng.standard_normal(shape)
    second = min(1, shape[2] - 1)
    x[..., second] = rho * x[..., 0] + np.sqrt(1.0 - rho**2) * x[..., second]
    return x


LOCATION_SCALE: tuple[Alternative, ...] = (
    Alternative("shift", "mean at a distance of 0.4", partial(_shifted, distance=0.4), False, "the mean", _KIND),
    Alternative("wide", "scale 1.15", partial(_scaled, scale=1.15), False, "all variances", _KIND),
    Alternative("narrow", "scale 0.85", partial(_scaled, scale=0.85), False, "all variances", _KIND),
    Alternative("one-wide", "scale 1.5 in one coordinate", partial(_one_scaled, scale=1.5), False, "a variance", _KIND),
    Alternative(
        "one-narrow", "scale 0.6 in one coordinate", partial(_one_scaled, scale=0.6), False, "a variance", _KIND
    ),
    Alternative("correlated", "a correlation of 0.5", partial(_correlated, rho=0.5), False, "a covariance", _KIND),
)
