"""The rows that a search sees, and how other rows and null replicates judge what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._arguments import check_count, spelled
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._deviation.search import LEAST_HALF, Found, Search, restandardised
from slicednorm.stats._deviation.support import values_of
from slicednorm.stats._deviation.tested_sample import Tested
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.profile import scores
from slicednorm.stats._streams import replicate_stream
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# The number of values of a larger sample that the search sees, if that is not too few rows; and the number of values of
# the other rows on which its result is tried.
MOST_ELEMENTS = 1 << 22
_MOST_UNSEEN = 1 << 20

# The number of replicates by default, and the numbers with ``"auto"``, each with the nanoseconds on one core that they
# may take.
_SEARCHES = 99
_AFFORDED = ((99, 5e9), (39, 1.5e10))

# The relative rounding of the largest distance.
RANKING = Ranking(relative=1e-12)

# The directions that are looked at: the one found, the end of the climb by `w2` from there, the worst slice.
FOUND, FARTHER, SLICE = 0, 1, 2


@dataclass(frozen=True)
class Sought:
    """Rows as a search takes them: ``z`` is standardised, by ``matrix`` after centring."""

    z: Array
    matrix: Array


def sought_rows(subject: Tested, some: NDArray[np.intp]) -> Sought:
    """Return the rows that are searched; a part of the sample is standardised by itself, like every replicate."""
    if len(some) < subject.rows.n and subject.null == "composite":
        own = restandardised(subject.taken(some))
        if own is not None:
            return Sought(*own)
        # A column that hardly varies may be constant in a part of the rows; no column of a normal sample is.
    return Sought(subject.standardised(some), subject.matrix)


def of_whole(subject: Tested, sought: Sought, direction: Array) -> Array:
    """Return the unit vector of the whole sample's standardised space with the loadings of one of the part's space."""
    if sought.matrix is subject.matrix:
        return direction
    turned = np.linalg.solve(subject.matrix, sought.matrix @ direction)
    return np.asarray(turned / np.linalg.norm(turned))


def judged(found: Found, z: Array, null: Null) -> Array:
    """Return the distance along the direction found, and the scores of the kinds there and farther: (1 + 2k,)."""
    along = [values_of(scores(z @ direction), null) for direction in (found.direction, found.farther)]
    return np.concatenate([[found.value], *along])


@dataclass(frozen=True)
class SearchReplicates:
    """The values of `judged` for null replicates, each searched in the same way as the sample.

    They go through the ``treatment`` of the rows that are searched.
    """

    search: Search
    root: np.random.SeedSequence
    treatment: Treatment | None

    def __call__(self, start: int, stop: int) -> Array:
        n, dim = len(self.search.first_half), self.search.slices.shape[1]
        found = []
        for number in range(start, stop):
            rows = normal_rows([replicate_stream(self.root, number)], n, dim, np.dtype(np.float64), self.treatment)
            z = np.concatenate([block[0] for _, _, block in rows.blocks()])
            if self.search.null == "composite":
                z = estimated(rows)(z[np.newaxis])[0]
            found.append(judged(self.search(z), z, self.search.null))
        return np.asarray(found)


def unseen_scores(found: Found, along: Sequence[Array], order: NDArray[np.intp], seen: int) -> list[Array]:
    """Return scores along directions that do not depend on these rows: of rows beyond the search, or of its halves.

    ``along`` are the values of the whole sample along the directions found in the first ``seen`` rows of this order.
    """
    if len(found.direction) == 1:
        return list(along[:1]) if len(along[0]) >= LEAST_HALF else []
    beyond = np.sort(order[seen : seen + _MOST_UNSEEN])
    return [y[beyond] for y in along] if 2 * len(beyond) >= seen else list(found.unseen)


def asked_searches(
    method: Literal["auto", "monte carlo"] | None, n_resamples: int | None
) -> int | Literal["auto"] | None:
    """Return how many replicates are to be searched: a number, ``"auto"``, or None for none."""
    if method not in ("auto", "monte carlo", None):
        raise ValueError(f"method must be 'auto', 'monte carlo' or None, got {spelled(method)}")
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
