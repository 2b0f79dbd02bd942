"""The size of tests of residuals: of regressions on few rows, and of groups.

    python -m slicednorm_studies.designs --out docs/results/designs.md

Each design keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._calibration.monte_carlo import monte_carlo

from .once import once
from .page import write_page
from .sizes import CONFIDENCE, COUNT, COUNT_OF_OMNIBUS, LEVEL, NAMES, TESTS, M, intervals, percent, rejected

Array = NDArray[np.float64]

N, DIM = 30, 3


def designs() -> dict[str, Array]:
    """Return the designs, by their description."""
    rng = np.random.default_rng(20261201)
    one_row = np.zeros((N, 6))
    one_row[np.arange(6), np.arange(6)] = 1.0

    def groups(sizes: list[int]) -> Array:
        return np.asarray(np.repeat(np.eye(len(sizes)), sizes, axis=0))

    return {
        "10 lognormal regressors": rng.lognormal(size=(N, 10)),
        "six dummies of one row each, 4 normal regressors": np.hstack([one_row, rng.standard_normal((N, 4))]),
        "ten groups of three": groups([3] * 10),
        "groups of 3, 7 and 20": groups([3, 7, 20]),
    }


@dataclass(frozen=True)
class Rejections:
    """Which tests reject normal errors, by their residuals as what they are, and as if they were a plain sample."""

    design: Array
    tests: tuple[str, ...]

    def __call__(self, start: int, stop: int) -> Array:
        """Return, of samples start..stop−1, which tests reject: with the design, then without."""
        found = []
        z = np.column_stack([np.ones(N), self.design])
        for number in range(start, stop):
            x = np.random.default_rng([number, N, DIM]).standard_normal((N, DIM))
            residuals = x - z @ np.linalg.lstsq(z, x, rcond=None)[0]
            with_design = rejected(x, self.tests, number, design=self.design)
            found.append(with_design + rejected(residuals, self.tests, number))
        return np.asarray(found, np.float64)


def page(workers: int, work: Path, share: float) -> Iterator[str]:
    """Yield the lines of the page."""
    count, of_omnibus = int(share * COUNT), int(share * COUNT_OF_OMNIBUS)
    yield (
        f"Samples of {N} rows and {DIM} columns with normal errors, tested at {100 * LEVEL:g}% by {M} replicates: "
        f"{count:,} samples a design ({of_omnibus:,} for the omnibus). In each cell the share that is rejected by the "
        "test with `design=`, then, after a slash, by the test of the same residuals as if they were a sample. A share "
        f"of the former is out if it is outside the {100 * CONFIDENCE:g}% interval about the level: "
        f"{intervals(count, of_omnibus)}."
    )
    yield ""
    yield "| design | " + " | ".join(f"`{name}`" for name in (*NAMES, "omnibus")) + " |"
    yield "| --- |" + " --- |" * (len(NAMES) + 1)
    for label, design in designs().items():
        cells = []
        for tests, number in ((TESTS, count), (("omnibus",), of_omnibus)):
            click.echo(f"{label}, {', '.join(tests)}", err=True)
            of_some = Rejections(design, tests)
            name = f"designs-{label.replace(' ', '-')}-{'omnibus' if len(tests) == 1 else 'tests'}-{number}.npy"
            shares = once(
                work / name,
                lambda of_some=of_some, number=number: monte_carlo(of_some, number, batch=20, workers=workers),  # type: ignore[misc]
            )
            with_design, without = np.split(shares.mean(axis=0), 2)
            for one, other in zip(with_design, without, strict=True):
                cells.append(f"{percent(one, number)} / {100 * other:.1f}")
        yield f"| {label} | " + " | ".join(cells) + " |"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here; stdout by default.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("studies-work"), show_default=True)
@click.option("--share", type=float, default=1.0, show_default=True, help="Share of the samples.")
@click.option("--jobs", type=int, default=-1, show_default=True)
def main(out: Path | None, work: Path, share: float, jobs: int) -> None:
    """Measure the size of tests of residuals."""
    work.mkdir(parents=True, exist_ok=True)
    write_page(out, "The size of tests of residuals", "designs", page(jobs, work, share))


if __name__ == "__main__":
    main()
