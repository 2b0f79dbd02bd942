"""The size of tests that share a kept law."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from slicednorm.stats._calibration.budget import size_error

from .reference import TRUE, reference
from .settings import ALL, NULLS

LAWS = 400
LAW_SIZES = (9_999, 99_999)


def kept_page(workers: int, work: Path) -> Iterator[str]:
    """Yield the lines of this part of the page."""
    yield from [
        "## Kept laws",
        "",
        f"Tests that share a law share its error. Measured: laws drawn from {TRUE:,} replicates of `cvm` (30 × 3, "
        f"16 slices), and "
        "the share of all of them that each rejects; expected is √(α(1 − α)/(M + 1)).",
        "",
        "| null | M | sd of the size at 5%: measured / expected | at 1%: measured / expected |",
        "| --- | --- | --- | --- |",
    ]
    rng = np.random.default_rng(0)
    for null in NULLS:
        true = np.sort(reference(null, workers, work)[:, ALL.index("cvm")])
        for size in LAW_SIZES:
            cells = []
            for level in (0.05, 0.01):
                sizes = []
                for _ in range(LAWS):
                    law = np.sort(rng.choice(true, size))
                    critical = law[size - int(level * (size + 1))]
                    sizes.append(1.0 - np.searchsorted(true, critical, side="right") / TRUE)
                cells.append(f"{100 * np.std(sizes):.3f} / {100 * size_error(level, size):.3f} points")
            yield f"| {null} | {size:,} | " + " | ".join(cells) + " |"
    yield ""
