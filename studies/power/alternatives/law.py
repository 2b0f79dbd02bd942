"""What an alternative is, and the same one turned by random rotations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, int, int]
Draw: TypeAlias = Callable[[np.random.Generator, Shape], Array]


@dataclass(frozen=True)
class Alternative:
    """A law of samples.

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
    kind : str
        The group that it belongs to.
    isotropic : bool
        Whether a rotated sample has the same law, so that there is no rotated twin.
    fixed : bool
        Whether all samples have one mean and one covariance. If directions or loadings are drawn anew for every sample,
        they have not, and no standardising beforehand leaves the shape alone.
    least_dim : int
        Fewest columns for which it is not the same as another alternative.
    most : tuple of int
        Most rows and columns.
    rotated : bool
        Whether it is the rotated twin of another.
    turned : callable or None
        How the rotated twin is drawn, if not by rotating samples of ``draw``.
    """

    name: str
    title: str
    draw: Draw
    dependent: bool
    note: str
    kind: str = ""
    isotropic: bool = False
    fixed: bool = True
    least_dim: int = 1
    most: tuple[float, float] = (np.inf, np.inf)
    rotated: bool = False
    turned: Draw | None = None

    def fits(self, n: int, dim: int) -> bool:
        """Return whether samples of a shape are drawn.

        Parameters
        ----------
        n, dim : int
            The shape.

        Returns
        -------
        bool
            Whether they are.
        """
        return dim >= self.least_dim and n <= self.most[0] and dim <= self.most[1]


def column(shape: Shape) -> Shape:
    """Return the shape of one number a row."""
    return (*shape[:2], 1)


def rotations(rng: np.random.Generator, count: int, dim: int) -> Array:
    """Return orthogonal matrices (count, dim, dim) of Haar's law."""
    q, r = np.linalg.qr(rng.standard_normal((count, dim, dim)))
    # QR leaves the signs to the library; with a positive diagonal of R the law is Haar's.
    return np.asarray(q * np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0.0, -1.0, 1.0)[:, np.newaxis])


def unit_vectors(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return vectors that are uniform on the sphere, along the last axis."""
    z = rng.standard_normal(shape)
    return np.asarray(z / np.linalg.norm(z, axis=-1, keepdims=True))


@dataclass(frozen=True)
class _Turned:
    """Samples of a law, each multiplied by a rotation of its own."""

    draw: Draw

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Array:
        samples = self.draw(rng, shape)
        return np.asarray(np.matmul(samples, rotations(rng, shape[0], shape[2])))


def twin(law: Alternative) -> Alternative:
    """Return an alternative with every sample rotated."""
    return replace(
        law,
        name=f"{law.name}-rotated",
        title=f"{law.title}, rotated",
        draw=law.turned or _Turned(law.draw),
        dependent=True,
        fixed=False,
        rotated=True,
        turned=None,
    )


def _normal(rng: np.random.Generator, shape: Shape) -> Array:
    return rng.standard_normal(shape)


NORMAL = Alternative("normal", "normal (the size)", _normal, False, "nothing", isotropic=True)
