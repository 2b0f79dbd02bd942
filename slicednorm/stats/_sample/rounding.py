"""Values that were rounded: the null is then that of normal rows that were rounded to the same steps.

Rounded normal values are not normal, and what they are depends on where the mean lies between two steps and on how
large these are. So every null replicate is a normal sample that is moved and stretched until, rounded to the steps of
the sample, it has the mean and covariance of the sample. What a statistic owes to where these happen to lie among the
steps is then in the replicates as well; replicates of a mean and covariance that vary about those of the sample would
count that twice.

A column of few values may end at its lowest or highest one, like answers on a scale: what lies farther out is counted
there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._sample.concerns.values import columns_of, looked_at, rounding_of
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rounded_fit import Margin, latent_correlation, margin_of
from slicednorm.stats._sample.rows import MappedRows, Rows, is_kept
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import correlations, estimated, moments, singular

Array: TypeAlias = NDArray[np.float64]
Steps: TypeAlias = "Literal['auto'] | ArrayLike"

# Columns of at most so many values may have ends.
_SCALE = 11

# Steps h with h √n/s below this are seen by no test: with ten times as large ones single columns begin to be rejected.
_UNSEEN = 0.3

# Values are on a user's steps if they are off by less than this part of a step.
_OFF = 1e-4

# How often a replicate is moved and stretched. Steps of a standard deviation make that a search: the best is kept.
_CORRECTIONS = 3

# From this step on, in standard deviations, a replicate may have a constant column, or columns that coincide.
_COARSE = 0.5


@dataclass(frozen=True, eq=False)
class Rounding(Treatment):
    """What turns standard normal rows into normal rows that are rounded like the sample.

    Attributes
    ----------
    margins : tuple of Margin
        The mean, standard deviation and steps of each column before it was rounded.
    correlation : ndarray of shape (D, D)
        Correlations of the columns before they were rounded.
    mean, covariance : ndarray of shape (1, D) and (D, D)
        The mean and covariance of the sample, which every replicate has.
    """

    margins: tuple[Margin, ...]
    correlation: Array
    mean: Array
    covariance: Array

    @property
    def steps(self) -> Array:
        """The step of each column, 0 where there is none, (D,)."""
        return np.asarray([margin.step for margin in self.margins])

    def of(self, column: int) -> Rounding | None:
        """Return how one column was rounded, None if it was not."""
        margin = self.margins[column]
        if not margin.step:
            return None
        here = slice(column, column + 1)
        return Rounding((margin,), np.ones((1, 1)), self.mean[:, here], self.covariance[here, here])

    @property
    def misfits(self) -> Array:
        """The p-value of each column's counts as those of a rounded normal column, (D,)."""
        return np.asarray([margin.misfit for margin in self.margins])

    def __call__(self, rows: Rows) -> Rows:
        """Return rounded normal samples that have the mean and covariance of the sample, nearly as steps allow."""
        sd = np.asarray([margin.sd for margin in self.margins])
        first = estimated(rows)
        matrix = first.matrix @ np.linalg.cholesky(self.correlation).T * sd
        shift = np.asarray([margin.mean for margin in self.margins]) - first.mean @ matrix
        wanted = np.linalg.cholesky(self.covariance).T
        best, least = (matrix, shift), np.full(rows.batch, np.inf)
        for attempt in range(_CORRECTIONS + 1):
            mean, covariance = moments(self._rounded(rows, matrix, shift))
            off = self._off(mean, covariance)
            better = (off < least)[:, np.newaxis, np.newaxis]
            best = np.where(better, matrix, best[0]), np.where(better, shift, best[1])
            least = np.fmin(off, least)
            if attempt == _CORRECTIONS:
                break
            covariance = np.where(np.isinf(off)[:, np.newaxis, np.newaxis], self.covariance, covariance)
            stretch = np.linalg.solve(np.swapaxes(np.linalg.cholesky(covariance), -1, -2), wanted)
            matrix = matrix @ stretch
            # What is to be added after the stretch, about the mean that the replicate had.
            shift = (shift - mean) @ stretch + self.mean
        found = self._rounded(rows, *best)
        return Rows(found.items(), rows.dtype) if is_kept(rows.n, rows.dim) else found

    def _off(self, mean: Array, covariance: Array) -> Array:
        """Return how far moments (batch, ...) are from the sample's, squared in its units; infinite if singular."""
        variances = np.diagonal(self.covariance)
        apart = np.sum((mean - self.mean) ** 2 / variances, axis=(-1, -2))
        apart += np.sum((covariance - self.covariance) ** 2 / np.outer(variances, variances), axis=(-1, -2))
        return np.where(singular(covariance), np.inf, apart)

    def _rounded(self, rows: Rows, matrix: Array, shift: Array) -> Rows:
        """Return standard normal rows z as z @ matrix + shift, rounded."""

        def rounded(block: NDArray[Any]) -> NDArray[Any]:
            values = np.matmul(block.astype(np.float64), matrix) + shift
            for column, margin in enumerate(self.margins):
                values[..., column] = margin.rounded(values[..., column])
            return values.astype(block.dtype)

        return MappedRows(rows, rounded)

    def refuses(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which replicates (batch,) have a constant column, or columns that determine each other."""
        if max(margin.step / margin.sd for margin in self.margins) < _COARSE:
            return super().refuses(rows)
        return singular(moments(rows)[1])


def _detected(rows: Rows) -> Array:
    """Return the steps (D,) in which columns come as far as a test may see them, 0 where there are none."""
    steps = np.zeros(rows.dim)
    for column in columns_of(rows, looked_at(rows)):
        if column.on_grid and column.step * np.sqrt(rows.n) >= _UNSEEN * column.sd:
            steps[column.index] = column.step
    return steps


def _asked(steps: Steps, dim: int) -> Array:
    """Return the steps (D,) that a user gives, or raise a SampleError."""
    if isinstance(steps, str):
        raise SampleError(f"rounding must be None, 'auto' or a step for each column, got {steps!r}")
    try:
        found = np.asarray(steps, np.float64)
    except (TypeError, ValueError):
        raise SampleError(f"rounding must be None, 'auto' or a step for each column, got {steps!r}") from None
    if found.ndim == 0:
        found = np.full(dim, float(found))
    if found.shape != (dim,):
        raise SampleError(
            f"rounding must be one step, or one for each of the {dim} columns (0 for none), got {found.size}"
        )
    if not (np.isfinite(found).all() and np.all(found >= 0.0)):
        raise SampleError("rounding: a step is 0, for a column that is not rounded, or a positive number")
    return found


def _off_steps(values: Array, step: float, noise: float) -> int | None:
    """Return the place of a value that is not whole steps away from the lowest, None if there is none."""
    away = (values - values.min()) / step
    off = np.abs(away - np.rint(away))
    worst = int(np.argmax(off))
    return worst if off[worst] * step > max(_OFF * step, noise) else None


def rounding_for(rows: Rows, asked: Steps | None) -> Rounding | None:
    """Return how a sample was rounded, None if it was not.

    Parameters
    ----------
    rows : Rows
        The sample.
    asked : None, "auto" or array_like
        No rounding, the steps that the columns show, or a step for all or for each of the columns.

    Raises
    ------
    SampleError
        If steps are not numbers, or values do not lie on them, or a column is constant.
    """
    if asked is None:
        return None
    detected = isinstance(asked, str) and asked == "auto"
    steps = _detected(rows) if detected else _asked(asked, rows.dim)
    if not steps.any():
        return None
    mean, covariance = moments(rows)
    if not np.isfinite(covariance).all() or not np.diagonal(covariance[0]).min() > 0.0:
        return None  # the test itself says what is wrong
    correlation, scale = correlations(covariance[0])
    margins = []
    for column in range(rows.dim):
        step = float(steps[column])
        if step == 0.0:
            margins.append(Margin(float(mean[0, 0, column]), float(scale[column])))
            continue
        values = rows.column(column).astype(np.float64)
        noise = 4.0 * rounding_of(rows, float(np.abs(values).max()))
        off = _off_steps(values, step, noise)
        if off is not None and detected:  # other rows than those that were looked at
            margins.append(Margin(float(mean[0, 0, column]), float(scale[column])))
            continue
        if off is not None:
            raise SampleError(
                f"rounding: the value {values[off]:.6g} at row {rows.number(off)}, column {column} (from 0) is not a "
                f"whole number of steps {step:.6g} from the lowest value of its column, {values.min():.6g}; give a "
                "step that fits, or 0 if the column is not rounded",
                columns=[column],
            )
        margins.append(margin_of(values, step, most_values=_SCALE))
    if not any(margin.step for margin in margins):
        return None
    return Rounding(tuple(margins), latent_correlation(margins, correlation), mean[0], covariance[0])
