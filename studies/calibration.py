"""Do the other ways to a p-value hold? Sequential replicates, kept laws, laws of fewer rows, and the fitted tail.

    python -m slicednorm_studies.calibration --out docs/results/calibration.md

Each part keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm import __version__
from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats import sliced_tests
from slicednorm.stats._calibration.budget import size_error
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._calibration.tail import tail_pvalue
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.large_n import adapted, enlarged
from slicednorm.stats._null.sliced import SlicedLaws, null_slices
from slicednorm.stats._streams import directions_stream, replicate_stream
from slicednorm.stats._types import Aggregate

from .once import once

Array = NDArray[np.float64]
Null = Literal["standard", "composite"]

NULLS: tuple[Null, ...] = ("standard", "composite")
AGGREGATES: tuple[Aggregate, ...] = ("mean", "max")
ALL = tuple(DISTANCES)
LEVELS = (0.001, 0.01, 0.05, 0.1, 0.5)

# --- Fewer rows -------------------------------------------------------------------------------------------

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


def _fewer_rows_page(workers: int, work: Path) -> Iterator[str]:
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


def _small_levels_page(workers: int, work: Path) -> Iterator[str]:
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


# --- As many replicates as it takes -----------------------------------------------------------------------

SHAPES = ((30, 2), (100, 10))
NULL_SAMPLES = 5_000


@dataclass(frozen=True)
class Sequential:
    """The p-value and the number of replicates of null samples, by ``method="sequential"``."""

    n: int
    dim: int
    null: Null

    def __call__(self, start: int, stop: int) -> Array:
        """Return the p-values and the numbers of replicates of samples start..stop−1."""
        rows = []
        for seed in range(start, stop):
            x = np.random.default_rng([seed, self.n, self.dim]).standard_normal((self.n, self.dim))
            results = sliced_tests(
                x.astype(np.float32), ("cvm", "ks"), null=self.null, n_slices=32, method="sequential", rng=seed
            )
            rows.append([value for r in results for value in (r.pvalue, float(r.n_resamples or 0))])
        return np.asarray(rows)


def _sequential_page(workers: int, work: Path) -> Iterator[str]:
    yield from [
        "## As many replicates as it takes",
        "",
        f'{NULL_SAMPLES:,} null samples, each with its own seed, `method="sequential"`, '
        f"32 slices, float32. "
        "The share of p-values at most u must not exceed u but for the error of the count.",
        "",
        "| sample | test | mean replicates | " + " | ".join(f"p ≤ {level:g}" for level in LEVELS) + " |",
        "| --- | --- | --- |" + " --- |" * len(LEVELS),
    ]
    for (n, dim), null in product(SHAPES, NULLS):
        path = work / f"sequential-{n}-{dim}-{null}-{NULL_SAMPLES}.npy"
        study = Sequential(n, dim, null)
        values = once(path, lambda study=study: monte_carlo(study, NULL_SAMPLES, batch=50, workers=workers))  # type: ignore[misc]
        for index, name in enumerate(("cvm", "ks")):
            pvalues, counts = values[:, 2 * index], values[:, 2 * index + 1]
            rates = [f"{100 * np.mean(pvalues <= level + 1e-12):.2f}%" for level in LEVELS]
            yield f"| {n} × {dim}, {null} | {name} | {counts.mean():.0f} | " + " | ".join(rates) + " |"
    errors = [f"±{100 * np.sqrt(level * (1 - level) / NULL_SAMPLES):.2f}%" for level in LEVELS]
    yield from ["| standard error | | | " + " | ".join(errors) + " |", ""]


# --- Kept laws --------------------------------------------------------------------------------------------

LAWS = 400
TRUE = 400_000
LAW_SIZES = (9_999, 99_999)


def _reference(null: Null, workers: int, work: Path) -> Array:
    """Return many replicates of a small test, (count, 14), which stand for the law itself."""
    laws = [SlicedLaws(ALL, 30, 3, null, aggregate, 16, "iid", "float32") for aggregate in AGGREGATES]
    return np.concatenate(
        [
            once(
                work / f"reference-{law.aggregate}-{null}-{TRUE}.npy",
                lambda law=law: monte_carlo(law, TRUE, batch=law.batch, workers=workers),  # type: ignore[misc]
            )
            for law in laws
        ],
        axis=-1,
    )


def _kept_page(workers: int, work: Path) -> Iterator[str]:
    yield from [
        "## Kept laws",
        "",
        f"Tests that share a law share its error. Measured: laws drawn from {TRUE:,} replicates of `cvm` (30 × 3, "
        f"16 slices), and "
        "the share of all of them that each rejects; expected is √(α(1 − α)/(M + 1)).",
        "",
        "| null | M | sd of the size at 5%: measured / expected | at 1%: measured / expected |",
        "| --- | --- | --- | --- |",
    ]
    rng = np.random.default_rng(0)
    for null in NULLS:
        true = np.sort(_reference(null, workers, work)[:, ALL.index("cvm")])
        for size in LAW_SIZES:
            cells = []
            for level in (0.05, 0.01):
                sizes = []
                for _ in range(LAWS):
                    law = np.sort(rng.choice(true, size))
                    critical = law[size - int(level * (size + 1))]
                    sizes.append(1.0 - np.searchsorted(true, critical, side="right") / TRUE)
                cells.append(f"{100 * np.std(sizes):.3f} / {100 * size_error(level, size):.3f} points")
            yield f"| {null} | {size:,} | " + " | ".join(cells) + " |"
    yield ""


# --- The fitted tail --------------------------------------------------------------------------------------


def _gamma(law: Array, value: float) -> float:
    """Return the tail of a gamma law with the replicates' mean, variance and skewness."""
    from scipy import special

    mean, sd = law.mean(), law.std()
    shape = 4.0 / max(float(np.mean((law - mean) ** 3) / sd**3), 1e-3) ** 2
    return float(special.gammaincc(shape, max(shape + (value - mean) / sd * np.sqrt(shape), 0.0)))


def _pareto(law: Array, value: float) -> float:
    """Return the tail of a generalised Pareto law by probability-weighted moments of the largest tenth."""
    ordered = np.sort(law)
    count = len(law) // 10
    threshold = 0.5 * (ordered[-count - 1] + ordered[-count])
    excess = ordered[-count:] - threshold
    first = excess.mean()
    second = float(np.mean((1.0 - (np.arange(1, count + 1) - 0.35) / count) * excess))
    shape, scale = first / (first - 2.0 * second) - 2.0, 2.0 * first * second / (first - 2.0 * second)
    base = 1.0 - shape * (value - threshold) / scale
    return float(0.1 * max(base, 1e-300) ** (1.0 / shape)) if base > 0.0 else 0.0


def _fitted(law: Array, value: float) -> float:
    found = tail_pvalue(law[law < value], value)
    return found if found is not None else 0.5


TAILS: dict[str, Callable[[Array, float], float]] = {
    "exponential (taken)": _fitted,
    "generalised Pareto": _pareto,
    "gamma, three moments": _gamma,
}


def _tail_page(workers: int, work: Path) -> Iterator[str]:
    targets = (1e-4, 1e-5)
    yield from [
        "## The tail",
        "",
        "An extrapolated p-value against the true one, where that is 1e-4 and 1e-5: median and root mean square "
        "error in "
        f"decades (not beyond 3) over the 14 statistics of the same {TRUE:,} replicates of each null, 25 draws of "
        f"M each.",
        "",
        "| fit | M | " + " | ".join(f"p = {target:g}: median, error" for target in targets) + " |",
        "| --- | --- |" + " --- |" * len(targets),
    ]
    rng = np.random.default_rng(1)
    samples = [_reference(null, workers, work) for null in NULLS]
    for size in (999, 9_999):
        errors: dict[str, dict[float, list[float]]] = {name: {t: [] for t in targets} for name in TAILS}
        for sample in samples:
            for column in sample.T:
                ordered = np.sort(column)
                for _ in range(25):
                    law = rng.choice(column, size)
                    for target, (name, fit) in product(targets, TAILS.items()):
                        value = ordered[len(ordered) - max(1, int(target * len(ordered)))]
                        errors[name][target].append(np.log10(max(fit(law, value), 1e-12) / target))
        for name, found in errors.items():
            cells = [
                f"{np.median(e):+.2f}, {np.sqrt(np.mean(np.clip(e, -3.0, 3.0) ** 2)):.2f}"
                for e in (np.asarray(found[target]) for target in targets)
            ]
            yield f"| {name} | {size:,} | " + " | ".join(cells) + " |"
    yield ""


# --- The page ---------------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[int, Path], Iterator[str]]] = {
    "sequential": _sequential_page,
    "kept": _kept_page,
    "tail": _tail_page,
    "fewer-rows": _fewer_rows_page,
    "small-levels": _small_levels_page,
}


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Parts to run.  [default: all]")
@click.option("--jobs", default=-1, show_default=True, help="Threads; -1 for all cores.")
@click.option(
    "--work",
    default="build/calibration",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what is finished.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def main(parts: tuple[str, ...], jobs: int, work: Path, out: Path | None) -> None:
    """Run the study and print its page."""
    os.environ["SLICEDNORM_CACHE"] = "off"
    work.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Ways to a p-value",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. "
        "Repeat with `python -m slicednorm_studies.calibration` (or `make calibration`).",
        "",
    ]
    for part in parts or PARTS:
        click.echo(part, err=True)
        lines += PARTS[part](jobs, work)
    text = "\n".join(lines).rstrip() + "\n"
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
