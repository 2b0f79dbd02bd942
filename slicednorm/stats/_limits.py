"""Where limiting laws hold."""

from __future__ import annotations

import warnings

from slicednorm.stats._whiten import Null


class SizeWarning(UserWarning):
    """A p-value by a limiting law was asked for where that law does not hold; replicates have the right level."""


def law_holds(name: str, n: int, dim: int, null: Null, moments: str = "exact") -> bool:
    """Return whether the limiting law holds."""
    return n >= 50 * dim


def warn_of_size(function: str, n: int, dim: int) -> None:
    """Warn that a limiting law does not hold for samples of a shape."""
    warnings.warn(
        f"{function}: for samples of shape ({n}, {dim}) the size of the test by its limiting law is not within a fifth "
        "of the level; n_resamples=999 has the right one",
        SizeWarning,
        stacklevel=4,
    )
