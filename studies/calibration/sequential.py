"""As many replicates as it takes: the size of tests by them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from slicednorm.stats import sliced_tests
from slicednorm.stats._calibration.monte_carlo import monte_carlo

from ..once import once
from .settings import LEVELS, NULLS, Array, Null

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


def sequential_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines of this part of the page."""
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
