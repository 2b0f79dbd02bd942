"""Many tests of one sample side by side: one call, one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.directions import DirectionKind
from slicednorm.stats._arguments import check_workers
from slicednorm.stats._calibration.way import check_method
from slicednorm.stats._hypotests.battery import Entry, run_battery
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.names import asked_for
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._results import frame_of_tests
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._streams import RNG, replay_seed
from slicednorm.stats._types import Aggregate, Method, NanPolicy, Null

if TYPE_CHECKING:
    import pandas as pd


def _rows(entry: Entry, null: Null) -> Iterator[dict[str, Any]]:
    """Yield the columns of each result of a test; if it did not run, most are missing."""
    if entry.results:
        yield from (dict(result._values()) for result in entry.results)
    else:
        yield from ({**vars(heading), "null": null} for heading in entry.test.headings)


def normality_table(
    x: ArrayLike | Sample,
    tests: str | Sequence[str] = "overview",
    *,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    n_slices: int = 256,
    directions: ArrayLike | DirectionKind | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    adjust: Literal["holm"] | None = None,
    rng: RNG = None,
    workers: int = 1,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
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
        ``"hz"`` and ``"dh"``; or the groups ``"sliced"``, ``"classical"``, ``"all"``, and ``"overview"``: ``cvm``,
        ``w2``, ``mardia``, ``henze_zirkler``, ``energy``, ``omnibus``, and with the composite null ``royston`` and
        ``doornik_hansen``. A test of a group that is not defined for the sample or the null, or is too expensive, has a
        row of NaN and a ``note``; a test that is named raises an error.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices of a sliced statistic are combined, as for `sliced_test`.
    n_slices : int, default: 256
        Number of random directions of the sliced statistics, as for `sliced_test`.
    directions : array_like of shape (k, D) or {"iid", "orthogonal"}, optional
        Directions of the sliced statistics, or how to draw them, as for `sliced_test`.
    method : {"auto", "sequential", "cached", "monte carlo", "asymptotic"} or None, default: "auto"
        How p-values are found. ``"auto"``: by replicates, as many as it takes, or by a cached null distribution; by
        999, 199 or 99 replicates if more would take longer than a minute of one core for a test of a group, or a
        quarter of an hour for a test that is named. A test of a group for which even 99 take too long uses its limiting
        distribution, if that is known to hold, or is left out. ``"asymptotic"``: by limiting distributions that are
        known to hold, else no p-value. ``"monte carlo"``, ``"sequential"`` and ``"cached"`` as for `sliced_test`. None
        computes the statistics alone.
    n_resamples : int, optional
        Number M of null replicates of every test. With a number, ``"auto"`` means ``"monte carlo"``.
    adjust : {"holm"}, optional
        ``"holm"`` adds p-values that are adjusted for the number of tests by Holm's method, Mardia's two included.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed of every test, as for `sliced_test`.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    pandas.DataFrame
        A row for each test, under its name: ``title``, ``statistic``, ``pvalue`` (then ``pvalue_holm`` if asked for),
        ``pvalue_stderr``, ``n_resamples``, ``method``, ``null``, ``sensitive_to`` (what the test notices) and ``note``.
        The statistic of the omnibus is small where it speaks against the null, those of the others are large (Mardia's
        kurtosis: far from its mean). ``attrs`` has the shape, ``n`` and ``dim``, and the ``seed`` if it is an int.

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
        raise ValueError(f"adjust must be 'holm' or None, got {adjust!r}")
    asked = asked_for(tests, null)
    sample = x if isinstance(x, Sample) else as_sample(x, nan_policy=nan_policy)
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
