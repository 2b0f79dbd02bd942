"""The rows that a search sees, and what other rows and null replicates say of what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._arguments import check_count
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._deviation.profile import scores
from slicednorm.stats._deviation.search import LEAST_HALF, Found, Search, restandardised
from slicednorm.stats._deviation.support import values_of
from slicednorm.stats._deviation.tested import Tested
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._streams import replicate_stream
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# Of larger samples the search sees so many values, if that is not too few rows; and so many of the other rows are asked
# whether what it found holds.
MOST_ELEMENTS = 1 << 22
_MOST_UNSEEN = 1 << 20

# How many replicates are searched where as many are wanted as can be had, and for how many nanoseconds on one core.
_SEARCHES = 99
_AFFORDED = ((99, 5e9), (39, 1.5e10))

# The rounding of the largest distance, beside its value.
RANKING = Ranking(relative=1e-12)

# The directions that are looked at: what was found, where `w2` leads from there, the worst slice.
FOUND, FARTHER, SLICE = 0, 1, 2


@dataclass(frozen=True)
class Sought:
    """Rows as a search takes them: z is standardised, by ``matrix`` if centred."""

    z: Array
    matrix: Array


def sought_rows(subject: Tested, some: NDArray[np.intp]) -> Sought:
    """Return the rows that are searched; a part of them is standardised by itself, as every replicate is."""
    if len(some) < subject.rows.n and subject.null == "composite":
        own = restandardised(subject.taken(some))
        if own is not None:
            return Sought(*own)
        # A column that hardly ever varies may be constant in a part; no column of a normal sample is.
    return Sought(subject.standardised(some), subject.matrix)


def of_whole(subject: Tested, sought: Sought, direction: Array) -> Array:
    """Return the unit vector of the whole sample's standardised space that has the loadings of one of the part's."""
    if sought.matrix is subject.matrix:
        return direction
    turned = np.linalg.solve(subject.matrix, sought.matrix @ direction)
    return np.asarray(turned / np.linalg.norm(turned))


def judged(found: Found, z: Array, null: Null) -> Array:
    """Return the distance of what was found in a sample, and the scores of the kinds there and farther: (1 + 2k,)."""
    along = [values_of(scores(z @ direction), null) for direction in (found.direction, found.farther)]
    return np.concatenate([[found.value], *along])


@dataclass(frozen=True)
class SearchReplicates:
    """What `judged` says of null replicates, each searched as the sample was."""

    search: Search
    root: np.random.SeedSequence

    def __call__(self, start: int, stop: int) -> Array:
        n, dim = len(self.search.first_half), self.search.slices.shape[1]
        found = []
        for number in range(start, stop):
            rows = normal_rows([replicate_stream(self.root, number)], n, dim, np.dtype(np.float64))
            z = np.concatenate([block[0] for _, _, block in rows.blocks()])
            if self.search.null == "composite":
                z = estimated(rows)(z[np.newaxis])[0]
            found.append(judged(self.search(z), z, self.search.null))
        return np.asarray(found)


def unseen_scores(found: Found, along: Sequence[Array], order: NDArray[np.intp], seen: int) -> list[Array]:
    """Return scores along directions that do not depend on these rows: of rows beyond the search, or of its halves.

    ``along`` are the scores of the whole sample along what was found in the first ``seen`` of its rows in this order.
    """
    if len(found.direction) == 1:
        return list(along[:1]) if len(along[0]) >= LEAST_HALF else []
    beyond = np.sort(order[seen : seen + _MOST_UNSEEN])
    return [y[beyond] for y in along] if 2 * len(beyond) >= seen else list(found.unseen)


def asked_searches(
    method: Literal["auto", "monte carlo"] | None, n_resamples: int | None
) -> int | Literal["auto"] | None:
    """Return how many replicates are to be searched: a number, as many as are affordable, or none."""
    if method not in ("auto", "monte carlo", None):
        raise ValueError(f"method must be 'auto', 'monte carlo' or None, got {method!r}")
    if n_resamples is not None:
        check_count("n_resamples", n_resamples)
        return int(n_resamples)
    return _SEARCHES if method == "monte carlo" else method


def affordable_searches(asked: int | Literal["auto"] | None, search: Search, found: Found) -> int | None:
    """Return how many replicates to search, None for none."""
    if asked == "auto":
        if not np.isfinite(found.value):
            return None
        return next((count for count, most in _AFFORDED if count * search.work() <= most), None)
    return asked
