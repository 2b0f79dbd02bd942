"""The squared Mahalanobis distances of a sample's rows, in order, with the band in which a normal sample's stay."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_count
from slicednorm.stats._bands.band import Band, allowed_outside, chi_square, drawn_ranks, qq_band, scaled_beta
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._null.sliced import null_samples
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.design import Design
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.treatment import Treatment
from slicednorm.stats._sample.whiten import Whitening, whitening_for
from slicednorm.stats._streams import RNG, replay_seed, root_seed
from slicednorm.stats._types import NanPolicy, Null, Progress

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class RadiusBandResult(Result):
    """The result of `radius_band`.

    Attributes
    ----------
    qq : Band
        The Q-Q plot of the squared distances: medians of their order statistics, the sample's values, and the band.
    farthest : ndarray of shape (min(n, 10),), dtype=intp
        Numbers of the farthest rows, among those without missing values, the farthest first.
    ranks : ndarray of shape (g,), dtype=intp
        The ranks, from 1 to n, at which distances are compared and drawn.
    n, dim : int
        Shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    seed : int or numpy.random.SeedSequence
        Pass it as ``rng`` to reproduce the result.
    """

    qq: Band
    n: int
    dim: int
    null: Null
    seed: int | np.random.SeedSequence
    farthest: NDArray[np.intp] = field(compare=False)
    ranks: NDArray[np.intp] = field(compare=False)


@np.errstate(over="ignore")  # squares that overflow are infinite distances
def _squared_radii(rows: Rows, whitening: Whitening | None) -> Array:
    """Return ‖z_i‖² of the standardised rows of every sample, (batch, n)."""
    parts = []
    for _, _, block in rows.blocks():
        z = block.astype(np.float64) if whitening is None else whitening(block)
        parts.append(np.sum(z * z, axis=-1))
    return np.concatenate(parts, axis=-1)


def _varying(n: int, design: Design | None) -> NDArray[np.intp]:
    """Return the numbers of the rows that vary: all but those that a design fits exactly."""
    return np.arange(n) if design is None else np.flatnonzero(~design.fitted)


@dataclass(frozen=True)
class _Replicates:
    """The ordered squared distances of null replicates, at the ranks that are drawn."""

    n: int
    dim: int
    dtype: np.dtype[np.floating]
    null: Null
    root: np.random.SeedSequence
    ranks: NDArray[np.intp]
    treatment: Treatment | None
    varying: NDArray[np.intp]

    def __call__(self, start: int, stop: int) -> Array:
        numbers = range(start, stop)
        samples = null_samples(self.n, self.dim, self.dtype, self.null, self.root, numbers, treatment=self.treatment)
        radii = _squared_radii(samples.rows, samples.whitening)[:, self.varying]
        return np.sort(radii, axis=-1)[:, self.ranks - 1]


def radius_band(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    confidence_level: float = 0.95,
    n_resamples: int = 199,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> RadiusBandResult:
    r"""Order the squared Mahalanobis distances of the rows, and find the band in which a normal sample's would stay.

    Under the standard null :math:`\|z_i\|^2` is compared with :math:`\chi^2_D`; under the composite null, where the
    rows are standardised by their own moments (divisor n), with its exact distribution
    :math:`(n - 1)\,\mathrm{Beta}(D/2, (n - D - 1)/2)`, which is :math:`\chi^2_D` for many rows. The band is built as in
    `slice_bands`.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    confidence_level : float, default: 0.95
        Probability 1 − α with which the band holds the whole curve of a normal sample.
    n_resamples : int, default: 199
        Number M of null replicates; at least α⁻¹ − 1.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `sliced_test`.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    RadiusBandResult
        The ordered distances with their band, and the farthest rows.

    Raises
    ------
    ValueError
        As `sliced_test`, and if M is too small for the confidence level.
    TypeError
        As `sliced_test`.

    References
    ----------
    Gnanadesikan and Kettenring, "Robust estimates, residuals, and outlier detection with multiresponse data",
    Biometrics 28 (1972), for the distribution of the distances.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 3))
    >>> x[5] = 4.0
    >>> band = radius_band(x, null="composite", n_resamples=99, rng=0)
    >>> band.qq.inside, int(band.farthest[0])
    (False, 5)
    """
    check_count("n_resamples", n_resamples)
    allowed_outside(confidence_level, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy)
    check_treatment("radius_band", sample, null, None)
    rows, root = sample.rows, root_seed(rng)
    with single_threaded_blas():
        (radii,) = _squared_radii(rows, whitening_for(rows, null, mean, cov))
    varying = _varying(rows.n, sample.design)
    ranks = drawn_ranks(len(varying))
    order = varying[np.argsort(radii[varying], kind="stable")]
    freedom = rows.n - 1 if sample.design is None else sample.design.freedom
    replicates = monte_carlo(
        _Replicates(rows.n, rows.dim, rows.dtype, null, root, ranks, sample.treatment, varying),
        n_resamples,
        batch=batch_size(rows.n * rows.dim),
        workers=workers,
        progress=progress,
    )
    law = chi_square(rows.dim) if null == "standard" else scaled_beta(freedom + 1, rows.dim)
    return RadiusBandResult(
        qq=qq_band(radii[order[ranks - 1]], replicates, ranks, len(varying), law, confidence_level),
        n=rows.n,
        dim=rows.dim,
        null=null,
        seed=replay_seed(root),
        farthest=order[::-1][:10],
        ranks=ranks,
    )
