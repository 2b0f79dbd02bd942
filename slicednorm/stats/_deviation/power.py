"""The power of a sliced test at sizes up to half of a sample, by draws from the sample.

The critical value is that of the null distribution as a formula where the size is one for which that was measured, else
a quantile of as many normal samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance
from slicednorm.stats._calibration.analytic import analytic_holds, can_be_computed
from slicednorm.stats._calibration.monte_carlo import batch_size, monte_carlo
from slicednorm.stats._deviation.tested_sample import Tested
from slicednorm.stats._distributions.slices import Slices, slices_law
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._limits import current
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.statistics import slice_statistics
from slicednorm.stats._streams import choice_stream, sized_streams
from slicednorm.stats._types import Aggregate, Null

Array: TypeAlias = NDArray[np.float64]
_BEYOND = 4

_LEAST_SIZE = 4


@dataclass(frozen=True)
class Draws:
    """Statistics of as many rows of the data as a size, and of normal samples: a function of their numbers alone."""

    rows: NDArray[np.float32]
    directions: NDArray[np.float32]
    distance: Distance
    null: Null
    aggregate: Aggregate
    root: np.random.SeedSequence
    size: int
    normal: bool

    def __call__(self, start: int, stop: int) -> Array:
        """Return (count, 1) statistics of the draws, and with ``normal`` (count, 2), of normal samples as well."""
        n, dim = self.rows.shape
        streams = [sized_streams(self.root, self.size, number) for number in range(start, stop)]
        drawn = np.empty((len(streams), self.size, dim), self.rows.dtype)
        for number, item in zip(range(start, stop), drawn, strict=True):
            generator = np.random.default_rng(choice_stream(self.root, self.size, number))
            item[:] = self.rows[generator.choice(n, self.size, replace=False, shuffle=False)]
        pairs = [(Rows(drawn, self.rows.dtype), 2)]
        if self.normal:
            pairs.append((normal_rows([stream[0] for stream in streams], self.size, dim, self.rows.dtype), 1))
        values = []
        for rows, part in pairs:
            prior = None
            if self.distance.needs_prior:
                prior = normal_rows([stream[part] for stream in streams], self.size, dim, self.rows.dtype)
            # A draw of few rows may be singular: it has no distance, and does not count as found.
            with np.errstate(invalid="ignore", divide="ignore"):
                (statistics,) = np.moveaxis(
                    slice_statistics(
                        rows,
                        self.directions,
                        [self.distance],
                        whitening=estimated(rows) if self.null == "composite" else None,
                        prior=prior,
                        prior_whitening=estimated(prior) if prior is not None and self.null == "composite" else None,
                    ),
                    1,
                    0,
                )
            values.append(aggregated(statistics, self.aggregate))
        return np.stack(values, axis=-1)


@dataclass(frozen=True)
class Seen:
    """What is known at a size of size^order·statistic, whose null distribution hardly depends on the size.

    ``null`` is that distribution as a formula, or its draws.
    """

    size: int
    null: WeightedChi2 | Array
    drawn: Array

    @property
    def count(self) -> int:
        """The number of draws."""
        return len(self.drawn)

    @property
    def mean(self) -> float:
        """The mean under the null."""
        return self.null.mean() if isinstance(self.null, WeightedChi2) else float(np.mean(self.null))

    @property
    def var(self) -> float:
        """The variance under the null."""
        return self.null.var() if isinstance(self.null, WeightedChi2) else float(np.var(self.null))

    def critical(self, level: float) -> float:
        """Return the critical value at a level, from this size alone."""
        if isinstance(self.null, WeightedChi2):
            return float(self.null.isf(level))
        return float(np.quantile(self.null, 1.0 - level, method="weibull"))


class Power:
    """The power at sizes up to half of the sample, estimated when it is asked for."""

    def __init__(self, subject: Tested, level: float, workers: int) -> None:
        rows = subject.rows
        # If a sample is larger than needed, the draws come from a part of it.
        self.among = min(rows.n, max(current().least_drawn_rows, current().drawn_elements // rows.dim))
        some = None
        if self.among < rows.n:
            generator = np.random.default_rng(choice_stream(subject.root))
            some = np.sort(generator.choice(rows.n, self.among, replace=False))
        with np.errstate(over="ignore"):  # a value beyond float32 is infinitely far out
            drawn_from = subject.standardised(some).astype(np.float32)
        self._draws = Draws(
            drawn_from,
            subject.directions.astype(np.float32),
            subject.distance,
            subject.null,
            subject.aggregate,
            subject.root,
            size=0,
            normal=True,
        )
        slices = Slices(subject.directions, None)
        self._slices = slices if can_be_computed(slices) else None
        self._workers = workers
        self.level = level
        self.n = rows.n
        self.slices = len(subject.directions)
        self.order = subject.distance.order
        self.least = _LEAST_SIZE if subject.null == "standard" else max(_LEAST_SIZE, rows.dim + 3)
        self.most = self.among // 2
        self.fewest = math.ceil(_BEYOND / level)
        self.seen: dict[int, Seen] = {}

    def _law(self, size: int) -> WeightedChi2 | None:
        """Return the null distribution of size^order·statistic as a formula, None where there is none or it is off."""
        distance, null = self._draws.distance, self._draws.null
        holds = analytic_holds(distance, size, self._draws.rows.shape[1], null, self._draws.aggregate)
        if self._slices is None or not holds:
            return None
        return slices_law(distance, size, null, self._slices).scaled(float(size) ** self.order)

    def at(self, size: int, count: int) -> Seen:
        """Return the observations at a size, from at least ``count`` draws."""
        count = max(count, self.fewest)
        known = self.seen.get(size)
        if known is None or known.count < count:
            law = self._law(size)
            draws = replace(self._draws, size=size, normal=law is None)
            batch = batch_size(size * max(self._draws.directions.shape))
            values = monte_carlo(draws, count, batch=batch, workers=self._workers) * float(size) ** self.order
            drawn = np.nan_to_num(values[:, 0], nan=-np.inf, posinf=np.inf)
            finite = np.isfinite(drawn)
            if finite.all():
                # Draws without replacement spread less than samples.
                mean = float(np.mean(drawn))
                drawn = mean + (drawn - mean) / math.sqrt(1.0 - size / self.among)
            known = self.seen[size] = Seen(size, values[:, 1] if law is None else law, drawn)
        return known

    def critical(self, seen: Seen) -> float:
        """Return the critical value of size^order·statistic from one size alone."""
        return seen.critical(self.level)

    def fitted_critical(self, some: list[Seen]) -> Array:
        """Return critical values at some sizes; those of draws are smoothed by a line in the log of the size."""
        values = np.asarray([self.critical(seen) for seen in some])
        simulated = np.asarray([not isinstance(seen.null, WeightedChi2) for seen in some])
        logs = np.log([seen.size for seen in some])[simulated]
        if len(logs) < 3 or np.ptp(logs) == 0.0:
            return values
        weights = np.sqrt([seen.count for seen in some])[simulated]
        values[simulated] = np.polyval(np.polyfit(logs, values[simulated], 1, w=weights), logs)
        return values


def share_beyond(seen: Seen, critical: float) -> float:
    """Return the share of draws beyond a critical value, kept away from 0 and 1."""
    return (float(np.count_nonzero(seen.drawn > critical)) + 0.5) / (seen.count + 1)


def probit(p: float) -> float:
    from scipy import special

    return float(special.ndtri(p))


def within(power: Power, size: float) -> int:
    return int(min(max(round(min(size, float(power.most))), power.least), power.most))
