"""A sample along the direction that one member of several has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._hypotests.combined import likelihood_ratio
from slicednorm.stats._hypotests.pursuit.statistics import found_in
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, moments
from slicednorm.stats._slices.pursuit.contrasts import CONTRASTS
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

_CONTRASTS = tuple(contrast.name for contrast in CONTRASTS)


@dataclass(frozen=True)
class Along:
    """A direction, and the sample along it: the fields of a `PursuitTestResult`."""

    direction: Array
    loadings: Array
    weights: Array
    centre: Array
    projection: Array


def has_direction(member: str) -> bool:
    """Return whether a member of several statistics is one of a direction."""
    return member == likelihood_ratio.NAME or member in _CONTRASTS


@dataclass(frozen=True)
class _Found:
    """A direction, how rows are standardised before they are projected on it, and standard deviations of the columns.

    The latter are those that the standardisation makes 1.
    """

    direction: Array
    centre: Array
    matrix: Array
    deviations: Array

    @property
    def is_finite(self) -> bool:
        return bool(np.isfinite(self.direction).all() and np.isfinite(self.matrix).all())


def _null_map(rows: Rows, whitening: Whitening | None) -> tuple[Array, Array]:
    """Return the mean and the matrix by which the null has a sample standardised."""
    if whitening is None:
        return np.zeros(rows.dim), np.eye(rows.dim)
    return whitening.mean[0, 0], whitening.matrix[0]


def _of_moments(rows: Rows, whitening: Whitening | None) -> _Found:
    """Return the direction of the likelihood ratio."""
    centre, matrix = _null_map(rows, whitening)
    deviations = np.sqrt(np.sum(np.linalg.inv(matrix) ** 2, axis=0))
    return _Found(likelihood_ratio.worst_direction(rows, whitening), centre, matrix, deviations)


def _of_contrast(
    rows: Rows, whitening: Whitening | None, null: Null, slices: NDArray[np.floating[Any]], number: int
) -> _Found:
    """Return the direction of a contrast."""
    found = found_in(rows, whitening, null, slices)
    centre, matrix = _null_map(rows, whitening)
    if null == "standard":
        centre = centre + found.own.mean[0, 0] @ np.linalg.inv(matrix)
        matrix = matrix @ found.own.matrix[0]
    _, covariance = moments(rows)
    return _Found(found.directions[0, number], centre, matrix, np.sqrt(np.diagonal(covariance[0])))


def along(rows: Rows, whitening: Whitening | None, null: Null, slices: NDArray[np.floating[Any]], member: str) -> Along:
    """Return a sample along the direction where a member is largest, one that has a direction.

    Parameters
    ----------
    rows : Rows
        The sample.
    whitening : Whitening or None
        How the null has it standardised.
    null : {"standard", "composite"}
        Null hypothesis.
    slices : ndarray of shape (k, D)
        The random directions from which the search starts.
    member : str
        The member's name.
    """
    with single_threaded_blas(), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if member == likelihood_ratio.NAME:
            found = _of_moments(rows, whitening)
        else:
            found = _of_contrast(rows, whitening, null, slices, _CONTRASTS.index(member))
            if not found.is_finite:
                # A sample in fewer dimensions cannot be standardised; which they are its moments say.
                found = _of_moments(rows, whitening)
    loadings = found.matrix @ found.direction
    weights = loadings * found.deviations
    weights /= max(float(np.linalg.norm(weights)), np.finfo(np.float64).tiny)
    sign = -1.0 if weights[int(np.argmax(np.abs(weights)))] < 0.0 else 1.0
    loadings = sign * loadings
    parts = [(block.astype(np.float64) - found.centre) @ loadings for _, _, (block,) in rows.blocks()]
    return Along(sign * found.direction, loadings, sign * weights, found.centre, np.concatenate(parts))
