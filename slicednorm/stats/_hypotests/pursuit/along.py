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
    centre, matrix = np.zeros(rows.dim), np.eye(rows.dim)
    if whitening is not None:
        centre, matrix = whitening.mean[0, 0], whitening.matrix[0]
    with single_threaded_blas():
        if member == likelihood_ratio.NAME:
            direction = likelihood_ratio.worst_direction(rows, whitening)
        else:
            found = found_in(rows, whitening, null, slices)
            direction = found.directions[0, _CONTRASTS.index(member)]
            if null == "standard":
                centre = centre + found.own.mean[0, 0] @ np.linalg.pinv(matrix)
                matrix = matrix @ found.own.matrix[0]
        loadings = matrix @ direction
        _, covariance = moments(rows)
    weights = loadings * np.sqrt(np.diagonal(covariance[0]))
    weights /= max(float(np.linalg.norm(weights)), np.finfo(np.float64).tiny)
    sign = -1.0 if weights[int(np.argmax(np.abs(weights)))] < 0.0 else 1.0
    loadings = sign * loadings
    parts = [(block.astype(np.float64) - centre) @ loadings for _, _, (block,) in rows.blocks()]
    return Along(sign * direction, loadings, sign * weights, centre, np.concatenate(parts))
