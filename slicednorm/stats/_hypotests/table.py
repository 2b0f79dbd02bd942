"""Many tests of one sample side by side: one call, one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.directions import DirectionKind
from slicednorm.stats._arguments import check_workers, spelled
from slicednorm.stats._calibration.method import Way, check_method
from slicednorm.stats._hypotests.battery import Entry, Importance, run_battery
from slicednorm.stats._hypotests.by_group import POOLED, Groups, groups_of
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.names import asked_for
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.registry import TESTS
from slicednorm.stats._results import frame_of_tests
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.power_transform import Transform
from slicednorm.stats._sample.rounding import Steps
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import Aggregate, Method, NanPolicy, Null

if TYPE_CHECKING:
    import pandas as pd


# The ways to a p-value that residuals have.
_OF_RESIDUALS = ("auto", "sequential", "monte carlo")


def _rows(entry: Entry, null: Null) -> Iterator[dict[str, Any]]:
    """Yield the columns of each result of a test; if it did not run, most are missing."""
    if entry.results:
        # A row has one column for the error, so all of it is there.
        yield from ({**dict(result._values()), "pvalue_stderr": result.pvalue_error} for result in entry.results)
    else:
        yield from ({**vars(heading), "null": null} for heading in entry.test.headings)


def _of_group(
    groups: Groups,
    some: NDArray[np.intp] | None,
    asked: dict[str, bool],
    options: Options,
    way: Way | None,
    nan: NanPolicy,
    rounding: Steps | None,
    transform: Transform | None,
) -> tuple[int, list[tuple[dict[str, Any], str]]]:
    """Return how many rows a group has, and the rows of the table for it; None is for all groups, less their means."""
    null = options.null
    wanted: dict[str, Importance] = dict.fromkeys(asked, "group")
    try:
        if some is None:
            inside = np.concatenate(list(groups.rows.values()))
            inside.sort()
            sample = as_sample(groups.of(inside), nan_policy=nan, groups=groups.labels[inside])
        else:
            sample = as_sample(groups.of(some), nan_policy=nan, rounding=rounding, transform=transform)
        entries = run_battery(sample, wanted, options, way)
    except SampleError as error:
        n = len(groups.labels) - groups.n_without if some is None else len(some)
        entries = [Entry(TESTS[name], "group", (), str(error)) for name in asked]
        return n, [(row, entry.note) for entry in entries for row in _rows(entry, null)]
    return sample.n, [(row, entry.note) for entry in entries for row in _rows(entry, null)]


def _by_group(
    groups: Groups,
    asked: dict[str, bool],
    options: Options,
    way: Way | None,
    adjust: Literal["holm"] | None,
    nan: NanPolicy,
    rounding: Steps | None,
    transform: Transform | None,
) -> pd.DataFrame:
    """Return the table of every group, and of all of them less their means."""
    import pandas as pd

    # What is missing is an error, or left out, as for one sample.
    inside = np.sort(np.concatenate(list(groups.rows.values())))
    dim = as_sample(groups.of(inside), nan_policy=nan).dim
    parts: dict[Any, NDArray[np.intp] | None] = dict(groups.rows)
    residuals = options.null == "composite" and (way is None or way.method in _OF_RESIDUALS)
    # Residuals of values in steps are in no steps, and each group has powers of its own.
    if residuals and len(groups.rows) > 1 and rounding is None and transform is None:
        parts[POOLED] = None
    frames = []
    for label, some in parts.items():
        n, rows = _of_group(groups, some, asked, options, way, nan, rounding, transform)
        frame = frame_of_tests(row for row, _ in rows).reset_index()
        frame.insert(0, "group", [label] * len(frame))
        frame.insert(2, "n", n)
        frame["note"] = [note for _, note in rows]
        frames.append(frame)
    found = pd.concat(frames, ignore_index=True)
    if not found["statistic"].notna().any():
        raise SampleError(f"no group can be tested; the first, {next(iter(groups.rows))}: {found['note'].iloc[0]}")
    apart = found["group"] == POOLED
    families = np.where(apart, POOLED, "all" if adjust else found["test"])
    holm = np.full(len(found), np.nan)
    for family in dict.fromkeys(families):
        members = np.flatnonzero(families == family)
        adjusted = holm_adjusted([None if np.isnan(p) else float(p) for p in found["pvalue"].iloc[members]])
        holm[members] = np.asarray(adjusted, dtype=np.float64)
    found.insert(list(found).index("pvalue") + 1, "pvalue_holm", holm)
    seed = replay_seed(options.root)
    found.attrs = {
        "n": len(groups.labels) - groups.n_without,
        "dim": dim,
        "n_without_group": groups.n_without,
        **({"seed": seed} if isinstance(seed, int) else {}),
    }
    return found


def normality_table(
    x: ArrayLike | Sample,
    tests: str | Sequence[str] = "overview",
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int | None = None,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    adjust: Literal["holm"] | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    rounding: Steps | None = None,
    transform: Transform | None = None,
    by: str | ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
) -> pd.DataFrame:
    """Test whether a sample is multivariate normal by many tests at once, in one table.

    Each row is, bit for bit, what the function of that test gives with these options, this seed, and the ``method`` and
    the number of replicates in the row. The sliced statistics share directions and replicates.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    tests : str or sequence of str, default: "overview"
        One name or several: sliced statistics (``"cvm"``, ...), ``"henze_zirkler"``, ``"bhep"``, ``"energy"``,
        ``"royston"``, ``"doornik_hansen"``, ``"cramer_wold"``, ``"mardia"`` (two rows), ``"omnibus"``, or the aliases
        ``"hz"`` and ``"dh"``; further classical tests, ``"henze_visagie"`` (``"hv"``), ``"doerr_ebner_henze"``
        (``"deh"``), ``"doerr_ebner_henze_double"`` (``"dehu"``), ``"villasenor_gonzalez"`` (``"vg"``),
        ``"henze_jimenez_gamero"`` (``"hjg"``), ``"fattorini"``; or the groups ``"sliced"``, ``"classical"``, ``"more"``
        (those further tests), ``"all"`` (but those), and ``"overview"``: ``cvm``, ``w2``, ``mardia``,
        ``henze_zirkler``, ``energy``, ``omnibus``, and with the composite null ``royston`` and ``doornik_hansen``. A
        test of a group that is not defined for the sample or the null, or is too expensive, has a row of NaN and a
        ``note``; a test that is named raises an error.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices of a sliced statistic are combined, as for `sliced_test`.
    n_slices : int, optional
        Number of random directions of the sliced statistics, as for `sliced_test`.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Directions of the sliced statistics, or how to draw them, as for `sliced_test`.
    method : {"auto", "analytic", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How p-values are found. ``"auto"``: by a formula where there is one that holds (``"analytic"`` takes no other
        way); else by replicates, as many as it takes, or by a cached null distribution; by
        999, 199 or 99 replicates if more would take longer than a minute of one core for a test of a group, or a
        quarter of an hour for a test that is named. A test of a group for which even 99 take too long uses its limiting
        distribution, if that is known to hold, or is left out. ``"asymptotic"``: by limiting distributions that are
        known to hold, else no p-value. ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`. None
        computes the statistics alone.
    n_resamples : int, optional
        Number M of null replicates of every test. With a number, ``"auto"`` means ``"monte carlo"``.
    adjust : {"holm"}, optional
        ``"holm"`` adds p-values that are adjusted for the number of tests by Holm's method, Mardia's two included. With
        ``by`` they are always there: adjusted for the number of groups, for each test by itself; with ``"holm"`` for
        the number of groups and tests together. The tests within groups stand apart, and are adjusted for their own
        number.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed of every test, as for `sliced_test`.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: the residuals are tested.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    rounding : {"auto"}, float or array_like of shape (D,), optional
        Steps to which values were rounded, as for `as_sample`: the null is that of rounded normal rows.
    transform : {"yeo-johnson", "box-cox"}, optional
        A power transformation to be fitted first, as for `as_sample`: null replicates are transformed likewise.
    by : str or array_like of shape (n,), optional
        The column of a DataFrame x that names groups, or a label for each row: then every group is tested by itself,
        and, under the composite null, all of them together by their rows less the means of their groups (as with
        ``groups``), which goes under ``"within groups"`` (not with ``rounding`` or
        ``transform``, which residuals do not have). A group
        that cannot be tested has rows of NaN and a note.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    pandas.DataFrame
        A row for each test, under its name: ``title``, ``statistic``, ``pvalue`` (then ``pvalue_holm`` if asked for),
        ``pvalue_stderr`` (by replicates and directions together), ``n_resamples``, ``method``, ``null``,
        ``sensitive_to`` (what the test notices) and ``note``.
        The statistic of the omnibus is small where it speaks against the null, those of the others are large (Mardia's
        kurtosis: far from its mean). ``attrs`` has the shape, ``n`` and ``dim``, and the ``seed`` if it is an int. With
        ``by`` a row for each group and test, whose names are the columns ``group`` and ``test``, with the number ``n``
        of the group's rows as well.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 2, D ≥ 1, or holds NaN or infinities; if a test is unknown; if a test that
        is named is not defined for the sample or the null, or takes too long; if an option is unknown or out of range.
    TypeError
        If x does not hold real numbers, or an option is of the wrong type.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    >>> tests = ["cvm", "mardia", "doornik_hansen"]
    >>> table = normality_table(x, tests, null="composite", n_resamples=199, adjust="holm", rng=0)
    >>> table[["pvalue", "pvalue_holm"]].round(3)
                     pvalue  pvalue_holm
    test
    cvm               0.025        0.025
    mardia_skewness   0.005        0.020
    mardia_kurtosis   0.005        0.020
    doornik_hansen    0.005        0.020
    """
    way = check_method(method, n_resamples)
    check_workers(workers)
    if adjust not in ("holm", None):
        raise ValueError(f"adjust must be 'holm' or None, got {spelled(adjust)}")
    asked = asked_for(tests, null)
    if by is not None:
        if design is not None or groups is not None or isinstance(x, Sample):
            raise ValueError("by splits the rows of an array or a DataFrame; it goes with no design, groups or Sample")
        common = Options(null, rng, workers, mean, cov, None, aggregate, n_slices, directions)
        return _by_group(groups_of(x, by), asked, common, way, adjust, nan_policy, rounding, transform)
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups, rounding=rounding, transform=transform)
    options = Options(null, rng, workers, mean, cov, None, aggregate, n_slices, directions)
    entries = run_battery(sample, {name: "named" if named else "group" for name, named in asked.items()}, options, way)
    rows = [(row, entry.note) for entry in entries for row in _rows(entry, null)]
    frame = frame_of_tests(row for row, _ in rows)
    if adjust is not None:
        pvalues = [row.get("pvalue") for row, _ in rows]
        adjusted = np.asarray(holm_adjusted(pvalues), dtype=np.float64)
        frame.insert(list(frame).index("pvalue") + 1, "pvalue_holm", adjusted)
    frame["note"] = [note for _, note in rows]
    seed = replay_seed(options.root)
    frame.attrs = {"n": sample.n, "dim": sample.dim, **({"seed": seed} if isinstance(seed, int) else {})}
    return frame
