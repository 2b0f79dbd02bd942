"""``.sav`` of SPSS, ``.dta`` of Stata, ``.sas7bdat`` and ``.xpt`` of SAS; user-missing values are NaN."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .asked import Asked
from .errors import ReaderError
from .left_out import Columns, data_of
from .row_names import with_row_names
from .table import Table, chosen_of, group_labels

_READERS = {".sav": "read_sav", ".dta": "read_dta", ".sas7bdat": "read_sas7bdat", ".xpt": "read_xport"}


def _reason(values: NDArray[Any]) -> str | None:
    """Return what a column holds that is no number, None for numbers."""
    if values.dtype.kind in "biuf":
        return None
    if values.dtype.kind in "mM":
        return "dates"
    present = [value for value in values if value is not None and value == value]
    if present and all(hasattr(value, "isoformat") or hasattr(value, "total_seconds") for value in present):
        return "dates"
    return "text" if any(str(value).strip() for value in present) else "empty"


def read(path: str, asked: Asked) -> Table:
    """Read columns of a file of a statistical package."""
    suffix = os.path.splitext(path)[1].lower()
    try:
        import pyreadstat
    except ImportError:
        raise ReaderError("needs the package pyreadstat; pip install 'slicednorm[files]'") from None
    try:
        with warnings.catch_warnings(action="ignore"):  # of pandas, about its own future
            frame, _ = getattr(pyreadstat, _READERS[suffix])(path)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, UnicodeDecodeError) as error:
        what = str(error).split("\n", 1)[0].rstrip(".")
        raise ReaderError(f"is not a valid {suffix} file ({what}); write it again") from None
    names = tuple(str(name) for name in frame.columns)
    chosen = chosen_of(len(names), names, asked)
    arrays: dict[int, NDArray[np.float64]] = {}
    reasons: dict[int, str] = {}
    for position in chosen.positions:
        values = frame.iloc[:, position].to_numpy()
        reason = _reason(values)
        if reason is None:
            arrays[position] = values.astype(np.float64)
        elif position in chosen.named:
            raise ReaderError(f"column {names[position]!r} holds {reason}, not numbers; choose others with --columns")
        else:
            reasons[position] = reason
    used = tuple(arrays)
    array = np.column_stack(tuple(arrays.values())) if arrays else np.empty((len(frame), 0))
    # pandas calls the index of a frame "index" where it writes one, as it does to Stata's files.
    no_name = ("index",) if suffix == ".dta" else ()
    table = data_of(array, used, Columns(len(names), names, chosen), asked, reasons, no_name=no_name)
    if asked.index == "auto" and reasons.get(0) == "text":
        table = with_row_names(table, [str(name).strip() for name in frame.iloc[:, 0].tolist()])
    if chosen.labels is not None:
        table = table.labelled(group_labels(frame.iloc[:, chosen.labels].tolist()))
    if chosen.group is None:
        return table
    return table.grouped(group_labels(frame.iloc[:, chosen.group].tolist()), chosen.group, names)
