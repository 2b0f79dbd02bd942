"""The null distribution of a mean over slices from its definition: all eigenvalues of the covariance, weighted by B."""

import numpy as np

from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2


def cosines_of(directions: np.ndarray) -> np.ndarray:
    found = np.clip(directions @ directions.T, -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def dense_law(matrix: np.ndarray, cosines: np.ndarray, least: float = 1e-11) -> WeightedChi2:
    """The law of (1/k) Σ_j Σ_lm B_lm S_jl S_jm, Cov(S_jl, S_im) = δ_lm ρ_ji^l.

    B = EEᵀ without eigenvalues below a share of the largest, for orders of one parity after the other, since a B of a
    symmetric statistic does not mix them.
    """
    k = len(cosines)
    found = []
    for first in (1, 2):
        orders = np.arange(first, len(matrix) + 1, 2)
        values, vectors = np.linalg.eigh(matrix[np.ix_(orders - 1, orders - 1)])
        kept = values > least * np.linalg.norm(matrix, 2)
        rows = vectors[:, kept] * np.sqrt(values[kept])
        powers = cosines ** orders[:, np.newaxis, np.newaxis]
        size = k * rows.shape[1]
        blocks = np.einsum("la,lb,lij->aibj", rows, rows, powers, optimize=True).reshape(size, size) / k
        found.append(np.linalg.eigvalsh(blocks))
    weights = np.concatenate(found)
    return WeightedChi2(weights[weights > 1e-13 * weights.max()])
