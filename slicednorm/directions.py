"""Directions of the slices: unit vectors, independent on the sphere or in orthogonal blocks."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

DirectionKind: TypeAlias = Literal["iid", "orthogonal"]
KINDS: tuple[DirectionKind, ...] = ("iid", "orthogonal")

# How far the length of a direction may be from 1.
UNIT_TOLERANCE = 1e-3


def _normalised(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _orthogonal(rng: np.random.Generator, n_slices: int, dim: int) -> NDArray[np.float64]:
    """Return rows of independent Haar-distributed orthogonal matrices, stacked and cut at n_slices."""
    blocks = []
    for _ in range(-(-n_slices // dim)):
        q, r = np.linalg.qr(rng.standard_normal((dim, dim)))
        # QR leaves the signs to the library; with a positive diagonal of R the distribution is Haar's.
        blocks.append((q * np.where(np.diag(r) < 0.0, -1.0, 1.0)).T)
    return np.concatenate(blocks)[:n_slices]


def random_directions(
    n_slices: int,
    dim: int,
    kind: DirectionKind = "iid",
    *,
    rng: int | np.random.Generator | np.random.SeedSequence | None = None,
) -> NDArray[np.float64]:
    """Draw unit vectors, each uniform on the sphere.

    Parameters
    ----------
    n_slices : int
        Number k of directions, at least 1.
    dim : int
        Dimension D of the space, at least 1.
    kind : {"iid", "orthogonal"}, default: "iid"
        How they are drawn: ``"iid"``, independent of each other, or ``"orthogonal"``, in blocks of D orthonormal
        vectors (random rotations), independent between blocks: they cover the sphere more evenly.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed; None for fresh entropy.

    Returns
    -------
    ndarray of shape (k, D), dtype=float64
        Unit vectors, one in each row.

    Raises
    ------
    ValueError
        If ``n_slices`` or ``dim`` is below 1, or the kind is unknown.

    Examples
    --------
    >>> v = random_directions(4, 2, "orthogonal", rng=0)
    >>> bool(abs(v[0] @ v[1]) < 1e-15)
    True
    """
    if n_slices < 1 or dim < 1:
        raise ValueError(f"n_slices and dim must be at least 1, got {n_slices} and {dim}")
    if kind not in KINDS:
        raise ValueError(f"directions must be {' or '.join(map(repr, KINDS))} or an array, got {kind!r}")
    generator = np.random.default_rng(rng)
    if kind == "orthogonal":
        return _orthogonal(generator, n_slices, dim)
    return _normalised(generator.standard_normal((n_slices, dim)))


def as_directions(directions: ArrayLike, dim: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Check directions that a user passes, and return them in the dtype of the computation.

    Parameters
    ----------
    directions : array_like of shape (k, dim)
        Directions, one in each row.
    dim : int
        Dimension of the space.
    dtype : numpy.dtype
        Dtype of the computation.

    Returns
    -------
    ndarray of shape (k, dim)
        The directions in that dtype.

    Raises
    ------
    ValueError
        If the shape is not (k, dim), k ≥ 1, or a row's length differs from 1 by more than 1e-3.
    TypeError
        If they are not real numbers.
    """
    array = np.asarray(directions)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"directions must be an array of real numbers, got dtype {array.dtype}")
    if array.ndim != 2 or array.shape[0] < 1 or array.shape[1] != dim:
        raise ValueError(f"directions must have shape (k, {dim}) for x with {dim} columns, got {array.shape}")
    lengths = np.linalg.norm(array.astype(np.float64), axis=1)
    worst = int(np.argmax(np.abs(lengths - 1.0)))
    if not abs(lengths[worst] - 1.0) <= UNIT_TOLERANCE:
        raise ValueError(
            f"directions must have rows of length 1, row {worst} has {lengths[worst]:.6g}; divide by the lengths"
        )
    return array.astype(dtype)
