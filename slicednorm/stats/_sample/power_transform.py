"""Power transformations that are fitted to a sample: Box and Cox's, and that of Yeo and Johnson.

A sample that was transformed until it looks as normal as can be is nearer to normal than normal samples are. So null
replicates go the same way: a normal sample with the mean and covariance of the transformed one is transformed back by
the sample's own powers, and its powers are fitted anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import estimated, moments

Array: TypeAlias = NDArray[np.float64]
Transform: TypeAlias = Literal["yeo-johnson", "box-cox"]

# Powers are looked for between these, first at so many places.
_LOW, _HIGH, _PLACES = -8.0, 10.0, 73

# Newton's steps of powers: how many, how long at most, the difference that stands in for a derivative, and the step
# below which they end.
_STEPS, _LONGEST, _DIFFERENCE, _SMALL = 20, 0.5, 1e-3, 1e-6

# A normal column is cut off where more than this part of it lies beyond the values that a transformation has.
_BEYOND = 1e-12

# Powers that have a name, the first that will do first, and the 95% quantile of χ² with one degree of freedom.
_SIMPLE, _INTERVAL = (1.0, 0.0, 0.5, -1.0, 2.0), 3.8415

# Columns of one sign whose logarithms vary by less than this lie so far from 0 that only one branch is of interest.
_FAR = 1.0


def _powered(logarithm: Array, power: Array) -> Array:
    """Return (exp(power · logarithm) − 1)/power, the logarithm itself for a power of 0."""
    flat = np.abs(power) < 1e-12
    with np.errstate(over="ignore"):
        found = np.expm1(power * logarithm) / np.where(flat, 1.0, power)
    return np.asarray(np.where(flat, logarithm, found))


def _unpowered(value: Array, power: Array) -> Array:
    """Return the logarithm of which `_powered` gives a value."""
    flat = np.abs(power) < 1e-12
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log1p(power * value) / np.where(flat, 1.0, power)
    return np.asarray(np.where(flat, value, found))


@dataclass(frozen=True)
class _Family:
    """A transformation of columns by powers.

    ``offset`` is 1 for Yeo and Johnson's, log(1 + |x|) taking the place of log x, and 0 for Box and Cox's. ``branch``
    (D,) is 1 or −1 for columns that lie far above or below 0, 0 for others: they are transformed up to an affine map,
    which keeps their digits: (x^λ − 1)/λ of values about 2,000 has few left.
    """

    offset: float
    branch: Array

    def _logarithms(self, x: Array) -> Array:
        return np.asarray(np.log(np.abs(x) + self.offset))

    def _centred(self, x: Array) -> tuple[Array, Array]:
        """Return logarithms, and their means in columns far from 0, else 0."""
        logarithms = self._logarithms(x)
        return logarithms, np.where(self.branch != 0.0, logarithms.mean(axis=-2, keepdims=True), 0.0)

    def _below(self, x: Array) -> NDArray[np.bool_]:
        """Return which values are in the branch of negative ones."""
        return np.asarray(np.where(self.branch != 0.0, self.branch < 0.0, (x < 0.0) & (self.offset > 0.0)))

    def forward(self, x: Array, power: Array) -> Array:
        """Return samples (batch, n, D) by powers (batch, D)."""
        logarithms, centre = self._centred(x)
        power, below = power[:, np.newaxis], self._below(x)
        found = _powered(logarithms - centre, np.where(below, 2.0 - power, power))
        return np.asarray(np.where(below, -found, found))

    def backward(self, y: Array, power: Array, centre: Array) -> Array:
        """Return the values that powers (D,) take to y (batch, n, D), the centres (D,) being those of the sample."""
        below = self._below(y)
        logarithms = _unpowered(np.where(below, -y, y), np.where(below, 2.0 - power, power)) + centre
        found = np.exp(logarithms) - self.offset
        return np.asarray(np.where(below, -found, found))

    def ends(self, column: int, power: float) -> tuple[float, float]:
        """Return the least and the largest value of a column by a power."""
        branch, low, high = self.branch[column], -np.inf, np.inf
        above, below = branch >= 0.0, branch < 0.0 or (self.offset and branch == 0.0)
        if above and power < 0.0:
            high = -1.0 / power
        if above and not below and power > 0.0:
            low = -1.0 / power
        if below and power > 2.0:
            low = 1.0 / (2.0 - power)
        if below and not above and power < 2.0:
            high = 1.0 / (2.0 - power)
        return low, high

    def log_likelihood(self, x: Array, power: Array) -> Array:
        """Return the log-likelihood (batch, D) of powers for samples (batch, n, D), per row, but for a constant."""
        logarithms = self._logarithms(x)
        slope = np.mean(np.where(self._below(x), -logarithms, logarithms), axis=-2)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            found = -0.5 * np.log(np.var(self.forward(x, power), axis=-2))
            # The Jacobian is taken up by the centre.
            found = found + np.where(self.branch != 0.0, 0.0, power * slope)
        return np.asarray(np.where(np.isfinite(found), found, -np.inf))

    def fitted(self, x: Array, start: Array) -> Array:
        """Return the most likely powers (batch, D) of samples (batch, n, D), from near ones, by Newton's steps."""
        power = np.broadcast_to(start, (x.shape[0], x.shape[-1])).copy()
        for _ in range(_STEPS):
            below, here, above = (self.log_likelihood(x, power + d) for d in (-_DIFFERENCE, 0.0, _DIFFERENCE))
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = (above - below) / (2.0 * _DIFFERENCE)
                bend = (above - 2.0 * here + below) / _DIFFERENCE**2
                step = np.where(bend < 0.0, -slope / bend, np.sign(slope) * _LONGEST)
            step = np.clip(np.nan_to_num(step, nan=0.0), -_LONGEST, _LONGEST)
            power = np.clip(power + step, _LOW, _HIGH)
            if np.abs(step).max() < _SMALL:
                break
        return power

    def simple(self, x: Array, powers: Array) -> list[float | None]:
        """Return a simple power for each column (n, D), None where none lies in the 95% interval of the likelihood."""
        best = self.log_likelihood(x[np.newaxis], powers[np.newaxis])[0]
        found: list[float | None] = [None] * x.shape[1]
        for power in reversed(_SIMPLE):
            lost = best - self.log_likelihood(x[np.newaxis], np.full((1, x.shape[1]), power))[0]
            for column in np.flatnonzero(2.0 * len(x) * lost <= _INTERVAL):
                found[column] = power
        return found

    def most_likely(self, x: Array) -> Array:
        """Return the most likely powers (D,) of a sample (n, D), wherever they are between −8 and 10."""
        some = np.linspace(_LOW, _HIGH, _PLACES)
        values = [self.log_likelihood(x[np.newaxis], np.full((1, x.shape[1]), power))[0] for power in some]
        return self.fitted(x[np.newaxis], some[np.argmax(values, axis=0)])[0]


def _family(asked: Transform, x: Array) -> _Family:
    """Return the transformation for columns like those of a sample (n, D)."""
    offset = 0.0 if asked == "box-cox" else 1.0
    far = np.ptp(np.log(np.abs(x) + offset), axis=0) < _FAR
    sign = np.where(x.min(axis=0) > 0.0, 1.0, np.where(x.max(axis=0) < 0.0, -1.0, 0.0))
    # Box and Cox's has no other branch.
    return _Family(offset, sign if not offset else np.where(far & (np.abs(x).min(axis=0) > 1.0), sign, 0.0))


@dataclass(frozen=True, eq=False)
class PowerTransform(Treatment):
    """What turns standard normal rows into normal rows that went through a fitted transformation like the sample.

    Attributes
    ----------
    name : {"yeo-johnson", "box-cox"}
        The transformation.
    powers : ndarray of shape (D,)
        The most likely power λ of each column.
    simple : tuple of float or None
        For each column the first of the powers 1, 0, 1/2, −1 and 2 that lies in the 95% interval of the likelihood.
    """

    name: Transform
    powers: Array
    simple: tuple[float | None, ...]
    _family: _Family
    _centre: Array
    _mean: Array
    _covariance: Array

    def of(self, column: int) -> PowerTransform:
        """Return the transformation of one column."""
        one = slice(column, column + 1)
        family = _Family(self._family.offset, self._family.branch[one])
        moved = self._centre[one], self._mean[:, one], self._covariance[one, one]
        return PowerTransform(self.name, self.powers[one], self.simple[one], family, *moved)

    def __call__(self, rows: Rows) -> Rows:
        """Return normal samples with the mean and covariance of the sample, transformed back and by powers anew."""
        standardise = estimated(rows)
        root = np.linalg.cholesky(self._covariance).T
        y = np.concatenate([np.matmul(standardise(block), root) for _, _, block in rows.blocks()], axis=1) + self._mean
        x = self._family.backward(self._within(y), self.powers, self._centre)
        found = self._family.forward(x, self._family.fitted(x, self.powers))
        return Rows(found.astype(rows.dtype), rows.dtype)

    def _within(self, y: Array) -> Array:
        """Return normal values, cut off where the transformation has no such values."""
        from scipy.special import ndtr, ndtri

        for column, power in enumerate(self.powers.tolist()):
            mean, sd = self._mean[0, column], np.sqrt(self._covariance[column, column])
            low, high = ((end - mean) / sd for end in self._family.ends(column, power))
            under, over = float(ndtr(low)), float(ndtr(-high))
            if under + over > _BEYOND:
                inside = ndtri(under + (1.0 - under - over) * ndtr((y[..., column] - mean) / sd))
                y[..., column] = mean + sd * inside
        return y

    def refuses(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which replicates (batch,) are to be drawn again: those with values that overflow."""
        return np.asarray(~np.isfinite(rows.items()).all(axis=(-1, -2)))


def transformed(rows: Rows, asked: Transform) -> tuple[Rows, PowerTransform]:
    """Return a sample by a fitted transformation of each column.

    Raises
    ------
    ValueError
        If there is no such transformation.
    SampleError
        If a value is not positive that must be, or a column is constant, or no power between −8 and 10 fits.
    """
    if asked not in get_args(Transform):
        raise ValueError(f"transform must be 'yeo-johnson', 'box-cox' or None, got {asked!r}")
    x = rows.items()[0].astype(np.float64)
    shape = f"x of shape ({rows.n}, {rows.dim})"
    if asked == "box-cox" and not x.min() > 0.0:
        row, column = (int(at) for at in np.argwhere(~(x > 0.0))[0])
        raise SampleError(
            f"transform='box-cox' needs positive values, and row {rows.number(row)}, column {column} (from 0) of "
            f"{shape} holds {x[row, column]:.6g}; use 'yeo-johnson', or leave the column out",
            columns=[column],
        )
    fixed = np.flatnonzero(np.ptp(x, axis=0) == 0.0)
    if fixed.size:
        raise SampleError(
            f"column {fixed[0]} (from 0) of {shape} is constant, and no transformation makes it normal; leave it out",
            columns=[int(fixed[0])],
        )
    family = _family(asked, x)
    powers = family.most_likely(x)
    y = family.forward(x[np.newaxis], powers[np.newaxis])[0]
    lost = np.flatnonzero((powers <= _LOW) | (powers >= _HIGH) | ~np.isfinite(y).all(axis=0))
    if lost.size:
        column = int(lost[0])
        raise SampleError(
            f"transform={asked!r} finds no power for column {column} (from 0) of {shape}: the likelihood still grows "
            f"at {powers[column]:.3g}, as where values vary little beside their size; subtract a constant, or leave "
            "the column out",
            columns=[column],
        )
    numbers = np.array([rows.number(index) for index in range(rows.n)], np.intp)
    found = Rows(y.astype(rows.dtype), rows.dtype, numbers=numbers)
    mean, covariance = moments(found)
    (centre,) = family._centred(x)[1]
    simple = tuple(family.simple(x, powers))
    return found, PowerTransform(asked, powers, simple, family, centre, mean[0], covariance[0])
