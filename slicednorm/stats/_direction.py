"""Where a sample deviates: the direction along which it is least normal, and what is wrong along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.directions import DirectionKind
from slicednorm.stats._ascent import climbed
from slicednorm.stats._blas import single_threaded_blas
from slicednorm.stats._calibration import Progress, check_count, monte_carlo
from slicednorm.stats._profile import SPLIT_NOISE, Kind, Profile, profile
from slicednorm.stats._replicates import normal_rows
from slicednorm.stats._results import Result
from slicednorm.stats._sample import NanPolicy, Sample, as_sample
from slicednorm.stats._search import Search, Way, slice_values
from slicednorm.stats._sliced import SlicedTestResult
from slicednorm.stats._streams import RNG, choice_stream, replay_seed, replicate_stream
from slicednorm.stats._subject import Subject, subject_of
from slicednorm.stats._whiten import Null, estimated

Array: TypeAlias = NDArray[np.float64]

# Of larger samples the search sees so many rows, so that a climb takes seconds.
_MOST_ROWS = 1 << 14
_MOST_ELEMENTS = 1 << 22
_LEAST_ROWS = 1 << 12

# How many columns a sentence names, and how small their weights may be beside the largest.
_NAMED = 3
_NAMED_SHARE = 0.5


@dataclass(frozen=True, repr=False)
class DirectionResult(Result):
    """The result of `least_normal_direction`.

    Attributes
    ----------
    test, title : the distance that was maximised, `w2` if the test was by `sw`.
    statistic : the distance along the direction.
    statistic_start : the distance along the worst of the test's slices.
    statistic_held_out : the mean distance on half of the rows along directions found, in the same way, on the other
        half: what the direction is worth without the optimism of the maximum. None with too few rows for halves.
    pvalue : of ``statistic`` among those of null replicates that are searched in the same way; None if not asked for.
    kind : ``"location"``, ``"scale"``, ``"skewness"``, ``"heavy tails"``, ``"light tails"``, ``"bimodality"`` or
        ``"unclear"``.
    sentence : what deviates and where, in words.
    mean, sd, skewness, excess_kurtosis : moments of the score along the direction (divisor n), 0, 1, 0, 0 if normal.
        Under the composite null the first two are 0 and 1 by construction.
    mean_z, sd_z, skewness_z, kurtosis_z : their distances from there in standard errors, as for a direction that was
        chosen beforehand; this one was not.
    bimodality : √n times the distance of the score to the nearest unimodal law; a unimodal one rarely exceeds 0.5.
    way : how the direction was found: ``"climb"``, or ``"slice"``, ``"column"`` or ``"moments"`` where what the climb
        finds does not hold on rows it has not seen.
    n, dim, null, n_resamples : as they were.
    seed : what gives this result again as ``rng``.
    direction : (D,) unit vector v in the standardised space: the score is z v, z the sample as the test sees it.
    loadings : (D,) w = S^(−1/2) v, in the units of the columns of x: the score is (x − centre) w.
    centre : (D,) the mean by which x is standardised; 0 under the standard null without ``mean``.
    weights : (D,) loadings times the standard deviations of the columns under the null (their own under the composite
        null), scaled to length 1: comparable between columns, and what the sentence names. The largest is positive.
    """

    test: str
    title: str
    statistic: float
    statistic_start: float
    statistic_held_out: float | None
    pvalue: float | None
    kind: Kind
    sentence: str
    mean: float
    sd: float
    skewness: float
    excess_kurtosis: float
    mean_z: float
    sd_z: float
    skewness_z: float
    kurtosis_z: float
    bimodality: float
    way: Way
    n: int
    dim: int
    null: Null
    n_resamples: int | None
    seed: int | np.random.SeedSequence
    direction: Array = field(compare=False)
    loadings: Array = field(compare=False)
    centre: Array = field(compare=False)
    weights: Array = field(compare=False)

    def scores(self, x: ArrayLike | Sample) -> Array:
        """Return the score (x − centre) w of every row of a sample with the same columns, (n,)."""
        rows = (x if isinstance(x, Sample) else as_sample(x)).rows
        if rows.dim != self.dim:
            raise ValueError(f"x has {rows.dim} columns, the direction was found in {self.dim}")
        parts = [(block.astype(np.float64) - self.centre) @ self.loadings for _, _, (block,) in rows.blocks()]
        return np.concatenate(parts)


@dataclass(frozen=True)
class _Replicates:
    """The statistics of null replicates, each searched as the sample was."""

    search: Search
    n: int
    root: np.random.SeedSequence

    def __call__(self, start: int, stop: int) -> Array:
        values = []
        for number in range(start, stop):
            rows = normal_rows(
                [replicate_stream(self.root, number)], self.n, self.search.slices.shape[1], np.dtype(np.float64)
            )
            whitening = estimated(rows) if self.search.null == "composite" else None
            z = np.concatenate([block[0] for _, _, block in rows.blocks()])
            values.append(self.search(z if whitening is None else whitening(z[np.newaxis])[0]).value)
        return np.asarray(values)


def _columns_in_words(weights: Array, names: Sequence[str] | None) -> str:
    """Name the columns with the largest weights."""
    order = np.argsort(-np.abs(weights), kind="stable")
    large = [int(index) for index in order if abs(weights[index]) >= _NAMED_SHARE * abs(weights[order[0]])]

    def named(index: int) -> str:
        return f"{index if names is None else names[index]} ({weights[index]:+.2f})"

    if len(weights) == 1:
        return "" if names is None else f"In column {names[0]} "
    counted = ", counted from 0," if names is None else ""
    shown = [named(index) for index in large[:_NAMED]]
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    column = "column" if len(shown) == 1 else "columns"
    weight = "weight" if len(shown) == 1 else "weights"
    if len(large) > _NAMED:
        return f"Along a direction over many columns{counted or ','} the largest weights on {listed}, "
    return f"Along the direction with the largest {weight} on {column} {listed}{counted} "


def _deviation_in_words(shape: Profile) -> str:
    moments = f"mean {shape.mean:.3g}, sd {shape.sd:.3g}, where 0 and 1 are expected"
    if shape.kind == "location":
        return f"the sample is shifted: {moments}"
    if shape.kind == "scale":
        wide = "wide" if shape.sd > 1.0 else "narrow"
        return f"the sample is too {wide}: {moments}" if shape.sd > 0.0 else f"the sample does not vary: {moments}"
    if shape.kind == "skewness":
        side = "high" if shape.skewness > 0.0 else "low"
        return f"the sample is skewed, with a longer tail to {side} values: skewness {shape.skewness:.3g}"
    if shape.kind in ("heavy tails", "light tails"):
        return f"the sample has {shape.kind}: excess kurtosis {shape.excess_kurtosis:.3g}"
    if shape.kind == "bimodality":
        (below, low), (above, high) = shape.groups
        return (
            f"the sample is bimodal: {100 * below:.0f}% of it around {low:.3g} and {100 * above:.0f}% around {high:.3g}"
        )
    return (
        f"the sample deviates in no way that has a name: mean {shape.mean:.3g}, sd {shape.sd:.3g}, "
        f"skewness {shape.skewness:.3g}, excess kurtosis {shape.excess_kurtosis:.3g}"
    )


def _aside(shape: Profile) -> str:
    """Mention what else is off: the location and the scale where the shape is what was named."""
    if shape.kind in ("location", "scale", "unclear"):
        also = []
        if shape.split > SPLIT_NOISE and shape.kind != "unclear":
            also.append("it also falls apart in two groups")
        return "".join(f"; {what}" for what in also)
    if max(abs(shape.mean_z), abs(shape.sd_z)) > 5.0:
        return f"; its mean is {shape.mean:.3g} and its sd {shape.sd:.3g}"
    return ""


def _sentence(weights: Array, shape: Profile, names: Sequence[str] | None) -> str:
    text = f"{_columns_in_words(weights, names)}{_deviation_in_words(shape)}{_aside(shape)}."
    return text[0].upper() + text[1:]


def _weights(subject: Subject, loadings: Array) -> Array:
    """Return loadings by columns of standard deviation 1 under the null, of length 1."""
    inverse = np.linalg.inv(subject.matrix)
    sd = np.sqrt(np.sum(inverse * inverse, axis=0))
    weights = loadings * sd
    return np.asarray(weights / np.linalg.norm(weights))


def least_normal_direction(
    x: ArrayLike | Sample,
    test: SlicedTestResult | str = "cvm",
    *,
    null: Null | None = None,
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    n_starts: int = 8,
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

    It maximises :math:`d(z v, N(0, 1))` over unit vectors v, z the sample standardised as in the test and d the
    test's distance (`w2` in place of `sw`; `ks` is climbed by a smooth norm of the same deviations). The search starts
    from the worst slices, the columns and the directions that moments point to, and climbs by the distance's gradient.

    A maximum is optimistic: along it normal samples do not look normal either, the less so the more columns there are
    beside rows. So each way of finding a direction is judged on rows that it has not seen (``way``,
    ``statistic_held_out``), and the z-scores are no p-values. ``n_resamples`` gives an honest one. To find a direction
    that no column or moment points to takes some D² rows.

    Parameters
    ----------
    x : (n, D) sample, as for `sliced_test`.
    test : the result of `sliced_test` on x, whose statistic, null, directions and seed are used; or a statistic's name.
    null, n_slices, directions, mean, cov, nan_policy : as for `sliced_test`. A result brings its own, but for ``mean``,
        ``cov`` and ``nan_policy``, which are to be given as they were there.
    n_starts : from how many of the known directions to climb, half of them slices; at least 1.
    n_resamples : M null replicates, each searched in the same way, for a p-value of the maximum; None for none.
    rng : the seed, that of the result by default. Samples of more than 16,384 rows or 2²² values are searched by rows
        chosen by it; what is reported is by the whole sample.
    workers, progress : as for `sliced_test`.
    names : (D,) names of the columns for the sentence; without, they are numbered from 0.

    Returns
    -------
    DirectionResult

    Raises
    ------
    ValueError, TypeError
        As `sliced_test`; if a result is not of this sample, or ``names`` are not one a column.

    References
    ----------
    Huber, "Projection pursuit", Ann. Statist. 13 (1985). Bickel, Kur and Nadler, "Projection pursuit in high
    dimensions", PNAS 115 (2018), on how little n rows say about directions if D is of the order of n.

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
    if n_resamples is not None:
        check_count("n_resamples", n_resamples)
    with single_threaded_blas():
        subject = subject_of(
            x,
            test,
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
        if names is not None and len(names) != dim:
            raise ValueError(f"names must name each of the {dim} columns, got {len(names)}")
        distance = climbed(subject.distance)
        seen = min(n, max(_LEAST_ROWS, min(_MOST_ROWS, _MOST_ELEMENTS // dim)))
        order = np.random.default_rng(choice_stream(subject.root)).permutation(n)[:seen]
        some = np.sort(order)
        search = Search(
            distance.name,
            subject.null,
            subject.directions.astype(np.float64),
            n_starts,
            np.isin(some, order[: seen // 2]),
        )
        found = search(subject.standardised(some))
        # The slice may do better on the whole sample than what was found on a part of it.
        candidates = [found.direction, _worst_slice(subject, found.worst_slice)]
        scores = [subject.scores(direction) for direction in candidates]
        values = [float(slice_values(y[:, np.newaxis], np.ones((1, 1)), distance)[0]) for y in scores]
        best = 0 if values[0] >= values[1] else 1
    pvalue = None
    if n_resamples is not None:
        replicates = monte_carlo(
            _Replicates(search, seen, subject.root), n_resamples, batch=1, workers=workers, progress=progress
        )
        pvalue = (1 + int(np.count_nonzero(replicates >= found.value))) / (n_resamples + 1)
    direction = candidates[best]
    loadings = subject.matrix @ direction
    weights = _weights(subject, loadings)
    sign = -1.0 if weights[int(np.argmax(np.abs(weights)))] < 0.0 else 1.0
    shape = profile(sign * scores[best])
    return DirectionResult(
        test=distance.name,
        title=distance.title,
        statistic=values[best],
        statistic_start=values[1],
        statistic_held_out=found.held_out,
        pvalue=pvalue,
        kind=shape.kind,
        sentence=_sentence(sign * weights, shape, names),
        mean=shape.mean,
        sd=shape.sd,
        skewness=shape.skewness,
        excess_kurtosis=shape.excess_kurtosis,
        mean_z=shape.mean_z,
        sd_z=shape.sd_z,
        skewness_z=shape.skewness_z,
        kurtosis_z=shape.kurtosis_z,
        bimodality=shape.split,
        way=found.way if best == 0 else "slice",
        n=n,
        dim=dim,
        null=subject.null,
        n_resamples=n_resamples,
        seed=replay_seed(subject.root),
        direction=sign * direction,
        loadings=sign * loadings,
        centre=subject.centre,
        weights=sign * weights,
    )


def _worst_slice(subject: Subject, found: Array) -> Array:
    """Return the direction of the worst slice: by the test where there is one, else by the search."""
    if subject.result is None or subject.distance.needs_prior:
        return found
    worst = subject.directions[int(np.argmax(subject.result.slice_statistics))].astype(np.float64)
    return np.asarray(worst / np.linalg.norm(worst))
