"""Columns that others determine: which to leave out so that the rest has a covariance of full rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.concerns.related import relations_but_for_rounding
from slicednorm.stats._sample.concerns.values import columns_of, looked_at
from slicednorm.stats._sample.rank import SINGULAR, constant_columns, entangled, relations_of, rows_far_out
from slicednorm.stats._sample.relations import relation_in_words
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import correlations, moments
from slicednorm.stats._types import NanPolicy


@dataclass(frozen=True, repr=False)
class DependentColumns(Result):
    """What `dependent_columns` found.

    Attributes
    ----------
    dependent : tuple of int
        Positions of the columns to leave out, ascending.
    independent : tuple of int
        Positions of the others.
    reasons : tuple of str
        Why, for each of the columns to leave out: "column 2 is 4 times column 0".
    """

    dependent: tuple[int, ...]
    independent: tuple[int, ...]
    reasons: tuple[str, ...]


def dependent_columns(
    x: ArrayLike | Sample, *, names: Sequence[str] | None = None, nan_policy: NanPolicy = "raise"
) -> DependentColumns:
    """Find the columns that are constant or determined by those before them, without which the rest can be tested.

    A column is determined if less than some 1e-12 of its variance is left once the columns before it are known, or if
    no row is farther from a sum or a multiple of others than the rounding of its values.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`; of a Sample with a design the residuals.
    names : sequence of str, optional
        Names of the D columns for the reasons; those of a DataFrame by default, else they are numbered from 0.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    DependentColumns
        The columns to leave out, and why. Where there are too few rows for the columns, or a few rows far out are to
        blame, only those that are constant.

    Raises
    ------
    ValueError
        As `sliced_test`; if ``names`` does not name each column.
    TypeError
        As `sliced_test`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((50, 2))
    >>> found = dependent_columns(np.column_stack([x, x.sum(axis=1), 4.0 * x[:, 0]]))
    >>> found.dependent, found.reasons
    ((2, 3), ('column 2 is the sum of columns 0 and 1', 'column 3 is 4 times column 0'))
    """
    sample = as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    if names is None and hasattr(x, "columns") and hasattr(x, "iloc"):
        names = [str(name) for name in x.columns]
    if names is not None and len(names) != rows.dim:
        raise ValueError(f"names must name each of the {rows.dim} columns, got {len(names)}")
    called = [str(column) for column in range(rows.dim)] if names is None else list(names)
    reasons = {column: f"column {called[column]} is constant" for column in constant_columns(rows)}
    with np.errstate(over="ignore", invalid="ignore"):
        mean, covariance = moments(rows)
    left = _left(rows.dim, reasons)
    # With fewer rows any columns determine each other.
    if np.isfinite(covariance).all() and 0 < len(left) < rows.n - 1:
        scale = np.sqrt(np.diagonal(covariance[0]))
        if not rows_far_out(rows.of_columns(left), mean[0][:, left], scale[left]):
            reasons |= _determined(mean[0, 0], covariance[0], left, called)
            reasons |= _but_for_rounding(rows, _left(rows.dim, reasons), called)
    ordered = sorted(reasons)
    return DependentColumns(
        tuple(ordered), tuple(_left(rows.dim, reasons).tolist()), tuple(reasons[column] for column in ordered)
    )


def _left(dim: int, reasons: dict[int, str]) -> NDArray[np.intp]:
    return np.asarray([column for column in range(dim) if column not in reasons], np.intp)


def _determined(
    mean: NDArray[np.float64], covariance: NDArray[np.float64], left: NDArray[np.intp], called: Sequence[str]
) -> dict[int, str]:
    """Return the columns to leave out until the correlations of the others have full rank."""
    reasons: dict[int, str] = {}
    while True:
        left = np.asarray([column for column in left if column not in reasons], np.intp)
        correlation, scale = correlations(covariance[np.ix_(left, left)])
        values, vectors = np.linalg.eigh(correlation)
        if values[0] > SINGULAR * values[-1]:
            return reasons
        names = [called[column] for column in left]
        found = relations_of(correlation, scale, mean[left], float(values[-1]))
        for relation in found:
            reasons[int(left[relation.columns[-1]])] = relation_in_words(relation, scale, names)
        if not found:
            # Each is determined by all others, if by none before it.
            some = sorted(entangled(vectors[:, 0]))
            others = ", ".join(names[column] for column in some[:-1])
            reasons[int(left[some[-1]])] = f"column {names[some[-1]]} is determined by columns {others}"


def _but_for_rounding(rows: Rows, left: NDArray[np.intp], called: Sequence[str]) -> dict[int, str]:
    """Return the columns that others determine but for the rounding of their values."""
    some = rows.of_columns(left)
    looked = looked_at(some)
    names = [called[column] for column in left]
    found = relations_but_for_rounding(some, looked, columns_of(some, looked))
    return {int(left[near.relation.columns[-1]]): near.in_words(names) for near in found}
