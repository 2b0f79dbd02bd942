"""The power of sliced tests by the number of their directions, with p-values by the formula.

    python -m slicednorm_studies.slices --out docs/results/slices.md

Each alternative keeps what is finished in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from slicednorm.stats import sliced_tests
from slicednorm.stats._calibration.monte_carlo import monte_carlo

from .once import once
from .page import write_page
from .power.alternatives import ALTERNATIVES, NORMAL, Alternative

Array = NDArray[np.float64]

STATISTICS = ("cvm", "ad", "w2", "cw")
SLICES = (256, 4_096, 65_536)
LAWS = (
    "t10",
    "chi2-5-rotated",
    "exponential-in-1-rotated",
    "even-centres-4-rotated",
    "beta-2-2-rotated",
    "clayton-rotated",
)
N, DIM, COUNT, LEVEL = 100, 10, 100, 0.05


@dataclass(frozen=True)
class Rejections:
    """Which statistics reject samples of an alternative, by how many directions."""

    law: Alternative

    def __call__(self, start: int, stop: int) -> Array:
        """Return, of samples start..stop−1, which reject, (samples, numbers of directions · statistics)."""
        key = zlib.crc32(f"slices {self.law.name}".encode())
        found = []
        for number in range(start, stop):
            (x,) = self.law.draw(np.random.default_rng([key, number]), (1, N, DIM))
            found.append(
                [
                    result.pvalue <= LEVEL
                    for slices in SLICES
                    for result in sliced_tests(
                        x, STATISTICS, null="composite", n_slices=slices, method="analytic", rng=number
                    )
                ]
            )
        return np.asarray(found, np.float64)


def page(workers: int, work: Path, share: float) -> Iterator[str]:
    """Yield the lines of the page."""
    count = max(1, int(share * COUNT))
    known = {law.name: law for law in (NORMAL, *ALTERNATIVES)}
    yield (
        f"In per cent of {count} samples of {N} rows and {DIM} columns: how many are rejected at {100 * LEVEL:g}% by "
        "the mean over so many random directions, under the composite null, with the p-value by the formula. The "
        f"samples are the same in a row; the standard error of a share is at most {50.0 / count**0.5:.1f} points. The "
        "alternatives are those of [the study of power](power.md)."
    )
    yield ""
    yield "| alternative | " + " | ".join(f"`{name}`, {slices:,}" for name in STATISTICS for slices in SLICES) + " |"
    yield "| --- |" + " --- |" * (len(STATISTICS) * len(SLICES))
    for name in (NORMAL.name, *LAWS):
        law = known[name]
        click.echo(law.title, err=True)
        of_one = Rejections(law)
        shares = once(
            work / f"slices-{name}-{count}.npy",
            lambda of_one=of_one: monte_carlo(of_one, count, batch=5, workers=workers),  # type: ignore[misc]
        ).mean(axis=0)
        by_statistic = shares.reshape(len(SLICES), len(STATISTICS)).T.ravel()
        yield f"| {law.title} | " + " | ".join(f"{100.0 * share:.0f}" for share in by_statistic) + " |"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write the page here; stdout by default.")
@click.option("--work", type=click.Path(path_type=Path), default=Path("studies-work"), show_default=True)
@click.option("--share", type=float, default=1.0, show_default=True, help="Share of the samples.")
@click.option("--jobs", type=int, default=-1, show_default=True)
def main(out: Path | None, work: Path, share: float, jobs: int) -> None:
    """Measure the power of sliced tests by the number of directions."""
    work.mkdir(parents=True, exist_ok=True)
    write_page(out, "Power by the number of directions", "slices", page(jobs, work, share))


if __name__ == "__main__":
    main()
