"""What is to be computed of a latent."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from slicednorm.distances import Distance, get_distance


@dataclass(frozen=True)
class Task:
    """Which distance, with which of its options, aggregated how over the slices."""

    statistic: str
    aggregate: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def distance(self) -> Distance:
        """The distance of every slice."""
        return get_distance(self.statistic)


@lru_cache(maxsize=64)
def make_task(statistic: str, aggregate: str, unbiased: bool, t_max: float | None, n_points: int | None) -> Task:
    """Return a task with those of the options that its distance takes."""
    options: dict[str, Any] = {"unbiased": unbiased, "t_max": t_max, "n_points": n_points}
    return Task(statistic, aggregate, {name: options[name] for name in sorted(get_distance(statistic).options)})
