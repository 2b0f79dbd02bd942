"""All ways to a p-value, for the same samples."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from slicednorm.stats import SlicedTestResult, sliced_test, sliced_tests
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._null.sliced import SlicedReplicates
from slicednorm.stats._types import Method

from ..once import once
from .settings import NULLS, Array, Null

NAMES = ("cvm", "w2", "cw")

# Shapes, and the number of exact replicates of each.
SHAPES = {(100, 5): 20_000, (500, 20): 20_000, (5_000, 20): 4_000}
# The p-values that the samples are to have, and among how many samples they are looked for.
TARGETS = (0.05, 0.005)
CANDIDATES = 400
SLICES = 64
OPTIONS: dict[str, Any] = {"directions": "iid", "n_slices": SLICES, "rng": 0}
METHODS: tuple[Method, ...] = ("analytic", "sequential", "cached")


def keep_laws(x: Array, null: Null, workers: int) -> None:
    """Compute the kept laws of a shape, those of several statistics by the same replicates."""
    sliced_tests(x, NAMES, null=null, method="cached", workers=workers, **OPTIONS)


@dataclass(frozen=True)
class Compared:
    """P-values of some normal samples by every way, along the same directions."""

    n: int
    dim: int
    null: Null
    exact: int

    def sample(self, number: int) -> Array:
        """Return a normal sample."""
        return np.random.default_rng([number, self.n, self.dim]).standard_normal((self.n, self.dim))

    def tested(self, x: Array, name: str, method: Method | None) -> SlicedTestResult:
        """Return the test of a sample."""
        return sliced_test(x, name, null=self.null, method=method, **OPTIONS)

    def values(self, workers: int) -> Array:
        """Return p-values, (statistics, targets, 1 + methods): by exact replicates first."""
        directions = self.tested(self.sample(0), "cvm", None).directions
        root = np.random.SeedSequence([20261201, self.n, self.dim])
        replicates = SlicedReplicates(NAMES, directions, self.n, self.null, "mean", root)
        law = monte_carlo(replicates, self.exact, batch=replicates.batch, workers=workers)
        keep_laws(self.sample(0), self.null, workers)
        found = np.empty((len(NAMES), len(TARGETS), 1 + len(METHODS)))
        for i, name in enumerate(NAMES):
            statistics = [self.tested(self.sample(number), name, None).statistic for number in range(CANDIDATES)]
            exact = (1.0 + np.sum(law[:, i, np.newaxis] >= statistics, axis=0)) / (self.exact + 1.0)
            for j, target in enumerate(TARGETS):
                number = int(np.argmin(np.abs(np.log(exact / target))))
                x = self.sample(number)
                found[i, j] = [exact[number], *(self.tested(x, name, method).pvalue for method in METHODS)]
        return found


def compared_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines of this part of the page."""
    # The laws are used again for every sample of a shape.
    os.environ["SLICEDNORM_CACHE"] = str((work / "laws").absolute())
    yield from [
        "## All ways, for the same samples",
        "",
        f"Normal samples whose p-value is near {' and '.join(f'{target:g}' for target in TARGETS)}, the nearest of "
        f"{CANDIDATES}, along the same {SLICES} directions. Exact: by replicates of that size along these "
        "directions, with its standard error. A kept law is one over all directions, and so may differ.",
        "",
        "| sample | statistic | exact | `analytic` | `sequential` | `cached` |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for ((n, dim), count), null in product(SHAPES.items(), NULLS):
        study = Compared(n, dim, null, count)
        values = once(work / f"compared-{n}-{dim}-{null}-{count}.npy", lambda study=study: study.values(workers))  # type: ignore[misc]
        for name, of_name in zip(NAMES, values, strict=True):
            for exact, *others in of_name:
                error = np.sqrt(exact * (1.0 - exact) / count)
                shown = " | ".join(f"{other:.4f}" for other in others)
                yield f"| {n:,} × {dim}, {null} | `{name}` | {exact:.4f} ± {error:.4f} | {shown} |"
    yield ""
