"""Notes on columns whose values come in steps, or are one value too often."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from slicednorm.stats._sample.concerns.note import NAMED, DataNote, begun, columns_in_words
from slicednorm.stats._sample.concerns.values import Array, Column
from slicednorm.stats._sample.rows import Rows

# So few values are few, if there are at least so many rows for each.
FEW, _ROWS_EACH = 10, 4

# The h √n/s from which on steps h of a standard deviation s may decide. Normal samples in such steps are rejected at 5%
# (60 samples each; h √n/s = 2, 3, 4, 6): one column of 100 rows by cvm in 15, 38, 97, 100%, by w2 in 5, 17, 45, 100%;
# two columns of 100 rows by cvm in 5, 8, 7, 60%, by royston in 13, 32, 83, 100%; five columns by royston in 22, 70,
# 100, 100%, by the sliced tests, hz and dh hardly more than in 5%. 1,000 rows are alike.
SEEN = 3.0

# Counts with a smaller p-value, over the number of columns, are remarked on.
_MISFIT = 1e-4

# The null's steps are finer than those of the values if values in the null's would lie on the others so rarely, over
# the number of columns.
_BY_CHANCE = 1e-3

# Whole numbers up to here are exact as floats.
_COUNTED = 2.0**53

# One value stands out if it has this share of the rows, in at least so many rows, and this many times the next one's.
_OFTEN, _LEAST, _TIMES = 0.05, 5, 4.0

_MEANS = (
    "Such values are not normal, whatever a test says: at best they are normal values that were rounded, which "
    "rounding='auto' tests."
)
_MEANS_ROUNDED = "The null takes them as normal values that were rounded."

_MEAN_TWO = (
    "Two values are not normal, whatever a test says: leave such a column out, or test the groups that it names."
)


def is_few(column: Column, n: int) -> bool:
    """Return whether a column has few different values for n rows."""
    return 1 < column.distinct <= FEW and n >= _ROWS_EACH * column.distinct


def _stands_out(column: Column, n: int) -> bool:
    return column.share * n >= _LEAST and column.share >= max(_OFTEN, _TIMES * column.next_share)


def steps_seen(column: Column, n: int) -> float:
    """Return h √n/s, by which tests of n rows see the steps of a column."""
    return column.step * math.sqrt(n) / column.sd if column.sd > 0.0 else 0.0


def _of_few(
    columns: list[Column], names: Sequence[str] | None, n: int, dim: int, of_null: Array | None
) -> list[DataNote]:
    """Return notes on columns with few values: whole numbers as of a scale together, then yes or no, then others."""
    two = [column for column in columns if column.distinct == 2]
    scale = [column for column in columns if column.distinct > 2 and column.whole]
    other = [column for column in columns if column.distinct > 2 and not column.whole]
    notes = []
    for group in (scale, two, other):
        if not group:
            continue
        where = columns_in_words([column.index for column in group], names, dim)
        hold = "hold" if len(group) > 1 else "holds"
        low, high = min(column.low for column in group), max(column.high for column in group)
        if group is scale:
            what = f"{hold} only whole numbers from {low:.6g} to {high:.6g}, like counts or answers on a scale"
        elif group is two and len({(column.low, column.high) for column in two}) == 1:
            what = f"{hold} only the two values {low:.6g} and {high:.6g}"
        elif group is two:
            what = f"{hold} only two values each"
        else:
            most = max(column.distinct for column in group)
            what = f"{hold} only {most} different values" if len(group) == 1 else f"{hold} at most {most} values each"
        few = max(column.distinct for column in group)
        figures = {"distinct": float(few), "low": low, "high": high, "n": float(n)}
        means = _MEAN_TWO if group is two else _MEANS
        if of_null is not None and all(of_null[column.index] for column in group):
            means = _MEANS_ROUNDED
            figures["in_null"] = 1.0
        sentence = f"{begun(where)} {what}. {means}"
        notes.append(DataNote("discrete", sentence, tuple(column.index for column in group), figures))
    return notes


def _of_rounded(columns: list[Column], names: Sequence[str] | None, n: int, dim: int) -> DataNote:
    worst = max(columns, key=lambda column: column.step / column.sd)
    where = columns_in_words([column.index for column in columns], names, dim)
    verb = "come" if len(columns) > 1 else "comes"
    up_to = "up to " if len(columns) > 1 else ""
    step = f"steps of {up_to}{worst.step:.3g}" if worst.on_grid else f"steps of {up_to}about {worst.step:.2g}"
    return DataNote(
        "rounded",
        f"{begun(where)} {verb} in {step}, {worst.step / worst.sd:.2g} of a standard deviation. With {n:,} rows tests "
        "may see such steps, so a rejection may be of the rounding alone; rounding='auto' tests whether it is.",
        tuple(column.index for column in columns),
        {"step": worst.step, "step_over_sd": worst.step / worst.sd, "tied": worst.tied, "n": float(n)},
    )


def notes_on_misfits(misfits: Array, names: Sequence[str] | None, dim: int) -> list[DataNote]:
    """Return a note on columns whose counts are not those of a normal column in equal steps.

    Tests of many such columns together may not see it: their replicates differ from the sample in other ways.

    Parameters
    ----------
    misfits : ndarray of shape (D,), dtype=float64
        The p-value of each column's counts.
    names : sequence of str or None
        Names of the D columns.
    dim : int
        The number D of columns.
    """
    off = [int(column) for column in np.flatnonzero(misfits <= _MISFIT / dim)]
    if not off:
        return []
    where = columns_in_words(off, names, dim)
    sentence = (
        f"{begun(where)}: counts like these are not those of normal values that were rounded to equal steps, "
        f"whatever a test of all columns says (p = {misfits.min():.2g} by Pearson's chi-squared)."
    )
    return [DataNote("misfit", sentence, tuple(off), {"pvalue": float(misfits.min())})]


def notes_on_finer_steps(rows: Rows, steps: Array, names: Sequence[str] | None) -> list[DataNote]:
    """Return a note on columns whose values lie in wider steps than those to which the null rounds them.

    Normal values in steps h all lie on every mth of them, counted from the first, about once in m^(n − 1).

    Parameters
    ----------
    rows : Rows
        The sample.
    steps : ndarray of shape (D,), dtype=float64
        The steps of the null, 0 for none; all values lie on them.
    names : sequence of str or None
        Names of the D columns.
    """
    wider: dict[int, float] = {}
    for index in np.flatnonzero(steps).tolist():
        values = rows.column(index).astype(np.float64)
        numbers = np.rint((values - values[0]) / steps[index])
        if np.abs(numbers).max() > _COUNTED:
            continue  # a step that is no step of these values
        every = int(np.gcd.reduce(numbers.astype(np.int64)))
        if every > 1 and (rows.n - 1) * math.log(every) > math.log(rows.dim / _BY_CHANCE):
            wider[index] = every * float(steps[index])
    if not wider:
        return []
    named = list(wider)[:NAMED]
    said = [
        f"{columns_in_words([index], names, rows.dim)} comes in steps of {wider[index]:.6g}, not {steps[index]:.6g}"
        for index in named
    ]
    more = f"; and so do {len(wider) - NAMED:,} more" if len(wider) > NAMED else ""
    over = {index: step / float(np.std(rows.column(index), dtype=np.float64)) for index, step in wider.items()}
    worst = max(over, key=lambda index: over[index])
    return [
        DataNote(
            "finer steps",
            f"{begun('; '.join(said))}{more}. The null rounds to steps that are finer than those of the values, and "
            "tests may see the difference: give the steps that the values show, or rounding='auto'.",
            tuple(wider),
            {"step": wider[worst], "asked": float(steps[worst]), "step_over_sd": over[worst]},
        )
    ]


def notes_on_values(
    columns: Sequence[Column], names: Sequence[str] | None, n: int, dim: int, of_null: Array | None = None
) -> list[DataNote]:
    """Return notes on constant columns, few values, steps that tests see, and values that stand out.

    Parameters
    ----------
    columns : sequence of Column
        The columns that were looked at.
    names : sequence of str or None
        Names of the D columns.
    n, dim : int
        Shape of the sample.
    of_null : ndarray of shape (D,), dtype=float64, optional
        The steps that null replicates have as well, 0 for none: they decide nothing.
    """
    notes = []
    fixed = [column for column in columns if column.distinct == 1]
    few = [column for column in columns if is_few(column, n)]
    rest = [column for column in columns if column.distinct > 1 and not is_few(column, n)]
    often = [column for column in rest if _stands_out(column, n)]
    rounded = [column for column in rest if column not in often and steps_seen(column, n) >= SEEN]
    rounded = [column for column in rounded if of_null is None or not of_null[column.index]]
    if fixed:
        where = columns_in_words([column.index for column in fixed], names, dim)
        verb = "are" if len(fixed) > 1 else "is"
        sentence = f"{begun(where)} {verb} constant in the rows looked at; no column of a normal sample is."
        notes.append(DataNote("constant", sentence, tuple(column.index for column in fixed), {"value": fixed[0].low}))
    notes += _of_few(few, names, n, dim, of_null)
    if rounded:
        notes.append(_of_rounded(rounded, names, n, dim))
    if often:
        worst = max(often, key=lambda column: column.share)
        where = columns_in_words([column.index for column in often], names, dim)
        has = "have" if len(often) > 1 else "has"
        up_to = "up to " if len(often) > 1 else ""
        same = f"the same value, {worst.common:.6g}," if len(often) == 1 else "one same value"
        notes.append(
            DataNote(
                "one value",
                f"{begun(where)} {has} {same} in {up_to}{100 * worst.share:.2g}% of the rows, as from a limit of "
                "measurement, a filled gap or a unit that is off. No column of a normal sample has.",
                tuple(column.index for column in often),
                {"value": worst.common, "share": worst.share},
            )
        )
    return notes
