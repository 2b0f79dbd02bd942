"""Filling the cache ahead of the tests that will need it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slicednorm.directions import KINDS, DirectionKind
from slicednorm.distances import get_distance
from slicednorm.stats._calibration.cached import Laws, obtain
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.run import laws_of
from slicednorm.stats._hypotests.mardia.null import mardia_laws
from slicednorm.stats._hypotests.omnibus.null import omnibus_laws
from slicednorm.stats._limits import Limits, current
from slicednorm.stats._null.sliced import SlicedLaws
from slicednorm.stats._types import Aggregate, Null, Progress

_MARDIA = "mardia"
_OMNIBUS = "omnibus"


def check_shape(
    n: int, dim: int, null: str, aggregate: str, directions: str, dtype: str, n_slices: int, count: int
) -> None:
    """Raise unless there may be a law for samples of that shape, of so many replicates."""
    for name, value, least in (("n", n, 2), ("dim", dim, 1), ("n_slices", n_slices, 1), ("n_resamples", count, 1)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{name} must be a whole number, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if count < current().least_law:
        raise ValueError(
            f"n_resamples must be at least {current().least_law}, got {count}: no test takes a smaller law"
        )
    choices = {
        "null": (null, ("standard", "composite")),
        "aggregate": (aggregate, ("mean", "max")),
        "directions": (directions, KINDS),
        "dtype": (dtype, ("float32", "float64")),
    }
    for name, (chosen, known) in choices.items():
        if chosen not in known:
            raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, got {chosen!r}")
    if null == "composite" and n <= dim + 1:
        raise ValueError(f"the composite null needs more than D + 1 rows, got shape ({n}, {dim})")


def prepare(
    n: int,
    dim: int,
    statistics: Sequence[str] = ("cvm", "ks"),
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = 256,
    directions: DirectionKind = "iid",
    dtype: str = "float32",
    n_resamples: int = Limits.full_law,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Compute the null laws that tests of a shape need, and keep them.

    Afterwards a test of such a sample with ``n_resamples="auto"`` takes as long as its statistic. Samples of the other
    precision have laws of their own.

    Parameters
    ----------
    n, dim : the shape of the samples. One law serves all sizes beyond 2,000 rows, but for that of ``"cw"``.
    statistics : names of sliced statistics (or models), of classical tests (``"hz"``, ``"energy"``, …), or
        ``"mardia"``.
    null, aggregate, n_slices, directions : as in `sliced_test`.
    dtype : ``"float32"`` or ``"float64"``, in which the samples are computed.
    n_resamples : how many replicates, 9,999 at the least; what is kept already counts.
    workers, progress : as in `sliced_test`.

    Returns
    -------
    dict of str to int
        How many replicates are there now, by statistic.

    Raises
    ------
    ValueError, TypeError
        If a statistic has no law to keep, or an option is unknown, out of range or of the wrong type.

    Examples
    --------
    >>> prepare(20, 2, ["cvm"], n_slices=8, n_resamples=9_999)
    {'cvm': 9999}
    """
    if isinstance(statistics, str):
        raise TypeError(f"statistics is a sequence of names, got {statistics!r}; pass [{statistics!r}]")
    check_shape(n, dim, null, aggregate, directions, dtype, n_slices, n_resamples)
    others = (*CLASSICAL, _MARDIA, _OMNIBUS)
    sliced = [get_distance(name).name for name in statistics if name.lower() not in others]
    groups: list[tuple[list[str], Laws]] = []
    if sliced:
        count = 1 if dim == 1 else int(n_slices)
        laws = SlicedLaws(tuple(dict.fromkeys(sliced)), int(n), int(dim), null, aggregate, count, directions, dtype)
        groups.append((list(laws.names), laws))
    for name in dict.fromkeys(name.lower() for name in statistics):
        if name == _MARDIA:
            groups.append((["mardia_skewness", "mardia_kurtosis"], mardia_laws(n, dim, np.dtype(dtype), null)))
        elif name == _OMNIBUS:
            omnibus = omnibus_laws(n, dim, np.dtype(dtype), null, 1 if dim == 1 else int(n_slices))
            groups.append(([str(key["statistic"]) for key in omnibus.keys], omnibus))
        elif name in CLASSICAL:
            CLASSICAL[name].check(n, dim, null)
            law = laws_of(CLASSICAL[name], n, dim, np.dtype(dtype), null)
            if law is None:
                raise ValueError(
                    f"the law of {name!r} depends on the correlations of the sample; there is none to keep"
                )
            groups.append(([name], law))
    found: dict[str, int] = {}
    for names, laws_ in groups:
        for name, law_ in zip(names, obtain(laws_, n_resamples, workers=workers, progress=progress), strict=True):
            found[name] = len(law_)
    return found
