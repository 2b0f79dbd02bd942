"""The omnibus: the smallest p-value of a few tests that see different things, calibrated as a statistic of its own.

The sample and M replicates make a pool of M + 1 items, which are exchangeable under the null. A member's p-value of an
item is the part of the pool that reaches it; the statistic is the smallest over the members, and its p-value the part
of the pool whose statistic is as small. All items are treated alike, so that P(p ≤ α) ≤ α for every n, D, M and α.

Several items of the pool share the smallest p-value, at least the first by each member. If they counted as equals, this
would cost the test much of a small level: all of it at M = 99 and 1%. So the second smallest decides between them, and
so on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_workers
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._calibration.pvalue import Calibration, pvalue_stderr
from slicednorm.stats._calibration.ranks import check_statistics
from slicednorm.stats._calibration.significance import SignificanceResult
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for
from slicednorm.stats._hypotests.omnibus.null import OmnibusReplicates, null_pool
from slicednorm.stats._hypotests.omnibus.smallest import as_extreme, driver_of, member_pvalues
from slicednorm.stats._hypotests.options import N_SLICES, Options
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._slices.statistics import slices_scratch
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

if TYPE_CHECKING:
    import pandas as pd

# Its name in words, and what it is sensitive to.
TITLE = "smallest of several p-values"
SENSITIVE_TO = "whatever a member does: clusters, outlying slices, skewness, tails; the columns, or location and scale"


@dataclass(frozen=True)
class MemberResult:
    """What one member of the omnibus says: its statistic, and its own p-value, not adjusted for the others.

    Attributes
    ----------
    name, title : str
        Name of the member, and its name in words.
    statistic : float
        Value of its statistic.
    pvalue : float
        Its own p-value.
    """

    name: str
    title: str
    statistic: float
    pvalue: float


@dataclass(frozen=True, repr=False, kw_only=True)
class OmnibusTestResult(SignificanceResult):
    """The result of `omnibus_test`.

    The common attributes are those of `SignificanceResult`.

    Attributes
    ----------
    statistic : float
        The smallest of the members' p-values, small where it speaks against the null.
    pvalue : float
        P-value (1 + #{replicates that are as extreme}) / (M + 1). As extreme are those whose smallest p-value is
        smaller, or equal with a second smallest that is smaller, and so on.
    driver : str
        The name of the member with the smallest p-value.
    members : tuple of MemberResult
        What each member says by itself.
    n_slices : int
        Number of directions of the sliced member.
    directions : ndarray of shape (k, D)
        Directions of the sliced member.
    """

    driver: str
    members: tuple[MemberResult, ...]
    n_slices: int
    directions: NDArray[np.floating] = field(compare=False)

    def members_frame(self) -> pd.DataFrame:
        """Return what each member says by itself as a DataFrame: title, statistic and p-value, a row for each member.

        Returns
        -------
        pandas.DataFrame
            The members, a row for each under its name.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
        >>> omnibus_test(x, null="composite", n_resamples=199, rng=0).members_frame()["pvalue"]
        name
        cramer_wold        0.015
        w2_max             0.005
        mardia_skewness    0.005
        mardia_kurtosis    0.010
        doornik_hansen     0.005
        Name: pvalue, dtype: float64
        """
        import pandas as pd

        return pd.DataFrame([asdict(member) for member in self.members]).set_index("name")


def omnibus_test(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    n_slices: int = N_SLICES,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> OmnibusTestResult:
    r"""Test whether a sample is multivariate normal, by the smallest p-value of a few tests that see different things.

    .. math::

        T = \min_j p_j, \qquad p_j = \frac{1 + \#\{T_j^* \ge T_j\}}{M + 1}, \qquad
        p = \frac{1 + \#\{T^* \preceq T\}}{M + 1}

    The members j are the multivariate Cramer-Wold distance, the largest of the sliced distances ``w2``, Mardia's
    skewness and kurtosis (two-sided); under the composite null Doornik and Hansen's test, if n ≥ 8; and under the
    standard null the likelihood ratio of mean and covariance, if n > D. T of a replicate is formed like that of the
    sample, from the ranks among all M + 1, so that p is valid at every level for any n, D and M, with no correction for
    the number of tests. Between equals (:math:`\preceq`) the second smallest of the p-values decides, and so on.

    The sample and each replicate take O(n² D).

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample whose rows are observations, as for `mardia`.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both unknown.
    n_slices : int, default: 256
        Number of random directions of the sliced member.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How the p-value is found. ``"monte carlo"``: by a fixed number of null replicates, which are ranked against each
        other. ``"cached"``: by the members' cached null distributions, which are computed if they are not there.
        ``"auto"``: by those if all are cached, else by 999 replicates.
    n_resamples : int, optional
        Number M of null replicates. With a number, ``"auto"`` means ``"monte carlo"``.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `mardia`.
    workers : int, default: 1
        Number of threads, as for `mardia`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `mardia`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `mardia`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `mardia`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `mardia`.

    Returns
    -------
    OmnibusTestResult
        The smallest p-value, what it means, and the member that has it, ``driver``.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if, under the composite null,
        n ≤ D + 1 or the covariance is singular; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    References
    ----------
    The smallest of several p-values by one set of replicates: Westfall and Young, "Resampling-based multiple testing",
    Wiley 1993, chapter 2. The members: `cramer_wold`, `sliced_test`, `mardia`, `doornik_hansen`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    >>> result = omnibus_test(x, null="composite", n_resamples=199, rng=0)
    >>> result.pvalue, result.driver
    (0.005, 'doornik_hansen')
    """
    way = check_method(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    return run_omnibus(sample, Options(null, rng, workers, mean, cov, progress, n_slices=n_slices), way)


@slices_scratch()
def run_omnibus(sample: Sample, options: Options, way: Way | None) -> OmnibusTestResult:
    """Return the result for a sample."""
    if way is None:
        raise ValueError("the omnibus is made of p-values, and has no statistic without them; leave out method=None")
    if way.method in ("sequential", "asymptotic", "analytic"):
        raise ValueError(
            f"method={way.method!r} is not for the omnibus, whose replicates are ranked against each other: their "
            "number is fixed beforehand; use 'auto', 'cached' or 'monte carlo'"
        )
    check_workers(options.workers)
    check_treatment("omnibus", sample, options.null, way)
    rows, null, root = sample.rows, options.null, options.root
    directions = choose_directions("iid", options.slices_of_replicates, rows.dim, rows.dtype, root)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, options.mean, options.cov)
        observed = member_statistics(rows, whitening, null, directions)
    own = OmnibusReplicates(rows.n, rows.dim, rows.dtype, null, len(directions), root, directions, sample.treatment)
    members = members_for(rows.n, rows.dim, null, rows.dtype)
    check_statistics(observed[0], tuple(member.title for member in members), rows)
    nulls, used = null_pool(way, own, options.workers, options.progress)
    pool = np.concatenate([observed, nulls])
    pvalues = member_pvalues(pool, pool, members)
    smallest = pvalues.min(axis=1)
    pvalue = float(np.mean(as_extreme(pvalues)))
    return OmnibusTestResult(
        name="omnibus",
        title=TITLE,
        sensitive_to=SENSITIVE_TO,
        statistic=float(smallest[0]),
        n=rows.n,
        dim=rows.dim,
        hypothesis=null,
        seed=replay_seed(root),
        calibration=Calibration(pvalue, pvalue_stderr(pvalue, len(nulls)), len(nulls), smallest[1:], used),
        driver=members[driver_of(pvalues[0], pool)].name,
        members=tuple(
            MemberResult(member.name, member.title, float(statistic), float(p))
            for member, statistic, p in zip(members, observed[0], pvalues[0], strict=True)
        ),
        n_slices=len(directions),
        directions=directions,
    )
