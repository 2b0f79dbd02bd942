"""What all parts have in common."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import DISTANCES
from slicednorm.stats._types import Aggregate

Array = NDArray[np.float64]
Null = Literal["standard", "composite"]

NULLS: tuple[Null, ...] = ("standard", "composite")
AGGREGATES: tuple[Aggregate, ...] = ("mean", "max")
ALL = tuple(DISTANCES)
LEVELS = (0.001, 0.01, 0.05, 0.1, 0.5)
