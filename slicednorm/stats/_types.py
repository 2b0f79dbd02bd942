"""The values of options that several tests share, as types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

Progress: TypeAlias = Callable[[int, int], None]

# How a p-value is to be found, and how it was.
Method: TypeAlias = Literal["auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"]
MethodUsed: TypeAlias = Literal["analytic", "sequential", "cached", "monte carlo", "asymptotic"]

Null: TypeAlias = Literal["standard", "composite"]
NanPolicy: TypeAlias = Literal["raise", "omit"]
Aggregate: TypeAlias = Literal["mean", "max"]
Moments: TypeAlias = Literal["exact", "asymptotic"]
