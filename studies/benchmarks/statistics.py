"""The bare statistics, on one thread, against projecting and sorting alone."""

from __future__ import annotations

import statistics as summary
import sys
import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES
from slicednorm.stats import sliced_tests

N, DIM, SLICES = 100_000, 128, 64
ROUNDS = 11
# What each may cost, in units of the floor; sw sorts its prior sample too, which is twice the work.
BOUNDS = {"w2": 1.15, "cvm": 1.3, "ks": 1.3, "ad": 2.2, "ep": 1.5, "cw": 6.0, "sw": None}


def seconds(function: Callable[[], object]) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    """Print a Markdown table of ratios."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, DIM), dtype=np.float32)
    v = random_directions(SLICES, DIM, rng=1).astype(np.float32)

    def floor() -> None:
        np.sort(v @ x.T, axis=-1)

    def statistic(name: str) -> Callable[[], object]:
        return lambda: sliced_tests(x, (name,), directions=v, n_resamples=None, rng=0)

    with threadpool_limits(1):
        times: dict[str, list[float]] = {name: [] for name in ("floor", *DISTANCES)}
        for name in DISTANCES:
            statistic(name)()
        floor()
        for _ in range(ROUNDS):
            times["floor"].append(seconds(floor))
            for name in DISTANCES:
                times[name].append(seconds(statistic(name)))
    base = summary.median(times["floor"])
    sys.stdout.write(
        f"One thread, float32, n = {N:,}, D = {DIM}, k = {SLICES}. The floor is `np.sort(V @ X.T, axis=-1)`: "
        f"{1e3 * base:.0f} ms. Medians of {ROUNDS} rounds; the statistics include the check for NaN.\n\n"
        "| statistic | time (ms) | ratio to the floor | bound |\n| --- | --- | --- | --- |\n"
    )
    for name, bound in BOUNDS.items():
        ratio = summary.median(t / f for t, f in zip(times[name], times["floor"], strict=True))
        sys.stdout.write(f"| {name} | {1e3 * summary.median(times[name]):.0f} | {ratio:.2f} | {bound or '–'} |\n")


if __name__ == "__main__":
    main()
