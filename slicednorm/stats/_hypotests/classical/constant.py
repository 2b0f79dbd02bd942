"""The constant that a family of tests has one member for: β, γ or a."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any

from slicednorm.stats._arguments import spelled


@dataclass(frozen=True)
class Constant:
    """A constant that is the same for all samples, as a function of their shape."""

    value: float

    def __call__(self, n: int, dim: int) -> float:
        return self.value


def checked_constant(name: str, value: Any, least: float, most: float) -> Constant:
    """Return a constant that a user chose, or raise a TypeError or a ValueError that has its name."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {spelled(value)}")
    number = float(value)
    if not least <= number <= most:
        raise ValueError(f"{name} must be between {least:g} and {most:g}, got {spelled(value)}")
    return Constant(number)
