"""From what holds numbers - frames, tables, records, masks, tensors, sparse matrices, lists - to an array of them."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.errors import SampleError, SampleTypeError

# A sparse matrix of more entries is not made dense (1 GiB).
_MOST_OF_SPARSE = 1 << 27


def to_array(x: Any, name: str = "x") -> NDArray[Any]:
    """Return x as an array, without a copy if possible, missing values as NaN; ``name`` is the argument's.

    Raises
    ------
    SampleTypeError
        If columns of a frame, or entries of an array of objects, are not numbers.
    SampleError
        If lists are no rectangle, or a sparse matrix is too large to be made dense.
    """
    module = type(x).__module__.partition(".")[0]
    if module == "torch":
        x = x.detach().cpu()
        if not x.dtype.is_complex and x.dtype.itemsize < 4 and x.dtype.is_floating_point:
            x = x.float()  # NumPy has no bfloat16
        return np.asarray(x.numpy())
    if isinstance(x, np.ndarray):
        if x.dtype.names is not None:
            return _of_records(x, name)
        if isinstance(x, np.ma.MaskedArray):
            return _of_masked(x, name)
        return _of_objects(x, name) if x.dtype.kind == "O" else x
    if module == "polars" and hasattr(x, "to_numpy"):
        import pandas as pd

        x = pd.DataFrame({column.name: column.to_numpy() for column in (x if hasattr(x, "columns") else [x])})
    elif module == "pyarrow" and hasattr(x, "to_pandas"):
        x = x.to_pandas()
    if type(x).__module__.partition(".")[0] == "pandas" and hasattr(x, "to_numpy"):
        return _of_pandas(x, name)
    if module == "scipy" and hasattr(x, "toarray"):
        if np.prod(x.shape, dtype=np.float64) > _MOST_OF_SPARSE:
            raise SampleError(
                f"{name} is a sparse matrix of shape {x.shape}, too large to be made dense; pick columns, and pass "
                f"{name}[:, columns].toarray()"
            )
        return np.asarray(x.toarray())
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise SampleError(f"{name} is not a rectangular array of numbers: {error}") from None
    return _of_objects(array, name) if array.dtype.kind == "O" else array


def _is_missing(value: Any) -> bool:
    """Return whether an object stands for a missing value: None, NaN, NaT or pandas.NA."""
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT


def _number(value: Any) -> float | None:
    """Return a number that an object holds, None if it holds none."""
    if isinstance(value, (numbers.Real, Decimal, np.bool_)):
        return float(value)
    return float("nan") if _is_missing(value) else None


def _of_objects(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return an array of objects as numbers, or raise a SampleTypeError that names the first that is none."""
    found = np.empty(array.size)
    for place, value in enumerate(array.flat):
        number = _number(value)
        if number is None:
            at = ", ".join(str(int(index)) for index in np.unravel_index(place, array.shape))
            raise SampleTypeError(
                f"{name} of shape {array.shape} holds objects, and the one at [{at}] is no real number but "
                f"{_shown(value)}; {_remedy(value, name)}"
            )
        found[place] = number
    return found.reshape(array.shape)


def _shown(value: Any) -> str:
    """Return what a message calls an object."""
    if isinstance(value, str):
        text = str(value)
        return f"the text {text[:20] + '…' if len(text) > 20 else text!r}"
    return f"of type {type(value).__name__}"


def _remedy(value: Any, name: str) -> str:
    if isinstance(value, str):
        return "convert text to numbers (pandas.to_numeric), or leave such columns out"
    if isinstance(value, numbers.Complex):
        return "pass real and imaginary parts as columns of their own"
    return f"convert it first, or leave such columns of {name} out"


def _of_masked(x: np.ma.MaskedArray[Any, Any], name: str) -> NDArray[Any]:
    """Return an array with NaN where it is masked."""
    if x.dtype.kind == "O":
        plain = np.array(x.data)
        plain[np.ma.getmaskarray(x)] = None
        return _of_objects(plain, name)
    if x.dtype.kind not in "biuf":
        return np.asarray(x.data)
    return np.ma.filled(x.astype(np.result_type(x.dtype, np.float32), copy=False), np.nan)


def _of_records(x: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the fields of an array of records as columns."""
    fields: Sequence[str] = x.dtype.names or ()
    bad = [field for field in fields if x.dtype[field].kind not in "biufO" or x.dtype[field].shape]
    if bad or x.ndim != 1:
        what = f"fields that are not numbers: {', '.join(bad)}; leave them out" if bad else f"the shape {x.shape}"
        raise SampleTypeError(f"{name} is an array of records with {what}")
    return np.column_stack([to_array(x[field], name) for field in fields])


def _of_pandas(x: Any, name: str) -> NDArray[Any]:
    """Return the columns of a DataFrame or a Series as one array."""
    import pandas as pd

    frame = x if isinstance(x, pd.DataFrame) else x.to_frame()
    kinds = list(frame.dtypes)
    if all(isinstance(kind, np.dtype) and kind.kind in "biufc" for kind in kinds):
        # Beside numbers, a column of true and false would make an array of objects.
        flags = sum(kind.kind == "b" for kind in kinds)
        return np.asarray(frame.to_numpy(dtype=np.float64 if 0 < flags < len(kinds) else None))
    columns, bad = [], []
    for place, kind in enumerate(kinds):
        column = frame.iloc[:, place]
        if kind.kind in "biuf":
            columns.append(column.to_numpy(dtype=np.float64, na_value=np.nan))
            continue
        try:
            if isinstance(kind, pd.CategoricalDtype) or kind.kind != "O":
                raise SampleTypeError
            columns.append(_of_objects(column.to_numpy(dtype=object), name))
        except SampleTypeError:
            bad.append(str(frame.columns[place]))
    if bad:
        raise SampleTypeError(
            f"{name} of shape {frame.shape} has columns that are not numbers: {', '.join(bad)}; leave them out, or "
            "convert them (pandas.to_numeric)"
        )
    return np.column_stack(columns) if columns else np.empty(frame.shape)


def computing_dtype(array: NDArray[Any]) -> np.dtype[Any]:
    """Return the dtype in which a sample is computed, or raise a SampleTypeError if it is not one of real numbers."""
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
