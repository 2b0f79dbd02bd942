"""The options of a look at latents, by name and type."""

from __future__ import annotations

from typing import TypedDict

from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import Aggregate, Method, NanPolicy, Null, Progress


class SlicedOptions(TypedDict, total=False):
    """The options of `slicednorm.stats.sliced_test` whose default is no other in a look."""

    null: Null
    aggregate: Aggregate
    n_slices: int
    directions: ArrayLike | DirectionKind | None
    workers: int
    mean: ArrayLike | None
    cov: ArrayLike | None
    nan_policy: NanPolicy
    progress: Progress | None


class LookOptions(SlicedOptions, total=False):
    """The options of every look of a monitor."""

    method: Method | None
    n_resamples: int | None
    rng: RNG
