"""Whether a sample can be standardised by its own covariance, and which columns or rows are to blame if not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._sample.called import as_text, listed
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.relations import Relation, relation_in_words, relations
from slicednorm.stats._sample.rows import Rows

Array: TypeAlias = NDArray[np.float64]

# The least ratio of the smallest eigenvalue of a user's correlations to the largest. Below it columns agree to six
# digits, and the difference between them is rounding as much as data.
SINGULAR = 1e-12

# If rows lie this many standard deviations out on average over the columns, and together make up this part of the
# columns' variance, the rows are to blame for a singular covariance, and not the columns.
_FAR_OUT, _MOST_VARIANCE = 3.0, 0.9

# A column is determined by those before it if what is left of its variance is this many times the least eigenvalue: the
# two are of one size, but not the same. Among more columns no relations are looked for, one by one.
_DETERMINED, _MOST_RELATED = 4.0, 512

# How many columns or relations a message names, and the least ratio of their weights to the largest.
_NAMED, _NAMED_SHARE = 4, 0.1


def _in_words(numbers: Sequence[int], names: Any = None) -> str:
    """Return columns as a list, by their names where they have some."""
    return listed([str(number) if names is None else as_text(names[number]) for number in numbers])


def _counted(names: Any) -> str:
    """Return what stands behind numbers that are no names."""
    return " (from 0)" if names is None else ""


def rows_far_out(rows: Rows, mean: Array, scale: Array) -> list[int]:
    """Return the rows that make up nearly all of the variance of the columns, if a few do; the farthest first."""
    squares = [np.mean(((block - mean[0]) / scale) ** 2, axis=-1) for _, _, (block,) in rows.blocks()]
    shares = np.concatenate(squares) / rows.n
    far = np.flatnonzero(shares * rows.n > _FAR_OUT**2)
    if shares[far].sum() < _MOST_VARIANCE:
        return []
    return [rows.number(int(row)) for row in far[np.argsort(-shares[far], kind="stable")]]


def constant_columns(rows: Rows) -> list[int]:
    """Return the columns that hold one value."""
    low, high = np.full(rows.dim, np.inf), np.full(rows.dim, -np.inf)
    for _, _, (block,) in rows.blocks():
        low = np.minimum(low, block.min(axis=0))
        high = np.maximum(high, block.max(axis=0))
    return [int(column) for column in np.flatnonzero(low == high)]


def relations_of(correlation: Array, scale: Array, mean: Array, largest: float) -> list[Relation]:
    """Return the relations between columns to six digits or more; ``largest`` is their correlations' eigenvalue."""
    return relations(correlation, scale, mean, np.full(len(scale), SINGULAR * largest * _DETERMINED))


def entangled(vector: Array) -> list[int]:
    """Return the columns that have a part in a direction without variance, the largest first."""
    weights = np.abs(vector)
    order = np.argsort(-weights, kind="stable")
    return [int(column) for column in order if weights[column] > _NAMED_SHARE * weights.max()]


def check_rank(rows: Rows, mean: Array, correlation: Array, scale: Array) -> None:
    """Raise a SampleError unless one sample can be standardised by its correlations (D, D)."""
    n, dim, called = rows.n, rows.dim, rows.called
    values, vectors = np.linalg.eigh(correlation)
    if values[0] > SINGULAR * values[-1]:
        return
    far_out = rows_far_out(rows, mean, scale)
    if len(far_out) == 1:
        raise SampleError(
            f"{called.row(far_out[0])} of x of shape ({n}, {dim}) is so far out that beside it all others are the "
            "same; leave it out, or mark it as missing if it is a code for that",
            rows=far_out,
        )
    if far_out:
        some_rows = listed([called.name(row) for row in sorted(far_out[:_NAMED])])
        raise SampleError(
            f"rows {some_rows}{' and others' if len(far_out) > _NAMED else ''}{_counted(called.rows)} of x of "
            f"shape ({n}, {dim}) are so far out that beside them all others are the same; leave the {len(far_out)} "
            "rows out, or mark them as missing if they are a code for that",
            rows=sorted(far_out[:_NAMED]),
        )
    rank = int(np.sum(values > SINGULAR * values[-1]))
    found = relations_of(correlation, scale, mean[0], float(values[-1])) if dim <= _MOST_RELATED else []
    if found:
        said = [relation_in_words(relation, scale, called.columns) for relation in found[:_NAMED]]
        more = f", and {len(found) - _NAMED:,} more such relations" if len(found) > _NAMED else ""
        blamed = sorted({column for relation in found[:_NAMED] for column in relation.columns})
        raise SampleError(
            f"the covariance of x of shape ({n}, {dim}) is singular (rank {rank}): {'; '.join(said)}{more} "
            f"({'counted from 0, and ' if called.columns is None else ''}to six digits or more); leave out one "
            "column of each",
            columns=blamed,
        )
    some = entangled(vectors[:, 0])
    named = _in_words(sorted(some[:_NAMED]), called.columns) + (" and others" if len(some) > _NAMED else "")
    raise SampleError(
        f"the covariance of x of shape ({n}, {dim}) is singular (rank {rank}): columns {named}"
        f"{_counted(called.columns)} determine each other, to six digits or more; leave one of them out",
        columns=sorted(some[:_NAMED]),
    )
