"""The omnibus: the smallest p-value of a few tests that see different things, calibrated as a statistic of its own.

Sample and M replicates make a pool of M + 1, which under the null are exchangeable. A member's p-value of any of them
is the part of the pool that reaches it; the statistic is the smallest over the members, and its p-value the part of the
pool whose statistic is as small. All of it treats the pool alike, so that P(p ≤ α) ≤ α for every n, D, M and α.

Several of the pool have the same smallest p-value, at the least the first by each member. Counted as equals they would
cost the test much of a small level: at M = 99 and 1% all of it. So the second smallest decides between them, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.distances import get_distance
from slicednorm.stats._arguments import check_resamples, check_workers
from slicednorm.stats._calibration.budget import most_resamples
from slicednorm.stats._calibration.cache import entropy
from slicednorm.stats._calibration.cached import OwnSize, kept_laws, obtain
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._calibration.pvalue import pvalue_stderr
from slicednorm.stats._calibration.ranks import Ranking, check_replicates, check_statistics
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.mardia.measures import mardia_elements, mardia_statistics, mardia_work
from slicednorm.stats._hypotests.mardia.null import kurtosis_varies, mardia_rankings
from slicednorm.stats._hypotests.pairs import pairs_elements
from slicednorm.stats._hypotests.sliced import sliced_work
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._null.sliced import sliced_ranking
from slicednorm.stats._results import Result
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, estimated, moments, whitening_for
from slicednorm.stats._slices.directions import choose_directions
from slicednorm.stats._slices.statistics import scratch, slice_statistics
from slicednorm.stats._streams import RNG, replay_seed, replicate_stream, root_seed
from slicednorm.stats._types import Method, NanPolicy, Null, Progress

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[np.float64]

N_SLICES = 256

# Its name in words, and what it is sensitive to.
TITLE = "smallest of several p-values"
NOTICES = "whatever a member does: clusters, outlying slices, skewness, tails; the columns, or location and scale"

# Replicates where no laws are kept and no number was asked for.
_AUTO = 999


# --- The members ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """A test of the set: its name, whether small values speak against the null as large ones do, and what is a tie."""

    name: str
    title: str
    two_sided: bool = False
    ranking: Ranking = field(default_factory=Ranking)


_CRAMER_WOLD = Member("cramer-wold", "multivariate Cramer-Wold")
_SLICED = Member("w2-max", "largest sliced 2-Wasserstein")
_SKEWNESS = Member("mardia-skewness", "Mardia's skewness")
_KURTOSIS = Member("mardia-kurtosis", "Mardia's kurtosis", two_sided=True)
_MARGINS = Member("dh", "Doornik-Hansen")
_MOMENTS = Member("likelihood-ratio", "likelihood ratio of mean and covariance")


def members_for(
    n: int,
    dim: int,
    null: Null,
    dtype: np.dtype[Any] = np.dtype(np.float64),  # noqa: B008  # a constant
) -> tuple[Member, ...]:
    """Return the members for samples of that shape and computing dtype, with how their statistics are ranked.

    Four are the same for both nulls, but that one which is the same for all samples of the shape is left out. The fifth
    looks at the columns, where Doornik and Hansen's test is defined, or at what a known law says of mean and covariance
    and the composite null leaves open.
    """
    skewness, kurtosis = mardia_rankings(n, dim, null)
    ranked = [
        (_CRAMER_WOLD, CLASSICAL["cramer-wold"].ranking(n, dim)),
        (_SLICED, sliced_ranking(dtype)),
        (_SKEWNESS, skewness),
    ]
    if kurtosis_varies(n, dim, null):
        ranked.append((_KURTOSIS, replace(kurtosis, centre=None)))
    if null == "composite" and n >= CLASSICAL["dh"].fewest:
        ranked.append((_MARGINS, CLASSICAL["dh"].ranking(n, dim)))
    if null == "standard" and n > dim:
        ranked.append((_MOMENTS, Ranking(absolute=64.0 * float(np.finfo(np.float64).eps) * dim)))
    return tuple(replace(member, ranking=ranking) for member, ranking in ranked)


def _likelihood_ratio(rows: Rows, whitening: Whitening | None) -> Array:
    """Return ‖m‖² + tr S − log det S − D, which is 2/n of the log likelihood ratio of N(m, S) and N(0, I)."""
    mean, covariance = moments(rows)
    if whitening is not None:
        mean = whitening(mean)
        covariance = np.matmul(np.matmul(np.swapaxes(whitening.matrix, -1, -2), covariance), whitening.matrix)
    finite = np.asarray(np.isfinite(covariance).all(axis=(-2, -1)))
    spectrum = np.linalg.eigvalsh(np.where(finite[:, np.newaxis, np.newaxis], covariance, 0.0))
    # Eigenvalues below this are 0, of a sample that lies in fewer dimensions: far from any normal one.
    least = np.finfo(np.float64).eps * np.maximum(1.0, spectrum[:, -1:])
    parts = np.sum(spectrum - np.log(np.maximum(spectrum, least)) - 1.0, axis=-1)
    return np.where(finite, np.sum(mean[:, 0] ** 2, axis=-1) + parts, np.inf)


@np.errstate(over="ignore", invalid="ignore")
def member_statistics(rows: Rows, whitening: Whitening | None, null: Null, directions: NDArray[np.floating]) -> Array:
    """Return the statistics of the members of every sample of a batch, (batch, members)."""
    skewness, kurtosis = mardia_statistics(rows, whitening).T

    def of(member: Member) -> Array:
        if member.name == _SLICED.name:
            values = slice_statistics(rows, directions, [get_distance("w2")], whitening=whitening)
            return np.asarray(values[:, 0].max(axis=-1))
        if member.name == _MOMENTS.name:
            return _likelihood_ratio(rows, whitening)
        if member.name in CLASSICAL:
            return CLASSICAL[member.name].statistics(rows, whitening, null)
        return np.asarray(skewness if member.name == _SKEWNESS.name else kurtosis)

    return np.stack([of(member) for member in members_for(rows.n, rows.dim, null)], axis=-1)


# --- The smallest p-value ---------------------------------------------------------------------------------


def _reached_by(values: Array, pool: Array) -> Array:
    """Return which part of a pool is at least as large as each value."""
    return (len(pool) - np.searchsorted(np.sort(pool), values, side="left")) / len(pool)


def member_pvalues(values: Array, pool: Array, members: tuple[Member, ...]) -> Array:
    """Return the p-values of statistics (count, members) by the ranks they have in a pool (size, members).

    Raises
    ------
    SampleError
        If one of the pool is not finite.
    """
    check_replicates(pool)
    check_replicates(values)
    pvalues = np.empty(values.shape)
    for column, member in enumerate(members):
        one, all_of_it = values[:, column], pool[:, column]
        # Ties count against a rejection.
        rounding = member.ranking.rounding(one)
        pvalues[:, column] = _reached_by(one - rounding, all_of_it)
        if member.two_sided:
            either = 2.0 * np.minimum(pvalues[:, column], _reached_by(-one - rounding, -all_of_it))
            pvalues[:, column] = np.minimum(1.0, either)
    return pvalues


def _as_extreme(pvalues: Array) -> NDArray[np.bool_]:
    """Return which of a pool (size, members) are as extreme as item 0: by the smallest, then the next smallest, ..."""
    ordered = np.sort(pvalues, axis=1)
    extreme = np.ones(len(ordered), dtype=bool)
    for column in ordered.T[::-1]:
        extreme = (column < column[0]) | ((column == column[0]) & extreme)
    return extreme


def _driver(pvalues: Array, pool: Array) -> int:
    """Return the member with the smallest p-value of item 0 of a pool.

    Of several that are beyond all replicates it is the one that is farthest, against how far those reach.
    """
    centre = np.median(pool[1:], axis=0)
    away = np.abs(pool - centre)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        reach = np.nan_to_num(away[0] / away[1:].max(axis=0), nan=0.0, posinf=np.inf)
    tied = pvalues <= pvalues.min() * (1.0 + 1e-9)
    return int(np.argmax(np.where(tied, reach, -1.0)))


# --- The test ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemberResult:
    """What one member of the omnibus says: its statistic, and its own p-value, not adjusted for there being several."""

    name: str
    title: str
    statistic: float
    pvalue: float


@dataclass(frozen=True, repr=False)
class OmnibusTestResult(Result):
    """The result of `omnibus_test`.

    Attributes
    ----------
    test : ``"omnibus"``, ``title`` its name in words.
    sensitive_to : what the members notice, in a few words; not in the ``repr``.
    statistic : the smallest of the members' p-values; small where it speaks against the null.
    pvalue : (1 + #{replicates that are as extreme}) / (M + 1): those whose smallest p-value is smaller, or as small
        with a second smallest that is smaller, and so on.
    pvalue_stderr : its Monte Carlo standard error √(p(1 − p)/(M + 1)).
    method : ``"monte carlo"``, or ``"cached"`` by kept laws.
    driver : the name of the member with the smallest p-value.
    members : what each member says by itself.
    n, dim : the shape of the sample, without the rows left out.
    null, n_slices, n_resamples : as they were asked for.
    seed : what gives this result again as ``rng``, an int or a SeedSequence.
    directions : (k, D), the directions of the sliced member.
    null_distribution : (M,) float64, the statistic of every null replicate.
    """

    test: str
    title: str
    statistic: float
    pvalue: float
    pvalue_stderr: float
    method: Method
    driver: str
    members: tuple[MemberResult, ...]
    n: int
    dim: int
    null: Null
    n_slices: int
    n_resamples: int
    seed: int | np.random.SeedSequence
    sensitive_to: str = field(repr=False)
    directions: NDArray[np.floating] = field(compare=False)
    null_distribution: Array = field(compare=False)

    def members_frame(self) -> pd.DataFrame:
        """Return what each member says by itself as a DataFrame: a row a member, with its title, statistic and p-value.

        Examples
        --------
        >>> import numpy as np
        >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
        >>> omnibus_test(x, null="composite", n_resamples=199, rng=0).members_frame()["pvalue"]
        name
        cramer-wold        0.015
        w2-max             0.005
        mardia-skewness    0.005
        mardia-kurtosis    0.010
        dh                 0.005
        Name: pvalue, dtype: float64
        """
        import pandas as pd

        return pd.DataFrame([asdict(member) for member in self.members]).set_index("name")


@dataclass(frozen=True)
class _Replicates:
    """The members' statistics of null replicates: picklable, and a function of their numbers alone.

    ``directions`` (k, D) are those of the sample, None for fresh ones in every replicate.
    """

    n: int
    dim: int
    dtype: np.dtype[Any]
    null: Null
    n_slices: int
    root: np.random.SeedSequence
    directions: NDArray[np.floating] | None = None

    def __call__(self, start: int, stop: int) -> Array:
        streams = [replicate_stream(self.root, r) for r in range(start, stop)]
        rows = normal_rows(streams, self.n, self.dim, self.dtype)
        directions = self.directions
        if directions is None:
            directions = np.stack([choose_directions("iid", self.n_slices, self.dim, self.dtype, s) for s in streams])
        whitening = estimated(rows) if self.null == "composite" else None
        return member_statistics(rows, whitening, self.null, directions)

    @property
    def batch(self) -> int:
        """How many to evaluate together, from the shape alone."""
        elements = mardia_elements(self.n, self.dim), pairs_elements(self.n, self.dim)
        return batch_size(max(self.n * self.n_slices, *elements))


def omnibus_laws(n: int, dim: int, dtype: np.dtype[Any], null: Null, n_slices: int) -> OwnSize:
    """Return the laws of the members, whose replicates belong together."""
    shape = {"null": null, "n": n, "dim": dim, "n_slices": n_slices, "dtype": dtype.name}
    root = np.random.SeedSequence(entropy({"test": "omnibus", **shape}))
    keys = [{"statistic": f"omnibus {member.name}", **shape} for member in members_for(n, dim, null)]
    return OwnSize(_Replicates(n, dim, dtype, null, n_slices, root), keys)


def _pool(
    n_resamples: int | Literal["auto", "cached"],
    own: _Replicates,
    workers: int,
    progress: Progress | None,
) -> tuple[Array, Method]:
    """Return the members' statistics of null replicates, (M, members), and how they were come by."""
    if isinstance(n_resamples, str):
        laws = omnibus_laws(own.n, own.dim, own.dtype, own.null, own.n_slices)
        kept: Sequence[Array | None] = kept_laws(laws)
        if n_resamples == "cached":
            kept = obtain(laws, most_resamples("cached"), workers=workers, progress=progress)
        found = [law for law in kept if law is not None]
        if len(found) == len(kept):
            count = min(len(law) for law in found)
            return np.stack([law[:count] for law in found], axis=-1), "cached"
        n_resamples = _AUTO
    return monte_carlo(own, n_resamples, batch=own.batch, workers=workers, progress=progress), "monte carlo"


def omnibus_test(
    x: ArrayLike | Sample,
    *,
    null: Null = "standard",
    n_slices: int = N_SLICES,
    n_resamples: int | Literal["auto", "cached"] = 999,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> OmnibusTestResult:
    r"""Test whether a sample is multivariate normal, by the smallest p-value of a few tests that see different things.

    .. math::

        T = \min_j p_j, \qquad p_j = \frac{1 + \#\{T_j^* \ge T_j\}}{M + 1}, \qquad
        p = \frac{1 + \#\{T^* \preceq T\}}{M + 1}

    The members j are the multivariate Cramer-Wold distance, the largest of the sliced distances ``w2``, Mardia's
    skewness and kurtosis (two-sided); under the composite null Doornik and Hansen's test, if n ≥ 8; and under the
    standard null the likelihood ratio of mean and covariance, if n > D. T of a replicate is formed as that of the
    sample, from the ranks among all M + 1, so that p is valid at every level for any n, D and M, with no correction for
    there being several tests. Between equals (:math:`\preceq`) the second smallest of the p-values decides, and so on.

    It takes O(n² D) for the sample and each replicate.

    Parameters
    ----------
    x : (n, D) sample, rows are observations, as for `mardia`.
    null : ``"standard"``, X ~ N(0, I) (or the target ``mean``, ``cov``), or ``"composite"``, X ~ N(μ, Σ), both
        unknown.
    n_slices : the number of random directions of the sliced member.
    n_resamples : M, a number of null replicates. They are ranked against each other, so that it is fixed beforehand;
        ``"cached"`` takes the members' kept laws, which are computed if they are not there, ``"auto"`` those, or else
        999.
    rng, workers, mean, cov, nan_policy, progress : as for `mardia`.

    Returns
    -------
    OmnibusTestResult
        Its ``driver`` names the member with the smallest p-value.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if the composite null meets
        n ≤ D + 1 or a singular covariance; if an option is unknown or out of range.
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
    (0.005, 'dh')
    """
    if n_resamples is None:
        raise TypeError("n_resamples must be a whole number, 'auto' or 'cached' for the omnibus, got None")
    check_resamples(n_resamples)
    check_workers(workers)
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    root = root_seed(rng)
    directions = choose_directions("iid", n_slices, rows.dim, rows.dtype, root)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, mean, cov)
        observed = member_statistics(rows, whitening, null, directions)
    own = _Replicates(rows.n, rows.dim, rows.dtype, null, len(directions), root, directions)
    members = members_for(rows.n, rows.dim, null, rows.dtype)
    check_statistics(observed[0], tuple(member.title for member in members), rows)
    nulls, method = _pool(n_resamples, own, workers, progress)
    scratch.release()
    pool = np.concatenate([observed, nulls])
    pvalues = member_pvalues(pool, pool, members)
    smallest = pvalues.min(axis=1)
    pvalue = float(np.mean(_as_extreme(pvalues)))
    return OmnibusTestResult(
        test="omnibus",
        title=TITLE,
        statistic=float(smallest[0]),
        pvalue=pvalue,
        pvalue_stderr=pvalue_stderr(pvalue, len(nulls)),
        method=method,
        driver=members[_driver(pvalues[0], pool)].name,
        members=tuple(
            MemberResult(member.name, member.title, float(statistic), float(p))
            for member, statistic, p in zip(members, observed[0], pvalues[0], strict=True)
        ),
        n=rows.n,
        dim=rows.dim,
        null=null,
        n_slices=len(directions),
        n_resamples=len(nulls),
        seed=replay_seed(root),
        sensitive_to=NOTICES,
        directions=directions,
        null_distribution=smallest[1:],
    )


def omnibus_work(n: int, dim: int, n_slices: int = N_SLICES) -> float:
    """Return a rough estimate, in nanoseconds on one core, of computing the members once."""
    pairs = CLASSICAL["cramer-wold"].work(n, dim) + CLASSICAL["dh"].work(n, dim)
    return pairs + mardia_work(n, dim) + sliced_work(n, dim, n_slices, 1)
