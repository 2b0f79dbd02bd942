"""The search for the direction along which a sample is least normal, and for what is wrong along it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import DirectionKind
from slicednorm.stats._arguments import check_count
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._calibration.ranks import rank_pvalue
from slicednorm.stats._deviation.ascent import climbed
from slicednorm.stats._deviation.direction_result import DirectionResult
from slicednorm.stats._deviation.search import Search, slice_values
from slicednorm.stats._deviation.searched_rows import (
    FARTHER,
    FOUND,
    MOST_ELEMENTS,
    RANKING,
    SLICE,
    Array,
    SearchReplicates,
    affordable_searches,
    asked_searches,
    judged,
    of_whole,
    sought_rows,
    unseen_scores,
)
from slicednorm.stats._deviation.stands_for import sliced_of
from slicednorm.stats._deviation.support import by_replicates, by_unseen_rows, named, of_both
from slicednorm.stats._deviation.tested_sample import Tested, tested_by
from slicednorm.stats._deviation.words import Seen, sentence
from slicednorm.stats._hypotests.combined.member import CombinedTestResult
from slicednorm.stats._hypotests.sliced.result import SlicedTestResult
from slicednorm.stats._limits import current
from slicednorm.stats._sample.called import checked_names
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._slices.profile import Profile, scores
from slicednorm.stats._slices.steps import Steps, profile_in_steps, steps_of
from slicednorm.stats._streams import RNG, choice_stream, replay_seed
from slicednorm.stats._types import NanPolicy, Null, Progress


def _weights(subject: Tested, loadings: Array) -> Array:
    """Return loadings for columns of standard deviation 1 under the null, scaled to length 1."""
    weights = loadings * subject.deviations
    return np.asarray(weights / np.linalg.norm(weights))


def least_normal_direction(
    x: ArrayLike | Sample,
    test: SlicedTestResult | CombinedTestResult | str = "cvm",
    *,
    null: Null | None = None,
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    n_starts: int = 8,
    method: Literal["auto", "monte carlo"] | None = None,
    n_resamples: int | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> DirectionResult:
    r"""Find the direction along which a sample is least normal, and say what is wrong along it.

    It maximises :math:`d(z v, N(0, 1))` over unit vectors v, where z is the sample standardised as in the test and d
    the test's distance (`w2` in place of `sw`; `ks` is climbed by a smooth norm of the same deviations). The search
    starts from the worst slices, the columns, the directions that moments point to and the ends of the searches of
    `pursuit_test`, and climbs by the distance's gradient.

    A maximum is optimistic: along it even normal samples do not look normal, and the more columns there are for the
    number of rows, the less they do. So each way of finding a direction is judged on rows that it has not seen
    (``way``, ``statistic_held_out``), and the z-scores are not p-values; ``n_resamples`` gives an honest p-value.
    It takes some D² rows to find a direction that no column or moment points to.

    A kind of deviation is named only if a test of its own supports it, on rows that the search has not seen or, if
    there are any, among null replicates that are searched in the same way. A kind is named for at most 5% of normal
    samples, whatever the number of rows and columns; for the others it is ``"unclear"``.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    test : SlicedTestResult, OmnibusTestResult, PursuitTestResult or str, default: "cvm"
        The result of `sliced_test` on x, whose statistic, null, directions and seed are used; or a statistic's name.
        For the result of `omnibus_test` or `pursuit_test` on x stands the sliced statistic that sees what its driver
        saw: `w2` or `ad` of a search for these, `cw` of one for peaks or gaps and of `cramer_wold`, else the mean `w2`.
    null : {"standard", "composite"}, optional
        Null hypothesis, as for `sliced_test`; a result brings its own.
    n_slices : int, optional
        Number of random directions, as for `sliced_test`; a result brings its own.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Unit vectors, or how to draw them, as for `sliced_test`; a result brings its own.
    n_starts : int, default: 8
        Number of the known directions from which to climb, half of them slices; at least 1.
    method : {"auto", "monte carlo"}, optional
        How the p-value of the maximum is found. ``"monte carlo"``: by null replicates, each searched in the same way;
        39 or more also tell which kinds of deviation are supported. ``"auto"``: by 99 replicates if they take up to 5
        seconds of one core, by 39 if they take up to 15, or by none. None, the default: without replicates, each of
        which is a whole search.
    n_resamples : int, optional
        Number M of null replicates that are searched. A number means ``"monte carlo"``, which takes 99 by default.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        The seed, that of the result by default. Of samples of more than 16,384 rows or 2²² values it chooses the rows
        that are searched; what is reported comes from the whole sample.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`; to be given again with a result.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`; to be given again with a result.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`; to be given again with a result.
    names : sequence of str, optional
        Names of the D columns; those of a DataFrame by default, else they are numbered from 0.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    DirectionResult
        The direction, and what the sample is like along it, in numbers and in words.

    Raises
    ------
    ValueError
        As `sliced_test`; if a result is not of this sample, or ``names`` does not name each column; if there are
        replicates and the distance is not finite.
    TypeError
        As `sliced_test`; if ``names`` are not words.

    References
    ----------
    Huber, "Projection pursuit", Ann. Statist. 13 (1985). Bickel, Kur and Nadler, "Projection pursuit in high
    dimensions", PNAS 115 (2018), on how little n rows tell about directions if D is of the order of n.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((500, 4))
    >>> x[:, 2] = np.random.default_rng(8).exponential(size=500) - 1.0
    >>> found = least_normal_direction(x, "cvm", rng=0)
    >>> found.kind
    'skewness'
    >>> bool(found.direction[2] > 0.95)
    True
    """
    check_count("n_starts", n_starts)
    searches = asked_searches(method, n_resamples)
    sample = as_sample(x, nan_policy=nan_policy)
    by = sliced_of(sample, test, method=None, workers=workers, mean=mean, cov=cov)
    with single_threaded_blas():
        subject = tested_by(
            sample,
            by,
            null=null,
            aggregate=None,
            n_slices=n_slices,
            directions=directions,
            rng=rng,
            mean=mean,
            cov=cov,
            nan_policy=nan_policy,
        )
        n, dim = subject.rows.n, subject.rows.dim
        names = checked_names(names, subject.rows.called, dim)
        distance = climbed(subject.distance)
        now = current()
        seen = min(n, max(now.least_searched_rows, min(now.most_searched_rows, MOST_ELEMENTS // dim)))
        order = np.random.default_rng(choice_stream(subject.root)).permutation(n)[:seen]
        some = np.sort(order)
        search = Search(
            distance.name,
            subject.null,
            subject.directions.astype(np.float64),
            n_starts,
            np.isin(some, order[: seen // 2]),
        )
        sought = sought_rows(subject, some)
        found = search(sought.z)
        directions = [
            of_whole(subject, sought, found.direction),
            of_whole(subject, sought, found.farther),
            _worst_slice(subject, found.worst_slice),
        ]
        along = [subject.scores(direction) for direction in directions]
        values = [float(slice_values(y[:, np.newaxis], np.ones((1, 1)), distance)[0]) for y in along]
        unseen = unseen_scores(found, along[:2], order, seen)
        n_ways = found.n_ways if len(unseen) > 2 else 1
        plain = by_unseen_rows([(scores(y), len(y)) for y in unseen], n_ways, subject.null) if unseen else None
        n_resamples = affordable_searches(searches, search, found)
        own = judged(found, sought.z, subject.null) if n_resamples is not None else np.empty(0)
    pvalue, of_replicates = None, None
    if n_resamples is not None:
        # A part of many rows is like independent ones.
        searched = SearchReplicates(search, subject.root, subject.treatment_of(seen))
        replicates = monte_carlo(searched, n_resamples, batch=1, workers=workers, progress=progress)
        if not (np.isfinite(own).all() and np.isfinite(replicates).all()):
            raise SampleError(
                f"the distance by {distance.name} along the least normal direction of x of shape ({n}, {dim}) is not "
                "finite, and has no p-value; rescale the columns, or leave out n_resamples"
            )
        pvalue = rank_pvalue(RANKING.reached(replicates[:, 0], own[0]))
        of_replicates = by_replicates(own, replicates, subject.null)
    pvalues = of_both(plain, of_replicates, n_resamples)
    # If the sample is made of parts, they are shown where they lie farthest apart. Else the distance decides: the
    # slice may do better on the whole sample than what was found on a part of it.
    steps = steps_of(subject.rows, subject.root)

    def shown(which: int, sign: float = 1.0) -> Profile:
        loadings = sign * (subject.matrix @ directions[which])
        return profile_in_steps(sign * along[which], steps, loadings, _weights(subject, loadings))

    best, shape = FARTHER, shown(FARTHER)
    kind, kind_pvalue = named(shape.kinds, pvalues)
    if found.farther is found.direction or shape.parts is None or kind != shape.parts.kind:
        best = FOUND if values[FOUND] >= values[SLICE] else SLICE
        shape = shown(best)
        kind, kind_pvalue = named(shape.kinds, pvalues)
    direction = directions[best]
    loadings = subject.matrix @ direction
    weights = _weights(subject, loadings)
    sign = 1.0
    if weights[int(np.argmax(np.abs(weights)))] < 0.0:
        sign, shape = -1.0, shown(best, -1.0)
    return DirectionResult(
        name=distance.name,
        title=distance.title,
        statistic=values[best],
        statistic_start=values[SLICE],
        statistic_held_out=found.held_out,
        pvalue=pvalue,
        kind=kind,
        kind_pvalue=kind_pvalue,
        sentence=sentence(
            kind, shape, pvalues, sign * weights, names, n, _seen(subject, steps, sign * along[best], loadings, shape)
        ),
        mean=shape.mean,
        sd=shape.sd,
        skewness=shape.skewness,
        excess_kurtosis=shape.excess_kurtosis,
        mean_z=shape.mean_z,
        sd_z=shape.sd_z,
        skewness_z=shape.skewness_z,
        kurtosis_z=shape.kurtosis_z,
        bimodality=shape.split,
        way="slice" if best == SLICE else found.way,
        n=n,
        dim=dim,
        null=subject.null,
        n_resamples=n_resamples,
        seed=replay_seed(subject.root),
        direction=sign * direction,
        loadings=sign * loadings,
        centre=subject.centre,
        weights=sign * weights,
        names=None if names is None else tuple(names),
    )


def _seen(subject: Tested, steps: Steps, y: Array, loadings: Array, shape: Profile) -> Seen:
    """Return what is to be said of a direction beside its profile: the steps along it, and its farthest row."""
    row = int(np.argmax(np.abs(y - shape.mean)))
    number, value = subject.rows.called.row(subject.rows.number(row)), float(y[row])
    if not steps.seen(loadings, shape.sd):
        return Seen(number, value)
    worst, of_one = steps.largest(loadings)
    return Seen(number, value, (worst.index, worst.step), of_one)


def _worst_slice(subject: Tested, found: Array) -> Array:
    """Return the direction of the worst slice: by the test where there is one, else by the search."""
    if subject.result is None or subject.distance.needs_prior:
        return found
    worst = subject.directions[int(np.argmax(subject.result.slice_statistics))].astype(np.float64)
    return np.asarray(worst / np.linalg.norm(worst))
