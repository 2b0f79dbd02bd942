"""What was asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..options.shared import Method
from ..options.test_names import Names
from ..readers.columns import Selection


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; ``method`` is None where no p-values were."""

    path: str
    tests: Names
    holm: bool
    mardia: bool
    n_slices: int
    method: Method | None
    n_resamples: int | None
    seed: int
    jobs: int
    alpha: float = 0.05
    where: bool = False
    null: Literal["standard", "composite"] = "standard"
    mean: str | None = None
    cov: str | None = None
    directions: Literal["iid", "orthogonal"] = "iid"
    aggregate: Literal["mean", "max"] = "mean"
    key: str | None = None
    selection: Selection | None = None
    nan_policy: Literal["raise", "omit"] = "raise"


def fresh_seed() -> int:
    """Return fresh entropy of 53 bits, which JSON readers that hold numbers as doubles keep whole."""
    (state,) = np.random.SeedSequence().generate_state(1, np.uint64)
    return int(state >> np.uint64(11))
