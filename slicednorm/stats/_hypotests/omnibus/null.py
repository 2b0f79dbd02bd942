"""The members' statistics of null replicates: the sample's own replicates, or those in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.budget import most_resamples
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached_or_computed import OwnSize, kept_laws, obtain
from slicednorm.stats._calibration.method import Way
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._hypotests.mardia.measures import mardia_elements
from slicednorm.stats._hypotests.omnibus.members import Array, member_statistics, members_for
from slicednorm.stats._hypotests.pairs import pairs_elements
from slicednorm.stats._limits import current
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._streams import replicate_stream
from slicednorm.stats._types import MethodUsed, Null, Progress


@dataclass(frozen=True)
class OmnibusReplicates:
    """The members' statistics of null replicates: picklable, and a function of their numbers alone.

    ``directions`` (k, D) are those of the sample, None for fresh ones in every replicate. Replicates go
    through the ``treatment`` of the sample.
    """

    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    n_slices: int
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
        return member_statistics(rows, whitening, self.null, directions)

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together, from the shape alone."""
        elements = mardia_elements(self.n, self.dim), pairs_elements(self.n, self.dim)
        return batch_size(max(self.n * self.n_slices, *elements))


def omnibus_laws(n: int, dim: int, dtype: np.dtype[Any], null: Null, n_slices: int) -> OwnSize:
    """Return the null distributions of the members, whose replicates belong together."""
    shape = {"null": null, "n": n, "dim": dim, "n_slices": n_slices, "dtype": dtype.name}
    root = np.random.SeedSequence(entropy({"test": "omnibus", **shape}))
    keys = [{"statistic": f"omnibus {member.key}", **shape} for member in members_for(n, dim, null)]
    return OwnSize(OmnibusReplicates(n, dim, dtype, null, n_slices, root), keys)


def null_pool(
    way: Way,
    own: OmnibusReplicates,
    workers: int,
    progress: Progress | None,
) -> tuple[Array, MethodUsed]:
    """Return the members' statistics of null replicates, (M, members), and the method that gave them."""
    if way.method in ("auto", "cached") and own.treatment is None:
        laws = omnibus_laws(own.n, own.dim, own.dtype, own.null, own.n_slices)
        kept: Sequence[Array | None] = kept_laws(laws)
        if way.method == "cached":
            kept = obtain(laws, most_resamples(way), workers=workers, progress=progress)
        found = [law for law in kept if law is not None]
        if len(found) == len(kept):
            count = min(len(law) for law in found)
            return np.stack([law[:count] for law in found], axis=-1), "cached"
    count = current().default_resamples if way.n_resamples is None else way.n_resamples
    return monte_carlo(own, count, batch=own.batch, workers=workers, progress=progress), "monte carlo"
