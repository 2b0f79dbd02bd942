"""From whatever a user passes as a sample to rows of real numbers, or to one clear line on what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._sample.design import Design, Regressors, check_labels, regressors, residual_rows
from slicednorm.stats._sample.errors import SampleError, SampleTypeError
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


def _to_array(x: Any) -> NDArray[Any]:
    """Return x as an array, without a copy if possible, missing values as NaN."""
    module = type(x).__module__.partition(".")[0]
    if module == "torch":
        x = x.detach().cpu()
        if not x.dtype.is_complex and x.dtype.itemsize < 4 and x.dtype.is_floating_point:
            x = x.float()  # NumPy has no bfloat16
        return np.asarray(x.numpy())
    if isinstance(x, np.ma.MaskedArray):
        if x.dtype.kind in "biuf":
            floating = x.astype(np.result_type(x.dtype, np.float32), copy=False)
            return np.ma.filled(floating, np.nan)
        return np.asarray(x.data)
    if module == "pandas" and hasattr(x, "to_numpy"):
        import pandas as pd

        frame = x if isinstance(x, pd.DataFrame) else x.to_frame()
        bad = [str(name) for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
        if bad:
            raise SampleTypeError(
                f"x of shape {frame.shape} has columns that are not numbers: {', '.join(bad)}; leave them out"
            )
        if any(pd.api.types.is_extension_array_dtype(kind) for kind in frame.dtypes):
            return np.asarray(frame.to_numpy(dtype=np.float64, na_value=np.nan))
        return np.asarray(frame.to_numpy())
    if isinstance(x, np.ndarray):
        return x
    try:
        return np.asarray(x)
    except ValueError as error:
        raise SampleError(f"x is not a rectangular array of numbers: {error}") from None


def _computing_dtype(array: NDArray[Any]) -> np.dtype[Any]:
    kind = array.dtype.kind
    if kind == "c":
        raise SampleTypeError(
            f"x of shape {array.shape} holds complex numbers ({array.dtype}); "
            "pass real and imaginary parts as columns of their own"
        )
    if kind not in "biuf":
        raise SampleTypeError(
            f"x of shape {array.shape} holds values of dtype {array.dtype}, not real numbers; convert them first"
        )
    narrow = array.dtype.itemsize < 4 or (kind == "f" and array.dtype.itemsize == 4)
    return np.dtype(np.float32 if narrow else np.float64)


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
) -> Sample:
    """Check a sample, and return it ready to be read.

    Parameters
    ----------
    x : array_like of shape (n, D)
        Array of real numbers, or anything that converts to one (a list of rows, a pandas DataFrame, a torch tensor);
        (n,) is one column. A memory map is scanned and left on disk.
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
        analysis); like a design of one 0/1 column for each group, and may go with a ``design``.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        The steps to which values were rounded: a number for all columns, or one for each and 0 for one that was not;
        ``"auto"`` for the steps that the values show. The null is then that of normal rows which were rounded to these
        steps: every null replicate is a normal sample that is moved and stretched until, once it is rounded, it has
        the mean and covariance of x. A column of at most 11 values ends at its lowest or highest one, like answers on a
        scale, where more rows lie there than a normal column without an end would have. The null must be "composite".
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation of each column, by its most likely power. The transformed rows are tested, and every null
        replicate goes the same way: a normal sample with their mean and covariance is transformed back, and its powers
        are fitted anew. The null must be "composite".

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
        If design or groups do not belong to x.
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
        raise ValueError(f"nan_policy must be 'raise' or 'omit', got {nan_policy!r}")
    if isinstance(x, Sample):
        if any(one is not None for one in (design, groups, rounding, transform)):
            raise ValueError(
                "x is a Sample, which brings its own design, groups, rounding and transform; pass the array with these"
            )
        return x
    array = _to_array(x)
    dtype = _computing_dtype(array)
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
    rows = Rows(array, dtype, columns=columns)
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
            f"x of shape {shape} holds {found}, the first at row {first[0]}, column {first[1]} (from 0); {remedy}",
            columns=[first[1]],
            rows=[first[0]],
        )
    keep = np.flatnonzero(~with_nan)
    if len(keep) < 2:
        raise SampleError(f"x of shape {shape} has {len(keep)} row(s) without NaN; a test needs at least 2")
    left = Sample(Rows(array, dtype, keep=keep, columns=columns), int(with_nan.sum()))
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
        rows, fitted = transformed(sample.rows, transform)
        return replace(sample, rows=rows, given=sample.rows, transform=fitted)
    if design is None:
        return replace(sample, rounding=rounding_for(sample.rows, rounding))
    if rounding is not None:
        raise SampleError(
            "rounding is that of a sample, and residuals are in no steps; leave out either rounding, or design and "
            "groups"
        )
    return Sample(residual_rows(sample.rows, design), sample.n_omitted, design, sample.rows)
