"""A whole calibrated test on two cores, against projecting and sorting its replicates."""

from __future__ import annotations

import os
import resource
import statistics as summary
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from slicednorm.directions import random_directions
from slicednorm.stats import sliced_test

# The two values of SLICEDNORM_COMPILED are named where the bare statistics are timed.
from .statistics import PATHS

N, DIM, SLICES, RESAMPLES, WORKERS = 20_000, 50, 256, 999, 2
BOUND, MEGABYTES = 1.5, 500
# How many times faster than NumPy's the compiled path is to be.
GAIN = 2.5


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
        "| test | path | time (s) | ratio to the floor | bound | NumPy over compiled | bound "
        "| peak memory of the process so far (MB) |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for name in sys.argv[1:] or ("ks",):
        elapsed: dict[str, float] = {}
        for path, setting in PATHS.items():
            os.environ["SLICEDNORM_COMPILED"] = setting
            floors = floor_seconds(x, v)
            start = time.perf_counter()
            sliced_test(x, name, n_slices=SLICES, n_resamples=RESAMPLES, rng=0, workers=WORKERS)
            elapsed[path] = time.perf_counter() - start
            floors += floor_seconds(x, v)
            ratio = elapsed[path] / (RESAMPLES / WORKERS * summary.median(floors))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            bound, gain, least = "–", "–", "–"
            if name == "ks":
                bound = f"{BOUND} and {MEGABYTES} MB"
            if path == "compiled":
                gain = f"{elapsed['NumPy'] / elapsed[path]:.2f}"
                least = f"{GAIN}" if name == "ks" else "–"
            sys.stdout.write(
                f"| {name} | {path} | {elapsed[path]:.1f} | {ratio:.2f} | {bound} | {gain} | {least} | {peak:.0f} |\n"
            )


if __name__ == "__main__":
    main()
