"""Many replicates of a small test, which stand for the law itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._null.sliced import SlicedLaws

from ..once import once
from .settings import AGGREGATES, ALL, Array, Null

TRUE = 400_000


def reference(null: Null, workers: int, work: Path) -> Array:
    """Return many replicates of a small test, (count, 14), which stand for the law itself."""
    laws = [SlicedLaws(ALL, 30, 3, null, aggregate, 16, "iid", "float32") for aggregate in AGGREGATES]
    return np.concatenate(
        [
            once(
                work / f"reference-{law.aggregate}-{null}-{TRUE}.npy",
                lambda law=law: monte_carlo(law, TRUE, batch=law.batch, workers=workers),  # type: ignore[misc]
            )
            for law in laws
        ],
        axis=-1,
    )
