"""A whole calibrated test on two cores, against projecting and sorting its replicates."""

from __future__ import annotations

import resource
import statistics as summary
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from slicednorm.directions import random_directions
from slicednorm.stats import sliced_test

N, DIM, SLICES, RESAMPLES, WORKERS = 20_000, 50, 256, 999, 2
BOUND, MEGABYTES = 1.5, 500


def floor_seconds(x: np.ndarray, v: np.ndarray, rounds: int = 9) -> list[float]:
    """Return the times of projecting and sorting one sample on one thread."""
    times = []
    with threadpool_limits(1):
        for _ in range(rounds):
            start = time.perf_counter()
            np.sort(v @ x.T, axis=-1)
            times.append(time.perf_counter() - start)
    return times


def main() -> None:
    """Print one line of Markdown per statistic."""
    x = np.random.default_rng(0).standard_normal((N, DIM), dtype=np.float32)
    v = random_directions(SLICES, DIM, rng=1).astype(np.float32)
    sys.stdout.write(
        f"The whole test with its p-value, float32, n = {N:,}, D = {DIM}, k = {SLICES}, M = {RESAMPLES}, "
        f"{WORKERS} workers. The floor is M/{WORKERS} times `np.sort(V @ X.T, axis=-1)` of one replicate on one "
        "thread, measured before and after.\n\n"
        "| test | time (s) | ratio to the floor | bound | peak memory of the process (MB) |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    for name in sys.argv[1:] or ("ks",):
        floors = floor_seconds(x, v)
        start = time.perf_counter()
        sliced_test(x, name, n_slices=SLICES, n_resamples=RESAMPLES, rng=0, workers=WORKERS)
        elapsed = time.perf_counter() - start
        floors += floor_seconds(x, v)
        ratio = elapsed / (RESAMPLES / WORKERS * summary.median(floors))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        bound = f"{BOUND} and {MEGABYTES} MB" if name == "ks" else "–"
        sys.stdout.write(f"| {name} | {elapsed:.1f} | {ratio:.2f} | {bound} | {peak:.0f} |\n")


if __name__ == "__main__":
    main()
