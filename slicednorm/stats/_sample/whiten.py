"""Standardising a sample: by its own mean and covariance (composite null) or by a known target's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._arguments import spelled
from slicednorm.stats._sample.arrays import to_array
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rank import SINGULAR, check_rank, constant_columns
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._types import Null

_LEAST_VARIANCE = 1e-290

# A covariance is rounded by some 1e-15 of its largest eigenvalue. If the ratio of the smallest to the largest is less
# than this, the root is taken in another way.
_ILL_CONDITIONED = 1e-6

# How far from the identity the covariance of standardised rows may be, and how often it is brought nearer.
_RIGHT, _MOST_CORRECTIONS = 1e-9, 5


@dataclass(frozen=True)
class Whitening:
    """The map x → (x − mean) S^(−1/2), with the symmetric root, in float64.

    Attributes
    ----------
    mean : ndarray of shape (batch, 1, D), dtype=float64
        Mean of each sample.
    matrix : ndarray of shape (batch, D, D), dtype=float64
        S^(−1/2), symmetric up to rounding, which is small relative to each row but perhaps not to each column.
    """

    mean: NDArray[np.float64]
    matrix: NDArray[np.float64]

    def __call__(self, block: NDArray[Any]) -> NDArray[np.float64]:
        """Return a block (batch, rows, D) standardised."""
        return np.matmul(block - self.mean, self.matrix)


def correlations(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the correlations (..., D, D) and the standard deviations (..., D) that make up covariances."""
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    return np.asarray(covariance / scale[..., :, np.newaxis] / scale[..., np.newaxis, :]), scale


def _well_conditioned(spectrum: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether eigenvalues (..., D), ascending, leave a root its digits; False if they are NaN."""
    return np.asarray(spectrum[..., 0] > _ILL_CONDITIONED * spectrum[..., -1])


def _root_by_correlations(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], bool]:
    """Return the inverse root of one covariance (D, D), and whether its correlations are ill-conditioned.

    With S = C R C, C the standard deviations and R = V Λ Vᵀ the correlations, the matrix C⁻¹ V Λ^(−1/2) standardises,
    however different the scales are. The symmetric root is that matrix times a rotation, from the polar decomposition
    of C V Λ^(1/2). If scales differ by more than some 1e7, rounding makes it another rotation, but the rows are
    standardised nevertheless. Eigenvalues that are nothing but rounding are raised to the size of the rounding.
    """
    correlation, scale = correlations(covariance)
    values, vectors = np.linalg.eigh(correlation)
    roots = np.sqrt(np.maximum(values, len(scale) * np.finfo(np.float64).eps * values[-1]))
    left, _, right = np.linalg.svd((scale / scale.max())[:, np.newaxis] * vectors * roots)
    root = (vectors / roots) @ (left @ right).T / scale[:, np.newaxis]
    return root, not _well_conditioned(values)


def _inverse_roots(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the inverse roots (batch, D, D), and which are those of ill-conditioned correlations.

    A covariance that is not finite, or has a variance of 0, has no root: NaN takes its place.
    """
    positive = np.all(np.diagonal(covariance, axis1=-2, axis2=-1) > 0.0, axis=-1)
    rootless = np.asarray(~(positive & np.isfinite(covariance).all(axis=(-1, -2))))
    if rootless.any():
        covariance = np.where(rootless[:, np.newaxis, np.newaxis], np.eye(covariance.shape[-1]), covariance)
    values, vectors = np.linalg.eigh(covariance)
    with np.errstate(divide="ignore", invalid="ignore"):  # the items that this concerns are computed again
        roots = np.matmul(vectors / np.sqrt(values)[..., np.newaxis, :], np.swapaxes(vectors, -1, -2))
    ill = ~_well_conditioned(values)
    for item in np.flatnonzero(ill):
        roots[item], ill[item] = _root_by_correlations(covariance[item])
    roots[rootless] = np.nan
    return roots, ill


def inverse_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the symmetric inverse square roots of covariances (batch, D, D) with variances that are not 0."""
    return _inverse_roots(covariance)[0]


def moments(rows: Rows, whitening: Whitening | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the means (batch, 1, D) and covariances (batch, D, D), divisor n, in two passes in float64.

    The second pass also finds the rounding of the mean of the first, and corrects both. Sums over rows are matrix
    products, item by item of the batch, so that the moments of a replicate do not depend on what it is batched with, to
    the last bit.

    Parameters
    ----------
    rows : Rows
        The samples.
    whitening : Whitening, optional
        How they are standardised before, None to take them as they are.
    """

    def blocks() -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        for start, stop, block in rows.blocks():
            yield np.ones((1, stop - start)), block.astype(np.float64) if whitening is None else whitening(block)

    total = np.zeros((rows.batch, 1, rows.dim))
    for ones, block in blocks():
        total += np.matmul(ones, block)
    mean = total / rows.n
    covariance, drift = np.zeros((rows.batch, rows.dim, rows.dim)), np.zeros_like(total)
    for ones, block in blocks():
        centred = block - mean
        covariance += np.matmul(np.swapaxes(centred, -1, -2), centred)
        drift += np.matmul(ones, centred)
    drift /= rows.n
    return mean + drift, covariance / rows.n - np.matmul(np.swapaxes(drift, -1, -2), drift)


def _corrected(rows: Rows, whitening: Whitening, items: NDArray[np.bool_]) -> Whitening:
    """Return a whitening in which some items are corrected by the covariance of what they give, until that is right."""
    matrix = whitening.matrix.copy()
    identity = np.eye(rows.dim)
    for _ in range(_MOST_CORRECTIONS):
        _, left = moments(rows, Whitening(whitening.mean, matrix))
        items = items & ~(np.abs(left - identity).max(axis=(-1, -2)) <= _RIGHT)
        if not items.any():
            break
        matrix[items] = np.matmul(matrix[items], inverse_root(left[items]))
    return Whitening(whitening.mean, matrix)


def _by_moments(rows: Rows, mean: NDArray[np.float64], covariance: NDArray[np.float64]) -> Whitening:
    """Return the whitening of samples by their moments, right to rounding even if columns nearly coincide."""
    roots, ill = _inverse_roots(covariance)
    whitening = Whitening(mean, roots)
    return _corrected(rows, whitening, ill) if ill.any() else whitening


def estimated(rows: Rows) -> Whitening:
    """Return the whitening by a sample's own mean and covariance (divisor n), without any checks."""
    return _by_moments(rows, *moments(rows))


def singular(covariance: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which covariances (batch, D, D) have a variance of 0, or columns that determine each other."""
    found = np.asarray(~(np.diagonal(covariance, axis1=-2, axis2=-1) > 0.0).all(axis=-1))
    usable = np.where(found[:, np.newaxis, np.newaxis], np.eye(covariance.shape[-1]), covariance)
    values = np.asarray(np.linalg.eigvalsh(correlations(usable)[0]))
    return np.asarray(found | ~(values[:, 0] > SINGULAR * values[:, -1]))


def checked(rows: Rows) -> Whitening:
    """Return the whitening of a user's sample by its own moments, or raise a SampleError if it has none."""
    n, dim = rows.n, rows.dim
    if n <= dim + 1:
        raise SampleError(
            f"the composite null needs more than D + 1 rows, got shape ({n}, {dim}): with so few, all samples "
            "are alike once they are standardised; use more rows or fewer columns"
        )
    constant = constant_columns(rows)
    if constant:
        raise SampleError(
            f"{rows.called.column(constant[0])} of x of shape ({n}, {dim}) is constant"
            + (f", and so are {len(constant) - 1} more" if len(constant) > 1 else "")
            + "; the composite null needs a covariance of full rank: leave such columns out",
            columns=constant[:1],
        )
    with np.errstate(over="ignore", invalid="ignore"):
        mean, covariance = moments(rows)
    if not np.isfinite(covariance).all():
        value, row, column = rows.largest()
        raise SampleError(
            f"the covariance of x of shape ({n}, {dim}) overflows: the largest value, {value:.3g}, is at "
            f"{rows.called.cell(row, column)}; rescale that column, or leave the row out",
            columns=[column],
            rows=[row],
        )
    # Below this a variance has lost digits, or is zero.
    variances = np.diagonal(covariance[0])
    if variances.min() < _LEAST_VARIANCE:
        column = int(np.argmin(variances))
        raise SampleError(
            f"the variance of {rows.called.column(column)} of x of shape ({n}, {dim}) underflows; rescale the columns",
            columns=[column],
        )
    check_rank(rows, mean[0], *correlations(covariance[0]))
    return _by_moments(rows, mean, covariance)


def _numbers(name: str, given: ArrayLike) -> NDArray[np.float64]:
    """Return a mean or a covariance as an array of real numbers."""
    found = to_array(given, name)
    if getattr(given, "ndim", 0) == 1:
        found = found.reshape(-1)  # a Series became a column
    if found.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be real numbers, got dtype {found.dtype}")
    return found.astype(np.float64)


def target(mean: ArrayLike | None, cov: ArrayLike | None, dim: int) -> Whitening | None:
    """Return the whitening of a known target N(mean, cov), None if it is N(0, I).

    ``mean`` is a number or (D,); ``cov`` a number, (D,) variances or (D, D).
    """
    if mean is None and cov is None:
        return None
    centre = np.zeros(dim) if mean is None else _numbers("mean", mean)
    spread = np.ones(dim) if cov is None else _numbers("cov", cov)
    if centre.ndim == 0:
        centre = np.full(dim, centre)
    shape = spread.shape
    given = f"cov={float(spread):g}" if spread.ndim == 0 else f"cov of shape {shape}"
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
        raise ValueError(f"{given} is not symmetric; average it with its transpose")
    spread = 0.5 * (spread + spread.T)
    if not np.diagonal(spread).min() > 0.0:
        raise ValueError(f"{given} is not positive definite: a variance is not positive")
    spectrum = np.linalg.eigvalsh(correlations(spread)[0])
    if not spectrum[0] > SINGULAR * spectrum[-1]:
        raise ValueError(
            f"{given} is not positive definite (the smallest eigenvalue of its correlations is "
            f"{spectrum[0]:.3g}); a covariance matrix of full rank is needed"
        )
    return Whitening(centre[np.newaxis, np.newaxis], inverse_root(spread[np.newaxis]))


def check_target(dim: int, *, mean: ArrayLike | None = None, cov: ArrayLike | None = None) -> None:
    """Raise a ValueError unless ``mean`` and ``cov`` name a target for samples of ``dim`` columns.

    They are checked as in `sliced_test`: finite, of matching shapes, ``cov`` symmetric and positive definite.

    Parameters
    ----------
    dim : int
        Number of columns of the samples.
    mean : float or array_like of shape (D,), optional
        Mean of the target, 0 by default.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of the target, by default that of independent columns of variance 1.

    Raises
    ------
    ValueError
        If they do not name a target.

    Examples
    --------
    >>> check_target(2, cov=[[1.0, 0.5], [0.5, 1.0]])
    """
    target(mean, cov, dim)


def whitening_for(
    rows: Rows, null: Null, mean: ArrayLike | None = None, cov: ArrayLike | None = None
) -> Whitening | None:
    """Return how a checked sample is standardised under a null, None if it is taken as it is."""
    if null not in ("standard", "composite"):
        raise ValueError(f"null must be 'standard' or 'composite', got {spelled(null)}")
    if null == "standard":
        return target(mean, cov, rows.dim)
    if mean is not None or cov is not None:
        raise ValueError("mean and cov name a known target: they go with null='standard' only")
    return checked(rows)
