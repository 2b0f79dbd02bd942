"""Robust distances: from a centre and a covariance that a minority of the rows, however far out, does not move."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_count
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._calibration.ranks import Ranking, rank_pvalue
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._streams import RNG, choice_stream, replicate_stream, root_seed
from slicednorm.stats._types import Progress

Array = NDArray[np.float64]

# The number of replicates by default. A search for the determinant takes some 0.05 s of one core.
_REPLICATES = 199

# From so many rows the centre is found that tells which of all rows are near. scikit-learn takes 30 starts up to here,
# and 500 for more rows, which takes 15 times as long.
_SEARCHED = 500

# The part of normal rows that counts as near, and gives the mean and the covariance.
_NEAR = 0.975

# Rows whose covariance has a smallest eigenvalue of this part of the largest lie in fewer dimensions.
_SINGULAR = 1e-12

# The distances of replicates are kept as float32.
_RANKING = Ranking(relative=1e-6)


@dataclass(frozen=True)
class RobustDistances:
    """The squared robust distances of rows, and how far rows of normal samples of this shape lie.

    Attributes
    ----------
    squared_distances : ndarray of shape (n,), dtype=float64
        Squared distances, about χ² with D degrees of freedom for rows of a large normal sample.
    pvalues : ndarray of shape (n,), dtype=float64
        The probability that one given row of a normal sample is as far.
    pvalues_farthest : ndarray of shape (n,), dtype=float64
        The probability that the farthest row of a normal sample is as far.
    n_resamples : int
        The number of replicates.
    """

    squared_distances: Array
    pvalues: Array
    pvalues_farthest: Array
    n_resamples: int


def _estimator(seed: int) -> Any:
    """Return the estimator of the rows whose covariance has the least determinant."""
    try:
        from sklearn.covariance import MinCovDet
    except ImportError as error:
        raise ImportError(f"robust distances need the extra 'robust' (scikit-learn): {error}") from None
    return MinCovDet(random_state=seed)


@dataclass(frozen=True)
class _Distances:
    """Squared robust distances of samples (n, D), all in the same way: the sample as its replicates.

    Attributes
    ----------
    root : SeedSequence
        The seed.
    n, dim : int
        Shape of the sample.
    """

    root: np.random.SeedSequence
    n: int
    dim: int

    def of(self, rows: Rows) -> Array:
        """Return the squared distances of the rows of one sample, (n,)."""
        from scipy.special import chdtri

        data = np.concatenate([block[0] for _, _, block in rows.blocks()]).astype(np.float64)
        z = _scaled(data, rows)
        choice = np.random.default_rng(choice_stream(self.root))
        some = choice.permutation(self.n)[:_SEARCHED]
        with warnings.catch_warnings():
            # scikit-learn warns of determinants that are 0 but for rounding, which are an error below.
            warnings.simplefilter("ignore", RuntimeWarning)
            found = _estimator(int(choice.integers(1 << 31))).fit(z[some])
        spectrum = np.linalg.eigvalsh(found.raw_covariance_)
        if not spectrum[0] > _SINGULAR * spectrum[-1]:
            raise _singular(rows, "half of the rows lie in a plane")
        squares = found.mahalanobis(z)
        # Near are those that would be by the scale of half of the rows, which the other half does not move.
        scale = float(np.median(squares)) / chdtri(self.dim, 0.5)
        near = z[squares <= scale * chdtri(self.dim, 1.0 - _NEAR)]
        factor = np.linalg.cholesky(np.atleast_2d(np.cov(near, rowvar=False, bias=True)))
        away = np.linalg.solve(factor, (z - near.mean(axis=0)).T)
        return np.asarray(np.sum(away * away, axis=0))

    def __call__(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return the distances of replicates, as many as there are rows for each."""
        streams = [replicate_stream(self.root, number) for number in range(start, stop)]
        found = [self.of(normal_rows([stream], self.n, self.dim, np.dtype(np.float64))) for stream in streams]
        return np.asarray(found, np.float32)


def _scaled(data: Array, rows: Rows) -> Array:
    """Return columns of about the same size by most of their rows, whose determinants neither over- nor underflow.

    The distances do not depend on that.
    """
    away = data - np.median(data, axis=0)
    sizes = np.median(np.abs(away), axis=0)
    fixed = np.flatnonzero(sizes == 0.0).tolist()
    if fixed:
        raise _singular(rows, f"{rows.called.column(fixed[0])} has one value in half of the rows", fixed)
    return np.asarray(away / sizes)


def _singular(rows: Rows, where: str, columns: Sequence[int] = ()) -> SampleError:
    """Return an error on a sample half of whose rows lie in fewer dimensions than there are columns."""
    return SampleError(
        f"x of shape ({rows.n}, {rows.dim}) has no robust covariance: {where}; leave out "
        f"{'it' if columns else 'a column'}, or robust=True",
        columns=columns,
    )


def robust_distances(
    sample: Sample,
    *,
    level: float,
    n_resamples: int | None,
    rng: RNG,
    progress: Progress | None = None,
) -> RobustDistances:
    """Return the squared robust distances of the rows of a sample.

    Half of the rows are looked for whose covariance has the smallest determinant (in at most 500 rows); all rows that
    are near by it give the mean and the covariance by which all rows are judged. The distances do not depend on the
    means, scales and correlations of the columns, so standard normal samples that go through the same steps have the
    distribution of any normal sample.

    Parameters
    ----------
    sample : Sample
        The sample.
    level : float
        The level, which the replicates must be enough for.
    n_resamples : int or None
        Number of replicates.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed.
    progress : callable, optional
        Called as ``progress(done, total)``.

    Raises
    ------
    ImportError
        Without scikit-learn.
    SampleError
        If there are too few rows, or most rows lie in fewer dimensions than there are columns.
    ValueError
        If the replicates are too few for the level, or the sample is one of residuals.
    """
    n, dim = sample.n, sample.dim
    least = int(np.ceil(1.0 / level)) - 1
    count = max(_REPLICATES, least) if n_resamples is None else n_resamples
    check_count("n_resamples", count)
    if count < least:
        raise ValueError(f"n_resamples={count} gives no p-value of {level:g}, the level; use at least {least}")
    if sample.design is not None:
        raise ValueError(
            "robust=True does not go with a design or groups: the rows that it looks for move the fit by least "
            "squares; look at each group by itself, or leave out robust=True"
        )
    if n < 2 * dim + 2:
        raise SampleError(
            f"robust distances of {dim} columns take at least {2 * dim + 2} rows, got shape ({n}, {dim}); use more "
            "rows or fewer columns, or leave out robust=True"
        )
    distances = _Distances(root_seed(rng), n, dim)
    with single_threaded_blas():
        # What is wrong with all rows together is said as elsewhere.
        whitening_for(sample.rows, "composite")
        own = distances.of(sample.rows)
    # Threads would wait for each other in the search, which is Python for the most part.
    null = monte_carlo(distances, count, batch=1, progress=progress)
    farthest = null.max(axis=1).astype(np.float64)
    pooled = np.sort(null, axis=None)
    of_farthest = np.ones(n)
    for row in np.flatnonzero(own >= farthest.min()):
        of_farthest[row] = rank_pvalue(_RANKING.reached(farthest, own[row]))
    return RobustDistances(
        squared_distances=own,
        pvalues=(1 + pooled.size - np.searchsorted(pooled, own.astype(np.float32))) / (pooled.size + 1.0),
        pvalues_farthest=of_farthest,
        n_resamples=count,
    )
