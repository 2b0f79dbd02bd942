"""Where do the limiting laws hold, and do extrapolated tails? Rejection rates of the classical tests by their laws.

    python -m slicednorm_studies.limits --out docs/results/limits.md

Null samples of every shape of a grid are tested by the limiting laws of Henze-Zirkler, Doornik-Hansen, Royston and
Mardia, and the rates of rejection are compared with the ranges in which the laws are said to hold (`law_holds`). A law
is turned into its critical value at each level, once a shape. Then the p-values that `tail_pvalue` extrapolates for the
classical tests are compared with true ones. What is finished is kept in the folder --work, and an interrupted study
continues from there.
"""

from __future__ import annotations

import platform
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm import __version__
from slicednorm.stats._calibration.asymptotic import law_holds
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._calibration.tail import FARTHEST_TAIL, tail_pvalue
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.royston import pvalues as royston_pvalues
from slicednorm.stats._hypotests.mardia import null as null_module
from slicednorm.stats._hypotests.mardia.measures import mardia_elements, mardia_statistics, mardia_work
from slicednorm.stats._hypotests.pairs import pairs_elements
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._types import Moments, Null

from .once import once

Array = NDArray[np.float64]

_FLOAT64: np.dtype[Any] = np.dtype(np.float64)

# Values that are worked on together.
_BATCH_ELEMENTS = 1 << 18

# --- Null samples -----------------------------------------------------------------------------------------

SIZES = (4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600, 1_000, 2_000, 5_000, 20_000)
DIMS = (1, 2, 3, 4, 5, 8, 10, 15, 20, 25, 50, 90)
SAMPLES = 10_000


@dataclass(frozen=True)
class Source:
    """What is computed of null samples: ``values`` (batch, m) of a batch of them.

    ``correlation`` is that of every pair of columns, ``elements(n, dim)`` and ``work(n, dim)`` as of a `ClassicalTest`,
    ``fewest`` and ``most`` the numbers of rows. A shape whose samples take more than ``cheap`` nanoseconds of one core
    has fewer samples, and beyond ``expensive`` it has none; ``also`` has the numbers of the exceptions.
    """

    values: Callable[[Rows], Array]
    elements: Callable[[int, int], int]
    work: Callable[[int, int], float]
    correlation: float = 0.0
    fewest: int = 4
    most: int = 10**9
    cheap: float = 3e9
    expensive: float = 12e9
    also: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def samples(self, n: int, dim: int, samples: int) -> int:
        """Return how many samples of a shape are tested: two fifths of them if it is not cheap, 0 if too expensive."""
        if n <= dim + 1 or not self.fewest <= n <= self.most:
            return 0
        # Beside the statistic: drawing the rows, and the eigenvectors of the covariance.
        work = self.work(n, dim) + 4e3 + 10.0 * n * dim + 25.0 * dim**2 + 0.4 * dim**3
        if samples * work <= self.cheap:
            return samples
        usual = 2 * samples // 5 if samples * work <= self.expensive else 0
        return min(samples, self.also.get((n, dim), usual))


def _henze_zirkler() -> Source:
    test = CLASSICAL["henze_zirkler"]

    def values(rows: Rows) -> Array:
        return test.statistics(rows, estimated(rows), "composite")[:, np.newaxis]

    # Its β grows with n: does the size go on as it is? And 4,000 samples of 600 × 15 gave 6.1% ± .34%.
    also = {(600, 15): 10_000, (5_000, 2): 2_000, (5_000, 10): 2_000}
    return Source(values, test.elements, test.work, expensive=25e9, also=also)


def _doornik_hansen() -> Source:
    test = CLASSICAL["doornik_hansen"]

    def values(rows: Rows) -> Array:
        return test.statistics(rows, None, "composite")[:, np.newaxis]

    return Source(values, test.elements, test.work, fewest=test.fewest)


def _royston(correlation: float) -> Source:
    # Its law depends on the correlations of the sample, so that there is no critical value: p-values.
    test = CLASSICAL["royston"]

    def values(rows: Rows) -> Array:
        return royston_pvalues(test.statistics(rows, None, "composite"), rows)[:, np.newaxis]

    return Source(values, test.elements, test.work, correlation, test.fewest, test.most or 10**9, 1.2e9, 5.1e9)


def _measures(null: Null) -> Source:
    def values(rows: Rows) -> Array:
        return mardia_statistics(rows, estimated(rows) if null == "composite" else None)

    return Source(values, mardia_elements, mardia_work)


CORRELATIONS = (0.0, 0.5, 0.9)
SOURCES: dict[str, Source] = {
    "henze_zirkler": _henze_zirkler(),
    "doornik_hansen": _doornik_hansen(),
    **{f"royston-{correlation:g}": _royston(correlation) for correlation in CORRELATIONS},
    "mardia-composite": _measures("composite"),
    "mardia-standard": _measures("standard"),
}


@dataclass(frozen=True)
class Draw:
    """The values of null samples of a shape: picklable, and a function of their numbers and the batch alone."""

    source: str
    n: int
    dim: int
    seed: int = 0

    def __call__(self, start: int, stop: int) -> Array:
        """Return the values of samples start..stop−1."""
        source = SOURCES[self.source]
        rng = np.random.default_rng([zlib.crc32(self.source.encode()) + self.seed, self.n, self.dim, start])
        x = rng.standard_normal((stop - start, self.n, self.dim))
        if source.correlation:
            x *= np.sqrt(1.0 - source.correlation)
            x += np.sqrt(source.correlation) * rng.standard_normal((stop - start, self.n, 1))
        return source.values(Rows(x, _FLOAT64))

    def run(self, samples: int, jobs: int, work: Path) -> Array:
        """Return the values of the first ``samples`` samples, from the folder ``work`` if they are there."""
        batch = max(1, _BATCH_ELEMENTS // SOURCES[self.source].elements(self.n, self.dim))
        name = f"{self.source}-{self.n}x{self.dim}-{samples}" + (f"-{self.seed}" if self.seed else "")
        return once(work / f"{name}.npy", lambda: monte_carlo(self, samples, batch=batch, workers=jobs))


# --- Their laws -------------------------------------------------------------------------------------------

LEVELS = (0.05, 0.01)


@dataclass(frozen=True)
class Law:
    """A limiting law: of which test under which null, and in which column of which source its values are.

    ``pvalue(value, n, dim)`` is the law; None where the values are p-values. ``centre(n, dim)`` is where a two-sided
    p-value is 1.
    """

    title: str
    test: str
    source: str
    null: Null = "composite"
    moments: Moments = "exact"
    column: int = 0
    pvalue: Callable[[float, int, int], float] | None = None
    centre: Callable[[int, int], float] | None = None

    def rejected(self, values: Array, n: int, dim: int, level: float) -> int:
        """Return how many of the values of a source the law rejects at a level."""
        taken = values[:, self.column]
        if self.pvalue is None:
            return int(np.count_nonzero(taken <= level))
        law = self.pvalue
        if self.centre is None:
            return int(np.count_nonzero(taken >= critical(lambda value: law(value, n, dim), level)))
        centre = self.centre(n, dim)
        beyond = critical(lambda distance: law(centre + distance, n, dim), level)
        return int(np.count_nonzero(np.abs(taken - centre) >= beyond))


def critical(pvalue: Callable[[float], float], level: float) -> float:
    """Return where a p-value that falls from 1 at 0 comes down to a level."""
    from scipy.optimize import brentq

    beyond = 1.0
    while pvalue(beyond) > level:
        beyond *= 2.0
    return float(brentq(lambda value: pvalue(value) - level, 0.0, beyond, xtol=1e-14))


def _limit(name: str) -> Callable[[float, int, int], float]:
    limit = CLASSICAL[name].limit
    assert limit is not None

    def pvalue(value: float, n: int, dim: int) -> float:
        # The law depends on the shape alone: a view of one number stands in for the rows.
        return limit(value, Rows(np.broadcast_to(np.zeros(()), (n, dim)), _FLOAT64))

    return pvalue


def _skewness(null: Null, moments: Moments) -> Law:
    def pvalue(value: float, n: int, dim: int) -> float:
        return null_module.skewness_test(value, n, dim, null, moments)[1]

    title = f"Mardia's skewness, {_null_words(null, moments)}"
    return Law(title, "mardia_skewness", f"mardia-{null}", null, moments, 0, pvalue)


def _kurtosis(null: Null, moments: Moments) -> Law:
    def pvalue(value: float, n: int, dim: int) -> float:
        return null_module.kurtosis_test(value, n, dim, null, moments)[1]

    def centre(n: int, dim: int) -> float:
        # z is linear in b2.
        at_0, at_1 = (null_module.kurtosis_test(value, n, dim, null, moments)[0] for value in (0.0, 1.0))
        return at_0 / (at_0 - at_1)

    title = f"Mardia's kurtosis, {_null_words(null, moments)}"
    return Law(title, "mardia_kurtosis", f"mardia-{null}", null, moments, 1, pvalue, centre)


def _null_words(null: Null, moments: Moments) -> str:
    return "standard null" if null == "standard" else f"composite null, {moments} moments"


MARDIA_LAWS: tuple[tuple[Null, Moments], ...] = (
    ("composite", "exact"),
    ("composite", "asymptotic"),
    ("standard", "exact"),
)
LAWS = (
    Law("Henze-Zirkler", "henze_zirkler", "henze_zirkler", pvalue=_limit("henze_zirkler")),
    Law("Doornik-Hansen", "doornik_hansen", "doornik_hansen", pvalue=_limit("doornik_hansen")),
    *(Law(f"Royston, columns that correlate by {c:g}", "royston", f"royston-{c:g}") for c in CORRELATIONS),
    *(_skewness(null, moments) for null, moments in MARDIA_LAWS),
    *(_kurtosis(null, moments) for null, moments in MARDIA_LAWS),
)


# --- The pages of the laws --------------------------------------------------------------------------------

# How far from the level the size may be.
TOLERANCE = 0.2
CONFIDENCE = 0.999


@dataclass(frozen=True)
class Cell:
    """What was measured of a law at a shape: the share rejected at each level; and whether it is said to hold there."""

    n: int
    dim: int
    samples: int
    rates: tuple[float, ...]
    inside: bool

    @property
    def is_off(self) -> bool:
        """Whether the size at the first level is off by more than the tolerance and than chance explains."""
        from scipy.stats import binom

        level = LEVELS[0]
        least, _ = binom.interval(CONFIDENCE, self.samples, level * (1.0 - TOLERANCE))
        _, most = binom.interval(CONFIDENCE, self.samples, level * (1.0 + TOLERANCE))
        return not least <= round(self.rates[0] * self.samples) <= most


def measure(law: Law, samples: int, jobs: int, work: Path) -> list[Cell]:
    """Return the cells of a law, shape by shape."""
    cells = []
    for n, dim in product(SIZES, DIMS):
        count = SOURCES[law.source].samples(n, dim, samples)
        if not count:
            continue
        values = Draw(law.source, n, dim).run(count, jobs, work)
        try:
            rates = tuple(law.rejected(values, n, dim, level) / count for level in LEVELS)
        except SampleError:  # the law of Henze-Zirkler is not given where float64 cannot tell its spread
            continue
        cells.append(Cell(n, dim, count, rates, law_holds(law.test, n, dim, law.null, law.moments)))
    return cells


def _law_page(law: Law, cells: list[Cell]) -> Iterator[str]:
    by_shape = {(cell.n, cell.dim): cell for cell in cells}
    yield from [f"### {law.title}", "", "| n | " + " | ".join(f"D = {dim}" for dim in DIMS) + " |"]
    yield "| --- |" + " --- |" * len(DIMS)
    for n in SIZES:
        entries = []
        for dim in DIMS:
            cell = by_shape.get((n, dim))
            text = "" if cell is None else " / ".join(f"{100 * rate:.1f}" for rate in cell.rates)
            mark = "**" if cell is not None and cell.inside else ""
            entries.append(f"{mark}{text}{mark}" + (" out" if cell is not None and cell.inside and cell.is_off else ""))
        if any(entries):
            yield f"| {n:,} | " + " | ".join(entries) + " |"
    yield ""


def _summary(found: dict[Law, list[Cell]]) -> Iterator[str]:
    yield from [
        "| law | shapes in its range | of | "
        + " | ".join(f"rates at {level:.0%} there | outside" for level in LEVELS)
        + " |",
        "| --- | --- | --- |" + " --- | --- |" * len(LEVELS),
    ]
    for law, cells in found.items():
        spans = []
        for index in range(len(LEVELS)):
            for inside in (True, False):
                rates = [100 * cell.rates[index] for cell in cells if cell.inside == inside]
                spans.append(f"{min(rates):.2f}–{max(rates):.2f}" if rates else "")
        count = sum(cell.inside for cell in cells)
        yield f"| {law.title} | {count} | {len(cells)} | " + " | ".join(spans) + " |"
    yield ""


def _ranges() -> Iterator[str]:
    yield from ["| law | " + " | ".join(f"D = {dim}" for dim in DIMS) + " |", "| --- |" + " --- |" * len(DIMS)]
    most = max(SIZES)
    for law in {(law.test, law.null, law.moments): law for law in LAWS}.values():
        title = law.title.split(",")[0] if law.test == "royston" else law.title
        entries = []
        for dim in DIMS:
            held = [n for n in range(2, most + 1) if law_holds(law.test, n, dim, law.null, law.moments)]
            end = f" to {held[-1]:,}" if held and held[-1] < most else ""
            entries.append(f"{held[0]:,}{end}" if held else "")
        yield f"| {title} | " + " | ".join(entries) + " |"
    yield ""


def laws_page(samples: int, jobs: int, work: Path) -> tuple[list[str], int]:
    """Return the part on the laws, and how many shapes are in a range where the measured size is off."""
    found = {}
    for law in LAWS:
        click.echo(law.title, err=True)
        found[law] = measure(law, samples, jobs, work)
    off = sum(cell.inside and cell.is_off for cells in found.values() for cell in cells)
    errors = ", ".join(
        f"{100 * np.sqrt(level * (1 - level) / count):.2f} at {level:.0%} with {count:,}"
        for count, level in product((samples, 2 * samples // 5), LEVELS)
    )
    low, high = (f"{100 * LEVELS[0] * factor:g}" for factor in (1.0 - TOLERANCE, 1.0 + TOLERANCE))
    lines = [
        "## Limiting laws",
        "",
        "From how many rows on a law is taken to hold, by the number of columns. An empty cell: for no number of rows, "
        "and so for all larger numbers of columns. Between two of these numbers of columns, the larger of their two "
        "numbers of rows counts. "
        f"In this range the size at {LEVELS[0]:.0%} is between {low}% and {high}% at every shape that was measured.",
        "",
        *_ranges(),
        f"What was measured, in per cent, at the levels {' and '.join(f'{level:.0%}' for level in LEVELS)}. "
        f"There are {samples:,} null samples a shape, {2 * samples // 5:,} where they take long (2,000 at two of "
        f"Henze-Zirkler's), and none where they would take too long. Standard errors: {errors}.",
        "",
        *_summary(found),
        f"Shapes in the range of a law where its size at {LEVELS[0]:.0%} is off by more than chance explains: {off}.",
        "",
        "Shape by shape; bold is in the range. The columns do not correlate where nothing else is said, which makes no "
        "difference to any law but Royston's.",
        "",
    ]
    for law, cells in found.items():
        lines += _law_page(law, cells)
    return lines, off


# --- Extrapolated tails -----------------------------------------------------------------------------------

TAIL_RESAMPLES = (999, 9_999, 99_999)
TARGETS = (1e-4, 1e-5, 1e-6)
DRAWS = 200

# A true p-value is known where at least this number of replicates lies beyond.
LEAST_BEYOND = 4

# Where an extrapolated p-value is right within half a decade: its median ratio to the true one, and its error.
RATIO, ERROR = 3.0, 0.6

PAIRS = ("henze_zirkler", "bhep", "energy", "cramer_wold")
MEASURES = ("mardia_skewness", "mardia_kurtosis")
TESTS = (*PAIRS, "royston", "doornik_hansen", *MEASURES)


@dataclass(frozen=True)
class Pool:
    """Replicates of tests at one shape, ``count`` of them; the larger, the more they speak against the null."""

    tests: tuple[str, ...]
    n: int
    dim: int
    null: Null
    count: int

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"tail-{self.null}-{self.n}x{self.dim}-{self.tests[0]}-{self.count}"

    def __call__(self, start: int, stop: int) -> Array:
        """Return replicates start..stop−1, (stop − start, tests)."""
        rng = np.random.default_rng([zlib.crc32(self.null.encode()), self.n, self.dim, self.count, start])
        rows = Rows(rng.standard_normal((stop - start, self.n, self.dim)), _FLOAT64)
        whitening = estimated(rows) if self.null == "composite" else None
        found = {
            name: CLASSICAL[name].statistics(rows, whitening, self.null) for name in self.tests if name in CLASSICAL
        }
        if set(self.tests) & set(MEASURES):
            b1, b2 = mardia_statistics(rows, whitening).T
            expected = null_module.exact_moments(self.n, self.dim, self.null).kurtosis
            found |= {"mardia_skewness": b1, "mardia_kurtosis": np.abs(b2 - expected)}
        return np.stack([found[name] for name in self.tests], axis=-1)

    def run(self, jobs: int, work: Path) -> Array:
        """Return all replicates, from the folder ``work`` if they are there."""
        elements = pairs_elements if set(self.tests) & set(PAIRS) else mardia_elements
        batch = max(1, _BATCH_ELEMENTS // elements(self.n, self.dim))
        return once(work / f"{self.name}.npy", lambda: monte_carlo(self, self.count, batch=batch, workers=jobs))


# Cheap tests have more replicates, so that smaller p-values are known; the most expensive has none at larger shapes.
MOMENTS = ("doornik_hansen", *MEASURES)
NULLS: tuple[Null, ...] = ("composite", "standard")
POOLS: tuple[tuple[int, int, int, tuple[str, ...]], ...] = (
    (20, 2, 10_000_000, MOMENTS),
    (20, 2, 400_000, (*PAIRS, "royston")),
    (50, 5, 1_000_000, MOMENTS),
    (50, 5, 100_000, (*PAIRS, "royston")),
    (200, 5, 400_000, MOMENTS),
    (200, 5, 100_000, ("henze_zirkler", "bhep", "energy", "royston")),
    (100, 20, 400_000, MOMENTS),
    (100, 20, 100_000, ("henze_zirkler", "bhep", "energy", "royston")),
)


def pools() -> Iterator[Pool]:
    """Yield every pool of the study; the tests without a standard null are left out of it there."""
    for (n, dim, count, tests), null in product(POOLS, NULLS):
        yield Pool(tuple(name for name in tests if null == "composite" or _is_for_standard(name)), n, dim, null, count)


def _is_for_standard(name: str) -> bool:
    return name in MEASURES or CLASSICAL[name].instead is None


def tail_error(ordered: Array, target: float, resamples: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return the median ratio of extrapolated p-values to a true one, and their root mean square error in decades.

    ``ordered`` are the replicates that stand for the law. Sets of ``resamples`` are drawn from those that do not reach
    the value whose p-value is ``target``: if one reached it, there would be nothing to extrapolate.
    """
    below = len(ordered) - round(target * len(ordered))
    value = 0.5 * (ordered[below - 1] + ordered[below])
    ratios = []
    for _ in range(DRAWS):
        found = tail_pvalue(ordered[rng.integers(0, below, resamples)], value)
        ratios.append((found or 0.0) / target)
    decades = np.log10(np.maximum(ratios, 1e-3))
    return float(np.median(ratios)), float(np.sqrt(np.mean(decades**2)))


# Where there is something to extrapolate, and the extrapolation reaches that far.
CASES = tuple(
    (m, target) for m, target in product(TAIL_RESAMPLES, TARGETS) if FARTHEST_TAIL * 1.001 < target * (m + 1) < 1.001
)


def _tail_errors(pool: Pool, jobs: int, work: Path) -> Array:
    """Return `tail_error` of every test of a pool and every case, (tests, cases, 2); not a number where unknown."""

    def compute() -> Array:
        found = np.full((len(pool.tests), len(CASES), 2), np.nan)
        for column, values in enumerate(pool.run(jobs, work).T):
            ordered = np.sort(values)
            for index, (resamples, target) in enumerate(CASES):
                if target * pool.count >= LEAST_BEYOND - 1e-9:
                    rng = np.random.default_rng([resamples, column])
                    found[column, index] = tail_error(ordered, target, resamples, rng)
        return found

    return once(work / f"tail-errors-{pool.null}-{pool.n}x{pool.dim}-{pool.tests[0]}-{pool.count}-{DRAWS}.npy", compute)


def _verdict(errors: Array) -> str:
    """Return whether the errors (cells, 2) of a test are all within half a decade, and the worst of them."""
    known = errors[~np.isnan(errors[:, 0])]
    ratios, decades = known.T
    holds = ratios.min() >= 1.0 / RATIO and ratios.max() <= RATIO and decades.max() <= ERROR
    words = "yes" if holds else "no"
    return f"{words} | {ratios.min():.2g}–{ratios.max():.2g} | {decades.max():.2f}"


def tails_page(jobs: int, work: Path) -> list[str]:
    """Return the part on the extrapolated tails."""
    by_test: dict[tuple[str, Null], dict[tuple[int, int], Array]] = {}
    for pool in pools():
        click.echo(f"tails {pool.null} {pool.n} x {pool.dim}, {pool.count:,}", err=True)
        for name, errors in zip(pool.tests, _tail_errors(pool, jobs, work), strict=True):
            by_test.setdefault((name, pool.null), {})[pool.n, pool.dim] = errors
    counts = "; ".join(f"{n} × {dim}: {count:,} ({', '.join(tests)})" for n, dim, count, tests in POOLS)
    lines = [
        "## Extrapolated tails",
        "",
        "What `tail_pvalue` says of a statistic that no replicate reaches, over its true p-value: the median of "
        f"{DRAWS} sets of M replicates, and the root mean square error in decades. The true one is that among many "
        f"replicates, {counts}. The kurtosis is |b₂ − its mean|.",
        "",
        "The columns are M and the true p-value, which is not less than "
        f"{FARTHEST_TAIL:g}/(M + 1), where the extrapolation ends; the cells are the median ratio and the error.",
        "",
        "| test | null | shape | " + " | ".join(f"{m:,}: {target:g}" for m, target in CASES) + " |",
        "| --- | --- | --- |" + " --- |" * len(CASES),
    ]
    order = sorted(by_test, key=lambda key: (TESTS.index(key[0]), NULLS.index(key[1])))
    for name, null in order:
        for (n, dim), errors in sorted(by_test[name, null].items()):
            entries = ["" if np.isnan(ratio) else f"{ratio:.2g}, {decades:.2f}" for ratio, decades in errors]
            lines.append(f"| {name} | {null} | {n} × {dim} | " + " | ".join(entries) + " |")
    lines += [
        "",
        f"Within half a decade, that is with a median ratio between {1 / RATIO:.2g} and {RATIO:g} and an error of at "
        f"most {ERROR:g} everywhere:",
        "",
        "| test | null | within half a decade | median ratios | largest error |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {key[0]} | {key[1]} | {_verdict(np.concatenate(list(by_test[key].values())))} |" for key in order]
    return [*lines, ""]


# --- The page ---------------------------------------------------------------------------------------------


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--samples", default=SAMPLES, show_default=True, type=click.IntRange(min=5), help="Null samples a shape.")
@click.option("--jobs", default=-1, show_default=True, help="Threads; -1 for all cores.")
@click.option(
    "--work",
    default="build/limits",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what is finished.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page there.")
def main(samples: int, jobs: int, work: Path, out: Path | None) -> None:
    """Run the study, print its page, and exit with 1 if a law is said to hold where its size is off."""
    work.mkdir(parents=True, exist_ok=True)
    laws, off = laws_page(samples, jobs, work)
    lines = [
        "# Where limiting laws and extrapolated tails hold",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. "
        f"Repeat with `python -m slicednorm_studies.limits --samples {samples}` (or `make limits`).",
        "",
        *laws,
        *tails_page(jobs, work),
    ]
    text = "\n".join(lines).rstrip() + "\n"
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)
    sys.exit(1 if off else 0)


if __name__ == "__main__":
    main()
