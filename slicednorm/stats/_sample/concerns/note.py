"""A note on a sample: what kind it is, which columns it is about, what was measured, and the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from slicednorm.stats._results import Result
from slicednorm.stats._sample.called import listed

Kind: TypeAlias = Literal[
    "constant",
    "discrete",
    "rounded",
    "finer steps",
    "misfit",
    "one value",
    "related columns",
    "repeated rows",
    "nearly repeated rows",
    "sorted rows",
    "serial dependence",
]

# How many columns a sentence names.
NAMED = 4


@dataclass(frozen=True, repr=False)
class DataNote(Result):
    """A note of `data_notes`.

    Attributes
    ----------
    kind : str
        ``"constant"``, ``"discrete"`` (few values), ``"rounded"`` (steps that tests see), ``"finer steps"`` (those of
        the null are finer than those of the values), ``"misfit"`` (counts that no rounded normal column has),
        ``"one value"`` (one value far more often than the others), ``"related columns"`` (columns that determine each
        other but for rounding), ``"repeated rows"``, ``"nearly repeated rows"``, ``"sorted rows"`` or
        ``"serial dependence"``.
    sentence : str
        What was found, and what it means for a test.
    columns : tuple of int
        Positions of the columns concerned; empty if all are.
    figures : mapping of str to float
        What was measured, by name.
    """

    kind: Kind
    sentence: str
    columns: tuple[int, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict, hash=False)


def columns_in_words(columns: Sequence[int], names: Sequence[str] | None, dim: int) -> str:
    """Return "column a", "columns a and b", "all 15 columns" or "20 columns (a, b, c and others)"."""
    known = [str(column) if names is None else names[column] for column in columns]
    counted = " (from 0)" if names is None else ""
    if len(columns) == 1:
        return f"column {known[0]}{counted}" if dim > 1 or names is not None else "the only column"
    if len(columns) <= NAMED:
        return f"columns {listed(known)}{counted}"
    if len(columns) == dim:
        return f"all {dim:,} columns"
    return (
        f"{len(columns):,} columns ({', '.join(known[: NAMED - 1])} and others{counted.replace('(', '').rstrip(')')})"
    )


def begun(text: str) -> str:
    """Return a sentence with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
