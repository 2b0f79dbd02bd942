"""Which distance a loss takes, with which options, and how it aggregates the slices."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from slicednorm.distances import DISTANCES, Distance, get_distance
from slicednorm.distances.ep import grid_for
from slicednorm.torch._inputs import check_switches

Aggregate: TypeAlias = Literal["mean", "max"]


class Settings(NamedTuple):
    """What is computed of a latent. The fields have the names of the options of `sliced_distance`."""

    statistic: str
    aggregate: Aggregate = "mean"
    unbiased: bool = False
    t_max: float | None = None
    n_points: int | None = None

    @property
    def distance(self) -> Distance:
        """The distance of every slice."""
        return get_distance(self.statistic)

    @property
    def options(self) -> dict[str, Any]:
        """The options that the distance takes, by name."""
        return _options_of(self)


@lru_cache(maxsize=64)
def _options_of(settings: Settings) -> dict[str, Any]:
    """Return the options of a distance; cached, because every chunk of slices asks for them."""
    return {name: getattr(settings, name) for name in sorted(settings.distance.options)}


def checked_settings(
    statistic: str, aggregate: Aggregate, unbiased: bool, t_max: float | None, n_points: int | None
) -> Settings:
    """Return the settings with the distance's own name, or raise.

    Raises
    ------
    ValueError
        If an option is unknown, out of range, or one that the distance does not take.
    TypeError
        If an option is of the wrong type.
    """
    distance = get_distance(statistic)
    check_switches(unbiased=unbiased)
    if aggregate not in ("mean", "max"):
        raise ValueError(f"aggregate must be 'mean' or 'max', got {aggregate!r}")
    if unbiased and "unbiased" not in distance.options:
        able = ", ".join(repr(name) for name, other in DISTANCES.items() if "unbiased" in other.options)
        raise ValueError(f"statistic {distance.name!r} has no unbiased form; those that have one: {able}")
    if unbiased and aggregate == "max":
        raise ValueError("unbiased=True goes with aggregate='mean': the maximum of unbiased values is biased")
    if t_max is not None or n_points is not None:
        if "t_max" not in distance.options:
            raise ValueError(f"t_max and n_points belong to statistic 'ep', got {distance.name!r}")
        grid_for(t_max, n_points)
    return Settings(distance.name, aggregate, unbiased, t_max, n_points)
