"""The search for the least normal direction of a standardised sample, and the judgement of what it found.

The largest of all distances is optimistic: in 64 dimensions 500 normal rows have a slice that looks like two groups. So
every way of finding a direction (the best slice, the best column, the best of those that moments point to, where the
middle is fullest or emptiest, the climb from all of them) is also followed on one half of the rows and judged on the
other. The direction comes from the way whose directions hold best on rows that they have not seen, on average over the
two halves; with many rows that is the climb.

The scores of the unseen halves along these directions are kept: in a normal sample these halves are plain normal
samples, whatever the other half was. (Under the composite null the rotation of a half's standardised space depends only
on the mean and the covariance of the other half, which do not matter once that is standardised by its own moments.)

A bounded distance, such as those between distribution functions, hardly grows any more once two groups, or a few rows,
lie far out. Then it cannot tell their direction from one that is 45 degrees off. In `w2` values count by how far out
they are: a climb by `w2` goes on from the end of the search, `farther`, if such climbs are worth more by `w2` on rows
that they have not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance, get_distance, w2
from slicednorm.stats._deviation.ascent import choose_starts, climb, moment_directions
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.pursuit.climb import unit
from slicednorm.stats._slices.pursuit.contrasts import CONTRASTS, GAP, PEAK, Contrast
from slicednorm.stats._slices.pursuit.search import search, search_work
from slicednorm.stats._types import Null

Way: TypeAlias = Literal["slice", "column", "moments", "peak", "gap", "climb"]
Array: TypeAlias = NDArray[np.float64]

# The distance by which the search climbs farther: values count by how far out they are.
_FARTHER = w2.DISTANCE

# The contrasts whose searches are ways of their own: a distance hardly tells their directions from others.
_OWN_WAYS: tuple[tuple[Way, Contrast], ...] = (("peak", PEAK), ("gap", GAP))

# Halves of fewer rows are not used to judge.
LEAST_HALF = 10

# A part of the rows that is standardised by its own moments has the covariance I to within this, or it is singular.
_IS_IDENTITY = 1e-3

# The climb, which has seen all rows together, is taken if it is worth as much as another way, or nearly so.
_PREFERENCE = 1.02

# The factor by which a climb farther must be worth more; in many dimensions it may follow the noise.
_GAIN = 1.1

# Values beyond this, whose fourth powers float32 has not, count as this for the searches.
_FARTHEST = 1e6

# Values of slices that are worked on together.
_GROUP = 1 << 20

# The time of a search on one core, in ns: for itself, and per value of a slice, which in a climb grows with the number
# of columns. The last number is how many slices a climb looks at on average. Measured with `cvm`; other distances take
# up to twice that.
_ONCE, _PER_VALUE, _PER_COLUMN, _LOOKS = 6e7, 140.0, 2.8, 15


@dataclass(frozen=True)
class Found:
    """A direction, how it was found and what it is worth.

    ``held_out`` is the mean distance of its way on halves of the rows on which the directions were not found, None if
    there are too few rows. ``farther`` is the end of a climb by `w2` from the direction, or the direction itself.
    ``unseen`` are the scores of either half along both directions that this way, chosen among ``n_ways``, has found on
    the other half; empty if there are too few rows.
    """

    direction: Array
    farther: Array
    way: Way
    value: float
    worst_slice: Array
    held_out: float | None
    unseen: tuple[Array, ...]
    n_ways: int


def _places() -> list[tuple[Way, int]]:
    """Return which of the contrasts are ways of their own."""
    return [(way, CONTRASTS.index(contrast)) for way, contrast in _OWN_WAYS]


@np.errstate(over="ignore", invalid="ignore")
def slice_values(z: Array, directions: Array, distance: Distance) -> Array:
    """Return the distance of the slice of (n, D) along each of (k, D) directions, (k,); infinite if it overflows."""
    step = max(1, _GROUP // len(z))
    parts = [
        distance.value(np.sort(directions[start : start + step] @ z.T, axis=-1))
        for start in range(0, len(directions), step)
    ]
    return np.nan_to_num(np.concatenate(parts), nan=np.inf, posinf=np.inf)


def restandardised(z: Array) -> tuple[Array, Array] | None:
    """Return a sample standardised by its own moments, and the matrix that standardises centred rows.

    None if its covariance is not of full rank, which may happen to a part of the rows of a sample of full rank.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        own = estimated(Rows(z, np.dtype(np.float64)))
        turned = own(z[np.newaxis])[0]
        off = np.abs(turned.T @ turned / len(z) - np.eye(z.shape[1])).max()
    return (turned, own.matrix[0]) if off < _IS_IDENTITY else None


@dataclass(frozen=True)
class Search:
    """The search, a function of a standardised sample (n, D) alone: picklable.

    Attributes
    ----------
    statistic : str
        Name of the distance, which needs no prior sample.
    null : {"standard", "composite"}
        Null hypothesis: halves of the sample are standardised anew if it is composite.
    slices : ndarray of shape (k, D), dtype=float64
        Unit vectors.
    n_starts : int
        Number of directions from which climbs start, beside the ends of the searches for contrasts.
    first_half : ndarray of shape (n,), dtype=bool
        Which rows make up one half.
    """

    statistic: str
    null: Null
    slices: Array
    n_starts: int
    first_half: NDArray[np.bool_] = field(repr=False)

    def work(self) -> float:
        """Return about how long a search takes, in nanoseconds on one core."""
        n, (k, dim) = len(self.first_half), self.slices.shape
        climbs = 0.0 if dim == 1 else len(CONTRASTS) + self.n_starts
        slices = k + 4 * dim + _LOOKS * climbs
        searched = 0.0 if dim == 1 else 2.0 * search_work(n, dim, k)
        return _ONCE + n * slices * (_PER_VALUE + _PER_COLUMN * dim) + searched

    def __call__(self, z: Array) -> Found:
        """Return what is found for a sample."""
        distance = get_distance(self.statistic)
        directions, values = self._by_each_way(z, distance)
        unseen = self._unseen(z, distance)
        if unseen is None:
            held_out = None
            way = max(values, key=lambda each: values[each])
        else:
            held_out = {each: _mean_distance(halves[::2], distance) for each, halves in unseen.items()}
            # The direction never deviates less than the slice that is known already.
            able = [each for each in values if values[each] >= values["slice"]]
            way = max(able, key=lambda each: held_out[each] * (_PREFERENCE if each == "climb" else 1.0))
        farther = directions[way]
        if unseen is not None and _leads_on(unseen[way]):
            farther = _farther(z, farther[np.newaxis])[0]
        return Found(
            directions[way],
            farther,
            way,
            values[way],
            directions["slice"],
            None if held_out is None else held_out[way],
            () if unseen is None else unseen[way],
            0 if unseen is None else len(unseen),
        )

    def _by_each_way(self, z: Array, distance: Distance) -> tuple[dict[Way, Array], dict[Way, float]]:
        """Return the best direction of each way and its distance."""
        dim = z.shape[1]
        columns = np.eye(dim)
        moments = moment_directions(z)
        searched = self._searched(z) if dim > 1 else np.empty((0, dim))
        known = np.concatenate([self.slices, columns, moments, searched])
        values = slice_values(z, known, distance)
        k = len(self.slices)
        parts: dict[Way, slice] = {
            "slice": slice(0, k),
            "column": slice(k, k + dim),
            "moments": slice(k + dim, k + dim + len(moments)),
        }
        if dim > 1:
            first = len(known) - len(searched)
            parts |= {way: slice(first + at, first + at + 1) for way, at in _places()}
        best = {way: part.start + int(np.argmax(values[part])) for way, part in parts.items() if part.stop > part.start}
        directions: dict[Way, Array] = {way: known[index] for way, index in best.items()}
        worth: dict[Way, float] = {way: float(values[index]) for way, index in best.items()}
        if dim > 1:
            ends = np.concatenate([known, self._climbs(z, distance, known, values)])
            of_ends = np.concatenate([values, slice_values(z, ends[len(known) :], distance)])
            directions["climb"], worth["climb"] = ends[np.argmax(of_ends)], float(of_ends.max())
        return directions, worth

    def _searched(self, z: Array) -> Array:
        """Return where each contrast is largest: it is that of the shape, without the mean and the covariance."""
        own = restandardised(z) if self.null == "standard" else None
        if own is None:
            return search(np.clip(z, -_FARTHEST, _FARTHEST)[np.newaxis], self.slices, CONTRASTS)[0]
        turned, matrix = own
        return np.asarray(unit(search(turned[np.newaxis], self.slices, CONTRASTS)[0] @ matrix.T), np.float64)

    def _climbs(self, z: Array, distance: Distance, known: Array, values: Array) -> Array:
        k = len(self.slices)
        half = (self.n_starts + 1) // 2
        starts = np.concatenate(
            [
                self.slices[choose_starts(self.slices, values[:k], half)],
                known[k:][choose_starts(known[k:], values[k:], max(1, self.n_starts - half))],
            ]
        )
        return climb(z, distance, np.concatenate([starts, known[-len(CONTRASTS) :]]))

    def _unseen(self, z: Array, distance: Distance) -> dict[Way, tuple[Array, ...]] | None:
        """Return the scores of either half of the rows along the two directions that each way found on the other."""
        n, dim = z.shape
        least = max(LEAST_HALF, dim + 2 if self.null == "composite" else 0)
        if dim == 1 or n // 2 < least:
            return None
        scores: dict[Way, tuple[Array, ...]] = {}
        for chosen in (self.first_half, ~self.first_half):
            seen, unseen = z[chosen], z[~chosen]
            turn: Array | None = None
            if self.null == "composite":
                own = restandardised(seen)
                if own is None:
                    return None
                seen, turn = own
            directions, _ = self._by_each_way(seen, distance)
            found = np.stack(list(directions.values()))
            for way, pair in zip(directions, np.stack([found, _farther(seen, found)], axis=1), strict=True):
                y = pair @ unseen.T if turn is None else (pair @ turn.T) @ unseen.T
                if turn is not None:
                    y = (y - y.mean(axis=1, keepdims=True)) / y.std(axis=1, keepdims=True)
                scores[way] = (*scores.get(way, ()), *y)
        return scores


def _leads_on(unseen: tuple[Array, ...]) -> bool:
    """Return whether climbs farther by `w2` hold on rows that they have not seen."""
    return _mean_distance(unseen[1::2], _FARTHER) > _GAIN * _mean_distance(unseen[::2], _FARTHER)


def _farther(z: Array, directions: Array) -> Array:
    return climb(z, _FARTHER, directions)


def _mean_distance(samples: tuple[Array, ...], distance: Distance) -> float:
    return float(np.mean([slice_values(y[:, np.newaxis], np.ones((1, 1)), distance)[0] for y in samples]))
