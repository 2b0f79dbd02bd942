"""By how much a p-value depends on the directions that were drawn: over seeds, and over rotations of the sample.

    python -m slicednorm_studies.luck --out docs/results/luck.md

Each cell keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

import click
import numpy as np
from numpy.typing import NDArray
from scipy.stats import ortho_group

from slicednorm.distances import DISTANCES
from slicednorm.stats import SlicedTestResult, sliced_test

from .once import once
from .page import write_page

Array = NDArray[np.float64]
Null = Literal["standard", "composite"]

# A seed also draws the prior's sample of `sw`, which moves its p-value more than directions do.
SLICED = tuple(name for name, one in DISTANCES.items() if one.quadratic is not None and not one.needs_prior)
SHAPES = ((5_000, 10), (5_000, 5), (500, 10), (500, 5))
NULLS: tuple[Null, ...] = ("composite", "standard")

# Seeds, and rotations.
COUNT = 50

# The p-value that a sample is to have, and how often the interval of its deviation is halved.
NEAR = 0.05
HALVINGS = 9
LARGEST_SHIFT, LARGEST_TAIL = 0.5, 0.5

SEED = 20261201

# The largest standard deviation of the p-value, by the number of columns.
ALLOWED = {5: 0.01, 10: 0.03}


@dataclass(frozen=True)
class Cell:
    """One sample with a p-value near 0.05, and its p-values by other directions."""

    n: int
    dim: int
    null: Null
    statistic: str

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"luck-{self.statistic}-{self.null}-{self.n}x{self.dim}-{COUNT}.npy"

    def test(self, x: Array, seed: int) -> SlicedTestResult:
        """Test by the formula, along as many directions as a test takes by default."""
        return sliced_test(x, self.statistic, null=self.null, method="analytic", rng=seed)

    def sample(self) -> Array:
        """Return normal rows that are shifted, or have heavier tails, by as much as makes p near 0.05."""
        rows = np.random.default_rng([SEED, self.n, self.dim]).standard_normal((self.n, self.dim))
        low, high = 0.0, LARGEST_SHIFT if self.null == "standard" else LARGEST_TAIL
        for _ in range(HALVINGS):
            by = 0.5 * (low + high)
            x = rows + by if self.null == "standard" else rows * np.exp(0.5 * by * rows**2)
            if self.test(x, 0).pvalue > NEAR:
                low = by
            else:
                high = by
        return x

    def values(self) -> Array:
        """Return p-values and their errors by directions: (2, seeds), then (2, rotations) under the composite null."""
        x = self.sample()
        results = [self.test(x, seed) for seed in range(1, COUNT + 1)]
        if self.null == "composite":
            turns = ortho_group.rvs(self.dim, COUNT, random_state=np.random.default_rng(SEED))
            results += [self.test(x @ turn, 1) for turn in turns]
        return np.array([[r.pvalue for r in results], [r.pvalue_direction_stderr for r in results]])


def page(work: Path, finished: bool) -> Iterator[str]:
    """Yield the lines of the page; with ``finished`` those of the cells that are there."""
    yield (
        f"One sample each, whose p-value is near {NEAR}: normal rows, shifted in all columns (standard null) or with "
        f"heavier tails (composite null), and its p-values by the formula over {COUNT} seeds, with the default number "
        f"of directions; under the composite null also over {COUNT} random rotations of the sample with one seed, "
        'which change nothing but the directions. "Said" is the mean of `pvalue_direction_stderr`. The bound is a '
        "standard deviation of " + " and ".join(f"{bound} for {dim} columns" for dim, bound in ALLOWED.items()) + "."
    )
    yield ""
    yield "| sample | statistic | mean p | sd over seeds | sd over rotations | said |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for null, (n, dim), statistic in product(NULLS, SHAPES, SLICED):
        cell = Cell(n, dim, null, statistic)
        if finished and not (work / cell.name).exists():
            continue
        click.echo(cell.name, err=True)
        values = once(work / cell.name, cell.values)
        seeds, turns = values[:, :COUNT], values[0, COUNT:]
        spreads = [float(np.std(seeds[0], ddof=1))] + ([float(np.std(turns, ddof=1))] if len(turns) else [])
        shown = [f"{spread:.4f}" + (" out" if spread > ALLOWED[dim] else "") for spread in spreads]
        yield (
            f"| {n:,} × {dim}, {null} | `{statistic}` | {np.mean(seeds[0]):.4f} | {shown[0]} | "
            f"{shown[1] if len(turns) else '–'} | {np.mean(seeds[1]):.4f} |"
        )


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here; stdout by default.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("studies-work"), show_default=True)
@click.option("--finished", is_flag=True, help="Write the page from the cells that are there, and compute none.")
def main(out: Path | None, work: Path, finished: bool) -> None:
    """Measure the luck of the directions."""
    work.mkdir(parents=True, exist_ok=True)
    write_page(out, "The luck of the directions", "luck", page(work, finished))


if __name__ == "__main__":
    main()
