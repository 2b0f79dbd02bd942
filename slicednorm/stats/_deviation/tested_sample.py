"""A sample and the sliced test of it, about which questions on the deviation are asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.directions import DirectionKind
from slicednorm.distances import Distance, get_distance
from slicednorm.stats._arguments import check_aggregate, spelled
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import Whitening, whitening_for
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._streams import RNG, root_seed
from slicednorm.stats._types import Aggregate, NanPolicy, Null

_SLICES = 256

# The distances of a result may be in float32; those of another sample differ by more than this.
_AGREEMENT = 1e-2


@dataclass(frozen=True)
class Tested:
    """A checked sample and the sliced test of it.

    Attributes
    ----------
    rows : Rows
        The sample.
    distance : Distance
        The statistic.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    aggregate : {"mean", "max"}
        How the test combines the slices.
    directions : ndarray of shape (k, D)
        Directions of the slices.
    whitening : Whitening or None
        How the sample is standardised, None if it is taken as it is.
    root : numpy.random.SeedSequence
        The seed.
    result : SlicedTestResult or None
        Result of the test, if there is one already.
    cov : float, array_like of shape (D,) or (D, D) or None
        Covariance of a known target, as it was given.
    treatment : Treatment or None
        What was done to the rows, as it is to those of null replicates.
    """

    rows: Rows
    distance: Distance
    null: Null
    aggregate: Aggregate
    directions: NDArray[Any]
    whitening: Whitening | None
    root: np.random.SeedSequence
    result: SlicedTestResult | None
    cov: ArrayLike | None = None
    treatment: Treatment | None = None

    def treatment_of(self, count: int) -> Treatment | None:
        """Return what is done to replicates of a part of the rows: nothing if that takes all of them."""
        return None if self.treatment is None or self.treatment.rows not in (None, count) else self.treatment

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """The S^(−1/2) by which centred rows are standardised, (x − mean) @ matrix, (D, D)."""
        return np.eye(self.rows.dim) if self.whitening is None else self.whitening.matrix[0]

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """The mean by which rows are centred, (D,)."""
        return np.zeros(self.rows.dim) if self.whitening is None else self.whitening.mean[0, 0]

    @cached_property
    def deviations(self) -> NDArray[np.float64]:
        """The standard deviations of the columns under the null, their own under the composite one, (D,)."""
        if self.null == "standard":
            return np.sqrt(np.broadcast_to(1.0 if self.cov is None else _variances(self.cov), self.rows.dim))
        squares = np.zeros(self.rows.dim)
        for _, _, (block,) in self.rows.blocks():
            squares += np.sum((block.astype(np.float64) - self.centre) ** 2, axis=0)
        return np.sqrt(squares / self.rows.n)

    def taken(self, some: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the rows with given numbers (ascending) as they are, (m, D) float64."""
        parts = []
        for start, stop, (block,) in self.rows.blocks():
            first, last = np.searchsorted(some, (start, stop))
            parts.append(block[some[first:last] - start].astype(np.float64))
        return np.concatenate(parts)

    def standardised(self, some: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """Return rows standardised like the whole sample, (n, D) float64: all, or those with given numbers (ascending).

        Under the composite null a part of the rows is a sample in its own right only after its own standardisation.
        """
        parts = []
        for start, stop, (block,) in self.rows.blocks():
            if some is not None:
                block = block[some[np.searchsorted(some, start) : np.searchsorted(some, stop)] - start]
            wide = block.astype(np.float64)
            parts.append(wide if self.whitening is None else self.whitening(wide[np.newaxis])[0])
        return np.concatenate(parts)

    def scores(self, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the slice of the sample along a unit vector of the standardised space, (n,) float64."""
        turned = self.matrix @ direction
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [(block.astype(np.float64) - self.centre) @ turned for _, _, (block,) in self.rows.blocks()]
        scores = np.concatenate(parts)
        if not np.isfinite(scores).all():
            value, row, column = self.rows.largest()
            raise SampleError(
                f"slices of x of shape ({self.rows.n}, {self.rows.dim}) overflow: the largest value, {value:.3g}, is "
                f"at {self.rows.called.cell(row, column)}; rescale the columns, or leave that row out",
                columns=[column],
                rows=[row],
            )
        return scores


def _variances(cov: ArrayLike) -> NDArray[np.float64]:
    """Return the variances of a covariance that is a number, (D,) variances or (D, D)."""
    given = np.asarray(cov, dtype=np.float64)
    return np.diag(given) if given.ndim == 2 else given


def tested_by(
    x: ArrayLike | Sample,
    test: SlicedTestResult | str,
    *,
    null: Null | None,
    aggregate: Aggregate | None,
    n_slices: int | None,
    directions: ArrayLike | DirectionKind | None,
    rng: RNG,
    mean: ArrayLike | None,
    cov: ArrayLike | None,
    nan_policy: NanPolicy,
) -> Tested:
    """Check a sample, and the test that it was or is to be tested by.

    A result brings its statistic, null, aggregate, directions (of a mean, at most the first 256) and seed; ``mean`` and
    ``cov`` of a known target must be given again. With a name, the options and their defaults are those of
    `sliced_test` by replicates.

    Raises
    ------
    ValueError
        If a result is not of this sample, or options contradict it; else as `sliced_test`.
    """
    sample = as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    if isinstance(test, str):
        distance = get_distance(test)
        null = "standard" if null is None else null
        aggregate = "mean" if aggregate is None else aggregate
        check_aggregate(aggregate)
        root = root_seed(rng)
        chosen = choose_directions(directions, _SLICES if n_slices is None else n_slices, rows.dim, rows.dtype, root)
        check_treatment(distance.name, sample, null, None)
        whitening = whitening_for(rows, null, mean, cov)
        return Tested(rows, distance, null, aggregate, chosen, whitening, root, None, cov, sample.treatment)
    if not isinstance(test, SlicedTestResult):
        raise TypeError(f"test must be a SlicedTestResult or the name of a statistic, got {type(test).__name__}")
    if (rows.n, rows.dim) != (test.n, test.dim):
        raise ValueError(
            f"x has {rows.n} rows of {rows.dim} columns, the test's sample had {test.n} of {test.dim}; "
            "pass the sample that was tested"
        )
    given = {
        "null": (null, test.hypothesis),
        "aggregate": (aggregate, test.aggregate),
        "n_slices": (n_slices, test.n_slices),
    }
    for name, (asked, had) in given.items():
        if asked is not None and asked != had:
            raise ValueError(
                f"{name}={spelled(asked)}, but the test had {spelled(had)}; leave it out, a result brings its own"
            )
    if directions is not None:
        raise ValueError("directions: leave them out, a result brings its own")
    test = _along_few(test)
    subject = Tested(
        rows,
        get_distance(test.test),
        test.hypothesis,
        test.aggregate,
        test.directions,
        whitening_for(rows, test.hypothesis, mean, cov),
        root_seed(test.seed if rng is None else rng),
        test,
        cov,
        sample.treatment,
    )
    _check_same(subject, test)
    return subject


def _along_few(test: SlicedTestResult) -> SlicedTestResult:
    """Return a result along its first directions: what is asked afterwards takes replicates along all that it has."""
    if test.n_slices <= _SLICES or test.aggregate != "mean":
        return test
    values = test.slice_statistics[:_SLICES]
    return replace(
        test,
        statistic=float(np.mean(values)),
        n_slices=_SLICES,
        slice_statistics=values,
        directions=test.directions[:_SLICES],
        moments=None if test.moments is None else test.moments[:, :_SLICES],
    )


def _check_same(subject: Tested, test: SlicedTestResult) -> None:
    """Raise a ValueError unless the sample has the distance of a result along the worst slice of that result."""
    if subject.distance.needs_prior:
        return
    worst = int(np.argmax(test.slice_statistics))
    had = float(test.slice_statistics[worst])
    with np.errstate(over="ignore"):
        now = float(subject.distance.value(np.sort(subject.scores(test.directions[worst].astype(np.float64)))))
    if np.isfinite(had) and not abs(now - had) <= _AGREEMENT * abs(had):
        raise ValueError(
            f"along its worst slice the tested sample was at a distance of {had:.6g}, and x is at {now:.6g}; "
            "pass the sample that was tested, and the same mean and cov"
        )
