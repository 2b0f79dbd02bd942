"""Do the p-values hold? Rejection rates of every Monte Carlo test on null samples, against binomial intervals.

    python -m slicednorm_studies.validity --out docs/results/validity.md

For each null, dtype and shape, 2,000 null samples are tested, each with a seed of its own, M = 99 and 32 slices,
by every sliced statistic with both aggregates and by Mardia's two statistics. Under the null a p-value by exact
Monte Carlo is at most α with probability α (for α = 1%, 5%, 10% at M = 99 exactly), so the number of rejections
is binomial. A cell fails if it leaves the binomial interval of level 1 − 0.001/(number of cells). Samples of the
composite null are drawn from N(μ, Σ) with a random mean and a random covariance of condition 10⁴. What is finished
is kept in the folder --work, and an interrupted study continues from there.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from slicednorm import __version__
from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES
from slicednorm.stats import mardia, sliced_tests

SHAPES = ((30, 2), (100, 10), (60, 50))
LEVELS = (0.01, 0.05, 0.10)
AGGREGATES: tuple[Literal["mean", "max"], ...] = ("mean", "max")
N_RESAMPLES = 99
N_SLICES = 32

Null = Literal["standard", "composite"]


@dataclass(frozen=True)
class Setting:
    """One kind of sample: everything but the statistic."""

    null: Null
    dtype: str
    n: int
    dim: int


def settings() -> Iterator[Setting]:
    """Yield every kind of sample of the study."""
    nulls: tuple[Null, ...] = ("standard", "composite")
    for null, dtype, (n, dim) in product(nulls, ("float64", "float32"), SHAPES):
        yield Setting(null, dtype, n, dim)


def null_sample(setting: Setting, seed: int) -> NDArray[Any]:
    """Draw a sample from the null of a setting."""
    rng = np.random.default_rng([seed, setting.n, setting.dim])
    x = rng.standard_normal((setting.n, setting.dim))
    if setting.null == "composite":
        # Standard deviations from 1 to 100 along random axes, skewed by a second rotation, about a random mean.
        turns = [random_directions(setting.dim, setting.dim, "orthogonal", rng=rng) for _ in range(2)]
        x = x @ turns[0] * np.geomspace(1.0, 100.0, setting.dim) @ turns[1] + 5.0 * rng.standard_normal(setting.dim)
    return x.astype(setting.dtype)


def pvalues(setting: Setting, seed: int) -> dict[str, float]:
    """Test one null sample in every way, and return the p-values by test."""
    x = null_sample(setting, seed)
    found: dict[str, float] = {}
    for aggregate in AGGREGATES:
        results = sliced_tests(
            x,
            tuple(DISTANCES),
            null=setting.null,
            aggregate=aggregate,
            n_slices=N_SLICES,
            n_resamples=N_RESAMPLES,
            rng=seed,
        )
        for result in results:
            found[f"{result.test} {aggregate}"] = result.pvalue
    moments = mardia(x, null=setting.null, n_resamples=N_RESAMPLES, rng=seed)
    found["Mardia skewness"] = moments.skewness_pvalue
    found["Mardia kurtosis"] = moments.kurtosis_pvalue
    return found


def run(setting: Setting, samples: int, jobs: int) -> dict[str, NDArray[np.float64]]:
    """Return the p-values of many null samples of one setting, by test."""
    # A setting's samples have seeds of their own, apart from those of every other setting.
    first = 1_000_000 * (1 + list(settings()).index(setting))
    rows = Parallel(n_jobs=jobs, batch_size=10)(delayed(pvalues)(setting, first + index) for index in range(samples))
    return {test: np.asarray([row[test] for row in rows]) for test in rows[0]}


def run_once(setting: Setting, samples: int, jobs: int, work: Path) -> dict[str, NDArray[np.float64]]:
    """Return the p-values that `run` computes; they are kept in the folder ``work`` and taken from there."""
    path = work / f"{setting.null}-{setting.dtype}-{setting.n}x{setting.dim}-{samples}.npz"
    if not path.exists():
        found = run(setting, samples, jobs)
        part = path.with_suffix(".part.npz")
        np.savez(part, allow_pickle=False, **found)
        part.replace(path)
    with np.load(path, allow_pickle=False) as kept:
        return dict(kept)


def report(found: dict[Setting, dict[str, NDArray[np.float64]]], samples: int, command: str) -> tuple[str, int]:
    """Return the study as Markdown, and how many cells leave their interval."""
    from scipy.stats import binom

    cells = sum(len(tests) for tests in found.values()) * len(LEVELS)
    confidence = 1.0 - 0.001 / cells
    bounds = {level: binom.interval(confidence, samples, level) for level in LEVELS}
    lines = [
        "# Validity of the p-values",
        "",
        f"Rejections of {samples:,} null samples in per cent, each sample with its own seed, M = {N_RESAMPLES}, "
        f"k = {N_SLICES}, at the levels 1%, 5% and 10%. {cells} cells; each passes if it lies in the binomial "
        f"interval of level 1 − 0.001/{cells}: "
        + ", ".join(
            f"{100 * low / samples:.2f}–{100 * high / samples:.2f} at {level:.0%}"
            for level, (low, high) in bounds.items()
        )
        + ".",
        "",
        f"slicednorm {__version__}, numpy {np.__version__}, Python {platform.python_version()}. "
        f"Repeat with `{command}`.",
        "",
    ]
    outside = 0
    for null in ("standard", "composite"):
        chosen = [setting for setting in found if setting.null == null]
        if not chosen:
            continue
        lines += [f"## {null.capitalize()} null", ""]
        heads = [f"{s.n} × {s.dim}, {s.dtype}" for s in chosen]
        lines += ["| test | " + " | ".join(heads) + " |", "| --- |" + " --- |" * len(heads)]
        for test in found[chosen[0]]:
            entries = []
            for setting in chosen:
                rates = []
                for level in LEVELS:
                    count = int(np.sum(found[setting][test] <= level + 1e-9))
                    low, high = bounds[level]
                    inside = low <= count <= high
                    outside += not inside
                    rates.append(f"{100 * count / samples:.2f}" + ("" if inside else " **out**"))
                entries.append(" / ".join(rates))
            lines.append(f"| {test} | " + " | ".join(entries) + " |")
        lines.append("")
    lines.append(f"Cells outside their interval: {outside} of {cells}.")
    return "\n".join(lines) + "\n", outside


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--samples", default=2000, show_default=True, type=click.IntRange(min=1), help="Null samples a cell.")
@click.option("--jobs", default=-1, show_default=True, help="Processes; -1 for all cores.")
@click.option(
    "--work",
    default="build/validity",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for what is finished.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the report there.")
def main(samples: int, jobs: int, work: Path, out: Path | None) -> None:
    """Run the study, print the report, and exit with 1 if a cell leaves its interval."""
    # Each process does one sample at a time: more threads would only disturb each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    work.mkdir(parents=True, exist_ok=True)
    found = {}
    for setting in settings():
        click.echo(f"{setting.null} {setting.dtype} {setting.n} x {setting.dim}", err=True)
        found[setting] = run_once(setting, samples, jobs, work)
    command = f"python -m slicednorm_studies.validity --samples {samples}"
    text, outside = report(found, samples, command)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    click.echo(text)
    sys.exit(1 if outside else 0)


if __name__ == "__main__":
    main()
