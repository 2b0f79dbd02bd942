"""The search for the least normal direction of a standardised sample, and the judgement of what it found.

The largest of all distances is an optimist: in 64 dimensions 500 normal rows have a slice that looks like two groups.
So every way of finding a direction (the best slice, the best column, the best of those that moments point to, the climb
from all of them) is also followed on one half of the rows and judged on the other. The way whose directions hold on
rows they have not seen, on the average of the two halves, gives the direction; with many rows that is the climb.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance, get_distance
from slicednorm.stats._ascent import choose_starts, climb, moment_directions
from slicednorm.stats._rows import Rows
from slicednorm.stats._whiten import Null, estimated

Way: TypeAlias = Literal["slice", "column", "moments", "climb"]
Array: TypeAlias = NDArray[np.float64]

# Climbs by w2, whose peaks are wide, that look for where to start: two a dimension, up to so many.
_SCOUTS = 16

# Halves of fewer rows judge nothing.
_LEAST_HALF = 10

# The climb has seen all rows together, and is taken if it is worth as much as another way, or nearly.
_PREFERENCE = 1.02

# Values of slices that are worked on together.
_GROUP = 1 << 20


@dataclass(frozen=True)
class Found:
    """A direction, how it was found and what it is worth.

    ``held_out`` is its way's mean distance on halves of the rows that the direction was not found on, None if there are
    too few rows.
    """

    direction: Array
    way: Way
    value: float
    worst_slice: Array
    held_out: float | None


@np.errstate(over="ignore", invalid="ignore")
def slice_values(z: Array, directions: Array, distance: Distance) -> Array:
    """Return the distance of the slice of (n, D) along each of (k, D) directions, (k,); infinite if it overflows."""
    step = max(1, _GROUP // len(z))
    parts = [
        distance.value(np.sort(directions[start : start + step] @ z.T, axis=-1))
        for start in range(0, len(directions), step)
    ]
    return np.nan_to_num(np.concatenate(parts), nan=np.inf, posinf=np.inf)


def _restandardised(z: Array) -> tuple[Array, Array]:
    """Return a sample standardised by its own moments, and the matrix that does it to centred rows."""
    own = estimated(Rows(z, np.dtype(np.float64)))
    return own(z[np.newaxis])[0], own.matrix[0]


@dataclass(frozen=True)
class Search:
    """The search, a function of a standardised sample (n, D) alone: picklable.

    Attributes
    ----------
    statistic : the name of the distance, one that needs no prior sample.
    null : whether halves of the sample are standardised anew.
    slices : (k, D) unit vectors, float64.
    n_starts : from how many directions a climb starts, beside the scouts' ends.
    first_half : (n,) which rows make up one half.
    """

    statistic: str
    null: Null
    slices: Array
    n_starts: int
    first_half: NDArray[np.bool_] = field(repr=False)

    def __call__(self, z: Array) -> Found:
        """Return what is found for a sample."""
        distance = get_distance(self.statistic)
        directions, values = self._by_each_way(z, distance)
        held_out = self._held_out(z, distance)
        worst_slice = directions["slice"]
        if held_out is None:
            way = max(values, key=lambda each: values[each])
        else:
            # Never a direction that deviates less than the slice that is known already.
            able = [each for each in values if values[each] >= values["slice"]]
            way = max(able, key=lambda each: held_out[each] * (_PREFERENCE if each == "climb" else 1.0))
        return Found(directions[way], way, values[way], worst_slice, None if held_out is None else held_out[way])

    def _by_each_way(self, z: Array, distance: Distance) -> tuple[dict[Way, Array], dict[Way, float]]:
        """Return the best direction of each way and its distance."""
        dim = z.shape[1]
        columns = np.eye(dim)
        moments = moment_directions(z)
        known = np.concatenate([self.slices, columns, moments])
        values = slice_values(z, known, distance)
        k = len(self.slices)
        parts: dict[Way, slice] = {
            "slice": slice(0, k),
            "column": slice(k, k + dim),
            "moments": slice(k + dim, len(known)),
        }
        best = {way: part.start + int(np.argmax(values[part])) for way, part in parts.items() if part.stop > part.start}
        directions: dict[Way, Array] = {way: known[index] for way, index in best.items()}
        worth: dict[Way, float] = {way: float(values[index]) for way, index in best.items()}
        if dim > 1:
            ends = np.concatenate([known, self._climbs(z, distance, known, values)])
            of_ends = np.concatenate([values, slice_values(z, ends[len(known) :], distance)])
            directions["climb"], worth["climb"] = ends[np.argmax(of_ends)], float(of_ends.max())
        return directions, worth

    def _climbs(self, z: Array, distance: Distance, known: Array, values: Array) -> Array:
        k = len(self.slices)
        half = (self.n_starts + 1) // 2
        starts = np.concatenate(
            [
                self.slices[choose_starts(self.slices, values[:k], half)],
                known[k:][choose_starts(known[k:], values[k:], max(1, self.n_starts - half))],
            ]
        )
        scout = get_distance("w2")
        scouts = climb(z, scout, self.slices[: min(_SCOUTS, 2 * z.shape[1])])
        if distance.name == "w2":
            return np.concatenate([scouts, climb(z, distance, starts)])
        promising = choose_starts(scouts, slice_values(z, scouts, distance), half)
        return climb(z, distance, np.concatenate([starts, scouts[promising]]))

    def _held_out(self, z: Array, distance: Distance) -> dict[Way, float] | None:
        """Return what each way's direction by one half of the rows is worth on the other, on the average."""
        n, dim = z.shape
        least = max(_LEAST_HALF, dim + 2 if self.null == "composite" else 0)
        if dim == 1 or n // 2 < least:
            return None
        worth: dict[Way, float] = {}
        for chosen in (self.first_half, ~self.first_half):
            seen, unseen = z[chosen], z[~chosen]
            turn = None
            if self.null == "composite":
                seen, turn = _restandardised(seen)
            directions, _ = self._by_each_way(seen, distance)
            for way, direction in directions.items():
                y = unseen @ (direction if turn is None else turn @ direction)
                if self.null == "composite":
                    y = (y - y.mean()) / y.std()
                (value,) = slice_values(y[:, np.newaxis], np.ones((1, 1)), distance)
                worth[way] = worth.get(way, 0.0) + 0.5 * float(value)
        return worth
