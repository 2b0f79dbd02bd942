"""Filling the cache before the tests that will need it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from slicednorm.directions import KINDS, DirectionKind
from slicednorm.stats._arguments import spelled
from slicednorm.stats._calibration.cached_or_computed import Laws, obtain
from slicednorm.stats._hypotests.names import asked_for
from slicednorm.stats._hypotests.options import N_SLICES
from slicednorm.stats._hypotests.registry import TESTS, Shape, Test, sliced_laws
from slicednorm.stats._limits import Limits, current
from slicednorm.stats._types import Aggregate, Null, Progress


def check_shape(
    n: int, dim: int, null: str, aggregate: str, directions: str, dtype: str, n_slices: int, count: int
) -> None:
    """Raise unless samples of a shape may have a null distribution of ``count`` replicates."""
    for name, value, least in (("n", n, 2), ("dim", dim, 1), ("n_slices", n_slices, 1), ("n_resamples", count, 1)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
            raise TypeError(f"{name} must be a whole number, got {spelled(value)}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if count < current().least_law:
        raise ValueError(
            f"n_resamples must be at least {current().least_law}, got {count}: no test takes a smaller null "
            "distribution"
        )
    choices = {
        "null": (null, ("standard", "composite")),
        "aggregate": (aggregate, ("mean", "max")),
        "directions": (directions, KINDS),
        "dtype": (dtype, ("float32", "float64")),
    }
    for name, (chosen, known) in choices.items():
        if chosen not in known:
            raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, got {spelled(chosen)}")
    if null == "composite" and n <= dim + 1:
        raise ValueError(f"the composite null needs more than D + 1 rows, got shape ({n}, {dim})")


def _can_be_prepared(test: Test, n: int, dim: int, null: Null) -> bool:
    """Return whether a test has a null distribution to cache for samples of a shape."""
    try:
        test.check(n, dim, null)
    except ValueError:
        return False
    return test.can_be_cached


def prepare(
    n: int,
    dim: int,
    tests: Sequence[str] = ("cvm", "ks"),
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = N_SLICES,
    directions: DirectionKind = "iid",
    dtype: str = "float32",
    n_resamples: int = Limits.full_law,
    workers: int = 1,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Compute the null distributions that tests of a shape need, and cache them.

    Afterwards a test of such a sample with ``method="auto"`` takes only as long as its statistic. Latents are float32,
    as here by default; NumPy's usual arrays are float64, and have null distributions of their own.

    Parameters
    ----------
    n, dim : int
        The shape of the samples. Beyond 2,000 rows one null distribution serves all sizes, except for ``"cw"``.
    tests : sequence of str, default: ("cvm", "ks")
        Names of tests, as for `normality_table`.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices are combined, as for `sliced_test`.
    n_slices : int, default: 256
        Number of random directions, as for `sliced_test`.
    directions : {"iid", "orthogonal"}, default: "iid"
        How the directions are drawn, as for `sliced_test`.
    dtype : {"float32", "float64"}, default: "float32"
        The precision in which the samples are computed.
    n_resamples : int, default: 99999
        Number of replicates, at least 9,999; those that are cached already count.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    progress : callable, optional
        Called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    dict of str to int
        The number of replicates that are cached now, by the name of the test; each member of the omnibus has its own.

    Raises
    ------
    ValueError
        If a test has no null distribution that can be cached, or an option is unknown or out of range.
    TypeError
        If an option is of the wrong type.

    Examples
    --------
    >>> prepare(20, 2, ["cvm"], n_slices=8, n_resamples=9_999)
    {'cvm': 9999}
    """
    if isinstance(tests, str):
        raise TypeError(f"tests is a sequence of names, got {spelled(tests)}; pass [{spelled(tests)}]")
    check_shape(n, dim, null, aggregate, directions, dtype, n_slices, n_resamples)
    asked = []
    for name, named in asked_for(tests, null).items():
        if named or _can_be_prepared(TESTS[name], n, dim, null):
            asked.append(TESTS[name])
    shape = Shape(int(n), int(dim), null, aggregate, int(n_slices), directions, np.dtype(dtype))
    groups: list[tuple[list[str], Laws]] = []
    sliced = [test.name for test in asked if test.group == "sliced"]
    if sliced:
        groups.append((sliced, sliced_laws(sliced, shape)))
    for test in asked:
        if test.group != "sliced":
            test.check(shape.n, shape.dim, null)
            laws = test.laws(shape)
            # The members of the omnibus are named as in the cache.
            names = [str(key["statistic"]) for key in laws.keys]
            groups.append(([one.name for one in test.headings] if len(names) == len(test.headings) else names, laws))
    found: dict[str, int] = {}
    for names, laws in groups:
        for name, law in zip(names, obtain(laws, n_resamples, workers=workers, progress=progress), strict=True):
            found[name] = len(law)
    return found
