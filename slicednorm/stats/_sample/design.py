"""Regressors whose coefficients the composite null leaves open: a sample is then tested by its residuals.

With x = Z B + E, the rows of E normal and independent, the residuals (I − H) x = (I − H) E do not depend on B, and once
they are standardised by their own covariance they do not depend on that of E. So normal rows that go through the same
I − H have exactly the distribution of the sample under the null, for any fixed Z (Dufour, Khalaf and Beaulieu,
"Exact skewness-kurtosis tests for multivariate normality and goodness-of-fit in multivariate regressions", J. Appl.
Econometrics 18 (2003)).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._sample.arrays import to_array
from slicednorm.stats._sample.errors import SampleError, SampleTypeError
from slicednorm.stats._sample.labels import codes_of
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment

Array = NDArray[np.float64]

# A column of a design counts as a combination of others if less than this part of it is left beside them.
_DEPENDENT = 1e-10

# A row counts as fitted exactly if its leverage is this near to 1: its residual is 0 but for rounding.
_FITTED = 1e-9

# How many entries are computed together.
_TOGETHER = 1 << 22

# By how much E S_3² and E S_4² of residuals may differ from those of independent rows for the formulas of these to
# hold: by a number, and by a part of the standard deviation of their mean over directions.
_MOST_MOVED, _OF_SPREAD = 4e-3, 0.015

# A response counts as determined by the design if less than this part of its spread is left.
_DETERMINED = 1e-10


@dataclass(frozen=True, eq=False)
class Design(Treatment):
    """The space that regressors span, the constant among them.

    Attributes
    ----------
    basis : ndarray of shape (n, p)
        An orthonormal basis of that space.
    """

    basis: Array

    @property
    def rank(self) -> int:
        """The dimension p of the space."""
        return self.basis.shape[1]

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.basis.shape[0]

    @property
    def rows(self) -> int:
        """The number of rows, which is that of its replicates."""
        return self.n

    @property
    def exact(self) -> bool:
        """Whether replicates are distributed like the sample under the null: they are, whatever the coefficients."""
        return True

    @property
    def freedom(self) -> int:
        """The degrees of freedom that residuals have, n − p."""
        return self.n - self.rank

    def without(self, rows: NDArray[np.intp]) -> Design:
        """Return the design of all rows but some."""
        if not rows.size:
            return self
        return Design(_orthonormal(np.delete(self.basis, rows, axis=0)))

    @cached_property
    def kept(self) -> Array:
        """The diagonal of I − H, (n,): the part of the variance of each row that its residual has."""
        return np.asarray(np.maximum(1.0 - np.sum(self.basis**2, axis=1), 0.0))

    @cached_property
    def fitted(self) -> NDArray[np.bool_]:
        """Which rows are fitted exactly, (n,), so that their residuals are 0."""
        return np.asarray(self.kept < _FITTED)

    @cached_property
    def cubes(self) -> float:
        """The sum of the cubes of all entries of I − H."""
        hat = 0.0
        if self.rank**2 <= self.n:
            # Σ_ij (b_i · b_j)³ is the square of the length of Σ_i b_i ⊗ b_i ⊗ b_i.
            total = np.zeros((self.rank, self.rank**2))
            for rows in self._parts():
                total += rows.T @ (rows[:, :, np.newaxis] * rows[:, np.newaxis]).reshape(len(rows), -1)
            hat = float(np.sum(total * total))
        else:
            hat = sum(float(np.sum((rows @ self.basis.T) ** 3)) for rows in self._parts())
        return float(np.sum(self.kept**3 + (1.0 - self.kept) ** 3)) - hat

    def _parts(self) -> Iterator[Array]:
        step = max(1, _TOGETHER // max(self.n, self.rank**2))
        for start in range(0, self.n, step):
            yield self.basis[start : start + step]

    def is_like_a_constant(self, dim: int) -> bool:
        """Return whether null distributions of independent rows of ``dim`` columns hold for the residuals.

        Residuals differ from independent rows in that E S_3² (S_3 the third Hermite sum of a slice, standardised)
        follows the cubes of I − H, which falls by about (p/n)² and grows with unequal leverages, and in that these
        move E S_4. Other orders move alike. Where the mean of a statistic moves by a small part of its standard
        deviation, which falls with the number of third moments, that is not seen.
        """
        scale = self.n / self.freedom
        plain = self.n / (self.n - 1.0)
        thirds = self.cubes * scale**3 / (((1.0 - 1.0 / self.n) ** 3 - (self.n - 1.0) / self.n**3) * self.n * plain**3)
        fourth = float(np.sum((self.kept * scale - 1.0) ** 2)) * 3.0 / math.sqrt(24.0 * self.n)
        moved = max(abs(thirds - 1.0), 1.2 * ((self.rank - 1) / self.n) ** 2) + fourth**2
        return moved <= min(_MOST_MOVED, _OF_SPREAD * math.sqrt(12.0 / (dim * (dim + 1) * (dim + 2))))

    def residuals(self, data: NDArray[Any]) -> Array:
        """Return (I − H) data, for data of shape (..., n, D), in float64; item by item of a batch to the last bit."""
        found = np.asarray(data, np.float64)
        # What rounding leaves of a large fit is fitted once more.
        for _ in range(2):
            found = found - np.matmul(self.basis, np.matmul(self.basis.T, found))
        found[..., self.fitted, :] = 0.0
        return found

    def __call__(self, rows: Rows) -> Rows:
        """Return the residuals of samples, in their computing dtype."""
        data = np.concatenate([block for _, _, block in rows.blocks()], axis=1)
        return Rows(self.residuals(data).astype(rows.dtype), rows.dtype)


def _regressors(design: Any) -> Array:
    """Return the regressors of a design, (n, p): an array, a frame, a formula's matrix or the results of a fit."""
    model = getattr(design, "model", None)
    if hasattr(design, "k_ar") and hasattr(design, "endog_lagged"):
        design = design.endog_lagged  # a vector autoregression: the lagged values
    elif model is not None and hasattr(model, "exog"):
        family = getattr(model, "family", None)
        if family is not None and type(family).__name__ != "Gaussian":
            raise SampleError(f"design is a fit of the family {type(family).__name__}; its errors are not normal")
        weights = getattr(model, "weights", 1.0)
        if not np.all(np.asarray(weights) == 1.0):
            raise SampleError("design is a weighted fit; pass its whitened regressors, model.wexog, and responses")
        design = model.exog
    if hasattr(design, "to_frame") and getattr(design, "ndim", 0) == 1:
        design = design.to_frame()  # a pandas Series
    kinds = getattr(design, "dtypes", None)
    if kinds is not None and any(kind.kind not in "biuf" for kind in kinds):
        words = [str(name) for name, kind in kinds.items() if kind.kind not in "biuf"]
        raise SampleTypeError(
            f"design has columns that are not numbers: {', '.join(words)}; code them as numbers "
            "(pandas.get_dummies), or pass them as groups"
        )
    try:
        found = to_array(design, "design")
        if found.dtype.kind == "c":
            raise SampleTypeError("design holds complex numbers; pass real and imaginary parts as columns of their own")
        found = found.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        if isinstance(error, (SampleError, SampleTypeError)):
            raise
        raise SampleTypeError(
            f"design must be numbers of shape (n, p) or the results of a least-squares fit, got {type(design).__name__}"
        ) from None
    if found.ndim == 1:
        found = found[:, np.newaxis]
    if found.ndim != 2:
        raise SampleError(f"design must have shape (n, p), got {found.shape}")
    return found


def _orthonormal(columns: Array) -> Array:
    """Return an orthonormal basis of the space of some columns and the constant."""
    from scipy.linalg import qr

    n = len(columns)
    constant = np.full((n, 1), 1.0 / np.sqrt(n))
    sizes = np.abs(columns).max(axis=0)
    scaled = columns[:, sizes > 0.0] / sizes[sizes > 0.0]
    norms = np.linalg.norm(scaled, axis=0)
    centred = scaled - scaled.mean(axis=0)
    centred -= constant @ (constant.T @ centred)
    left = np.linalg.norm(centred, axis=0)
    varying = left > _DEPENDENT * norms
    if not varying.any():
        return constant
    basis, triangle, _ = qr(centred[:, varying] / left[varying], mode="economic", pivoting=True)
    rank = int(np.sum(np.abs(np.diagonal(triangle)) > _DEPENDENT))
    basis = basis[:, :rank]
    basis -= constant @ (constant.T @ basis)
    return np.concatenate([constant, np.linalg.qr(basis)[0]], axis=1)


@dataclass(frozen=True, eq=False)
class Regressors:
    """The columns of a design as they were given, and which rows have all of them.

    Attributes
    ----------
    columns : ndarray of shape (n, p)
        The columns, one for each group among them.
    complete : ndarray of shape (n,), dtype=bool
        Whether a row has all of its values.
    n_regressors : int
        How many of the columns are regressors; the others are those of groups.
    """

    columns: Array
    complete: NDArray[np.bool_]
    n_regressors: int

    def of(self, keep: NDArray[np.intp] | None) -> Design | None:
        """Return the design of the rows in use, None if it is the constant alone."""
        columns = self.columns if keep is None else self.columns[keep]
        if not np.isfinite(columns).all():
            row, column = (int(at) for at in np.argwhere(~np.isfinite(columns))[0])
            what = "holds infinity"
            if np.isnan(columns[row]).any():
                what = "has no value" if column < self.n_regressors else "has no label"
            whose = "design" if column < self.n_regressors else "groups"
            remedy = "" if what == "holds infinity" else "; nan_policy='omit' (--nan-policy omit) leaves such rows out"
            raise SampleError(f"the {whose}: row {row} (from 0) of {len(columns)} {what}{remedy}")
        basis = _orthonormal(columns)
        return None if basis.shape[1] == 1 else Design(basis)


def regressors(design: Any, groups: ArrayLike | None, n: int) -> Regressors | None:
    """Return the regressors that a user gives for n rows, None for none.

    Parameters
    ----------
    design : array_like of shape (n, p), the results of a least-squares fit, or None
        Regressors.
    groups : array_like of shape (n,) or None
        A label for each row, whose group has a mean of its own.
    n : int
        Number of rows of the sample.
    """
    parts = []
    complete = np.ones(n, bool)
    if design is not None:
        columns = _regressors(design)
        if len(columns) != n:
            raise SampleError(f"design has {len(columns)} rows, and x has {n}; give a row of regressors for each row")
        complete &= ~np.isnan(columns).any(axis=1)
        parts.append(columns)
    if groups is not None:
        codes = codes_of(groups, n)
        if codes.max() < 0:
            raise SampleError("groups name no group: all labels are missing")
        complete &= codes >= 0
        members = (codes[:, np.newaxis] == np.arange(codes.max() + 1)).astype(np.float64)
        members[codes < 0] = np.nan
        parts.append(members)
    if not parts:
        return None
    return Regressors(np.concatenate(parts, axis=1), complete, 0 if design is None else parts[0].shape[1])


class DeterminedError(SampleError):
    """Columns of which a design leaves nothing to test; ``columns`` has all of them."""


def residual_rows(rows: Rows, design: Design) -> Rows:
    """Return the residuals of a sample, or raise a SampleError if they cannot be tested.

    Raises
    ------
    SampleError
        If too few degrees of freedom are left; a `DeterminedError` if a column is determined by the design.
    """
    n, dim = rows.n, rows.dim
    if design.freedom <= dim:
        raise SampleError(
            f"a design, or groups, of rank {design.rank} (the constant counts): {design.freedom} degrees of freedom "
            f"are left of {n} rows, and a test of {dim} columns needs more than {dim}; use more rows, or fewer "
            "regressors, groups or columns"
        )
    data = np.concatenate([block[0] for _, _, block in rows.blocks()]).astype(np.float64)
    left = design.residuals(data)
    # Squares of huge values overflow.
    unit = np.maximum(np.abs(data).max(axis=0), np.finfo(np.float64).tiny)
    spread = np.linalg.norm((data - data.mean(axis=0)) / unit, axis=0)
    determined = np.flatnonzero((np.linalg.norm(left / unit, axis=0) <= _DETERMINED * spread) & (spread > 0.0))
    if determined.size:
        named = rows.called.column(int(determined[0]))
        more = f", and so are {len(determined) - 1} more" if len(determined) > 1 else ""
        raise DeterminedError(
            f"{named} of x of shape ({n}, {dim}) is determined by the design{more}: nothing is "
            "left of it to test; leave it out, or the regressors that it is made of",
            columns=determined.tolist(),
        )
    numbers = np.array([rows.number(index) for index in range(n)], np.intp)
    return Rows(left.astype(rows.dtype), rows.dtype, numbers=numbers, called=rows.called)
