"""The members of the omnibus, their weights and their statistics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.royston import columns_statistic
from slicednorm.stats._hypotests.combined import likelihood_ratio
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._hypotests.mardia.measures import mardia_elements, mardia_statistics, mardia_work
from slicednorm.stats._hypotests.mardia.null import kurtosis_varies, mardia_rankings
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.pairs import pairs_elements
from slicednorm.stats._hypotests.pursuit import statistics as pursuit
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# The weights were chosen on one half of the alternatives of the study of power. What other members see as well has
# less: large kurtosis, peaks, and columns.
_CRAMER_WOLD = Member("cramer_wold", "multivariate Cramer-Wold distance", "cramer-wold")
_SKEWNESS = Member("mardia_skewness", "Mardia's skewness", "mardia-skewness", weight=1.5)
_KURTOSIS = Member("mardia_kurtosis", "Mardia's kurtosis", "mardia-kurtosis", weight=0.5, weight_below=1.0)
_COLUMNS = Member("columns", "Shapiro-Wilk of the standardised columns", "columns", weight=0.5)
_WEIGHTS = {"w2_search": 1.5, "peak": 0.5}

# Fewer rows have no Shapiro-Wilk statistic.
_FEWEST_ROWS = 4


def members_for(
    n: int,
    dim: int,
    null: Null,
    dtype: np.dtype[Any] = np.dtype(np.float64),  # noqa: B008  # a constant
) -> tuple[Member, ...]:
    """Return the members for samples of that shape and computing dtype, with how their statistics are ranked.

    Left out are those whose statistic is constant for samples of the shape, or not defined.
    """
    skewness, kurtosis = mardia_rankings(n, dim, null)
    found = [
        replace(_CRAMER_WOLD, ranking=CLASSICAL["cramer_wold"].ranking(n, dim)),
        replace(_SKEWNESS, ranking=skewness),
    ]
    if kurtosis_varies(n, dim, null):
        found.append(replace(_KURTOSIS, ranking=replace(kurtosis, centre=None)))
    if pursuit.can_search(n, dim):
        found += [replace(one, weight=_WEIGHTS.get(one.name, 1.0)) for one in pursuit.contrast_members()]
        if n >= _FEWEST_ROWS and dim > 1:
            found.append(replace(_COLUMNS, ranking=CLASSICAL["royston"].ranking(n, dim)))
    if null == "standard" and n > dim:
        found.append(likelihood_ratio.member(dim))
    return tuple(found)


@np.errstate(over="ignore", invalid="ignore")
def member_statistics(rows: Rows, whitening: Whitening | None, null: Null, directions: NDArray[np.floating]) -> Array:
    """Return the statistics of the members of every sample of a batch, (batch, members)."""
    skewness, kurtosis = mardia_statistics(rows, whitening).T
    found = {
        _CRAMER_WOLD.name: CLASSICAL["cramer_wold"].statistics(rows, whitening, null),
        _SKEWNESS.name: skewness,
        _KURTOSIS.name: kurtosis,
    }
    names = [member.name for member in members_for(rows.n, rows.dim, null)]
    if pursuit.can_search(rows.n, rows.dim):
        searched = pursuit.found_in(rows, whitening, null, directions)
        found.update(zip((one.name for one in pursuit.contrast_members()), searched.values.T, strict=True))
    if _COLUMNS.name in names:
        # As in the searches, a sample in fewer dimensions has no shape.
        found[_COLUMNS.name] = np.nan_to_num(columns_statistic(*pursuit.standardised_by(rows, whitening, null)))
    if likelihood_ratio.NAME in names:
        found[likelihood_ratio.NAME] = likelihood_ratio.likelihood_ratio(rows, whitening)
    return np.stack([found[name] for name in names], axis=-1)


def omnibus_elements(n: int, dim: int, n_slices: int) -> int:
    """Return how many values one sample takes."""
    return max(pursuit.elements(n, dim, n_slices), mardia_elements(n, dim), pairs_elements(n, dim))


def omnibus_work(n: int, dim: int, n_slices: int = N_SLICES) -> float:
    """Return a rough estimate, in nanoseconds on one core, of computing the members once.

    Parameters
    ----------
    n, dim : int
        Shape of the sample.
    n_slices : int, default: 256
        Number of random directions that the searches start from.

    Returns
    -------
    float
        The estimate.
    """
    others = CLASSICAL["cramer_wold"].work(n, dim) + CLASSICAL["royston"].work(n, dim) + mardia_work(n, dim)
    return others + pursuit.work(n, dim, n_slices)
