"""What was asked for on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ..options.shared import Method
from ..options.test_names import Names
from ..readers.asked import Decimal, Header, Index
from ..readers.columns import Selection
from ..readers.missing import NaValues


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line; ``method`` is None where no p-values were."""

    path: str
    tests: Names
    mardia: bool
    n_slices: int | None
    method: Method | None
    n_resamples: int | None
    seed: int
    jobs: int
    alpha: float = 0.05
    where: bool = False
    outliers: bool = False
    each_column: bool = False
    drop_dependent: bool = False
    null: Literal["standard", "composite"] = "standard"
    mean: str | None = None
    cov: str | None = None
    design: str | None = None
    residuals_of: Selection | None = None
    within: str | None = None
    rounding: str | float | tuple[float, ...] | None = None
    transform: Literal["yeo-johnson", "box-cox"] | None = None
    transformations: bool = False
    directions: Literal["iid", "orthogonal"] | None = None
    aggregate: Literal["mean", "max"] = "mean"
    key: str | None = None
    selection: Selection | None = None
    index: Index = "auto"
    header: Header = "auto"
    decimal: Decimal | None = None
    na_values: NaValues | None = None
    nan_policy: Literal["raise", "omit"] = "raise"

    @property
    def treatment(self) -> dict[str, Any]:
        """What is to be done to the rows, as `slicednorm.stats.as_sample` takes it."""
        return {"rounding": self.rounding, "transform": self.transform}

    @property
    def reading(self) -> dict[str, Any]:
        """What was asked for of how the file is read."""
        names = ("key", "selection", "index", "header", "decimal", "na_values")
        return {name: getattr(self, name) for name in names}


def fresh_seed() -> int:
    """Return fresh entropy of 53 bits, which JSON readers that hold numbers as doubles keep whole."""
    (state,) = np.random.SeedSequence().generate_state(1, np.uint64)
    return int(state >> np.uint64(11))
