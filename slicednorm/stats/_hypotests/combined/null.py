"""The statistics of null replicates that are judged together: the sample's own replicates, or those in the cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.budget import most_resamples
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached_or_computed import OwnSize, kept_laws, obtain
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import Whitening, estimated
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._streams import replicate_stream
from slicednorm.stats._types import MethodUsed, Null, Progress

Array: TypeAlias = NDArray[np.float64]

# The statistics of every sample of a batch, (batch, members), from rows, whitening, null and directions.
Statistics: TypeAlias = Callable[[Rows, Whitening | None, Null, NDArray[np.floating[Any]]], Array]


@dataclass(frozen=True)
class Combined:
    """What is judged together.

    Attributes
    ----------
    name, title, sensitive_to : str
        Name of the test, its name in words, and what it notices.
    members : callable
        ``members(n, dim, null, dtype)``, the members for samples of a shape and computing dtype.
    statistics : callable
        Computes their statistics, see `Statistics`: a function of a module, so that it can be pickled.
    elements : callable
        ``elements(n, dim, n_slices)``, how many values one replicate takes, by which batches are sized.
    work : callable
        ``work(n, dim, n_slices)``, about how long they take once, in nanoseconds on one core.
    """

    name: str
    title: str
    sensitive_to: str
    members: Callable[[int, int, Null, np.dtype[Any]], tuple[Member, ...]]
    statistics: Statistics
    elements: Callable[[int, int, int], int]
    work: Callable[[int, int, int], float]


@dataclass(frozen=True)
class CombinedReplicates:
    """The members' statistics of null replicates: picklable, and a function of their numbers alone.

    ``directions`` (k, D) are those of the sample, None for fresh ones in every replicate. Replicates go
    through the ``treatment`` of the sample. ``elements`` is how many values one of them takes.
    """

    statistics: Statistics
    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    n_slices: int
    elements: int
    root: np.random.SeedSequence
    directions: NDArray[np.floating] | None = None
    treatment: Treatment | None = None

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype, self.treatment)
        directions = self.directions
        if directions is None:
            directions = np.stack([choose_directions("iid", self.n_slices, self.dim, self.dtype, s) for s in streams])
        whitening = estimated(rows) if self.null == "composite" else None
        return self.statistics(rows, whitening, self.null, directions)

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together, from the shape alone."""
        return batch_size(self.elements)


def combined_laws(test: Combined, n: int, dim: int, dtype: np.dtype[Any], null: Null, n_slices: int) -> OwnSize:
    """Return the null distributions of the members, whose replicates belong together."""
    shape = {"null": null, "n": n, "dim": dim, "n_slices": n_slices, "dtype": dtype.name}
    root = np.random.SeedSequence(entropy({"test": test.name, **shape}))
    keys = [{"statistic": f"{test.name} {member.key}", **shape} for member in test.members(n, dim, null, dtype)]
    elements = test.elements(n, dim, n_slices)
    return OwnSize(CombinedReplicates(test.statistics, n, dim, dtype, null, n_slices, elements, root), keys)


def null_pool(
    test: Combined,
    way: Way,
    own: CombinedReplicates,
    count: int,
    workers: int,
    progress: Progress | None,
) -> tuple[Array, MethodUsed]:
    """Return the members' statistics of null replicates, (M, members), and the method that gave them.

    ``count`` is how many there are of the sample's own.
    """
    if way.method in ("auto", "cached") and own.treatment is None:
        laws = combined_laws(test, own.n, own.dim, own.dtype, own.null, own.n_slices)
        kept: Sequence[Array | None] = kept_laws(laws)
        if way.method == "cached":
            kept = obtain(laws, most_resamples(way), workers=workers, progress=progress)
        found = [law for law in kept if law is not None]
        if len(found) == len(kept):
            least = min(len(law) for law in found)
            return np.stack([law[:least] for law in found], axis=-1), "cached"
    return monte_carlo(own, count, batch=own.batch, workers=workers, progress=progress), "monte carlo"
