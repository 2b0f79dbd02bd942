"""A note on columns that determine each other but for rounding: percentages that sum to 100, a unit beside another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Near:
    """A relation between columns, their standard deviations, and by how much a row is off at the most."""

    relation: Relation
    scale: np.ndarray
    off: float

    def in_words(self, names: Sequence[str] | None) -> str:
        """Return the relation in words, with those for rounding if a row is off by some."""
        said = relation_in_words(self.relation, self.scale, names)
        return said + " but for rounding" * (self.off > 0.0)


def relations_but_for_rounding(rows: Rows, looked: Looked, columns: Sequence[Column]) -> list[Near]:
    """Return the relations between columns that are off by no more than their rounding.

    Parameters
    ----------
    rows : Rows
        The sample.
    looked : Looked
        The part of it that is looked at.
    columns : sequence of Column
        What its columns are like.
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
    near = []
    for relation in found:
        known = _tidied(relation, scale, mean)
        places = list(known.columns)
        # By the relation as it was found, or as it is said, which is nearer to an exact one.
        off = min(
            (np.abs(values[:, places] @ one.weights - one.total) for one in (relation, known)),
            key=lambda found: float(found.max()),
        )
        if off.max() <= _BEYOND * 0.5 * float(np.abs(known.weights) @ steps[places]):
            near.append(Near(known, scale, float(off.max())))
    return near


def notes_on_relations(
    rows: Rows, looked: Looked, columns: Sequence[Column], names: Sequence[str] | None
) -> list[DataNote]:
    """Return a note for each relation between columns that is off by no more than their rounding.

    The arguments are those of `relations_but_for_rounding`, and names of the columns.
    """
    notes = []
    for near in relations_but_for_rounding(rows, looked, columns):
        counted = " (counted from 0)" if names is None else ""
        judged = ", and a test would judge that rounding as data" if near.off > 0.0 else ""
        notes.append(
            DataNote(
                "related columns",
                f"{begun(near.in_words(names))}{counted}{judged}: leave one of them out.",
                near.relation.columns,
                {"total": near.relation.total, "off": near.off},
            )
        )
    return notes
