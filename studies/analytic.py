"""Does the null distribution that is a formula hold? The size of tests by it, by exact replicates.

    python -m slicednorm_studies.analytic --out docs/results/analytic.md

Each cell keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Literal

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats._calibration.analytic import analytic_holds
from slicednorm.stats._calibration.cached_or_computed import Replicates
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._distributions.all_pairs import pairs_law
from slicednorm.stats._distributions.slices import Slices, slices_law
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.run import Replicates as PairsReplicates
from slicednorm.stats._null.sliced import SlicedReplicates

from .once import once
from .page import write_page

Array = NDArray[np.float64]
Null = Literal["standard", "composite"]

# The means over slices, and the tests of all pairs of rows.
SLICED = tuple(name for name, distance in DISTANCES.items() if distance.quadratic is not None)
OF_PAIRS = tuple(name for name, test in CLASSICAL.items() if test.form is not None)
NULLS: tuple[Null, ...] = ("standard", "composite")
LEVELS = (0.5, 0.1, 0.05, 0.01, 0.001)
DIMS = (1, 2, 5, 20, 64, 200)

# Number of exact replicates by number of rows. All pairs of 20,000 rows would take days.
COUNTS = {50: 100_000, 100: 100_000, 500: 100_000, 2_000: 20_000, 20_000: 2_000}
COUNTS_OF_PAIRS = {50: 100_000, 100: 100_000, 500: 20_000, 2_000: 1_000}

N_SLICES = 64

# Shapes with many orthogonal directions, as a test takes them by default: what slices have in common is most of it.
MANY = 1_024
COUNTS_OF_MANY = {(100, 5): 20_000, (100, 20): 20_000, (500, 5): 4_000, (500, 20): 4_000, (2_000, 20): 1_000}
SEED = 20261130

# By how much the size may be off, relative to the level, and how many standard errors of the count come on top.
ALLOWED = {0.05: 0.04, 0.01: 0.08, 0.001: 0.2}
ERRORS = 3.0


@dataclass(frozen=True)
class Cell:
    """The statistics of null samples of one shape, and which of them the formula rejects."""

    n: int
    dim: int
    null: Null
    count: int

    @property
    def names(self) -> tuple[str, ...]:
        """The statistics."""
        return SLICED

    @property
    def label(self) -> str:
        """What its row is called."""
        return f"{self.n:,} × {self.dim}"

    @property
    def drawn(self) -> Slices:
        """The directions."""
        k = 1 if self.dim == 1 else N_SLICES
        directions = random_directions(k, self.dim, rng=np.random.SeedSequence([SEED, self.dim])).astype(np.float32)
        return Slices(directions, None)

    @cached_property
    def slices(self) -> Slices:
        """The directions, drawn once."""
        return self.drawn

    @cached_property
    def replicates(self) -> Replicates:
        """Their values for null samples."""
        root = np.random.SeedSequence([SEED, self.n, self.dim])
        return SlicedReplicates(SLICED, self.slices.directions, self.n, self.null, "mean", root)

    @cached_property
    def laws(self) -> list[WeightedChi2]:
        """Their null distributions."""
        return [slices_law(get_distance(name), self.n, self.null, self.slices) for name in SLICED]

    def holds(self, name: str) -> bool:
        """Return whether ``method="auto"`` takes the formula."""
        return analytic_holds(get_distance(name), self.n, self.dim, self.null, "mean")

    @cached_property
    def critical(self) -> Array:
        """The critical values, (statistics, levels)."""
        return np.array([[float(law.isf(level)) for level in LEVELS] for law in self.laws])

    def __call__(self, start: int, stop: int) -> Array:
        """Return whether samples start..stop−1 are rejected, (samples, statistics · levels)."""
        values = self.replicates(start, stop)
        return (values[:, :, np.newaxis] > self.critical).reshape(stop - start, -1).astype(np.float64)

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"analytic-{self.null}-{self.n}x{self.dim}-{self.count}.npy"

    def rates(self, workers: int, work: Path) -> Array:
        """Return the share of samples that is rejected, (statistics, levels), from ``work`` if it is there."""

        def compute() -> Array:
            found = monte_carlo(self, self.count, batch=self.replicates.batch, workers=workers)
            return found.mean(axis=0).reshape(len(self.names), len(LEVELS))

        return once(work / self.name, compute)


@dataclass(frozen=True)
class ManyCell(Cell):
    """The same of means over many directions."""

    @property
    def label(self) -> str:
        """What its row is called."""
        return f"{self.n:,} × {self.dim}, {MANY:,} directions"

    @property
    def drawn(self) -> Slices:
        """The directions."""
        rng = np.random.SeedSequence([SEED, self.dim, MANY])
        return Slices(random_directions(MANY, self.dim, "orthogonal", rng=rng).astype(np.float32), "orthogonal")

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"analytic-many-{self.null}-{self.n}x{self.dim}-{self.count}.npy"


@dataclass(frozen=True)
class _OfPairs:
    """The values of several tests of all pairs for the same samples."""

    each: tuple[PairsReplicates, ...]

    @property
    def batch(self) -> int:
        return self.each[0].batch

    def __call__(self, start: int, stop: int) -> Array:
        return np.concatenate([one(start, stop) for one in self.each], axis=1)


@dataclass(frozen=True)
class PairsCell(Cell):
    """The same of tests of all pairs of rows."""

    @property
    def names(self) -> tuple[str, ...]:
        """Those that have a formula for the shape."""
        return tuple(name for name in OF_PAIRS if CLASSICAL[name].why_no_formula(self.n, self.dim, self.null) is None)

    @cached_property
    def replicates(self) -> Replicates:
        """Their values for null samples."""
        root = np.random.SeedSequence([SEED, self.n, self.dim])
        shape = (self.n, self.dim, np.dtype(np.float64), self.null, root)
        return _OfPairs(tuple(PairsReplicates(CLASSICAL[name], *shape) for name in self.names))

    @cached_property
    def laws(self) -> list[WeightedChi2]:
        """Their null distributions."""
        forms = [CLASSICAL[name].form for name in self.names]
        return [pairs_law(form, self.n, self.dim, self.null) for form in forms if form is not None]

    def holds(self, name: str) -> bool:
        """Return whether ``method="auto"`` takes the formula."""
        return CLASSICAL[name].formula_holds(self.n, self.dim, self.null)

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"analytic-pairs-{self.null}-{self.n}x{self.dim}-{self.count}.npy"


def cells(share: float) -> Iterator[Cell]:
    """Yield all cells, with a share of the replicates."""
    for (shape, count), null in product(COUNTS_OF_MANY.items(), NULLS):
        yield ManyCell(*shape, null, max(1_000, int(share * count)))
    for kind, counts in ((PairsCell, COUNTS_OF_PAIRS), (Cell, COUNTS)):
        for (n, count), dim, null in product(counts.items(), DIMS, NULLS):
            if null == "standard" or dim < n / 2:
                yield kind(n, dim, null, max(1_000, int(share * count)))


def is_off(rate: float, level: float, count: int) -> bool:
    """Return whether a share of rejected samples is farther from the level than allowed."""
    allowed = ALLOWED[level] * level + ERRORS * np.sqrt(level * (1.0 - level) / count)
    return abs(rate - level) > allowed


def page(workers: int, work: Path, share: float, finished: bool) -> tuple[list[str], int]:
    """Return the page, and in how many cells that `auto` takes the size is off."""
    lines, off, total, missed = [], 0, 0, []
    names = SLICED + OF_PAIRS
    tables: dict[tuple[str, str], list[str]] = {(null, name): [] for null, name in product(NULLS, names)}
    some = [cell for cell in cells(share) if not finished or (work / cell.name).exists()]
    for cell in some:
        click.echo(f"{cell.null} {cell.n} x {cell.dim}", err=True)
        rates = cell.rates(workers, work)
        for index, name in enumerate(cell.names):
            holds = cell.holds(name)
            shown = []
            for level, rate in zip(LEVELS, rates[index], strict=True):
                wrong = level in ALLOWED and is_off(rate, level, cell.count)
                total += level in ALLOWED and holds
                off += wrong and holds
                if wrong:
                    missed.append(f"{name}, {cell.null}, {cell.label}, at {100 * level:g}%")
                shown.append(f"{rate / level:.3f}" + (" out" if wrong else ""))
            mark = "**" if holds else ""
            row = f"| {mark}{cell.label}{mark} | {cell.count:,} | " + " | ".join(shown) + " |"
            tables[cell.null, name].append(row)
    errors = "; ".join(
        f"{count:,}: " + ", ".join(f"{np.sqrt((1 - level) / level / count):.3f}" for level in LEVELS)
        for count in sorted({cell.count for cell in some}, reverse=True)
    )
    lines += [
        f"The share of null samples that a test at a level rejects, over that level: means over {N_SLICES} independent "
        "directions (one where D = 1) in float32, and tests of all pairs of rows in float64. Bold shapes are those "
        'that `method="auto"` takes. A figure is out if it is farther from 1 than '
        + ", ".join(f"{100 * allowed:g}% at {100 * level:g}%" for level, allowed in ALLOWED.items())
        + f", each plus {ERRORS:g} standard errors. Standard errors at the levels "
        + ", ".join(f"{100 * level:g}%" for level in LEVELS)
        + f" by number of samples: {errors}.",
        "",
        f"**{off} of {total} figures of shapes that `auto` takes are out.**"
        + (" Out in all: " + "; ".join(missed) + "." if missed else ""),
        "",
    ]
    for null, name in product(NULLS, names):
        header = " | ".join(f"{100 * level:g}%" for level in LEVELS)
        lines += [f"## `{name}`, {null} null", "", f"| n × D | samples | {header} |", "| --- |" * 1 + " --- |" * 6]
        lines += [*tables[null, name], ""]
    return lines, off


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here; stdout by default.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("studies-work"), show_default=True)
@click.option("--share", type=float, default=1.0, show_default=True, help="Share of the replicates.")
@click.option("--finished", is_flag=True, help="Write the page from the cells that are there, and compute none.")
@click.option("--jobs", type=int, default=-1, show_default=True)
def main(out: Path | None, work: Path, share: float, finished: bool, jobs: int) -> None:
    """Measure the size of tests whose null distribution is a formula."""
    work.mkdir(parents=True, exist_ok=True)
    lines, off = page(jobs, work, share, finished)
    write_page(out, "Null distributions as formulas: their size", "analytic", lines)
    if off:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
