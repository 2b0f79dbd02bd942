"""The groups of a sample: which rows are in which, and what is tested of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._arguments import spelled
from slicednorm.stats._sample.arrays import to_array
from slicednorm.stats._sample.called import called_in
from slicednorm.stats._sample.errors import SampleTypeError
from slicednorm.stats._sample.labels import check_labels, unhashable

# What the rows of all groups together, less the means of their groups, are called.
POOLED = "within groups"


@dataclass(frozen=True)
class Groups:
    """The groups of a sample.

    Attributes
    ----------
    x : object
        The sample without the column that names the groups.
    labels : ndarray of shape (n,), dtype=object
        The group of each row; None where there is none.
    rows : dict
        The numbers of the rows of each group, by its label.
    """

    x: Any
    labels: NDArray[np.object_]
    rows: dict[Any, NDArray[np.intp]]

    @property
    def n_without(self) -> int:
        """How many rows are in no group."""
        return sum(label is None for label in self.labels)

    def of(self, some: NDArray[np.intp]) -> Any:
        """Return some rows of the sample, with labels by which messages find them in the whole."""
        import pandas as pd

        called = called_in(self.x)
        if hasattr(self.x, "iloc"):
            part = self.x.iloc[some]
            # A label that repeats is told apart by the row's number in the whole.
            return part if self.x.index.is_unique else part.set_axis([called.name(row) for row in some.tolist()])
        array, names = to_array(self.x), called.columns
        if array.ndim > 2:
            return array[some]
        return pd.DataFrame(array[some], index=[f"{row} (from 0)" for row in some.tolist()], columns=names)


def groups_of(x: ArrayLike, by: Any) -> Groups:
    """Return the groups of a sample, in the order of their labels, or that of the categories.

    Parameters
    ----------
    x : array_like of shape (n, D)
        The sample.
    by : str or array_like of shape (n,)
        The name of a column of a DataFrame x, or a label for each row.

    Raises
    ------
    ValueError
        If there is no such column, or not one label for each row, or no group at all.
    """
    import pandas as pd

    if type(x).__module__.partition(".")[0] == "polars" and hasattr(x, "columns"):
        frame: Any = x
        x = pd.DataFrame({column.name: column.to_numpy() for column in frame})
    rest: Any = x
    if isinstance(by, (str, int, np.integer)):
        if not isinstance(x, pd.DataFrame):
            raise ValueError(f"by={spelled(by)} names a column, and x is no DataFrame; pass a label for each row")
        if by not in x.columns:
            raise ValueError(f"x has no column {spelled(by)} to group by; it has {', '.join(map(str, x.columns))}")
        labels, rest = x[by], x.drop(columns=by)
        if isinstance(labels, pd.DataFrame):
            raise ValueError(f"x has several columns {spelled(by)}; give them names of their own")
    else:
        if getattr(by, "ndim", 1) != 1:
            raise ValueError(f"by must be the name of a column or one label for each row, got shape {by.shape}")
        if isinstance(by, (set, frozenset, dict)) or not hasattr(by, "__len__"):
            raise SampleTypeError(
                f"by must be the name of a column or one label for each row, got one of type {type(by).__name__}"
            )
        labels = by if isinstance(by, pd.Series) else pd.Series(by)
        wrong = unhashable(labels)
        if wrong is not None:
            raise SampleTypeError(f"by must hold labels such as words or numbers, got one of type {wrong}")
        n = len(rest) if hasattr(rest, "__len__") else 0
        if len(labels) != n:
            raise ValueError(
                f"by must be the name of one column, or one label for each of the {n} rows of x, got {len(labels)}"
            )
    if rest is x:
        check_labels(x, by=by)
    labels = labels.reset_index(drop=True)
    found = {label: np.asarray(some, np.intp) for label, some in labels.groupby(labels, observed=True).indices.items()}
    if not found:
        raise ValueError("by names no group: all labels are missing")
    if POOLED in found:
        raise ValueError(f"a group is called {POOLED!r}, as the rows of all groups together are; give it another name")
    known = labels.astype(object).where(labels.notna(), None)
    return Groups(rest, known.to_numpy(dtype=object), found)
