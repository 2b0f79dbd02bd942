"""The null distribution of sliced statistics: along the sample's directions, or over fresh ones, to be cached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.directions import DirectionKind, random_directions
from slicednorm.distances import Distance, get_distance
from slicednorm.stats._calibration import cache
from slicednorm.stats._calibration.monte_carlo import batch_size
from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._null.large_n import adapted, enlarged, replicate_size
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import Whitening, estimated
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.statistics import slice_statistics
from slicednorm.stats._streams import directions_stream, prior_stream, replicate_stream
from slicednorm.stats._types import Aggregate, Null

# The relative rounding of a sliced statistic, in units of that of its dtype.
_ROUNDING = 64.0


def sliced_ranking(dtype: np.dtype[Any]) -> Ranking:
    """Return how sliced statistics that are computed in a dtype are ranked.

    Statistics in float32 differ from those in float64 by at most 4e-6 of their values.
    """
    return Ranking(relative=_ROUNDING * float(np.finfo(dtype).eps), exponential_tail=True)


@dataclass(frozen=True)
class NullSamples:
    """Null samples and the prior samples that go with them, and how each is standardised."""

    rows: Rows
    whitening: Whitening | None
    prior: Rows | None
    prior_whitening: Whitening | None

    def slices(self, distances: Sequence[Distance], directions: NDArray[Any]) -> NDArray[np.float64]:
        """Return the distances (replicates, statistics, k) of the samples' slices."""
        return slice_statistics(
            self.rows,
            directions,
            distances,
            whitening=self.whitening,
            prior=self.prior,
            prior_whitening=self.prior_whitening,
        )


def null_samples(
    n: int,
    dim: int,
    dtype: np.dtype[Any],
    null: Null,
    root: np.random.SeedSequence,
    numbers: range,
    *,
    with_prior: bool = False,
    treatment: Treatment | None = None,
) -> NullSamples:
    """Return null samples of n rows, each from its stream; that go through a treatment."""
    rows = normal_rows([replicate_stream(root, r) for r in numbers], n, dim, dtype, treatment)
    prior = normal_rows([prior_stream(root, r) for r in numbers], n, dim, dtype) if with_prior else None
    composite = null == "composite"
    return NullSamples(
        rows,
        estimated(rows) if composite else None,
        prior,
        estimated(prior) if composite and prior is not None else None,
    )


def null_slices(
    distances: Sequence[Distance],
    directions: NDArray[Any],
    n: int,
    null: Null,
    root: np.random.SeedSequence,
    numbers: range,
    treatment: Treatment | None = None,
) -> NDArray[np.float64]:
    """Return the distances (replicates, statistics, k) of null samples of n rows, each from its stream."""
    with_prior = any(distance.needs_prior for distance in distances)
    dim, dtype = directions.shape[-1], directions.dtype
    samples = null_samples(n, dim, dtype, null, root, numbers, with_prior=with_prior, treatment=treatment)
    return samples.slices(distances, directions)


def sliced_batch(n: int, n_slices: int, dim: int) -> int:
    """Return how many replicates of n rows to evaluate together."""
    return batch_size(n * max(n_slices, dim))


@dataclass(frozen=True)
class SlicedReplicates:
    """The statistics of null replicates along given directions: picklable, and a function of their numbers alone.

    With a ``size`` they have that many rows, and their statistics are made those of n rows. They go through
    the ``treatment`` of the sample.
    """

    names: tuple[str, ...]
    directions: NDArray[Any]
    n: int
    null: Null
    aggregate: Aggregate
    root: np.random.SeedSequence
    size: int | None = None
    treatment: Treatment | None = None

    @property
    def _rows(self) -> int:
        return self.n if self.size is None else self.size

    def __call__(self, start: int, stop: int) -> NDArray[np.float64]:
        distances = [get_distance(name) for name in self.names]
        used = distances if self.size is None else [adapted(distance, self.n) for distance in distances]
        values = null_slices(
            used, self.directions, self._rows, self.null, self.root, range(start, stop), self.treatment
        )
        found = aggregated(values, self.aggregate)
        if self.size is None:
            return found
        shape = {"dim": self.directions.shape[-1], "n_slices": len(self.directions)}
        options: dict[str, Any] = {"n": self.n, "size": self.size, "null": self.null, "aggregate": self.aggregate}
        columns = zip(found.T, distances, strict=True)
        return np.stack([enlarged(column, distance, **options, **shape) for column, distance in columns], axis=-1)

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together, from the shape alone."""
        return sliced_batch(self._rows, *self.directions.shape)


@dataclass(frozen=True)
class SlicedLaws:
    """The null distributions of several sliced statistics over fresh directions, for samples of n rows.

    Attributes
    ----------
    names : tuple of str
        Names of the statistics.
    n, dim : int
        The shape of the samples.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    aggregate : {"mean", "max"}
        How the test combines the slices.
    n_slices : int
        Number of directions.
    kind : {"iid", "orthogonal"}
        How they are drawn.
    dtype : {"float32", "float64"}
        The computing dtype's name.
    """

    names: tuple[str, ...]
    n: int
    dim: int
    null: Null
    aggregate: Aggregate
    n_slices: int
    kind: DirectionKind
    dtype: str

    @property
    def _size(self) -> int:
        return replicate_size(self.n, self.dim, self.null)

    @property
    def law_n(self) -> int | None:
        """How many rows the replicates have, if fewer than the samples; else None."""
        return None if self._size == self.n else self._size

    @property
    def _distances(self) -> list[Distance]:
        distances = [get_distance(name) for name in self.names]
        return distances if self.law_n is None else [adapted(distance, self.n) for distance in distances]

    @property
    def _shape(self) -> cache.Key:
        return {
            "null": self.null,
            "n": self._size,
            "dim": self.dim,
            "n_slices": self.n_slices,
            "directions": self.kind,
            "dtype": self.dtype,
        }

    @property
    def keys(self) -> list[cache.Key]:
        """What each null distribution depends on: on n itself only if replicates of fewer rows are adapted to it."""
        keys = []
        for distance in self._distances:
            key = {"statistic": distance.name, "aggregate": self.aggregate, **self._shape}
            keys.append(key if distance is get_distance(distance.name) else {**key, "for_n": self.n})
        return keys

    @property
    def batch(self) -> int:
        """How many replicates to evaluate together."""
        return sliced_batch(self._size, self.n_slices, self.dim)

    @cached_property
    def _root(self) -> np.random.SeedSequence:
        # Shared by the statistics and the aggregates, so that they can be evaluated together.
        return np.random.SeedSequence(cache.entropy(self._shape))

    def __call__(self, start: int, stop: int) -> NDArray[np.float64]:
        numbers = range(start, stop)
        directions = np.stack([self._directions(number) for number in numbers])
        values = null_slices(self._distances, directions, self._size, self.null, self._root, numbers)
        return aggregated(values, self.aggregate)

    def _directions(self, number: int) -> NDArray[Any]:
        stream = directions_stream(replicate_stream(self._root, number))
        return random_directions(self.n_slices, self.dim, self.kind, rng=stream).astype(self.dtype)

    def at_n(self, index: int, law: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the null distribution of a statistic at n rows from its replicates."""
        return enlarged(
            law,
            get_distance(self.names[index]),
            n=self.n,
            size=self._size,
            null=self.null,
            aggregate=self.aggregate,
            dim=self.dim,
            n_slices=self.n_slices,
        )
