"""What the search finds in every sample of a batch: the largest value of each contrast, and its direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._hypotests.combined import likelihood_ratio
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import MappedRows, Rows
from slicednorm.stats._sample.whiten import Whitening, estimated
from slicednorm.stats._slices.pursuit.contrasts import CONTRASTS
from slicednorm.stats._slices.pursuit.search import search, search_work, starts_of
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# Of more rows than this, as many are searched, evenly spaced; what is found is evaluated on all of them.
_SEARCHED = 4_096

# Less than any contrast is.
_NONE = -2.0

# The search is in float32: values of equal samples, one of them rescaled, may differ by so much.
_ROUNDING = Ranking(relative=1e-6, absolute=1e-9)


def contrast_members() -> tuple[Member, ...]:
    """Return the contrasts as members."""
    return tuple(Member(one.name, one.title, one.name.replace("_", "-"), ranking=_ROUNDING) for one in CONTRASTS)


def can_search(n: int, dim: int) -> bool:
    """Return whether samples of a shape differ along their directions once they are standardised."""
    return n > dim + 1


def members_for(n: int, dim: int, null: Null, dtype: np.dtype[Any]) -> tuple[Member, ...]:
    """Return the members for samples of a shape: the contrasts, and under the standard null the moments."""
    return (*contrast_members(), *([likelihood_ratio.member(dim)] if null == "standard" else []))


def check_shape(n: int, dim: int, null: Null) -> None:
    """Raise a SampleError unless there are enough rows to search."""
    if not can_search(n, dim):
        instead = ", or a sliced test" if null == "standard" else ""
        raise SampleError(
            f"pursuit needs more than D + 1 rows, got shape ({n}, {dim}): with so few, all samples are alike once they "
            f"are standardised; use more rows or fewer columns{instead}"
        )


@dataclass(frozen=True)
class Found:
    """What is found in every sample of a batch.

    Attributes
    ----------
    values : ndarray of shape (batch, contrasts), dtype=float64
        The largest value of each contrast.
    directions : ndarray of shape (batch, contrasts, D), dtype=float64
        The unit vectors where, in the space in which the samples are standardised by their own moments.
    own : Whitening
        How they are, from the rows as the null has them.
    """

    values: Array
    directions: Array
    own: Whitening


def standardised_by(rows: Rows, whitening: Whitening | None, null: Null) -> tuple[Rows, Whitening]:
    """Return the samples as the null has them, and how they are standardised by their own moments from there."""
    if null == "composite" and whitening is not None:
        return rows, whitening
    rows = rows if whitening is None else MappedRows(rows, whitening)
    return rows, estimated(rows)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def found_in(rows: Rows, whitening: Whitening | None, null: Null, slices: NDArray[np.floating[Any]]) -> Found:
    """Return what is found: the shape of a sample is searched, whose mean and covariance are taken away."""
    rows, own = standardised_by(rows, whitening, null)
    chosen = np.unique(np.linspace(0, rows.n - 1, min(rows.n, _SEARCHED)).astype(np.intp))
    parts = []
    for start, stop, block in rows.blocks():
        first, last = np.searchsorted(chosen, (start, stop))
        parts.append(own(block[:, chosen[first:last] - start]))
    z = np.concatenate(parts, axis=1)
    directions = search(z, slices, CONTRASTS)
    if len(chosen) < rows.n:
        along = np.concatenate(
            [np.matmul(directions, np.swapaxes(own(block), -1, -2)) for _, _, block in rows.blocks()], axis=-1
        )
    else:
        along = np.matmul(directions, np.swapaxes(z, -1, -2))
    values = np.stack([one.value(along[:, number]) for number, one in enumerate(CONTRASTS)], axis=-1)
    # A sample in fewer dimensions cannot be standardised, and has no shape: its moments tell.
    return Found(np.nan_to_num(values, nan=_NONE), directions, own)


@np.errstate(over="ignore", invalid="ignore")
def statistics(rows: Rows, whitening: Whitening | None, null: Null, slices: NDArray[np.floating[Any]]) -> Array:
    """Return the statistics of the members of every sample of a batch, (batch, members)."""
    values = found_in(rows, whitening, null, slices).values
    if null == "composite":
        return values
    return np.concatenate([values, likelihood_ratio.likelihood_ratio(rows, whitening)[:, np.newaxis]], axis=1)


def elements(n: int, dim: int, n_slices: int) -> int:
    """Return how many values one sample takes."""
    return min(n, _SEARCHED) * starts_of(n, dim, n_slices) + n * dim


def work(n: int, dim: int, n_slices: int) -> float:
    """Return about how long a sample takes, in nanoseconds on one core."""
    return search_work(min(n, _SEARCHED), dim, n_slices) + 30.0 * n * dim
