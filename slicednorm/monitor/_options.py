"""The options of a look at latents, by name and type."""

from __future__ import annotations

from typing import TypedDict

from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.stats._calibration import Progress, Resamples
from slicednorm.stats._sample import NanPolicy
from slicednorm.stats._sliced_null import Aggregate
from slicednorm.stats._streams import RNG
from slicednorm.stats._whiten import Null


class SlicedOptions(TypedDict, total=False):
    """The options of `slicednorm.stats.sliced_test` that have no other default in a look."""

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

    n_resamples: Resamples
    rng: RNG
