"""``.parquet``, ``.feather``, ``.arrow`` and ``.ipc``: the columns that hold numbers; nulls are NaN."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .asked import Asked
from .errors import ReaderError, listed
from .left_out import Columns, data_of
from .row_names import with_row_names
from .table import Table, chosen_of, group_labels


def _index_of(schema: Any) -> set[str]:
    """Return the names of the columns that are pandas' index, by what pandas says of them in the file."""
    try:
        said = json.loads((schema.metadata or {})[b"pandas"])["index_columns"]
        # A plain count of the rows is not stored, and stands there as a dict.
        return {name for name in said if isinstance(name, str)}
    except (KeyError, TypeError, ValueError):
        return set()


def _reason(kind: Any) -> str | None:
    """Return what a column holds that is no number, None for numbers; what is true or false is 1 or 0."""
    import pyarrow as pa

    types = pa.types
    if types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind) or types.is_decimal(kind):
        return None
    if types.is_null(kind):
        return "empty"
    if types.is_temporal(kind):
        return "dates"
    if types.is_string(kind) or types.is_large_string(kind) or str(kind) == "string_view":
        return "text"
    return "categories" if types.is_dictionary(kind) else str(kind)


def _dtype(kind: Any) -> np.dtype[Any]:
    """Return the dtype in which a column is read: that of floats, float64 for other numbers."""
    import pyarrow as pa

    return np.dtype(f"f{kind.bit_width // 8}") if pa.types.is_floating(kind) else np.dtype(np.float64)


def _values(batches: Iterable[Any]) -> Iterator[Any]:
    """Yield the values of the only column of some batches."""
    for batch in batches:
        yield from batch.column(0).to_pylist()


@contextmanager
def _parquet(path: str) -> Iterator[tuple[Any, int, Any]]:
    """Open a parquet file: its schema, its number of rows, and what yields batches of columns."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, memory_map=True) as file:
        yield file.schema_arrow, file.metadata.num_rows, lambda names: file.iter_batches(columns=names)


@contextmanager
def _ipc(path: str) -> Iterator[tuple[Any, int, Any]]:
    """Open a file of Arrow's own format, which feather is too, in either of its two layouts."""
    import pyarrow as pa

    with pa.memory_map(path) as source:
        try:
            file = pa.ipc.open_file(source)
        except pa.ArrowInvalid:
            source.seek(0)
            file = pa.ipc.open_stream(source)
        table = file.read_all()  # a view of the map, unless it is compressed
        yield table.schema, table.num_rows, lambda names: table.select(names).to_batches()


def read(path: str, asked: Asked) -> Table:
    """Read columns of a file in one of the formats of Arrow."""
    try:
        import pyarrow as pa
    except ImportError:
        raise ReaderError("needs the package pyarrow; pip install 'slicednorm[io]'") from None

    suffix = os.path.splitext(path)[1].lower()
    try:
        with (_parquet if suffix == ".parquet" else _ipc)(path) as (schema, count, batches):
            names = tuple(schema.names)
            chosen = chosen_of(len(names), names, asked)
            index = _index_of(schema) if asked.index != "none" else set()
            left_out = [p for p in chosen.positions if names[p] in index and p not in chosen.named]
            reasons = {}
            for position in chosen.positions:
                reason = _reason(schema.field(position).type)
                if reason is None or position in left_out:
                    continue
                if position in chosen.named and reason != "empty":
                    kind = schema.field(position).type
                    raise ReaderError(
                        f"column {names[position]!r} holds {kind}, not numbers; choose others with --columns"
                    )
                reasons[position] = reason
            untyped = {p for p in chosen.named if reasons.get(p) == "empty"}
            used = [p for p in chosen.positions if p not in left_out and (p not in reasons or p in untyped)]
            wanted = [names[position] for position in used]
            twice = sorted({name for name in wanted if names.count(name) > 1})
            if twice:
                raise ReaderError(f"several columns are called {listed(twice)}; give them names of their own")
            dtypes = [_dtype(schema.field(position).type) for position in used]
            array = np.empty((count, len(used)), np.result_type(*dtypes) if dtypes else np.float64)
            groups, labels = (
                None if position is None else group_labels(_values(batches([names[position]])))
                for position in (chosen.group, chosen.labels)
            )
            row_names: list[str] = []
            first_is_text = asked.index == "auto" and reasons.get(0) == "text"
            of_rows = min(left_out, default=0 if first_is_text else None)
            if of_rows is not None:
                row_names = ["" if name is None else str(name) for name in _values(batches([names[of_rows]]))]
            start = 0
            for batch in batches(wanted) if wanted else ():
                for number, (name, dtype) in enumerate(zip(wanted, dtypes, strict=True)):
                    column = batch.column(name)
                    if not pa.types.is_floating(column.type):
                        column = column.cast(pa.from_numpy_dtype(dtype), safe=False)
                    array[start : start + len(batch), number] = column.to_numpy(zero_copy_only=False)
                start += len(batch)
            if start != count and wanted:
                raise ValueError(f"{start} rows where {count} are announced")
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise ReaderError(f"is not a valid {suffix} file ({reason}); write it again") from None
    reasons = {position: reason for position, reason in reasons.items() if position not in untyped}
    table = data_of(array, used, Columns(len(names), names, chosen), asked, reasons, index=left_out)
    table = with_row_names(table, row_names, numbers=bool(left_out)).labelled(labels)
    return table if groups is None or chosen.group is None else table.grouped(groups, chosen.group, names)
