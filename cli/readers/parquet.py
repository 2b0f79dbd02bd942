"""``.parquet``: the columns that are used, which must be numbers; nulls are NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from .columns import Selection
from .errors import ReaderError, listed
from .table import Table


def read(path: str, key: str | None, selection: Selection | None) -> Table:
    """Read columns of a ``.parquet`` file."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ReaderError("needs the package pyarrow; pip install 'slicednorm[io]'") from None

    def numpy_dtype(field: Any) -> np.dtype[Any]:
        """Return the dtype in which a column is read: that of floats, float64 for other numbers."""
        kind = field.type
        if pa.types.is_floating(kind):
            return np.dtype(f"f{kind.bit_width // 8}")
        if (
            pa.types.is_integer(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_decimal(kind)
            or pa.types.is_null(kind)
        ):
            return np.dtype(np.float64)
        raise ReaderError(f"column {field.name!r} holds {kind}, not numbers; choose others with --columns")

    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            schema = file.schema_arrow
            names = tuple(schema.names)
            columns = None if selection is None else selection.positions(len(names), names)
            used = tuple(names[position] for position in columns or range(len(names)))
            twice = sorted({name for name in used if names.count(name) > 1})
            if twice:
                raise ReaderError(f"several columns are called {listed(twice)}; give them names of their own")
            dtypes = [numpy_dtype(schema.field(name)) for name in used]
            array = np.empty((file.metadata.num_rows, len(used)), np.result_type(*dtypes) if dtypes else np.float64)
            start = 0
            for batch in file.iter_batches(columns=list(used)):
                for index, (name, dtype) in enumerate(zip(used, dtypes, strict=True)):
                    column = batch.column(name)
                    if not pa.types.is_floating(column.type):
                        column = column.cast(pa.from_numpy_dtype(dtype), safe=False)
                    array[start : start + len(batch), index] = column.to_numpy(zero_copy_only=False)
                start += len(batch)
            if start != len(array):
                raise ValueError(f"{start} rows where {len(array)} are announced")
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).split("\n", 1)[0].rstrip(".")
        raise ReaderError(f"is not a valid .parquet file ({reason}); write it again") from None
    return Table(array, columns=columns, names=used)
