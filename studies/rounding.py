"""The size and the power of tests of rounded values, by a null that is rounded as well.

    python -m slicednorm_studies.rounding --out docs/results/rounding.md

Each kind of sample keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

N, DIM = 100, 3

# The correlation of the columns before they are rounded, and the degrees of freedom of the skewed ones.
CORRELATION, FREEDOM = 0.5, 4

# Power needs fewer samples than size.
COUNT_OF_POWER = 400

# How values of standard deviation 1 are rounded. The means lie between the steps, and differ.
MEANS = np.array([0.2, 0.37, 0.5])
ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "to 5 steps": lambda z: np.round((z + MEANS) / 1.2),
    "to 20 steps": lambda z: np.round((z + MEANS) / 0.3),
    "to items from 1 to 5": lambda z: np.clip(np.round(2.0 + MEANS + z), 1.0, 5.0),
}


def drawn(number: int, *, skewed: bool) -> Array:
    """Return a sample with standard deviations of 1, normal or skewed, before it is rounded."""
    rng = np.random.default_rng([number, N, DIM, skewed])
    root = np.linalg.cholesky((1.0 - CORRELATION) * np.eye(DIM) + CORRELATION)
    z = (rng.chisquare(FREEDOM, (N, DIM)) - FREEDOM) / np.sqrt(2.0 * FREEDOM) if skewed else None
    return (rng.standard_normal((N, DIM)) if z is None else z) @ root.T


@dataclass(frozen=True)
class Rejections:
    """Which tests reject rounded samples: by a null that is rounded as well, and as if they were not rounded."""

    rounding: str
    tests: tuple[str, ...]
    skewed: bool

    def __call__(self, start: int, stop: int) -> Array:
        """Return, of samples start..stop−1, which tests reject: with the rounding, then without."""
        found = []
        for number in range(start, stop):
            x = ROUNDINGS[self.rounding](drawn(number, skewed=self.skewed))
            found.append(rejected(x, self.tests, number, rounding="auto") + rejected(x, self.tests, number))
        return np.asarray(found, np.float64)


def page(workers: int, work: Path, share: float) -> Iterator[str]:
    """Yield the lines of the page."""
    count, of_omnibus, of_power = (int(share * number) for number in (COUNT, COUNT_OF_OMNIBUS, COUNT_OF_POWER))
    yield (
        f"Samples of {N} rows and {DIM} columns of correlation {CORRELATION:g}, rounded and tested at "
        f'{100 * LEVEL:g}% by {M} replicates. In each cell the share that is rejected with `rounding="auto"`, then, '
        "after a slash, the share without. Five steps are 1.2 standard deviations each, twenty are 0.3; the items are "
        "whole numbers, one to a standard deviation, and what lies beyond 1 or 5 is counted there."
    )
    for skewed in (False, True):
        yield ""
        if skewed:
            yield (
                f"## Power\n\nThe same from χ² variables with {FREEDOM} degrees of freedom in the place of normal "
                f"ones, {of_power:,} samples a row (the omnibus left out)."
            )
        else:
            yield (
                f"## Size\n\n{count:,} normal samples a row ({of_omnibus:,} for the omnibus). A share is out if it is "
                f"outside the {100 * CONFIDENCE:g}% interval about the level: {intervals(count, of_omnibus)}."
            )
        names = NAMES if skewed else (*NAMES, "omnibus")
        yield ""
        yield "| rounded | " + " | ".join(f"`{name}`" for name in names) + " |"
        yield "| --- |" + " --- |" * len(names)
        for rounding in ROUNDINGS:
            cells = []
            runs = ((TESTS, of_power),) if skewed else ((TESTS, count), (("omnibus",), of_omnibus))
            for tests, number in runs:
                click.echo(f"{'skewed' if skewed else 'normal'} {rounding}, {', '.join(tests)}", err=True)
                of_some = Rejections(rounding, tests, skewed)
                kind = f"{'skewed' if skewed else 'normal'}-{'omnibus' if len(tests) == 1 else 'tests'}"
                shares = once(
                    work / f"rounding-{rounding.replace(' ', '-')}-{kind}-{number}.npy",
                    lambda of_some=of_some, number=number: monte_carlo(of_some, number, batch=20, workers=workers),  # type: ignore[misc]
                )
                for one, other in zip(*np.split(shares.mean(axis=0), 2), strict=True):
                    said = f"{100 * one:.1f}" if skewed else percent(one, number)
                    cells.append(f"{said} / {100 * other:.1f}")
            yield f"| {rounding} | " + " | ".join(cells) + " |"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here; stdout by default.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("studies-work"), show_default=True)
@click.option("--share", type=float, default=1.0, show_default=True, help="Share of the samples.")
@click.option("--jobs", type=int, default=-1, show_default=True)
def main(out: Path | None, work: Path, share: float, jobs: int) -> None:
    """Measure the size and the power of tests of rounded values."""
    work.mkdir(parents=True, exist_ok=True)
    write_page(out, "Tests of rounded values", "rounding", page(jobs, work, share))


if __name__ == "__main__":
    main()
