"""Which columns determine each other, one relation at a time, and in words: a multiple, a sum, or any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

# The least part that a column has in a relation, relative to the largest.
_PART = 0.1

# How far weights may be from equal, or from their nearest short number, as a part of their size. Where a relation holds
# but for rounding, they are known less well.
_EQUAL = 1e-4

# How many columns a sentence names.
_NAMED = 4


@dataclass(frozen=True)
class Relation:
    """Σ weights · columns = total, for columns in their own units; the last column has the weight 1.

    ``weights`` is (k,) and goes with ``columns``, ascending.
    """

    columns: tuple[int, ...]
    weights: Array
    total: float

    @property
    def is_sum(self) -> bool:
        """Whether the columns themselves add up to the same value in every row."""
        return len(self.columns) > 2 and bool(np.ptp(self.weights) <= _EQUAL * abs(self.weights[-1]))


def relations(correlation: Array, scale: Array, mean: Array, unexplained: Array) -> list[Relation]:
    """Return the relations between columns, each of which names one column that the others before it determine.

    Parameters
    ----------
    correlation : ndarray of shape (D, D), dtype=float64
        Correlations of the columns.
    scale, mean : ndarray of shape (D,), dtype=float64
        Their standard deviations and means.
    unexplained : ndarray of shape (D,), dtype=float64
        A column is determined if at most this part of its variance is left once the columns before it are known.

    Examples
    --------
    >>> import numpy as np
    >>> r = np.asarray([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    >>> (found,) = relations(r, np.asarray([1.0, 1.0, 4.0]), np.asarray([1.0, 0.0, 4.0]), np.full(3, 1e-12))
    >>> found.columns, found.weights.tolist(), found.total
    ((0, 2), [-4.0, 1.0], 0.0)
    """
    found: list[Relation] = []
    free: list[int] = []
    # Of the free columns, the rows of the Cholesky factor of their correlations.
    root = np.zeros((len(scale), len(scale)))
    for column in range(len(scale)):
        k = len(free)
        known = np.linalg.solve(root[:k, :k], correlation[free, column]) if k else np.empty(0)
        left = float(correlation[column, column] - known @ known)
        if left > unexplained[column]:
            root[k, :k], root[k, k] = known, np.sqrt(left)
            free.append(column)
            continue
        parts = np.linalg.solve(root[:k, :k].T, known)
        large = np.flatnonzero(np.abs(parts) > _PART * np.abs(parts).max())
        columns = (*(free[place] for place in large.tolist()), column)
        weights = np.append(-parts[large] * scale[column] / scale[list(columns[:-1])], 1.0)
        found.append(Relation(columns, weights, float(weights @ mean[list(columns)])))
    return found


def relation_in_words(relation: Relation, scale: Array, names: Sequence[str] | None = None) -> str:
    """Say how columns determine each other: "column 2 is 4 times column 0".

    Parameters
    ----------
    relation : Relation
        The relation.
    scale : ndarray of shape (D,), dtype=float64
        Standard deviations of the columns: a constant that is small beside them is rounding.
    names : sequence of str, optional
        Names of the D columns, which are numbered from 0 without them.
    """
    known = [str(column) if names is None else names[column] for column in relation.columns]
    size = max(float(scale[list(relation.columns)].max()), 1e-3 * abs(relation.total))
    total = 0.0 if abs(relation.total) <= _EQUAL * size else relation.total
    if len(known) == 2:
        factor = -float(relation.weights[0])
        plus = f" {'plus' if total > 0.0 else 'minus'} {abs(total):.6g}" if total else ""
        if abs(factor - 1.0) > _EQUAL:
            return f"column {known[1]} is {factor:.6g} times column {known[0]}{plus}"
        return (
            f"column {known[1]} is column {known[0]}{plus}"
            if plus
            else f"columns {known[0]} and {known[1]} are the same"
        )
    *first, last = known[:_NAMED]
    named = f"{', '.join([*first, last])} and others" if len(known) > _NAMED else f"{', '.join(first)} and {last}"
    if len(known) <= _NAMED and not total and np.abs(relation.weights[:-1] + 1.0).max() <= _EQUAL:
        return f"column {known[-1]} is the sum of columns {', '.join(known[:-2])} and {known[-2]}"
    return f"columns {named} {f'sum to {total:.6g}' if relation.is_sum else 'determine each other'}"
