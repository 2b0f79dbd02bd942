"""The fitted tail against the true one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np

from slicednorm.stats._calibration.tail import tail_pvalue

from .reference import TRUE, reference
from .settings import NULLS, Array


def _gamma(law: Array, value: float) -> float:
    """Return the tail of a gamma law with the replicates' mean, variance and skewness."""
    from scipy import special

    mean, sd = law.mean(), law.std()
    shape = 4.0 / max(float(np.mean((law - mean) ** 3) / sd**3), 1e-3) ** 2
    return float(special.gammaincc(shape, max(shape + (value - mean) / sd * np.sqrt(shape), 0.0)))


def _pareto(law: Array, value: float) -> float:
    """Return the tail of a generalised Pareto law by probability-weighted moments of the largest tenth."""
    ordered = np.sort(law)
    count = len(law) // 10
    threshold = 0.5 * (ordered[-count - 1] + ordered[-count])
    excess = ordered[-count:] - threshold
    first = excess.mean()
    second = float(np.mean((1.0 - (np.arange(1, count + 1) - 0.35) / count) * excess))
    shape, scale = first / (first - 2.0 * second) - 2.0, 2.0 * first * second / (first - 2.0 * second)
    base = 1.0 - shape * (value - threshold) / scale
    return float(0.1 * max(base, 1e-300) ** (1.0 / shape)) if base > 0.0 else 0.0


def _fitted(law: Array, value: float) -> float:
    found = tail_pvalue(law[law < value], value)
    return found if found is not None else 0.5


TAILS: dict[str, Callable[[Array, float], float]] = {
    "exponential (taken)": _fitted,
    "generalised Pareto": _pareto,
    "gamma, three moments": _gamma,
}


def tail_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines of this part of the page."""
    targets = (1e-4, 1e-5)
    yield from [
        "## The tail",
        "",
        "An extrapolated p-value against the true one, where that is 1e-4 and 1e-5: median and root mean square "
        "error in "
        f"decades (not beyond 3) over the 14 statistics of the same {TRUE:,} replicates of each null, 25 draws of "
        f"M each.",
        "",
        "| fit | M | " + " | ".join(f"p = {target:g}: median, error" for target in targets) + " |",
        "| --- | --- |" + " --- |" * len(targets),
    ]
    rng = np.random.default_rng(1)
    samples = [reference(null, workers, work) for null in NULLS]
    for size in (999, 9_999):
        errors: dict[str, dict[float, list[float]]] = {name: {t: [] for t in targets} for name in TAILS}
        for sample in samples:
            for column in sample.T:
                ordered = np.sort(column)
                for _ in range(25):
                    law = rng.choice(column, size)
                    for target, (name, fit) in product(targets, TAILS.items()):
                        value = ordered[len(ordered) - max(1, int(target * len(ordered)))]
                        errors[name][target].append(np.log10(max(fit(law, value), 1e-12) / target))
        for name, found in errors.items():
            cells = [
                f"{np.median(e):+.2f}, {np.sqrt(np.mean(np.clip(e, -3.0, 3.0) ** 2)):.2f}"
                for e in (np.asarray(found[target]) for target in targets)
            ]
            yield f"| {name} | {size:,} | " + " | ".join(cells) + " |"
    yield ""
