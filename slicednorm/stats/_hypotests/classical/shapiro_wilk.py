"""Shapiro and Wilk's W of many sorted samples at once, with the scores of Royston's AS R94."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from slicednorm.stats._hypotests.classical.base import Array
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening

_C1 = (-2.706056, 4.434685, -2.07119, -0.147981, 0.221157, 0.0)
_C2 = (-3.582633, 5.682633, -1.752461, -0.293762, 0.042981, 0.0)


@lru_cache(maxsize=8)
def both_scores(n: int) -> tuple[Array, Array]:
    """Return the scores of Shapiro and Wilk (as Royston approximates them in AS R94) and of Shapiro and Francia."""
    from scipy.special import ndtri

    m = ndtri((np.arange(1, n + 1) - 0.375) / (n + 0.25))
    francia = m / np.linalg.norm(m)
    wilk = francia.copy()
    # The scores at either end are polynomials in 1/√n; those between are scaled so that the length is 1.
    ends = [np.polyval(_C1, n**-0.5) + francia[-1]]
    if n > 5:
        ends.append(np.polyval(_C2, n**-0.5) + francia[-2])
    k = len(ends)
    wilk[k:-k] *= math.sqrt((1.0 - 2.0 * sum(end**2 for end in ends)) / float(np.sum(wilk[k:-k] ** 2)))
    for place, end in enumerate(ends):
        wilk[place], wilk[-1 - place] = -end, end
    return wilk, francia


def lack_of_fit(y: Array, scores: Array) -> Array:
    """Return 1 − W, W the squared correlation of samples y (…, n), sorted and of length 1, with the scores."""
    residual = y - np.sum(y * scores, axis=-1, keepdims=True) * scores
    return np.asarray(np.sum(residual**2, axis=-1))


def normal_scores(lack: Array, n: int) -> Array:
    """Return 1 − W transformed by Royston's (1992) polynomials: nearly N(0, 1) under the null, large for a bad fit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(lack)
        if n > 11:
            x = math.log(n)
            mean = ((0.0038915 * x - 0.083751) * x - 0.31082) * x - 1.5861
            return np.asarray((logs - mean) / math.exp((0.0030302 * x - 0.082676) * x - 0.4803))
        mean = ((-0.0006714 * n + 0.025054) * n - 0.39978) * n + 0.544
        deviation = math.exp(((-0.0020322 * n + 0.062767) * n - 0.77857) * n + 1.3822)
        room = 0.459 * n - 2.273 - logs
        return np.where(room > 0.0, (-np.log(np.maximum(room, 0.0)) - mean) / deviation, np.inf)


def to_unit(y: Array) -> Array:
    """Return samples y (…, n), sorted, centred and of length 1, in their place; 0 or NaN where all values are equal."""
    y.sort(axis=-1)
    y -= np.mean(y, axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        y /= np.sqrt(np.sum(y**2, axis=-1, keepdims=True))
    return y


def unit_columns(rows: Rows, whitening: Whitening | None) -> Array:
    """Return the, possibly standardised, columns of every sample as `to_unit` makes them, (batch, D, n)."""
    columns = np.empty((rows.batch, rows.dim, rows.n))
    for start, stop, block in rows.blocks():
        columns[..., start:stop] = np.swapaxes(block if whitening is None else whitening(block), -1, -2)
    return to_unit(columns)
