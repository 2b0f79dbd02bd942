"""The likelihood ratio of a sample's own mean and covariance and those of a known law, which is the standard null's."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, moments

Array: TypeAlias = NDArray[np.float64]

NAME = "likelihood_ratio"


def member(dim: int) -> Member:
    """Return it as one of several statistics of samples with that many columns."""
    rounding = 64.0 * float(np.finfo(np.float64).eps) * dim
    return Member(
        NAME, "likelihood ratio of mean and covariance", "likelihood-ratio", ranking=Ranking(absolute=rounding)
    )


def _moments(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    mean, covariance = moments(rows)
    if whitening is not None:
        mean = whitening(mean)
        covariance = np.matmul(np.matmul(np.swapaxes(whitening.matrix, -1, -2), covariance), whitening.matrix)
    return mean[:, 0], covariance


def likelihood_ratio(rows: Rows, whitening: Whitening | None) -> Array:
    """Return ‖m‖² + tr S − log det S − D, which is 2/n of the log likelihood ratio of N(m, S) and N(0, I)."""
    mean, covariance = _moments(rows, whitening)
    finite = np.asarray(np.isfinite(covariance).all(axis=(-2, -1)))
    spectrum = np.linalg.eigvalsh(np.where(finite[:, np.newaxis, np.newaxis], covariance, 0.0))
    # Eigenvalues below this count as 0: the sample lies in fewer dimensions, far from any normal one.
    least = np.finfo(np.float64).eps * np.maximum(1.0, spectrum[:, -1:])
    parts = np.sum(spectrum - np.log(np.maximum(spectrum, least)) - 1.0, axis=-1)
    return np.where(finite, np.sum(mean**2, axis=-1) + parts, np.inf)


def worst_direction(rows: Rows, whitening: Whitening | None) -> Array:
    """Return the unit vector, (D,), among the mean and the principal axes along which a sample's ratio is largest."""
    mean, covariance = (one[0] for one in _moments(rows, whitening))
    candidates = np.concatenate([np.linalg.eigh(covariance)[1].T, mean[np.newaxis]])
    lengths = np.linalg.norm(candidates, axis=1)
    candidates = candidates[lengths > 0.0] / lengths[lengths > 0.0, np.newaxis]
    variance = np.maximum(np.einsum("ij,jk,ik->i", candidates, covariance, candidates), np.finfo(np.float64).tiny)
    return np.asarray(candidates[np.argmax((candidates @ mean) ** 2 + variance - np.log(variance))])
