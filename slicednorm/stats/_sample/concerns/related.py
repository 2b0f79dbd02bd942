"""A note on columns that determine each other but for rounding: percentages that sum to 100, a unit beside another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slicednorm.stats._sample.concerns.note import DataNote, begun
from slicednorm.stats._sample.concerns.values import Column, Looked, decimal_step, rounding_of
from slicednorm.stats._sample.relations import Relation, relation_in_words, relations
from slicednorm.stats._sample.rows import Rows

# Relations are looked for among so many columns, in so many rows for each. With fewer, columns of a normal sample are
# near to one.
_MOST_COLUMNS, _ROWS_EACH = 128, 3

# A relation holds but for rounding if no row is farther from it than the rounding of its columns can be, times this.
# Its weights are estimated from rounded values.
_BEYOND = 1.25

# Where a column is less a part of what varies than this, its weight is mostly rounding.
_SHORT = 5e-3


def _tidied(relation: Relation, scale: np.ndarray, mean: np.ndarray) -> Relation:
    """Return a relation with weights of 1 or −1 and whole totals, where they are but for rounding."""
    weights = np.where(np.abs(np.abs(relation.weights) - 1.0) < _SHORT, np.sign(relation.weights), relation.weights)
    places = list(relation.columns)
    total = float(weights @ mean[places])
    if abs(total - round(total)) < _SHORT * float(scale[places].max()):
        total = float(round(total))
    return Relation(relation.columns, weights, total)


def _step(rows: Rows, looked: Looked, column: Column, place: int) -> float:
    """Return the step to which a column is rounded, by its ties, its decimals or how it is stored: half either way."""
    stored = rounding_of(rows, max(abs(column.low), abs(column.high)))
    return max(column.step or decimal_step(looked.values[:, place], stored), 2.0 * stored)


def notes_on_relations(
    rows: Rows, looked: Looked, columns: Sequence[Column], names: Sequence[str] | None
) -> list[DataNote]:
    """Return a note for each relation between columns that is off by no more than their rounding.

    Parameters
    ----------
    rows : Rows
        The sample.
    looked : Looked
        The part of it that is looked at.
    columns : sequence of Column
        What its columns are like.
    names : sequence of str or None
        Names of the columns.
    """
    dim = len(columns)
    if dim < 2 or dim > _MOST_COLUMNS or rows.dim > dim or looked.n < _ROWS_EACH * dim:
        return []
    with np.errstate(all="ignore"):
        values = looked.values.astype(np.float64)
        mean, scale = values.mean(axis=0), values.std(axis=0)
        if not (np.isfinite(scale).all() and scale.min() > 0.0):
            return []
        z = (values - mean) / scale
        correlation = z.T @ z / looked.n
        steps = np.asarray([_step(rows, looked, each, place) for place, each in enumerate(columns)])
        # Of a sum of rounded columns as much variance is left as the rounding has; a few times that are looked at.
        least = max(1e-12, 4.0 * float(np.sum((steps / scale) ** 2)) / 12.0 * dim)
    if least > 0.5:
        least = 0.5
    found = relations(correlation, scale, mean, np.full(dim, least))
    notes = []
    for relation in found:
        known = _tidied(relation, scale, mean)
        places = list(known.columns)
        # By the relation as it was found, or as it is said, which is nearer to an exact one.
        off = min(
            (np.abs(values[:, places] @ one.weights - one.total) for one in (relation, known)),
            key=lambda found: float(found.max()),
        )
        if off.max() > _BEYOND * 0.5 * float(np.abs(known.weights) @ steps[places]):
            continue
        said = relation_in_words(known, scale, names)
        counted = " (counted from 0)" if names is None else ""
        but = " but for rounding, and a test would judge that rounding as data" if off.max() > 0.0 else ""
        notes.append(
            DataNote(
                "related columns",
                f"{begun(said)}{counted}{but}: leave one of them out.",
                known.columns,
                {"total": known.total, "off": float(off.max())},
            )
        )
    return notes
