"""The result of a search for the least normal direction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._deviation.search import Way
from slicednorm.stats._deviation.searched_rows import Array
from slicednorm.stats._results import NamedResult, Words
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._slices.profile import Kind
from slicednorm.stats._types import Null

# How many columns are shown with their weights.
_SHOWN = 6


@dataclass(frozen=True, repr=False, kw_only=True)
class DirectionResult(NamedResult):
    """The result of `least_normal_direction`.

    Attributes
    ----------
    name, title : str
        Name of the distance that was maximised, and its name in words; it is `w2` if the test was by `sw`.
    statistic : float
        The distance along the direction, the largest that was found. Only if the sample is made of parts, the direction
        is the one along which these lie farthest apart, and the distance may be less there.
    statistic_start : float
        The distance along the worst of the test's slices.
    statistic_held_out : float or None
        The mean distance on half of the rows along directions that were found in the same way on the other half: what
        the direction is worth without the optimism of the maximum. None if there are too few rows for halves.
    pvalue : float or None
        P-value of the largest distance that was found (on the rows that were searched) among those of null replicates
        that are searched in the same way; None if not asked for.
    kind : {"location", "scale", "skewness", "heavy tails", "light tails", "bimodality", "outliers", "unclear"}
        Kind of the deviation; ``"unclear"`` if none of the others is supported at 5%. Of values in steps no kind is
        named that the steps may pretend: no groups, tails or outliers of coarse ones.
    kind_pvalue : float or None
        P-value of the kind that is named, corrected for the other kinds and for the search. If the kind is unclear, the
        smallest of all, which may be that of a kind that the whole sample does not show. None if there are too few
        rows.
    sentence : str
        What deviates and where, in words, and nothing that is not supported.
    mean, sd, skewness, excess_kurtosis : float
        Moments of the score along the direction (divisor n); 0, 1, 0 and 0 if normal. Under the composite null the
        first two are 0 and 1 by construction.
    mean_z, sd_z, skewness_z, kurtosis_z : float
        Distances of these moments from those of N(0, 1), in standard errors that are valid for a direction fixed in
        advance, which this one is not.
    bimodality : float
        √n times the distance of the score to the nearest unimodal distribution; unimodal samples rarely exceed 0.5. Two
        groups of which one is small may stay below it; they are recognised by their likelihood.
    way : {"slice", "column", "moments", "peak", "gap", "climb"}
        How the direction was found: ``"climb"``, or another if what the climb finds does not hold on rows that it has
        not seen; ``"peak"`` and ``"gap"`` are the searches of `pursuit_test` for the fullest and the emptiest
        middle.
    n, dim : int
        Shape of the sample.
    null : {"standard", "composite"}
        Null hypothesis of the test.
    n_resamples : int or None
        Number of null replicates that were searched, None without.
    seed : int or numpy.random.SeedSequence
        Pass it as ``rng`` to reproduce the result.
    direction : ndarray of shape (D,), dtype=float64
        Unit vector v in the standardised space: the score is z v, where z is the sample as the test sees it.
    loadings : ndarray of shape (D,), dtype=float64
        Weights w = S^(−1/2) v in the units of the columns of x: the score is (x − centre) w.
    centre : ndarray of shape (D,), dtype=float64
        The mean by which x is standardised; 0 under the standard null without ``mean``.
    weights : ndarray of shape (D,), dtype=float64
        The loadings times the standard deviations of the columns under the null (their own under the composite null),
        scaled to length 1: comparable between columns, and what the sentence names. The largest is positive.
    names : tuple of str or None
        Names of the columns, None where they are numbered from 0.
    """

    statistic: float
    statistic_start: float
    statistic_held_out: float | None
    pvalue: float | None
    kind: Kind
    kind_pvalue: float | None
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
    names: tuple[str, ...] | None = field(default=None, compare=False, repr=False)

    def _shown(self) -> list[tuple[str, Any]]:
        """Return the names and values that are shown: the weights and loadings of named columns by their names."""
        names = self.names
        if names is None:
            return super()._shown()
        order = np.argsort(-np.abs(self.weights), kind="stable")[:_SHOWN].tolist()
        more = f", and {self.dim - _SHOWN:,} smaller ones" if self.dim > _SHOWN else ""

        def by_name(values: Array) -> Words:
            return Words(", ".join(f"{names[index]} {values[index]:+.3g}" for index in order) + more)

        named = {"loadings": by_name(self.loadings), "weights": by_name(self.weights)}
        return [(name, named.get(name, value)) for name, value in super()._shown()]

    def scores(self, x: ArrayLike | Sample) -> Array:
        """Return the score (x − centre) w of every row of a sample with the same columns.

        Parameters
        ----------
        x : array_like of shape (m, D) or Sample
            Sample with the columns of the one that was searched.

        Returns
        -------
        ndarray of shape (m,), dtype=float64
            The scores.

        Raises
        ------
        ValueError
            If x has other columns.
        """
        rows = as_sample(x).rows
        if rows.dim != self.dim:
            raise ValueError(f"x has {rows.dim} columns, the direction was found in {self.dim}")
        names = rows.called.columns
        if self.names is not None and names is not None and set(names) == set(self.names) and names != self.names:
            raise ValueError(f"x has its columns in another order; pass x[[{', '.join(map(repr, self.names))}]]")
        parts = [(block.astype(np.float64) - self.centre) @ self.loadings for _, _, (block,) in rows.blocks()]
        return np.concatenate(parts)
