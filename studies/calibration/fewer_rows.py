"""Laws of fewer rows against exact replicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from slicednorm.directions import random_directions
from slicednorm.distances import get_distance
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.large_n import adapted, enlarged
from slicednorm.stats._null.sliced import null_slices
from slicednorm.stats._streams import directions_stream, replicate_stream

from ..once import once
from .settings import AGGREGATES, ALL, NULLS, Array, Null

N_SLICES = 256
DIMS = (2, 16, 128)

# The laws as they are: how many replicates they have and at the least, and from how many rows on they are of how many.
FULL, LEAST = Limits.full_law, Limits.least_law
LARGE, SMALLER = Limits.large_n, Limits.smaller_n

# How many exact replicates there are of each number of rows.
EXACT = {4_000: 1_500, 20_000: 400, 100_000: 80}


@dataclass(frozen=True)
class Slices:
    """Means and maxima over the slices of null replicates of ``size`` rows, as they are taken for ``n``."""

    names: tuple[str, ...]
    size: int
    n: int
    dim: int
    null: Null
    seed: int

    def __call__(self, start: int, stop: int) -> Array:
        """Return replicates start..stop−1."""
        root = np.random.SeedSequence([self.seed, self.size, self.dim])
        streams = [replicate_stream(root, number) for number in range(start, stop)]
        drawn = [random_directions(N_SLICES, self.dim, rng=directions_stream(stream)) for stream in streams]
        distances = [get_distance(name) for name in self.names]
        if self.size != self.n:
            distances = [adapted(distance, self.n) for distance in distances]
        directions = np.stack(drawn).astype(np.float32)
        values = null_slices(distances, directions, self.size, self.null, root, range(start, stop))
        return np.concatenate([values.mean(axis=-1), values.max(axis=-1)], axis=-1)

    def run(self, count: int, workers: int, work: Path) -> Array:
        """Return the first ``count`` replicates, from the folder ``work`` if they are there."""
        name = f"{'+'.join(self.names)}-{self.size}-{self.n}-{self.dim}-{self.null}-{self.seed}-{count}"
        batch = max(1, (1 << 18) // (self.size * N_SLICES))
        return once(work / f"{name}.npy", lambda: monte_carlo(self, count, batch=batch, workers=workers))


def _law(dim: int, null: Null, n: int, workers: int, work: Path) -> Array:
    """Return the replicates of fewer rows that stand for n, in the order of `Slices` of all statistics."""
    own = tuple(name for name in ALL if get_distance(name).large_n.value_for is not None)
    columns: dict[str, Array] = {}
    for names, of in ((tuple(name for name in ALL if name not in own), SMALLER), (own, n)):
        found = Slices(names, SMALLER, of, dim, null, 1).run(LEAST, workers, work)
        pairs = product(AGGREGATES, names)
        columns |= {f"{aggregate} {name}": found[:, i] for i, (aggregate, name) in enumerate(pairs)}
    return np.stack([columns[f"{aggregate} {name}"] for aggregate, name in product(AGGREGATES, ALL)], axis=-1)


@dataclass(frozen=True)
class Difference:
    """How exact replicates of a statistic differ from the law of fewer rows.

    Attributes
    ----------
    shift, error : float
        By how much their mean is larger, in standard deviations, and the standard error of that.
    ratio : float
        Ratio of their standard deviation to that of the law.
    rates : tuple of float
        The share of them that the law rejects at 5% and at 1%.
    """

    shift: float
    error: float
    ratio: float
    rates: tuple[float, float]


def _difference(law: Array, exact: Array, law_of_cvm: Array, exact_of_cvm: Array) -> Difference:
    # `cvm`, whose law hardly depends on n, is the control variate: it shows how large these replicates are by chance.
    slope = 0.0
    if law is not law_of_cvm:
        slope = float(np.cov(exact, exact_of_cvm)[0, 1] / np.var(exact_of_cvm, ddof=1))
    left, right = exact - slope * exact_of_cvm, law - slope * law_of_cvm
    sd = float(np.std(exact))
    return Difference(
        shift=float(left.mean() - right.mean()) / sd,
        error=float(np.sqrt(np.var(left) / len(left) + np.var(right) / len(right))) / sd,
        ratio=sd / float(np.std(law)),
        rates=(float(np.mean(exact >= np.quantile(law, 0.95))), float(np.mean(exact >= np.quantile(law, 0.99)))),
    )


def fewer_rows(dim: int, null: Null, n: int, workers: int, work: Path) -> dict[str, Difference]:
    """Compare exact replicates of n rows with the law of fewer rows, statistic by statistic."""
    law = _law(dim, null, n, workers, work)
    exact = Slices(ALL, n, n, dim, null, 2).run(EXACT[n], workers, work)
    found = {}
    for first, aggregate in zip((0, len(ALL)), AGGREGATES, strict=True):
        options = {"n": n, "size": SMALLER, "null": null, "aggregate": aggregate, "dim": dim, "n_slices": N_SLICES}
        laws = [enlarged(law[:, first + i], get_distance(name), **options) for i, name in enumerate(ALL)]  # type: ignore[arg-type]
        cvm = ALL.index("cvm")
        for i, name in enumerate(ALL):
            found[f"{aggregate} {name}"] = _difference(laws[i], exact[:, first + i], laws[cvm], exact[:, first + cvm])
    return found


def fewer_rows_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines of this part of the page."""
    counts = ", ".join(f"{count:,} of {n:,} rows" for n, count in EXACT.items())
    yield from [
        "## Laws of fewer rows",
        "",
        f"Beyond {LARGE:,} rows a sample is judged by replicates of {SMALLER:,}, with what changes on the way put "
        f"right ([how](../method.md#how-a-p-value-is-found)). Here a law of {LEAST:,} replicates is compared with "
        f"exact replicates ({counts}), over fresh directions, float32, k = {N_SLICES}: by how many standard "
        "deviations the "
        "exact mean is larger, with its standard error (`cvm` is the others' control variate); the ratio of the "
        "standard deviations; and the share of exact replicates that the law rejects at 5%. A shift of .05 moves that "
        "to 5.5%, and so does a ratio of 1.03.",
        "",
    ]
    for dim, null in product(DIMS, NULLS):
        cells = {n: fewer_rows(dim, null, n, workers, work) for n in EXACT}
        heads = [f"n = {n:,}" for n in EXACT]
        yield from [f"### D = {dim}, {null} null", "", "| statistic | " + " | ".join(heads) + " |"]
        yield "| --- |" + " --- |" * len(heads)
        for name in cells[next(iter(EXACT))]:
            row = [
                f"{d.shift:+.3f} ± {d.error:.3f}, {d.ratio:.3f}, {100 * d.rates[0]:.1f}%"
                for d in (cells[n][name] for n in EXACT)
            ]
            yield f"| {name} | " + " | ".join(row) + " |"
        errors = [
            f"ratio ±{1.1 / np.sqrt(2 * count):.3f}, rate ±{100 * np.sqrt(0.05 * 0.95 / count):.1f}%"
            for count in EXACT.values()
        ]
        yield from ["| standard error | " + " | ".join(errors) + " |", ""]


# Small levels, which take many exact replicates, and a law whose own error is small.
SMALL_LEVELS = (0.05, 0.01, 0.001)
AT = (10_000, 16)
OF = ("ks", "cvm", "w2")
MANY = 20_000


def small_levels_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines about small levels."""
    n, dim = AT
    yield from [
        "## Laws of fewer rows at small levels",
        "",
        f"How many of {MANY:,} exact replicates of {n:,} × {dim} a law of {SMALLER:,} rows with {FULL:,} replicates "
        f"rejects, fresh directions, float32, k = {N_SLICES}.",
        "",
        "| null | statistic | " + " | ".join(f"{100 * level:g}%" for level in SMALL_LEVELS) + " |",
        "| --- | --- |" + " --- |" * len(SMALL_LEVELS),
    ]
    for null in NULLS:
        laws = Slices(OF, SMALLER, SMALLER, dim, null, 4).run(FULL, workers, work)
        exact = Slices(OF, n, n, dim, null, 5).run(MANY, workers, work)
        for first, aggregate in zip((0, len(OF)), AGGREGATES, strict=True):
            for i, name in enumerate(OF):
                law = enlarged(
                    laws[:, first + i],
                    get_distance(name),
                    n=n,
                    size=SMALLER,
                    null=null,
                    aggregate=aggregate,
                    dim=dim,
                    n_slices=N_SLICES,
                )
                pvalues = (1 + FULL - np.searchsorted(np.sort(law), exact[:, first + i], side="left")) / (FULL + 1)
                rates = [f"{100 * np.mean(pvalues <= level):.3g}%" for level in SMALL_LEVELS]
                yield f"| {null} | {aggregate} {name} | " + " | ".join(rates) + " |"
    errors = [f"±{100 * np.sqrt(level * (1 - level) / MANY):.2g}%" for level in SMALL_LEVELS]
    yield from ["| | standard error | " + " | ".join(errors) + " |", ""]
