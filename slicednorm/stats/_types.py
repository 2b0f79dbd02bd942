"""The words of the options: types that several of the tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
Resamples: TypeAlias = int | Literal["auto", "cached"] | None
Method: TypeAlias = Literal["monte carlo", "sequential", "cached", "asymptotic"]

# How a p-value is to be found, where a test has a law for large n: by that law, or as its size at the sample's shape
# has it.
Choice: TypeAlias = Literal["auto", "asymptotic"]
Null: TypeAlias = Literal["standard", "composite"]
NanPolicy: TypeAlias = Literal["raise", "omit"]
Aggregate: TypeAlias = Literal["mean", "max"]
Moments: TypeAlias = Literal["exact", "asymptotic"]
