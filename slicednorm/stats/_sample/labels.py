"""Labels of rows: which group a row is in, and whether rows that belong together have the same labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._arguments import spelled
from slicednorm.stats._sample.errors import SampleError, SampleTypeError


def codes_of(groups: ArrayLike, n: int) -> NDArray[np.intp]:
    """Return numbers of the groups of n rows, −1 where there is none."""
    if isinstance(groups, str):
        word = spelled(groups)
        raise SampleError(
            f"groups must be one label for each of the {n} rows of x, got the word {word}; pass x[{word}], say"
        )
    try:
        labels = np.asarray(groups, dtype=object)
    except ValueError:  # arrays of several lengths
        raise SampleTypeError(f"groups must be one label for each of the {n} rows of x, got a list of arrays") from None
    if labels.ndim == 0:
        kind = type(groups).__name__
        raise SampleTypeError(f"groups must be one label for each of the {n} rows of x, got one of type {kind}")
    if labels.shape != (n,):
        raise SampleError(f"groups must be one label for each of the {n} rows of x, got shape {labels.shape}")
    wrong = unhashable(labels)
    if wrong is not None:
        raise SampleTypeError(f"groups must be labels such as words or numbers, got one of type {wrong}")
    known: dict[Any, int] = {}
    # NaN, NaT and pandas.NA are not equal to themselves.
    missing = [label is None or not bool(np.all(label == label)) if _is_plain(label) else True for label in labels]
    found = [-1 if gone else known.setdefault(label, len(known)) for label, gone in zip(labels, missing, strict=True)]
    return np.asarray(found, np.intp)


def unhashable(labels: Iterable[Any]) -> str | None:
    """Return the type of the first label that cannot tell groups apart, such as a list; None if all can."""
    return next((type(label).__name__ for label in labels if not _is_hashable(label)), None)


def _is_hashable(label: Any) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True


def _is_plain(label: Any) -> bool:
    """Return whether a label can be compared; pandas.NA cannot."""
    try:
        bool(label == label)
    except TypeError:
        return False
    return True


def check_labels(x: Any, **others: Any) -> None:
    """Raise a SampleError if rows of pandas objects that belong together have other labels, or another order."""
    index: Any = getattr(x, "index", None)
    if not hasattr(index, "equals"):
        return
    for name, other in others.items():
        own: Any = getattr(other, "index", None)
        if hasattr(own, "equals") and len(own) == len(index) and not own.equals(index):
            raise SampleError(
                f"the rows of {name} have other labels than those of x, or another order; align them, "
                f"{name}.loc[x.index], or pass {name}.to_numpy() if they belong together as they are"
            )
