"""Which kinds of deviation a sample supports along a direction that was searched for: p-values of the kinds.

Along the direction that a search finds, even a normal sample deviates in one way or another. There are two honest ways
to ask whether a sample deviates in a certain way. On rows that the search has not seen, the values of a normal sample
along the direction are plain normal values, for which one-dimensional tests hold. And if null replicates are searched
in exactly the same way, the sample's scores can be ranked among the scores along the directions found for them.

All kinds are asked about at once. The one-dimensional tests are corrected by Bonferroni for the number of kinds, of
parts of the rows, and of ways of finding a direction, of which the best on these rows was taken. Among replicates a
kind is judged by the largest of all scores, each over its spread (Westfall and Young 1993), so that few replicates are
enough. If there are both, each gets half of the level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.ranks import Ranking, rank_pvalue
from slicednorm.stats._slices.profile import Kind, Scores
from slicednorm.stats._types import Null

Array: TypeAlias = NDArray[np.float64]

# The probability that any kind is named for a normal sample is at most this.
LEVEL = 0.05

# How scores are ranked, in units of their spread.
_RANKING = Ranking(absolute=1e-9)

# Larger values are replaced by this one, whose square does not overflow.
_LARGEST = 1e100

# The name of the distance itself among the scores. It has a p-value of its own if there are replicates.
DISTANCE = "distance"

# A kind is named if one of these scores supports it.
_SCORES_OF: Mapping[Kind, tuple[str, ...]] = {
    "location": ("location",),
    "scale": ("scale",),
    "skewness": ("skewness",),
    "heavy tails": ("heavy_tails",),
    "light tails": ("light_tails",),
    "bimodality": ("parts", "split"),
    "outliers": ("parts",),
}

# Under the composite null the sample has no location and no scale of its own.
_OF_COMPOSITE = frozenset({"location", "scale"})

# The tails of the last two scores for normal samples, p = exp(a − b·score): bounds on what was observed for 10 to 8,192
# values (twice the log-likelihood is beyond 18 once in 1,000, the split beyond 0.41).
_PARTS_TAIL = (math.log(2.0), 0.38)
_SPLIT_TAIL = (math.log(1e-3) + 38.0 * 0.414, 38.0)


def tested(null: Null) -> tuple[str, ...]:
    """Return the names of the scores that exist under a null."""
    names = tuple(field.name for field in fields(Scores))
    return tuple(name for name in names if null == "standard" or name not in _OF_COMPOSITE)


def values_of(scores: Scores, null: Null) -> Array:
    """Return the scores that exist under a null, (k,)."""
    return np.asarray([getattr(scores, name) for name in tested(null)])


def _normal_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def _plain(scores: Scores, n: int) -> dict[str, float]:
    """Return the p-values of the scores of n values along a direction that was fixed in advance."""
    from scipy import special

    # The scale has its exact distribution; the sign of its logarithm is dropped, and the smaller tail counts twice.
    log_sd = scores.scale / math.sqrt(2.0 * n)
    wide = float(special.chdtrc(n - 1, n * math.exp(min(2.0 * log_sd, 700.0))))
    narrow = float(special.chdtr(n - 1, n * math.exp(-2.0 * log_sd)))
    p = {
        "location": 2.0 * _normal_tail(scores.location),
        "scale": wide + narrow,
        "skewness": 2.0 * _normal_tail(scores.skewness),
        "heavy_tails": _normal_tail(scores.heavy_tails),
        "light_tails": _normal_tail(scores.light_tails),
        "parts": math.exp(min(0.0, _PARTS_TAIL[0] - _PARTS_TAIL[1] * scores.parts)),
        "split": math.exp(min(0.0, _SPLIT_TAIL[0] - _SPLIT_TAIL[1] * scores.split)),
    }
    assert len(p) == len(astuple(scores))
    return p


def by_unseen_rows(samples: Iterable[tuple[Scores, int]], n_ways: int, null: Null) -> dict[str, float]:
    """Return the corrected p-value of each score, from the scores and sizes of samples of unseen rows.

    Parameters
    ----------
    samples : iterable of tuple of (Scores, int)
        Scores and size of each sample, along a direction that does not depend on its rows.
    n_ways : int
        Number of directions among which each was chosen by these rows.
    null : {"standard", "composite"}
        Null hypothesis.
    """
    plain = [_plain(scores, n) for scores, n in samples]
    names = tested(null)
    times = len(plain) * n_ways * len(names)
    return {name: min(1.0, times * min(p[name] for p in plain)) for name in names}


def by_replicates(own: Array, replicates: Array, null: Null) -> dict[str, float]:
    """Return the corrected p-value of each score, and of the ``"distance"``, among those of null replicates.

    Parameters
    ----------
    own : ndarray of shape (1 + r k,), dtype=float64
        The distance of the sample, and its scores from `values_of` along each of r directions.
    replicates : ndarray of shape (M, 1 + r k), dtype=float64
        These values for the replicates.
    null : {"standard", "composite"}
        Null hypothesis.
    """
    pool = np.minimum(np.concatenate([own[np.newaxis], replicates]), _LARGEST)
    # The spread is that of sample and replicates together, so that they remain exchangeable.
    spread = pool.std(axis=0)
    pool = np.divide(pool - pool.mean(axis=0), spread, out=np.zeros_like(pool), where=spread > 0.0)
    largest = pool[1:].max(axis=1)
    names = tested(null)
    best = {DISTANCE: pool[0, 0], **dict(zip(names, pool[0, 1:].reshape(-1, len(names)).max(axis=0), strict=True))}
    return {name: rank_pvalue(_RANKING.reached(largest, value)) for name, value in best.items()}


def of_both(
    plain: dict[str, float] | None, replicates: dict[str, float] | None, n_resamples: int | None
) -> dict[str, float]:
    """Return the p-values of the scores from either source or both; empty if there is none."""
    if plain is None or replicates is None or n_resamples is None:
        return plain or replicates or {}
    if 2.0 / (n_resamples + 1) > LEVEL:
        # With so few replicates nothing could be supported at half of the level.
        return plain
    return {name: min(1.0, 2.0 * min(plain.get(name, 1.0), p)) for name, p in replicates.items()}


def named(kinds: Sequence[Kind], pvalues: Mapping[str, float]) -> tuple[Kind, float | None]:
    """Return the first of the kinds that is supported, and its p-value; if none is, ``"unclear"`` and the smallest."""
    of_kinds = {kind: min((pvalues.get(name, 1.0) for name in _SCORES_OF[kind]), default=1.0) for kind in kinds}
    for kind, pvalue in of_kinds.items():
        if pvalue <= LEVEL:
            return kind, pvalue
    return "unclear", min((pvalue for name, pvalue in pvalues.items() if name != DISTANCE), default=None)


def supported(kind: Kind, pvalues: Mapping[str, float]) -> bool:
    """Return whether a kind is supported."""
    return any(pvalues.get(name, 1.0) <= LEVEL for name in _SCORES_OF[kind])
