"""A sample's least normal slices, and all of its slices' distances, with the bands in which a normal sample stays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import DirectionKind
from slicednorm.distances import get_distance
from slicednorm.stats._arguments import check_count, check_workers
from slicednorm.stats._bands.band import NORMAL, Band, allowed_outside, drawn_ranks, qq_band, spread_band
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._deviation.tested_sample import tested_by
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._hypotests.sliced.sliced import sliced_test
from slicednorm.stats._null.sliced import null_samples, sliced_batch
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import Whitening
from slicednorm.stats._slices.statistics import project, slices_scratch
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import NanPolicy, Null, Progress

Array = NDArray[np.float64]

# How many of the slices' distances are compared: all of the usual number.
_MOST_STATISTICS = 512


@dataclass(frozen=True, repr=False)
class SliceBandsResult(Result):
    """The result of `slice_bands`.

    Attributes
    ----------
    test, title : str
        Name of the statistic by which slices are more or less normal, and its name in words.
    qq : Band
        The Q-Q plot of the least normal slice: medians of normal order statistics, the slice's values, and the band.
    statistics : Band
        The distances of all slices in ascending order (512 quantiles of them if there are more), and their band.
    others : ndarray of shape (m − 1, g), dtype=float64
        The next least normal slices, at the ranks of ``qq``.
    shown : ndarray of shape (m,), dtype=intp
        Numbers of the directions of these m slices, the least normal first.
    ranks : ndarray of shape (g,), dtype=intp
        The ranks, from 1 to n, at which slices are compared and drawn.
    n, dim : int
        Shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    seed : int or numpy.random.SeedSequence
        Pass it as ``rng`` to reproduce the result.
    """

    test: str
    title: str
    qq: Band
    statistics: Band
    n: int
    dim: int
    null: Null
    seed: int | np.random.SeedSequence
    others: Array = field(compare=False)
    shown: NDArray[np.intp] = field(compare=False)
    ranks: NDArray[np.intp] = field(compare=False)


def _sorted_slices(rows: Rows, directions: NDArray[Any], whitening: Whitening | None, ranks: NDArray[np.intp]) -> Array:
    """Return the order statistics (batch, m, g) of slices of each sample along its own directions (batch, m, D)."""
    shape = (rows.batch, directions.shape[-2], rows.n)
    y = project(rows, directions, whitening, np.empty(shape, rows.dtype))
    return np.sort(y, axis=-1)[..., ranks - 1].astype(np.float64)


def _drawn_statistics(values: Array) -> Array:
    """Return distances (..., k) in ascending order, or the quantiles of them that are drawn if there are very many."""
    ordered = np.sort(values, axis=-1)
    count = ordered.shape[-1]
    if count > _MOST_STATISTICS:
        ordered = ordered[..., np.rint(np.linspace(0, count - 1, _MOST_STATISTICS)).astype(np.intp)]
    return ordered


@dataclass(frozen=True)
class _Replicates:
    """What null replicates contribute: the least normal slice of each, and the distances of all of its slices."""

    name: str
    directions: NDArray[Any]
    n: int
    null: Null
    root: np.random.SeedSequence
    ranks: NDArray[np.intp]
    treatment: Treatment | None

    def __call__(self, start: int, stop: int) -> Array:
        distance = get_distance(self.name)
        dim, dtype = self.directions.shape[-1], self.directions.dtype
        samples = null_samples(
            self.n,
            dim,
            dtype,
            self.null,
            self.root,
            range(start, stop),
            with_prior=distance.needs_prior,
            treatment=self.treatment,
        )
        values = samples.slices([distance], self.directions)[:, 0]
        worst = self.directions[np.argmax(values, axis=-1)][:, np.newaxis]
        slices = _sorted_slices(samples.rows, worst, samples.whitening, self.ranks)[:, 0]
        return np.concatenate([slices, _drawn_statistics(values)], axis=-1)


@slices_scratch()
def slice_bands(
    x: ArrayLike | Sample,
    test: SlicedTestResult | str = "cvm",
    *,
    null: Null | None = None,
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    confidence_level: float = 0.95,
    n_shown: int = 3,
    n_resamples: int = 199,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> SliceBandsResult:
    r"""Order the values of the least normal slices, and find the bands in which a normal sample's would stay.

    The least normal slice is the one with the largest distance, in the sample as in each replicate: the band of
    confidence level :math:`1 - \alpha` holds all of it with that probability if the sample is normal, exactly so if α
    (M + 1) is whole. At each rank i the band leaves out one and the same probability ℓ of the distribution of a normal
    order statistic, :math:`\Phi(y_{(i)}) \sim \mathrm{Beta}(i, n + 1 - i)`, with ℓ from the replicates. The distances
    of all slices, in ascending order, have a band of their own.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    test : SlicedTestResult or str, default: "cvm"
        The result of `sliced_test` on x, whose statistic, null, directions and seed are used; or a statistic's name.
    null : {"standard", "composite"}, optional
        Null hypothesis, as for `sliced_test`; a result brings its own.
    n_slices : int, optional
        Number of random directions, as for `sliced_test`; a result brings its own.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors, or how to draw them, as for `sliced_test`; a result brings its own.
    confidence_level : float, default: 0.95
        Probability 1 − α with which each band holds the whole curve of a normal sample.
    n_shown : int, default: 3
        Number m of slices to return, the least normal first.
    n_resamples : int, default: 199
        Number M of null replicates along the same directions; at least α⁻¹ − 1.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        The seed, that of the result by default.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`; to be given again with a result.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`; to be given again with a result.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`; to be given again with a result.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    SliceBandsResult
        The least normal slices and the distances of all slices, with their bands.

    Raises
    ------
    ValueError
        As `sliced_test`; if a result is not of this sample, or M is too small for the confidence level.
    TypeError
        As `sliced_test`.

    References
    ----------
    Aldor-Noiman, Brown, Buja, Rolke, Stine, "The power to see: a new graphical test of normality", Am. Stat. 67 (2013).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(8).standard_normal((60, 3))
    >>> bands = slice_bands(x, "cvm", n_slices=32, n_resamples=99, rng=0)
    >>> bands.qq.inside, bands.statistics.inside
    (True, True)
    >>> bands.qq.observed.shape, bands.others.shape
    ((60,), (2, 60))
    """
    check_count("n_shown", n_shown)
    check_count("n_resamples", n_resamples)
    allowed_outside(confidence_level, n_resamples)
    check_workers(workers)
    sample = as_sample(x, nan_policy=nan_policy)
    target: dict[str, Any] = {"mean": mean, "cov": cov}
    if isinstance(test, str):
        options: dict[str, Any] = {"n_slices": 256 if n_slices is None else n_slices, "directions": directions}
        test = sliced_test(
            sample,
            test,
            null="standard" if null is None else null,
            method=None,
            rng=rng,
            workers=workers,
            **options,
            **target,
        )
        null = n_slices = directions = None
    with single_threaded_blas():
        subject = tested_by(
            sample,
            test,
            null=null,
            aggregate=None,
            n_slices=n_slices,
            directions=directions,
            rng=rng,
            nan_policy=nan_policy,
            **target,
        )
        rows, chosen = subject.rows, subject.directions
        test = test if subject.result is None else subject.result
        ranks = drawn_ranks(rows.n)
        shown = np.argsort(-test.slice_statistics, kind="stable")[:n_shown]
        slices = _sorted_slices(rows, chosen[shown][np.newaxis], subject.whitening, ranks)[0]
    replicates = monte_carlo(
        _Replicates(subject.distance.name, chosen, rows.n, subject.null, subject.root, ranks, sample.treatment),
        n_resamples,
        batch=sliced_batch(rows.n, *chosen.shape),
        workers=workers,
        progress=progress,
    )
    return SliceBandsResult(
        test=test.test,
        title=test.title,
        qq=qq_band(slices[0], replicates[:, : ranks.size], ranks, rows.n, NORMAL, confidence_level),
        statistics=spread_band(_drawn_statistics(test.slice_statistics), replicates[:, ranks.size :], confidence_level),
        n=rows.n,
        dim=rows.dim,
        null=subject.null,
        seed=replay_seed(subject.root),
        others=slices[1:],
        shown=shown,
        ranks=ranks,
    )
