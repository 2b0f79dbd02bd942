"""The options of all tests of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.stats._streams import RNG, root_seed
from slicednorm.stats._types import Aggregate, Null, Progress

# The number of directions if none is given and the p-value is by replicates, or there is none.
N_SLICES = 256


@dataclass(frozen=True)
class Options:
    """The options of a test beside its sample and its way to a p-value; a test ignores those that do not concern it.

    Attributes
    ----------
    null : {"standard", "composite"}
        Null hypothesis, as for `sliced_test`.
    rng : int, numpy.random.Generator, numpy.random.SeedSequence or None
        Seed, as for `sliced_test`.
    workers : int
        Number of threads, as for `sliced_test`.
    mean : float, array_like of shape (D,) or None
        Mean of a known target, as for `sliced_test`.
    cov : float, array_like of shape (D,) or (D, D) or None
        Covariance of a known target, as for `sliced_test`.
    progress : callable or None
        Called as ``progress(done, total)``, as for `sliced_test`.
    aggregate : {"mean", "max"}
        How the sliced tests combine the slices.
    n_slices : int or None
        Number of random directions of the sliced tests and of the sliced member of the omnibus; None for the number
        that suits how the p-value is found.
    directions : array_like of shape (k, D), {"iid", "orthogonal"} or None
        Directions of the sliced tests, or how to draw them.
    """

    null: Null
    rng: RNG = None
    workers: int = 1
    mean: ArrayLike | None = None
    cov: ArrayLike | None = None
    progress: Progress | None = None
    aggregate: Aggregate = "mean"
    n_slices: int | None = None
    directions: ArrayLike | DirectionKind | None = None

    @property
    def slices_of_replicates(self) -> int:
        """The number of directions of a test by replicates, or without a p-value."""
        return N_SLICES if self.n_slices is None else self.n_slices

    @cached_property
    def root(self) -> np.random.SeedSequence:
        """The seed; a generator is drawn from when this is first read."""
        return root_seed(self.rng)
