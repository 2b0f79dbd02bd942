"""Standardising a sample: by its own mean and covariance (composite null) or by a known target's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._errors import SampleError
from slicednorm.stats._rows import Rows

Null: TypeAlias = Literal["standard", "composite"]

_LEAST_VARIANCE = 1e-290


@dataclass(frozen=True)
class Whitening:
    """The map x → (x − mean) S^(−1/2), with the symmetric root, in float64.

    Attributes
    ----------
    mean : (batch, 1, D)
    matrix : (batch, D, D), symmetric
    """

    mean: NDArray[np.float64]
    matrix: NDArray[np.float64]

    def __call__(self, block: NDArray[Any]) -> NDArray[np.float64]:
        """Return a block (batch, rows, D) standardised."""
        return np.matmul(block - self.mean, self.matrix)


def inverse_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric inverse square roots of (batch, D, D)."""
    values, vectors = np.linalg.eigh(covariance)
    return np.matmul(vectors / np.sqrt(values)[..., np.newaxis, :], np.swapaxes(vectors, -1, -2))


def moments(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the means (batch, 1, D) and covariances (batch, D, D), divisor n, in two passes in float64.

    Sums over rows are matrix products, item by item of the batch, so that a replicate has the same moments to
    the last bit whatever it is batched with.
    """
    total = np.zeros((rows.batch, 1, rows.dim))
    for start, stop, block in rows.blocks():
        total += np.matmul(np.ones((1, stop - start)), block.astype(np.float64))
    mean = total / rows.n
    covariance = np.zeros((rows.batch, rows.dim, rows.dim))
    for _, _, block in rows.blocks():
        centred = block - mean
        covariance += np.matmul(np.swapaxes(centred, -1, -2), centred)
    return mean, covariance / rows.n


def estimated(rows: Rows) -> Whitening:
    """Return the whitening by the sample's own mean and covariance (divisor n); nothing is checked."""
    mean, covariance = moments(rows)
    return Whitening(mean, inverse_root(covariance))


def checked(rows: Rows) -> Whitening:
    """Return the same for one sample of a user, or raise a SampleError if it has no covariance of full rank."""
    n, dim = rows.n, rows.dim
    if n <= dim + 1:
        raise SampleError(
            f"the composite null needs more than D + 1 rows, got shape ({n}, {dim}): with so few, every sample "
            "standardises to the same law; use more rows, fewer columns, or the standard null"
        )
    low = np.full(dim, np.inf)
    high = np.full(dim, -np.inf)
    for _, _, (block,) in rows.blocks():
        low = np.minimum(low, block.min(axis=0))
        high = np.maximum(high, block.max(axis=0))
    constant = np.flatnonzero(low == high)
    if constant.size:
        raise SampleError(
            f"column {constant[0]} (from 0) of x of shape ({n}, {dim}) is constant"
            + (f", and so are {constant.size - 1} more" if constant.size > 1 else "")
            + "; the composite null needs a covariance of full rank: leave such columns out",
            column=int(constant[0]),
        )
    with np.errstate(over="ignore", invalid="ignore"):
        mean, batch = moments(rows)
    covariance = batch[0]
    if not np.isfinite(covariance).all():
        raise SampleError(f"the covariance of x of shape ({n}, {dim}) overflows; rescale the columns")
    # Below this a variance has lost digits, or is nought.
    if np.diag(covariance).min() < _LEAST_VARIANCE:
        column = int(np.argmin(np.diag(covariance)))
        raise SampleError(
            f"the variance of column {column} (from 0) of x of shape ({n}, {dim}) underflows; rescale the columns",
            column=column,
        )
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    tolerance = max(dim * np.finfo(np.float64).eps, (4.0 * np.finfo(rows.dtype).eps) ** 2)
    spectrum = np.linalg.eigvalsh(correlation)
    if spectrum[0] <= tolerance * spectrum[-1]:
        rank = int(np.sum(spectrum > tolerance * spectrum[-1]))
        raise SampleError(
            f"the covariance of x of shape ({n}, {dim}) is singular (rank {rank}): some columns are combinations "
            "of others; leave them out, or use the standard null"
        )
    if (scale.max() / scale.min()) ** 2 > 1e13:
        raise SampleError(
            f"the columns of x of shape ({n}, {dim}) differ in scale by more than 3e6, too much to standardise "
            "them together in float64; rescale them first"
        )
    return Whitening(mean, inverse_root(batch))


def target(mean: ArrayLike | None, cov: ArrayLike | None, dim: int) -> Whitening | None:
    """Return the whitening of a known target N(mean, cov), None where it is N(0, I).

    ``mean`` is a number or (D,); ``cov`` a number, (D,) variances or (D, D).
    """
    if mean is None and cov is None:
        return None
    centre = np.zeros(dim) if mean is None else np.asarray(mean, dtype=np.float64)
    spread = np.ones(dim) if cov is None else np.asarray(cov, dtype=np.float64)
    if centre.ndim == 0:
        centre = np.full(dim, centre)
    shape = spread.shape
    if spread.ndim == 0:
        spread = np.full(dim, spread)
    if centre.shape != (dim,):
        raise ValueError(f"mean must be a number or have shape ({dim},), got {centre.shape}")
    if spread.ndim == 1:
        spread = np.diag(spread)
    if spread.shape != (dim, dim):
        raise ValueError(f"cov must be a number or have shape ({dim},) or ({dim}, {dim}), got {shape}")
    if not (np.isfinite(centre).all() and np.isfinite(spread).all()):
        raise ValueError("mean and cov must be finite")
    if not np.allclose(spread, spread.T, rtol=1e-6, atol=1e-12 * np.abs(spread).max()):
        raise ValueError(f"cov of shape ({dim}, {dim}) is not symmetric; average it with its transpose")
    spread = 0.5 * (spread + spread.T)
    spectrum = np.linalg.eigvalsh(spread)
    if spectrum[0] <= dim * np.finfo(np.float64).eps * spectrum[-1]:
        raise ValueError(
            f"cov of shape ({dim}, {dim}) is not positive definite (smallest eigenvalue {spectrum[0]:.3g}); "
            "a covariance matrix of full rank is needed"
        )
    return Whitening(centre[np.newaxis, np.newaxis], inverse_root(spread[np.newaxis]))


def check_target(dim: int, *, mean: ArrayLike | None = None, cov: ArrayLike | None = None) -> None:
    """Raise a ValueError unless ``mean`` and ``cov`` name a target for samples of ``dim`` columns.

    They are checked as `sliced_test` does: finite, of matching shapes, cov symmetric and positive definite.

    Examples
    --------
    >>> check_target(2, cov=[[1.0, 0.5], [0.5, 1.0]])
    """
    target(mean, cov, dim)


def whitening_for(
    rows: Rows, null: Null, mean: ArrayLike | None = None, cov: ArrayLike | None = None
) -> Whitening | None:
    """Return how a checked sample is standardised under a null, None where it is taken as it is."""
    if null not in ("standard", "composite"):
        raise ValueError(f"null must be 'standard' or 'composite', got {null!r}")
    if null == "standard":
        return target(mean, cov, rows.dim)
    if mean is not None or cov is not None:
        raise ValueError("mean and cov name a known target: they go with null='standard' only")
    return checked(rows)
