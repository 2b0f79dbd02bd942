"""Many tests of one sample side by side: one call, one table.

Which tests to run is settled before any of them is: those that a user names are to run or to raise, those that come
with a group are left out, with a note, where the sample, the null or the time does not allow them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats._arguments import check_resamples, check_workers
from slicednorm.stats._calibration.budget import MOST_WORK, affordable_resamples
from slicednorm.stats._hypotests.classical import CLASSICAL, classical_test
from slicednorm.stats._hypotests.mardia.mardia import mardia, mardia_without_pvalues
from slicednorm.stats._hypotests.mardia.measures import mardia_work
from slicednorm.stats._hypotests.mardia.null import mardia_laws_hold
from slicednorm.stats._hypotests.mardia.result import KURTOSIS, SKEWNESS
from slicednorm.stats._hypotests.omnibus.members import omnibus_work
from slicednorm.stats._hypotests.omnibus.omnibus import NOTICES, TITLE, omnibus_test
from slicednorm.stats._hypotests.sliced import sliced_tests
from slicednorm.stats._results import frame_of_tests
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._streams import RNG, replay_seed, root_seed
from slicednorm.stats._types import Aggregate, NanPolicy, Null, Resamples

if TYPE_CHECKING:
    import pandas as pd

MARDIA, OMNIBUS = "mardia", "omnibus"

# How long a test may take that was named, and one that came with a group, in nanoseconds on one core.
_WORK_NAMED, _WORK_UNNAMED = MOST_WORK, 60e9


# --- What is asked for ------------------------------------------------------------------------------------


def _groups(null: Null) -> dict[str, tuple[str, ...]]:
    """Return the tests that go by one name; the overview has those of R's MVN that are defined for the null."""
    of_columns = ("royston", "dh") if null == "composite" else ()
    sliced, classical = tuple(DISTANCES), tuple(CLASSICAL)
    return {
        "overview": ("cvm", "w2", MARDIA, "hz", *of_columns, "energy", OMNIBUS),
        "all": (*sliced, *classical, MARDIA, OMNIBUS),
        "sliced": sliced,
        "classical": classical,
    }


def _asked(tests: str | Sequence[str], null: Null) -> dict[str, bool]:
    """Return the tests asked for, in order and each once, and whether a user named them or a group brought them."""
    names = [tests] if isinstance(tests, str) else tests
    if not isinstance(names, Sequence):
        raise TypeError(f"tests is a name or a sequence of names, got {type(tests).__name__}")
    if not names:
        raise ValueError("tests is empty; name at least one, or leave it out for an overview")
    groups = _groups(null)
    found: dict[str, bool] = {}
    for name in names:
        key = name.lower() if isinstance(name, str) else name
        if key in groups:
            for member in groups[key]:
                found.setdefault(member, False)
        elif key in CLASSICAL or key in (MARDIA, OMNIBUS):
            found[key] = True
        else:
            try:
                found[get_distance(name).name] = True
            except ValueError as error:
                more = ", ".join([*CLASSICAL, MARDIA, OMNIBUS])
                raise ValueError(f"{error}; or {more}; or a group: {', '.join(groups)}") from None
    return found


@dataclass(frozen=True)
class _LeftOut:
    """The row of a test that did not run."""

    test: str
    title: str
    sensitive_to: str
    null: Null
    statistic: float = np.nan
    pvalue: float = np.nan
    pvalue_stderr: float = np.nan
    n_resamples: None = None
    method: float = np.nan


def _left_out(name: str, null: Null) -> tuple[_LeftOut, ...]:
    """Return the rows of a test that does not run."""
    if name == MARDIA:
        return tuple(_LeftOut(one.test, one.title, one.notices, null) for one in (SKEWNESS, KURTOSIS))
    if name == OMNIBUS:
        return (_LeftOut(name, TITLE, NOTICES, null),)
    test = CLASSICAL[name] if name in CLASSICAL else DISTANCES[name]
    return (_LeftOut(name, test.title, test.notices, null),)


# --- What can run -----------------------------------------------------------------------------------------


def _undefined(name: str, sample: Sample, null: Null, n_resamples: Resamples) -> Exception | None:
    """Return what is wrong with a test of this sample, None if nothing is."""
    if name in CLASSICAL:
        try:
            CLASSICAL[name].check(sample.n, sample.dim, null)
        except ValueError as error:
            return error
        if n_resamples == "cached" and not CLASSICAL[name].rotates:
            return ValueError(f"{name} has another law for every sample, and none to keep; use n_resamples='auto'")
    if name == OMNIBUS and n_resamples is None:
        return TypeError("the omnibus is made of p-values by replicates; give n_resamples")
    return None


def _work(name: str, n: int, dim: int, n_slices: int) -> float:
    """Return about how long a test that is not sliced takes once, in nanoseconds on one core."""
    if name == MARDIA:
        return mardia_work(n, dim)
    return omnibus_work(n, dim, n_slices) if name == OMNIBUS else CLASSICAL[name].work(n, dim)


def _has_law(name: str, null: Null) -> bool:
    """Return whether a test has a law for large n."""
    return name == MARDIA or (name in CLASSICAL and CLASSICAL[name].has_law(null))


def _law_holds(name: str, sample: Sample, null: Null) -> bool:
    """Return whether a test has a p-value without replicates that holds for a sample's shape."""
    if name == MARDIA:
        return mardia_laws_hold(sample.n, sample.dim, null)
    return name in CLASSICAL and CLASSICAL[name].law_holds(sample.n, sample.dim, null)


@dataclass(frozen=True)
class _Plan:
    """Whether a test runs, with how many replicates, and what is to be said of that."""

    runs: bool
    n_resamples: Resamples = None
    note: str = ""
    with_pvalue: bool = True


def _plan(name: str, named: bool, work: float, sample: Sample, null: Null, n_resamples: Resamples) -> _Plan:
    """Return how a test runs whose replicates may be dear.

    Raises
    ------
    ValueError
        If it is a test that was named, no number of replicates was, and the fewest would take too long.
    """
    if n_resamples is None:
        holds = _law_holds(name, sample, null)
        wrong = "no p-value: its limiting law is not known to hold for samples of this shape; give n_resamples"
        return _Plan(True, None, wrong if _has_law(name, null) and not holds else "", holds)
    if named and n_resamples != "auto":
        return _Plan(True, n_resamples)
    try:
        count = affordable_resamples(n_resamples, work, _WORK_NAMED if named else _WORK_UNNAMED)
    except ValueError as error:
        if named:
            raise ValueError(f"{name}: {error}; give a number for n_resamples to insist") from None
        if _law_holds(name, sample, null) and work <= _WORK_UNNAMED:
            return _Plan(True, None, f"by its limiting law: {error}")
        return _Plan(False, note=f"left out: {error}; name it, and a number for n_resamples, to insist")
    return _Plan(True, count, "" if count == n_resamples else f"{count} replicates, to save time")


# --- The table --------------------------------------------------------------------------------------------


def _holm(pvalues: pd.Series[float]) -> pd.Series[float]:
    """Return p-values adjusted by Holm's method; those that are missing stay so, and do not count."""
    from statsmodels.stats.multitest import multipletests

    adjusted, there = pvalues.copy(), pvalues.notna()
    if there.any():
        adjusted[there] = multipletests(pvalues[there], method="holm")[1]
    return adjusted


def normality_table(
    x: ArrayLike | Sample,
    tests: str | Sequence[str] = "overview",
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = 256,
    directions: ArrayLike | DirectionKind | None = None,
    n_resamples: Resamples = "auto",
    adjust: Literal["holm"] | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
) -> pd.DataFrame:
    """Test whether a sample is multivariate normal by many tests at once, in one table.

    Each row is what the function of that test gives with the same options and the same seed, bit for bit; with
    ``"auto"``, with the number of replicates that the row has. The sliced statistics share directions and replicates.

    Parameters
    ----------
    x, null, aggregate, n_slices, directions, rng, workers, mean, cov, nan_policy : as for `sliced_test`; what does not
        concern a test leaves it alone.
    tests : names, or one: sliced statistics (``"cvm"``, ...), classical tests (``"hz"``, ``"bhep"``, ``"energy"``,
        ``"royston"``, ``"dh"``, ``"cramer-wold"``), ``"mardia"`` (two rows), ``"omnibus"``; and the groups
        ``"sliced"``, ``"classical"``, ``"all"``, and ``"overview"``: ``cvm``, ``w2``, ``mardia``, ``hz``, ``energy``,
        ``omnibus``, and with the composite null ``royston`` and ``dh``. A test of a group that is not defined for the
        sample or the null, or is too dear, has a row of NaN and a ``note``; one that is named raises.
    n_resamples : a number M of replicates for every test, taken as it is; ``"cached"`` as for `sliced_test`; None for
        p-values by limiting laws where there are such that hold, else statistics alone. With ``"auto"`` as many as it
        takes, and 999, 199 or 99 where more would take a test of a group longer than a minute of one core, or one that
        is named longer than a quarter of an hour; a test of a group to which 99 are too many goes by its limiting law,
        if it has one that holds, or is left out.
    adjust : ``"holm"`` adds p-values adjusted by Holm's method for there being several, Mardia's two included.

    Returns
    -------
    pandas.DataFrame
        A row a test, under its name: ``title``, ``statistic``, ``pvalue`` (then ``pvalue_holm`` if asked for),
        ``pvalue_stderr``, ``n_resamples``, ``method``, ``null``, ``sensitive_to`` (what the test notices) and ``note``.
        The statistic of the omnibus is small where it speaks against the null, those of the others are large (Mardia's
        kurtosis: far from its mean). ``attrs`` has the shape, ``n`` and ``dim``, and the ``seed`` if it is an int.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if a test is unknown, or one that is named
        is not defined for the sample or the null, or takes too long; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    >>> table = normality_table(x, ["cvm", "mardia", "dh"], null="composite", n_resamples=199, adjust="holm", rng=0)
    >>> table[["pvalue", "pvalue_holm"]].round(3)
                     pvalue  pvalue_holm
    test
    cvm               0.025        0.025
    mardia_skewness   0.005        0.020
    mardia_kurtosis   0.005        0.020
    dh                0.005        0.020
    """
    check_resamples(n_resamples)
    check_workers(workers)
    if adjust not in ("holm", None):
        raise ValueError(f"adjust must be 'holm' or None, got {adjust!r}")
    asked = _asked(tests, null)
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
    n, dim = sample.n, sample.dim
    try:
        whitening_for(sample.rows, null, mean, cov)
        singular = None
    except SampleError as error:
        singular = error
    root = root_seed(rng)
    common: dict[str, Any] = {"null": null, "rng": root, "workers": workers, "mean": mean, "cov": cov}

    plans: dict[str, _Plan] = {}
    for name, named in asked.items():
        wrong = singular or _undefined(name, sample, null, n_resamples)
        if wrong is not None and named:
            raise wrong
        if wrong is not None:
            plans[name] = _Plan(False, note=str(wrong))
        elif name in DISTANCES:
            plans[name] = _Plan(True, n_resamples)
        else:
            plans[name] = _plan(name, named, _work(name, n, dim, n_slices), sample, null, n_resamples)

    def sliced(names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        options: dict[str, Any] = {
            "aggregate": aggregate,
            "n_slices": n_slices,
            "directions": directions,
            "n_resamples": n_resamples,
        }
        return {result.test: (result,) for result in sliced_tests(sample, names, **options, **common)}

    def alone(name: str) -> tuple[Any, ...]:
        plan = plans[name]
        count = plan.n_resamples
        if name in DISTANCES:
            return sliced([name])[name]
        if name == MARDIA:
            if not plan.with_pvalue:
                return mardia_without_pvalues(sample, null, mean, cov)
            return mardia(sample, n_resamples=count, **common).measures
        if name == OMNIBUS:
            assert count is not None
            return (omnibus_test(sample, n_slices=n_slices, n_resamples=count, **common),)
        return (classical_test(sample, name, n_resamples=count, with_pvalue=plan.with_pvalue, **common),)

    rows: dict[str, tuple[Any, ...]] = {}
    together = [name for name, plan in plans.items() if plan.runs and name in DISTANCES]
    if together:
        # Where one of them overflows, each is on its own.
        with suppress(SampleError):
            rows.update(sliced(together))
    for name, plan in plans.items():
        if name in rows:
            continue
        try:
            rows[name] = alone(name) if plan.runs else _left_out(name, null)
        except SampleError as error:
            if asked[name]:
                raise
            plans[name] = _Plan(False, note=str(error))
            rows[name] = _left_out(name, null)

    frame = frame_of_tests(row for name in asked for row in rows[name])
    if adjust is not None:
        frame.insert(list(frame).index("pvalue") + 1, "pvalue_holm", _holm(frame["pvalue"]))
    frame["note"] = [plans[name].note for name in asked for _ in rows[name]]
    seed = replay_seed(root)
    frame.attrs = {"n": n, "dim": dim, **({"seed": seed} if isinstance(seed, int) else {})}
    return frame
