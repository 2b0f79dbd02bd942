"""The members of the omnibus, and their statistics."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import get_distance
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics, mardia_work
from slicednorm.stats._hypotests.mardia.null import kurtosis_varies, mardia_rankings
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._null.sliced import sliced_ranking
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, moments
from slicednorm.stats._slices.statistics import slice_statistics, sliced_work
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Member:
    """One of the tests of the omnibus.

    Attributes
    ----------
    name, title : str
        Name, and name in words.
    key : str
        Its name in the cache.
    two_sided : bool
        Whether small values speak against the null as well as large ones.
    ranking : Ranking
        How its values are ranked, and which are ties.
    """

    name: str
    title: str
    key: str = ""
    two_sided: bool = False
    ranking: Ranking = field(default_factory=Ranking)


_CRAMER_WOLD = Member("cramer_wold", "multivariate Cramer-Wold", "cramer-wold")
_SLICED = Member("w2_max", "largest sliced 2-Wasserstein", "w2-max")
_SKEWNESS = Member("mardia_skewness", "Mardia's skewness", "mardia-skewness")
_KURTOSIS = Member("mardia_kurtosis", "Mardia's kurtosis", "mardia-kurtosis", two_sided=True)
_MARGINS = Member("doornik_hansen", "Doornik-Hansen", "dh")
_MOMENTS = Member("likelihood_ratio", "likelihood ratio of mean and covariance", "likelihood-ratio")


def members_for(
    n: int,
    dim: int,
    null: Null,
    dtype: np.dtype[Any] = np.dtype(np.float64),  # noqa: B008  # a constant
) -> tuple[Member, ...]:
    """Return the members for samples of that shape and computing dtype, with how their statistics are ranked.

    Four are common to both nulls; one of them is left out if its statistic is constant for samples of the shape. The
    fifth looks at the columns, under the composite null, if Doornik and Hansen's test is defined; or, under the
    standard null, at the mean and the covariance, which the composite null leaves open.
    """
    skewness, kurtosis = mardia_rankings(n, dim, null)
    ranked = [
        (_CRAMER_WOLD, CLASSICAL["cramer_wold"].ranking(n, dim)),
        (_SLICED, sliced_ranking(dtype)),
        (_SKEWNESS, skewness),
    ]
    if kurtosis_varies(n, dim, null):
        ranked.append((_KURTOSIS, replace(kurtosis, centre=None)))
    if null == "composite" and n >= CLASSICAL["doornik_hansen"].fewest:
        ranked.append((_MARGINS, CLASSICAL["doornik_hansen"].ranking(n, dim)))
    if null == "standard" and n > dim:
        ranked.append((_MOMENTS, Ranking(absolute=64.0 * float(np.finfo(np.float64).eps) * dim)))
    return tuple(replace(member, ranking=ranking) for member, ranking in ranked)


def _likelihood_ratio(rows: Rows, whitening: Whitening | None) -> Array:
    """Return ‖m‖² + tr S − log det S − D, which is 2/n of the log likelihood ratio of N(m, S) and N(0, I)."""
    mean, covariance = moments(rows)
    if whitening is not None:
        mean = whitening(mean)
        covariance = np.matmul(np.matmul(np.swapaxes(whitening.matrix, -1, -2), covariance), whitening.matrix)
    finite = np.asarray(np.isfinite(covariance).all(axis=(-2, -1)))
    spectrum = np.linalg.eigvalsh(np.where(finite[:, np.newaxis, np.newaxis], covariance, 0.0))
    # Eigenvalues below this count as 0: the sample lies in fewer dimensions, far from any normal one.
    least = np.finfo(np.float64).eps * np.maximum(1.0, spectrum[:, -1:])
    parts = np.sum(spectrum - np.log(np.maximum(spectrum, least)) - 1.0, axis=-1)
    return np.where(finite, np.sum(mean[:, 0] ** 2, axis=-1) + parts, np.inf)


@np.errstate(over="ignore", invalid="ignore")
def member_statistics(rows: Rows, whitening: Whitening | None, null: Null, directions: NDArray[np.floating]) -> Array:
    """Return the statistics of the members of every sample of a batch, (batch, members)."""
    skewness, kurtosis = mardia_statistics(rows, whitening).T

    def of(member: Member) -> Array:
        if member.name == _SLICED.name:
            values = slice_statistics(rows, directions, [get_distance("w2")], whitening=whitening)
            return np.asarray(values[:, 0].max(axis=-1))
        if member.name == _MOMENTS.name:
            return _likelihood_ratio(rows, whitening)
        if member.name in CLASSICAL:
            return CLASSICAL[member.name].statistics(rows, whitening, null)
        return np.asarray(skewness if member.name == _SKEWNESS.name else kurtosis)

    return np.stack([of(member) for member in members_for(rows.n, rows.dim, null)], axis=-1)


def omnibus_work(n: int, dim: int, n_slices: int = N_SLICES) -> float:
    """Return a rough estimate, in nanoseconds on one core, of computing the members once.

    Parameters
    ----------
    n, dim : int
        Shape of the sample.
    n_slices : int, default: 256
        Number of directions of the sliced member.

    Returns
    -------
    float
        The estimate.
    """
    pairs = CLASSICAL["cramer_wold"].work(n, dim) + CLASSICAL["doornik_hansen"].work(n, dim)
    return pairs + mardia_work(n, dim) + sliced_work(n, dim, n_slices, 1)
