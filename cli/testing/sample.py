"""Reading a sample, and the target that it is tested against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.stats._sample.design import DeterminedError
from slicednorm.stats._sample.whiten import check_target

from .. import readers
from ..readers.asked import Decimal
from ..readers.errors import listed
from ..terminal.errors import InputError
from .request import Request


def label(path: str) -> str:
    """Return what messages call a file."""
    return "standard input" if path == readers.STDIN else click.format_filename(path)


def read_table(path: str, **options: Any) -> readers.Table:
    """Read a file, or raise an InputError that names it."""
    try:
        return readers.read(path, **options)
    except readers.ReaderError as error:
        raise InputError(f"{label(path)}: {error}") from None


# What the library says of columns without which the covariance would have full rank.
_LEFT_OUT = ("leave out one column of each", "leave one of them out", "leave such columns out")


def naming_the_option(text: str) -> str:
    """Return what the library says of such columns, with the option that leaves them out."""
    for words in _LEFT_OUT:
        text = text.replace(words, f"{words}, as --drop-dependent does")
    return text


@contextmanager
def naming(path: str, table: readers.Table) -> Iterator[None]:
    """Say which file a sample came from that does not allow the test, and what the file calls the column."""
    try:
        yield
    except (stats.SampleError, stats.SampleTypeError) as error:
        places = []
        if table.labels is not None:
            places += [f"row {table.row(number)}" for number in getattr(error, "rows", ())]
        if table.names is not None or table.columns is not None:
            places += [table.column(index) for index in getattr(error, "columns", ())]
        hint = f" [{', '.join(places)} of the file]" if places else ""
        # The library's own argument says nothing here.
        text = str(error).replace("nan_policy='omit' (--nan-policy omit)", "--nan-policy omit")
        text = naming_the_option(text)
        raise InputError(f"{label(path)}: {text}{hint}") from None


def read_parameter(
    option: str, path: str | None, dim: int, decimal: Decimal | None = None
) -> tuple[NDArray[np.float64] | None, tuple[readers.Note, ...]]:
    """Read the mean or the covariance of a known target, and check it; also return what is to be said of its file."""
    if path is None:
        return None, ()
    table = read_table(path, decimal=decimal)
    array = np.asarray(table.array)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{label(path)}: holds {array.dtype}, not real numbers; give the {option} as numbers")
    if array.ndim <= 2:
        array = np.squeeze(array)  # a row or a column of a table
    try:
        check_target(dim, **{option: array})
    except ValueError as error:
        raise InputError(f"{label(path)}: {error}; the sample has D = {dim} columns") from None
    return array.astype(np.float64), tuple(note.of(label(path)) for note in table.notes)


def read_regressors(
    request: Request, rows: readers.Table
) -> tuple[NDArray[np.float64] | None, tuple[readers.Note, ...]]:
    """Read regressors for the rows of a table; also return what is to be said of their file."""
    if request.residuals_of is not None:
        if request.path == readers.STDIN:
            raise InputError("standard input can be read once, and --residuals-of reads its file twice; save it")
        selection = request.selection or request.residuals_of.others()
        try:
            design, _ = _read_design(request.path, rows, **{**request.reading, "selection": selection})
        except InputError as error:
            hint = "--residuals-of regresses on all columns that it does not name, or on those of --columns"
            raise InputError(f"{error} ({hint})") from None
        return design, ()  # what is to be said of the file is said already
    if request.design is None:
        return None, ()
    return _read_design(request.design, rows, decimal=request.decimal)


def _read_design(
    path: str, rows: readers.Table, **reading: Any
) -> tuple[NDArray[np.float64], tuple[readers.Note, ...]]:
    table = read_table(path, **reading)
    array = np.asarray(table.array)
    if array.dtype.kind not in "biuf" or array.ndim > 2:
        raise InputError(
            f"{label(path)}: holds {array.dtype} of shape {array.shape}; give regressors as numbers (n, p)"
        )
    for note in table.notes:
        if note.kind == "columns-left-out" and not note.startswith("Empty"):
            raise InputError(
                f"{label(path)}: a design needs numbers in every column, and without some it is another model. {note} "
                "Code them as numbers, or delete them"
            )
    # A regressor that numbers the rows is a trend.
    notes = tuple(note.of(label(path)) for note in table.notes if "tested as data" not in note)
    if rows.labels is not None and table.labels is not None and _in_another_order(rows.labels, table.labels):
        raise InputError(
            f"{label(path)}: its row numbers are in another order than the sample's; sort one of the files"
        )
    return array.astype(np.float64), notes


def _in_another_order(labels: NDArray[Any], others: NDArray[Any]) -> bool:
    """Return whether two tables number the same rows differently; tables that count from 0 and from 1 do not."""
    first, second = (named.astype(str) if named.dtype == object else named for named in (labels, others))
    same = len(first) == len(second) and np.array_equal(np.sort(first), np.sort(second))
    return same and not np.array_equal(first, second)


def sample_of(
    table: readers.Table,
    nan_policy: Literal["raise", "omit"],
    design: NDArray[np.float64] | None = None,
    **treatment: Any,
) -> stats.Sample:
    """Return the sample that a table holds, or what becomes of it; ``treatment`` is that of a request."""
    return stats.as_sample(
        table.array,
        nan_policy=nan_policy,
        columns=table.take,
        design=design,
        groups=table.groups,
        labels=table.row_names,
        **treatment,
    )


def without_dependent(
    table: readers.Table, request: Request, design: NDArray[np.float64] | None = None
) -> readers.Table:
    """Return a table without the columns that are constant or that others determine, with a note that says why.

    Of the rows of groups, or of a design, it is what these leave over that must vary.
    """
    called = [str(name) for name in table.names or table.columns or range(table.width)]
    reasons: dict[int, str] = {}
    try:
        sample = sample_of(table, request.nan_policy, design)
    except DeterminedError as error:
        by = "constant within each group" if design is None else "determined by the regressors"
        reasons = {at: f"column {called[at]} is {by}" for at in error.columns}
        if len(reasons) == table.width:
            raise _nothing_left(reasons.values()) from None
        left = table.without(reasons, readers.Note("", "columns-left-out"))
        sample = sample_of(left, request.nan_policy, design)
    places = [at for at in range(table.width) if at not in reasons]
    found = stats.dependent_columns(sample, names=[called[at] for at in places])
    reasons |= {places[at]: reason for at, reason in zip(found.dependent, found.reasons, strict=True)}
    if not found.independent:
        raise _nothing_left(reasons.values())
    if not reasons:
        return table
    named = listed(called[at] for at in sorted(reasons))
    if isinstance(request.rounding, tuple):
        raise InputError(
            f"{label(request.path)}: --rounding has a step for each column, and --drop-dependent leaves out {named}; "
            "leave them out by --columns, or give one step"
        )
    counted = " (columns are counted from 0)" if table.names is None else ""
    said = f"Left out by --drop-dependent{counted}: {'; '.join(reasons[at] for at in sorted(reasons))}."
    return table.without(reasons, readers.Note(f"{said} Not tested: {named}.", "columns-left-out"))


def _nothing_left(reasons: Iterable[str]) -> stats.SampleError:
    return stats.SampleError(f"--drop-dependent leaves no column to test: {'; '.join(reasons)}")


def residuals(sample: stats.Sample, design: str | None, groups: NDArray[Any] | None) -> str | None:
    """Return of what the rows of a sample are residuals, None if they are rows as they are."""
    if sample.design is None:
        return None
    parts = []
    if design is not None:
        parts.append(f"of a regression on {label(design)}")
    if groups is not None:
        parts.append(f"from the means of {len(set(groups.tolist()) - {None})} groups")
    return f"{' and '.join(parts)}: {sample.design.freedom:,} of {sample.n:,} degrees of freedom are left"


def read_sample(path: str, **reading: Any) -> tuple[stats.Sample, tuple[readers.Note, ...]]:
    """Read a sample whose shape alone is of interest, with what is to be said of its file."""
    table = read_table(path, **reading)
    with naming(path, table):
        return stats.as_sample(table.array, nan_policy="omit", columns=table.take), table.notes
