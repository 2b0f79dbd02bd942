"""From whatever a user passes as a sample to rows of real numbers, or to one clear line on what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._arguments import spelled
from slicednorm.stats._sample.arrays import computing_dtype, to_array
from slicednorm.stats._sample.called import called_in
from slicednorm.stats._sample.design import Design, Regressors, regressors, residual_rows
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.labels import check_labels
from slicednorm.stats._sample.power_transform import PowerTransform, Transform, transformed
from slicednorm.stats._sample.rounding import Rounding, Steps, rounding_for
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._types import NanPolicy


@dataclass(frozen=True)
class Sample:
    """A checked sample: its rows, and how many rows were left out because they held NaN.

    Attributes
    ----------
    rows : Rows
        The rows in use; with a design their residuals, with a transformation what became of them.
    n_omitted : int
        How many rows were left out because they held NaN.
    design : Design or None
        The regressors whose coefficients the null leaves open, None if it leaves the mean alone open.
    given : Rows or None
        The rows that residuals, or transformed rows, come from.
    rounding : Rounding or None
        The steps to which the null says that normal rows were rounded, None if it says nothing of that.
    transform : PowerTransform or None
        The transformation that was fitted to the rows as they were given, None if they were not transformed.
    """

    rows: Rows
    n_omitted: int
    design: Design | None = None
    given: Rows | None = None
    rounding: Rounding | None = None
    transform: PowerTransform | None = None

    @property
    def treatment(self) -> Treatment | None:
        """What was done to the rows, as it is to those of null replicates."""
        return next((one for one in (self.design, self.rounding, self.transform) if one is not None), None)

    def transformed(self, transform: Transform) -> Sample:
        """Return what a fitted transformation makes of the sample.

        Parameters
        ----------
        transform : {"yeo-johnson", "box-cox"}
            The transformation, as for `as_sample`.

        Returns
        -------
        Sample
            The transformed sample.

        Examples
        --------
        >>> import numpy as np
        >>> sample = as_sample(np.exp(np.random.default_rng(7).standard_normal((50, 2))))
        >>> sample.transformed("box-cox").transform.simple
        (0.0, 0.0)
        """
        rows, fitted = transformed(self.rows, transform)
        return replace(self, rows=rows, given=self.rows, transform=fitted)

    @property
    def as_given(self) -> Rows:
        """The rows in use as they were given: responses or residuals, where there is a design."""
        return self.rows if self.given is None else self.given

    @property
    def n(self) -> int:
        """The number of rows in use."""
        return self.rows.n

    @property
    def dim(self) -> int:
        """The number of columns in use."""
        return self.rows.dim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The computing dtype."""
        return self.rows.dtype


def _scan(rows: Rows) -> tuple[NDArray[np.bool_], int, int, tuple[int, int] | None]:
    """Return which rows hold NaN, how many NaN and infinities there are, and where the first of them is."""
    with_nan = np.zeros(rows.n, dtype=bool)
    n_nan = n_inf = 0
    first = None
    for start, stop, (block,) in rows.blocks():
        # A finite sum of squares clears a whole block at once; if it overflows, the block is looked at more closely.
        with np.errstate(over="ignore"):
            if np.isfinite(np.vdot(block, block)):
                continue
        finite = np.isfinite(block)
        if finite.all():
            continue
        if first is None:
            row, column = np.argwhere(~finite)[0]
            first = (start + int(row), int(column))
        nan = np.isnan(block)
        with_nan[start:stop] = nan.any(axis=1)
        n_nan += int(nan.sum())
        n_inf += int((~finite).sum() - nan.sum())
    return with_nan, n_nan, n_inf, first


def as_sample(
    x: ArrayLike | Sample,
    *,
    nan_policy: NanPolicy = "raise",
    columns: NDArray[np.intp] | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    labels: Sequence[Any] | None = None,
) -> Sample:
    """Check a sample, and return it ready to be read.

    Parameters
    ----------
    x : array_like of shape (n, D)
        Array of real numbers, or anything that converts to one: a list of rows, a DataFrame or a table (pandas, polars,
        pyarrow), an array of records, a masked array, a torch tensor, a sparse matrix that fits into memory; true and
        false are 1 and 0, and Decimals and other objects that are real numbers become float64. (n,) is one column. A
        memory map is scanned and left on disk. Columns and rows are called by the names and labels of a DataFrame.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN: raise an error, or leave them out.
    columns : ndarray, dtype=intp, optional
        Positions of the columns to use, None for all of them.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors Z. The sample is then tested as x = Z B + E, the rows of E normal: its residuals take the place of
        its rows, and every null replicate goes through the same regression, so that p-values by replicates are exact
        for any Z that does not depend on E. x may be the responses or their residuals. Z is an array, a DataFrame of
        numbers, a formula's matrix, or what statsmodels returns for a least-squares fit (OLS, a Gaussian GLM, VAR). The
        constant is always among the regressors. The null must be "composite".
    groups : array_like of shape (n,), optional
        A label for each row. Each group has a mean of its own, and all share one covariance (MANOVA, discriminant
        analysis); like a design of one 0/1 column for each group, and may go with a ``design``. A single group, like a
        design that is constant, leaves the null as it is.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        The steps to which values were rounded: a number for all columns, or one for each and 0 for one that was not;
        ``"auto"`` for the steps that the values show. The null is then that of normal rows which were rounded to these
        steps: every null replicate is a normal sample that is moved and stretched until, once it is rounded, it has
        the mean and covariance of x. Whole numbers from 0 or 1 up to at most 10 are taken for answers on a scale:
        what lies beyond its ends is counted there. So it is in other columns of at most 11 values at an end at which
        clearly more rows lie than a normal column would have there. The null must be "composite".
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation of each column, by its most likely power. The transformed rows are tested, and every null
        replicate goes the same way: a normal sample with their mean and covariance is transformed back, and its powers
        are fitted anew. The null must be "composite".
    labels : sequence of length n, optional
        What messages and results call the rows; by default the labels of a DataFrame, else their numbers from 0.

    Returns
    -------
    Sample
        The sample. Every test takes it in the place of an array.

    Raises
    ------
    SampleTypeError
        If x does not hold real numbers.
    SampleError
        If x does not have two dimensions, at least two rows and one column, or holds NaN (not omitted) or infinities;
        if the design leaves too few degrees of freedom, or nothing of a column.
    ValueError
        If design, groups or labels do not belong to x.
    TypeError
        If design does not hold numbers.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> z = rng.lognormal(size=(40, 3))
    >>> x = z @ rng.standard_normal((3, 2)) + rng.standard_normal((40, 2))
    >>> sample = as_sample(x, design=z)
    >>> sample.n, sample.dim, sample.design.rank
    (40, 2, 4)
    """
    if nan_policy not in ("raise", "omit"):
        raise ValueError(f"nan_policy must be 'raise' or 'omit', got {spelled(nan_policy)}")
    if isinstance(x, Sample):
        if any(one is not None for one in (design, groups, rounding, transform, labels)):
            raise ValueError(
                "x is a Sample, which brings its own design, groups, rounding, transform and labels; pass the array "
                "with these"
            )
        return x
    array = to_array(x)
    dtype = computing_dtype(array)
    shape = array.shape
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.ndim != 2:
        raise SampleError(
            f"x must have shape (n, D), rows by columns, got {array.ndim} dimensions: {shape}; reshape it"
        )
    if array.shape[1] == 0:
        raise SampleError(f"x of shape {shape} has no columns; give at least one")
    if array.shape[0] < 2:
        raise SampleError(
            f"x of shape {shape} has {array.shape[0]} row(s); a test needs at least 2; give one row per observation"
        )
    called = called_in(x, columns)
    if labels is not None:
        if len(labels) != len(array):
            raise ValueError(f"labels must be one for each of the {len(array)} rows of x, got {len(labels)}")
        called = replace(called, rows=list(labels))
    rows = Rows(array, dtype, columns=columns, called=called)
    check_labels(x, design=design, groups=groups)
    given = regressors(design, groups, rows.n)
    with_nan, n_nan, n_inf, first = _scan(rows)
    if given is not None and nan_policy == "omit":
        with_nan |= ~given.complete
    if first is None and not with_nan.any():
        return _treated(Sample(rows, 0), given, None, rounding, transform)
    found = " and ".join(f"{count} {what}" for count, what in ((n_nan, "NaN"), (n_inf, "infinite values")) if count)
    if first is not None and (n_inf or nan_policy == "raise"):
        remedy = "remove or clip them" if n_inf else "nan_policy='omit' (--nan-policy omit) leaves such rows out"
        raise SampleError(
            f"x of shape {shape} holds {found}, the first at {called.cell(*first)}; {remedy}",
            columns=[first[1]],
            rows=[first[0]],
        )
    keep = np.flatnonzero(~with_nan)
    if len(keep) < 2:
        raise SampleError(f"x of shape {shape} has {len(keep)} row(s) without NaN; a test needs at least 2")
    left = Sample(Rows(array, dtype, keep=keep, columns=columns, called=called), int(with_nan.sum()))
    return _treated(left, given, keep, rounding, transform)


def _treated(
    sample: Sample,
    given: Regressors | None,
    keep: NDArray[np.intp] | None,
    rounding: Steps | None,
    transform: Transform | None,
) -> Sample:
    """Return a sample with how it was rounded, or its residuals, or what a transformation makes of it."""
    design = None if given is None else given.of(keep)
    if transform is not None:
        if design is not None or rounding is not None:
            raise SampleError(
                "transform goes with neither design, groups nor rounding: each changes what the other would see; leave "
                "out one of them"
            )
        return sample.transformed(transform)
    if design is None:
        return replace(sample, rounding=rounding_for(sample.rows, rounding))
    if rounding is not None:
        raise SampleError(
            "rounding is that of a sample, and residuals are in no steps; leave out either rounding, or design and "
            "groups"
        )
    return Sample(residual_rows(sample.rows, design), sample.n_omitted, design, sample.rows)
