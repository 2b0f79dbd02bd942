"""All notes on a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from slicednorm.stats._sample.called import checked_names
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.concerns.near import notes_on_near_repeats
from slicednorm.stats._sample.concerns.note import DataNote
from slicednorm.stats._sample.concerns.order import notes_on_order
from slicednorm.stats._sample.concerns.related import notes_on_relations
from slicednorm.stats._sample.concerns.repeats import notes_on_repeats
from slicednorm.stats._sample.concerns.steps import notes_on_finer_steps, notes_on_misfits, notes_on_values
from slicednorm.stats._sample.concerns.values import columns_of, looked_at
from slicednorm.stats._streams import RNG, root_seed
from slicednorm.stats._types import NanPolicy

# With fewer rows nothing can be said.
_LEAST_ROWS = 8


def data_notes(
    x: ArrayLike | Sample,
    *,
    names: Sequence[str] | None = None,
    rng: RNG = None,
    nan_policy: NanPolicy = "raise",
) -> tuple[DataNote, ...]:
    """Say what about the rows of a sample may mislead a test of normality.

    A test takes rows as independent draws of real numbers. It cannot see that they are answers on a scale, rounded
    values, copies of each other or a time series, and its verdict is then of little use. At most one in 100 normal
    samples of independent rows has a note.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`. The order of its rows is that of the file; nothing is said of it for the rows of a
        regression. Of a large sample a part is looked at,
        the same for every sample of the shape: up to 16,384 rows of 2,048 columns for values in steps, 1,048,576 rows
        for repeats, 8,192 rows in the middle of a column for those that nearly repeat, and 4,096 rows of 64 columns for
        the order.
    names : sequence of str, optional
        Names of the D columns for the sentences; those of a DataFrame by default, else they are numbered from 0.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed of the random orders with which the rows' own is compared.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    tuple of DataNote
        The notes, empty if there is nothing to say.

    Raises
    ------
    ValueError
        As `sliced_test`; if ``names`` does not name each column.
    TypeError
        As `sliced_test`; if ``names`` are not words.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((200, 2))
    >>> data_notes(x, rng=0)
    ()
    >>> for note in data_notes(np.round(x), names=["a", "b"], rng=0):
    ...     print(note.kind, "-", note.sentence)
    discrete - Columns a and b hold only whole numbers from -3 to 2, like counts or answers on a scale. ...
    """
    sample = as_sample(x, nan_policy=nan_policy)
    rows, n, dim = sample.as_given, sample.n, sample.dim
    root = root_seed(rng)
    names = checked_names(names, rows.called, dim)
    if n < _LEAST_ROWS:
        return ()
    looked = looked_at(rows)
    columns = columns_of(rows, looked)
    if sample.design is not None:
        # Steps are seen beside what the regression leaves over.
        spread = looked_at(sample.rows).values.std(axis=0)
        left = dict(zip(looked.columns.tolist(), spread.tolist(), strict=True))
        columns = [replace(column, sd=left[column.index]) for column in columns]
    steps = None if sample.rounding is None else sample.rounding.steps
    repeats = notes_on_repeats(rows, looked, columns, names)
    return (
        *notes_on_values(columns, names, n, dim, steps),
        *(() if steps is None else notes_on_finer_steps(rows, steps, names)),
        *(() if sample.rounding is None else notes_on_misfits(sample.rounding.misfits, names, dim)),
        *notes_on_relations(rows, looked, columns, names),
        *repeats,
        *notes_on_near_repeats(rows, columns),
        # What a regression leaves over has an order of its own, and the responses follow the regressors.
        *(() if sample.design is not None else notes_on_order(rows, names, root, repeats=bool(repeats))),
    )
