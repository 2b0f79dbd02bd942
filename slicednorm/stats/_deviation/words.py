"""The sentence about the least normal direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._deviation.support import DISTANCE, LEVEL, supported
from slicednorm.stats._sample.called import listed
from slicednorm.stats._slices.mixture import is_lump
from slicednorm.stats._slices.profile import SPLIT_NOISE, Kind, Profile

Array: TypeAlias = NDArray[np.float64]

# How many columns a sentence names, and the least ratio of their weights to the largest.
_NAMED = 3
_NAMED_SHARE = 0.5

# A part of fewer rows than this is one row.
_ONE_ROW = 1.5

# The number of standard errors from which on the mean and the sd are mentioned beside the shape.
_TELLING = 5.0


@dataclass(frozen=True)
class Seen:
    """What is to be said of a direction beside its profile.

    ``row`` is what the farthest row is called and ``value`` where it lies; ``steps`` the column whose steps a test may
    see along the direction, and the size of a step; ``of_one`` whether the steps along the direction are mostly those
    of this column.
    """

    row: str
    value: float
    steps: tuple[int, float] | None = None
    of_one: bool = False


def columns_in_words(weights: Array, names: Sequence[str] | None) -> str:
    """Name the columns with the largest weights."""
    order = np.argsort(-np.abs(weights), kind="stable")
    large = [int(index) for index in order if abs(weights[index]) >= _NAMED_SHARE * abs(weights[order[0]])]

    def named(index: int) -> str:
        return f"{index if names is None else names[index]} ({weights[index]:+.2f})"

    if len(weights) == 1:
        return "" if names is None else f"In column {names[0]} "
    counted = ", counted from 0," if names is None else ""
    shown = [named(index) for index in large[:_NAMED]]
    weighted = listed(shown)
    column = "column" if len(shown) == 1 else "columns"
    weight = "weight" if len(shown) == 1 else "weights"
    if len(large) > _NAMED:
        return f"Along a direction over many columns{counted or ','} the largest weights on {weighted}, "
    return f"Along the direction with the largest {weight} on {column} {weighted}{counted} "


def _outliers_in_words(shape: Profile, n: int, seen: Seen | None) -> str:
    """Say how many rows lie far out and where, or which one does, and what the other rows are like."""
    assert shape.parts is not None
    laws, rest = shape.parts.laws, shape.parts.rest
    means, sds = shape.mean + shape.sd * laws.means, shape.sd * laws.sds
    others = f"the others are like a normal sample of mean {means[rest]:.3g} and sd {sds[rest]:.3g}"
    far = [index for index in range(len(means)) if index != rest]
    if seen is not None and n * (1.0 - laws.shares[rest]) < _ONE_ROW:
        return f"{seen.row} lies far out, at {seen.value:.3g}; {others}"
    if not all(is_lump(shape.parts, index) for index in far):
        (wide,) = far
        return (
            f"{100 * laws.shares[wide]:.2g}% of the rows are scattered far out, with mean {means[wide]:.3g} and sd "
            f"{sds[wide]:.3g}; {others}"
        )
    first, *more = [f"{100 * laws.shares[index]:.2g}%" for index in far]
    places = [f"around {means[index]:.3g}" for index in far]
    where = " and ".join([places[0], *(f"{share} {place}" for share, place in zip(more, places[1:], strict=True))])
    return f"{first} of the rows lie far out, {where}; {others}"


def deviation_in_words(kind: Kind, shape: Profile, n: int, seen: Seen | None) -> str:
    moments = f"mean {shape.mean:.3g}, sd {shape.sd:.3g}, where 0 and 1 are expected"
    if kind == "location":
        return f"the sample is shifted: {moments}"
    if kind == "scale":
        wide = "wide" if shape.sd > 1.0 else "narrow"
        return f"the sample is too {wide}: {moments}" if shape.sd > 0.0 else f"the sample does not vary: {moments}"
    if kind == "skewness":
        side = "high" if shape.skewness > 0.0 else "low"
        return f"the sample is skewed, with a longer tail to {side} values: skewness {shape.skewness:.3g}"
    if kind in ("heavy tails", "light tails"):
        return f"the sample has {kind}: excess kurtosis {shape.excess_kurtosis:.3g}"
    if kind == "outliers":
        return _outliers_in_words(shape, n, seen)
    if kind == "bimodality":
        (below, low), (above, high) = shape.groups
        return (
            f"the sample is bimodal: {100 * below:.0f}% of it around {low:.3g} and {100 * above:.0f}% around {high:.3g}"
        )
    return (
        f"the sample deviates in no way that has a name: mean {round(shape.mean, 12) + 0.0:.3g}, sd {shape.sd:.3g}, "
        f"skewness {shape.skewness:.3g}, excess kurtosis {shape.excess_kurtosis:.3g}"
    )


def _aside(kind: Kind, shape: Profile, pvalues: Mapping[str, float]) -> str:
    """Mention what else deviates: two groups, or location and scale if the shape was named."""
    if kind in ("location", "scale"):
        falls = shape.split > SPLIT_NOISE and supported("bimodality", pvalues)
        return "; it also splits into two groups" if falls else ""
    shifted = abs(shape.mean_z) > _TELLING and supported("location", pvalues)
    scaled = abs(shape.sd_z) > _TELLING and supported("scale", pvalues)
    return (
        f"; its mean is {shape.mean:.3g} and its sd {shape.sd:.3g}"
        if (shifted or scaled) and kind != "outliers"
        else ""
    )


def _steps_in_words(steps: tuple[int, float], names: Sequence[str] | None) -> str:
    """Say that values come in steps, and that these may be all there is."""
    column, step = steps
    named = f"{column} (from 0)" if names is None else names[column]
    return f"the values come in steps, of {step:.3g} in column {named}, and what deviates may be these steps alone"


def _nothing_in_words(n: int, dim: int, asked: bool) -> str:
    """Say that no direction stands out; ``asked`` is whether there were enough rows to ask."""
    if not asked:
        return (
            f"How the sample deviates cannot be told from {n:,} rows: along a direction found by a search in {dim:,} "
            f"column{'s' if dim > 1 else ''}, a normal sample of this size may look the same."
        )
    if dim == 1:
        return "The sample deviates in no way that has a name by more than a normal sample may."
    return (
        "No single direction stands out from what the search finds in normal samples: what deviates is spread over "
        f"many directions, or {n:,} rows are too few for {dim:,} columns."
    )


def sentence(
    kind: Kind,
    shape: Profile,
    pvalues: Mapping[str, float],
    weights: Array,
    names: Sequence[str] | None,
    n: int,
    seen: Seen | None = None,
) -> str:
    """Say what deviates and where, and nothing that is not supported.

    Parameters
    ----------
    kind : {"location", "scale", "skewness", "heavy tails", "light tails", "bimodality", "outliers", "unclear"}
        The kind that may be named.
    shape : Profile
        What the whole sample is like along the direction.
    pvalues : mapping of str to float
        P-values of the scores; that of the distance, if there are replicates, is that of the direction itself.
    weights : ndarray of shape (D,), dtype=float64
        Weights of the columns.
    names : sequence of str or None
        Names of the D columns, which are numbered from 0 without them.
    n : int
        The number of rows.
    seen : Seen, optional
        The farthest row, and the steps along the direction.
    """
    by_steps = seen is not None and seen.of_one
    if kind == "unclear" and not by_steps and not pvalues.get(DISTANCE, 1.0) <= LEVEL:
        return _nothing_in_words(n, len(weights), bool(pvalues))
    steps = None if seen is None else seen.steps
    if kind == "unclear" and steps is not None:
        text = f"{columns_in_words(weights, names)}{_steps_in_words(steps, names)}."
    else:
        said = deviation_in_words(kind, shape, n, seen)
        also = "" if steps is None else "; its values come in steps, which a test may see as well"
        text = f"{columns_in_words(weights, names)}{said}{_aside(kind, shape, pvalues)}{also}."
    return text[0].upper() + text[1:]


def sentence_along(weights: Array, shape: Profile, n: int, names: Sequence[str] | None) -> str:
    """Say what a sample of n rows looks like along a direction by which a test has rejected it.

    Parameters
    ----------
    weights : ndarray of shape (D,), dtype=float64
        Weights of the columns.
    shape : Profile
        What the sample looks like along the direction.
    n : int
        Number of rows.
    names : sequence of str or None
        Names of the D columns, which are numbered from 0 without them.
    """
    text = f"{columns_in_words(weights, names)}{deviation_in_words(shape.kind, shape, n, None)}."
    return text[0].upper() + text[1:]
