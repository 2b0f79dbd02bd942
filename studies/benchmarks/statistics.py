"""The bare statistics, on one thread, against projecting and sorting alone."""

from __future__ import annotations

import os
import statistics as summary
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from threadpoolctl import threadpool_limits

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES
from slicednorm.stats import sliced_tests

N, DIM, SLICES = 100_000, 128, 64
ROUNDS = 11
# What each may cost, in units of the floor; sw sorts its prior sample too, which is twice the work.
BOUNDS = {"w2": 1.15, "cvm": 1.3, "ks": 1.3, "ad": 2.2, "ep": 1.5, "cw": 6.0, "sw": None}
# The bounds of the compiled kernels; ep and cw sort nothing and have no compiled code of their own.
COMPILED_BOUNDS = {"w2": 0.45, "cvm": 0.6, "ks": 0.6, "ad": None, "sw": None}
# The two values of SLICEDNORM_COMPILED.
PATHS = {"NumPy": "0", "compiled": "1"} if find_spec("numba") else {"NumPy": "0"}


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

    def statistic(name: str, path: str) -> Callable[[], object]:
        def call() -> object:
            os.environ["SLICEDNORM_COMPILED"] = PATHS[path]
            return sliced_tests(x, (name,), directions=v, method=None, rng=0)

        return call

    cases = [(name, path) for name in DISTANCES for path in PATHS if path == "NumPy" or name in COMPILED_BOUNDS]
    floors: list[float] = []
    times: dict[tuple[str, str], list[float]] = {case: [] for case in cases}
    with threadpool_limits(1):
        for case in cases:
            statistic(*case)()
        floor()
        for _ in range(ROUNDS):
            floors.append(seconds(floor))
            for case in cases:
                times[case].append(seconds(statistic(*case)))

    def cells(name: str, path: str, bound: float | None) -> str:
        found = times.get((name, path))
        if found is None:
            return "– | – | –"
        ratio = summary.median(t / f for t, f in zip(found, floors, strict=True))
        return f"{1e3 * summary.median(found):.0f} | {ratio:.2f} | {bound or '–'}"

    sys.stdout.write(
        f"One thread, float32, n = {N:,}, D = {DIM}, k = {SLICES}. The floor is `np.sort(V @ X.T, axis=-1)`: "
        f"{1e3 * summary.median(floors):.0f} ms. Medians of {ROUNDS} rounds; the statistics include the check for "
        "NaN.\n\n"
        "| statistic | NumPy (ms) | ratio to the floor | bound | compiled (ms) | ratio to the floor | bound |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    for name, bound in BOUNDS.items():
        compiled = cells(name, "compiled", COMPILED_BOUNDS.get(name))
        sys.stdout.write(f"| {name} | {cells(name, 'NumPy', bound)} | {compiled} |\n")


if __name__ == "__main__":
    main()
