"""Mixtures of normal laws: centres that differ, or correlations."""

from __future__ import annotations

from functools import partial

import numpy as np

from .law import Alternative, Array, Shape, column

_KIND = "clusters"


def _two_centres(rng: np.random.Generator, shape: Shape, part: float, distance: float) -> Array:
    """Return a mixture of two normal laws whose means are ``distance`` apart, along the diagonal."""
    step = distance / np.sqrt(shape[2])
    return rng.standard_normal(shape) + step * (rng.uniform(size=column(shape)) < part)


def _triangle(rng: np.random.Generator, shape: Shape, distance: float) -> Array:
    """Return a mixture of three normal laws whose means are ``distance`` apart, in the plane of two coordinates."""
    x = rng.standard_normal(shape)
    angle = 2.0 * np.pi / 3.0 * np.arange(3)
    corners = distance / np.sqrt(3.0) * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    used = min(2, shape[2])
    x[..., :used] += corners[rng.integers(3, size=shape[:2])][..., :used]
    return x


def _random_centres(rng: np.random.Generator, shape: Shape, number: int, spread: float) -> Array:
    """Return a mixture of normal laws with centres in three coordinates, which each sample has for itself."""
    x = rng.standard_normal(shape)
    used = min(3, shape[2])
    centres = spread * rng.standard_normal((shape[0], number, used))
    x[..., :used] += np.take_along_axis(centres, rng.integers(number, size=column(shape)), axis=1)
    return x


def _two_correlations(rng: np.random.Generator, shape: Shape, rho: float) -> Array:
    """Return half of the rows with correlations ρ, half with those of coordinates of alternating signs."""
    z = np.sqrt(1.0 - rho) * rng.standard_normal(shape) + np.sqrt(rho) * rng.standard_normal(column(shape))
    signs = np.where(np.arange(shape[2]) % 2, -1.0, 1.0)
    return np.where(rng.uniform(size=column(shape)) < 0.5, z, z * signs)


_SEEN_EVEN = (
    "two modes along one direction, with low kurtosis there and no skewness: a distance between densities on the scale "
    "of the gap sees that, and the largest slice more than the mean of all. Where the gap is wide, raw columns show it "
    "as well, on which Royston's test is based"
)
_SEEN_UNEVEN = "skewness along one direction, and heavy tails there where the centres are far apart"


def _two(distance: float, part: float) -> Alternative:
    even = part == 0.5
    return Alternative(
        f"{'even' if even else 'uneven'}-centres-{distance:g}",
        f"two centres, {distance:g} apart, {'1 : 1' if even else '9 : 1'}",
        partial(_two_centres, part=part, distance=distance),
        True,
        _SEEN_EVEN if even else _SEEN_UNEVEN,
        _KIND,
    )


def _some(number: int, spread: float, words: str) -> Alternative:
    return Alternative(
        f"centres-{number}",
        f"{words} centres in three coordinates",
        partial(_random_centres, number=number, spread=spread),
        True,
        "modes in a subspace, with a skewness and a kurtosis there that vary from sample to sample",
        _KIND,
        fixed=False,
    )


# In this order either ratio is on both halves of the alternatives.
CLUSTERS: tuple[Alternative, ...] = (
    _two(3.0, 0.5),
    _two(3.0, 0.1),
    _two(4.0, 0.1),
    _two(4.0, 0.5),
    _two(6.0, 0.5),
    _two(6.0, 0.1),
    Alternative(
        "triangle",
        "three centres, 5 apart",
        partial(_triangle, distance=5.0),
        True,
        "modes in a plane: most directions of it show two or three of them",
        _KIND,
    ),
    _some(4, 3.0, "four"),
    _some(5, 3.0, "five"),
    Alternative(
        "two-correlations",
        "two correlations, ±0.8",
        partial(_two_correlations, rho=0.8),
        True,
        "two crossing clouds: long along some directions, narrow along others",
        _KIND,
    ),
)
