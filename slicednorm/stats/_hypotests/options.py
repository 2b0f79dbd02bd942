"""The options that every test of a sample has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.stats._streams import RNG, root_seed
from slicednorm.stats._types import Aggregate, Null, Progress

# How many directions there are where no number is given.
N_SLICES = 256


@dataclass(frozen=True)
class Options:
    """What is known of a test beside its sample and its way to a p-value; what does not concern a test is left alone.

    Attributes
    ----------
    null, rng, workers, mean, cov, progress : as in `sliced_test`.
    aggregate, n_slices, directions : of the sliced tests; the number of slices of the omnibus as well.
    """

    null: Null
    rng: RNG = None
    workers: int = 1
    mean: ArrayLike | None = None
    cov: ArrayLike | None = None
    progress: Progress | None = None
    aggregate: Aggregate = "mean"
    n_slices: int = N_SLICES
    directions: ArrayLike | DirectionKind | None = None

    @cached_property
    def root(self) -> np.random.SeedSequence:
        """The seed; a generator is drawn from when it is first asked for."""
        return root_seed(self.rng)
