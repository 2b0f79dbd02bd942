"""Every column of a sample by itself: what it is like, and whether it is normal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm.stats._arguments import check_workers, spelled
from slicednorm.stats._calibration.method import check_method
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.sliced.sliced import sliced_test
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._sample.called import checked_names
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._streams import RNG, replay_seed, root_seed
from slicednorm.stats._types import Method, NanPolicy

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

# Royston's approximation of the null distribution of W was made for so many rows.
_FEWEST_OF_W, _MOST_OF_W = 3, 5_000

_TESTS = ("anderson_darling", "shapiro_wilk", "skewness", "kurtosis")


# A mean counts as 0 if it is at most this part of the largest value.
_NOTHING = 1e-14


def _described(y: Array) -> dict[str, float]:
    """Return what a column is like."""
    mean, sd = float(np.mean(y)), float(np.std(y, ddof=1))
    if abs(mean) <= _NOTHING * float(np.abs(y).max()):
        mean = 0.0  # that of residuals is 0 but for rounding
    low, first, median, third, high = np.quantile(y, [0.0, 0.25, 0.5, 0.75, 1.0]).tolist()
    return {"mean": mean, "sd": sd, "min": low, "25%": first, "median": median, "75%": third, "max": high}


def _tested(y: Array, whole: Sample, column: int, options: dict[str, Any]) -> dict[str, float]:
    """Return the statistics of a column of a sample and their p-values."""
    from scipy import stats as scipy_stats

    rounding = None if whole.rounding is None else whole.rounding.of(column)
    transform = None if whole.transform is None else whole.transform.of(column)
    rows = Rows(y[:, np.newaxis], np.dtype(np.float64))
    sample = Sample(rows, 0, whole.design, rounding=rounding, transform=transform)
    one = sliced_test(sample, "ad", null="composite", **options)
    third = mardia(sample, null="composite", **options)
    w = w_pvalue = np.nan
    if len(y) <= _MOST_OF_W and sample.treatment is None:
        w, w_pvalue = map(float, scipy_stats.shapiro(y))
    scores = (y - y.mean()) / y.std()
    shown = one.has_pvalue
    return {
        "anderson_darling": len(y) * one.statistic,
        "anderson_darling_pvalue": one.pvalue if shown else np.nan,
        "shapiro_wilk": w,
        "shapiro_wilk_pvalue": w_pvalue if shown else np.nan,
        "skewness": float(np.mean(scores**3)),
        "skewness_pvalue": third.skewness_pvalue if shown else np.nan,
        "kurtosis": float(np.mean(scores**4)) - 3.0,
        "kurtosis_pvalue": third.kurtosis_pvalue if shown else np.nan,
    }


def column_table(
    x: ArrayLike | Sample,
    *,
    names: Sequence[str] | None = None,
    method: Method | None = "auto",
    n_resamples: int | None = None,
    adjust: bool = True,
    rng: RNG = None,
    workers: int = 1,
    nan_policy: NanPolicy = "raise",
) -> pd.DataFrame:
    r"""Describe every column, and test whether it is normal with an unknown mean and variance.

    Normal columns are not yet a normal sample, and many tests of columns reject by chance; so this stands beside a test
    of the whole, and p-values are adjusted over the columns.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`. The columns of a DataFrame are called by their names.
    names : sequence of str, optional
        Names of the columns; those of a DataFrame by default, else they are numbered from 0.
    method : {"auto", "sequential", "monte carlo"} or None, default: "auto"
        How p-values of Anderson and Darling's statistic, the skewness and the kurtosis are found, as for `sliced_test`
        and `mardia`. Shapiro and Wilk's comes from Royston's approximation (SciPy). None leaves p-values out.
    n_resamples : int, optional
        Number M of null replicates, as for `sliced_test`.
    adjust : bool, default: True
        Whether p-values are adjusted over the columns by Holm's method, for each test by itself.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        Seed, as for `sliced_test`; the same for all columns.
    workers : int, default: 1
        Number of threads, as for `sliced_test`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    pandas.DataFrame
        A row for each column: ``mean``, ``sd`` (divisor n − 1), ``min``, ``25%``, ``median``, ``75%``, ``max``;
        then ``anderson_darling`` (A², n times the distance `ad`, of scores with divisor n), ``shapiro_wilk`` (W;
        NaN beyond 5,000 rows, for residuals, and with ``rounding`` or ``transform``), ``skewness`` and ``kurtosis``
        (the excess, by moments with divisor n), each with its ``..._pvalue``, two-sided for the last two, and with
        ``..._pvalue_holm``. A column that is
        constant has NaN for all tests. ``attrs`` has ``n``, ``dim``, and the ``seed`` if it is an int.

    Raises
    ------
    ValueError
        If x has not shape (n, D), n ≥ 3, D ≥ 1, or holds NaN or infinities; if ``names`` does not name each column.
    TypeError
        If x does not hold real numbers, ``names`` are not words, or ``adjust`` is not true or false.

    References
    ----------
    Royston, "Remark AS R94: a remark on algorithm AS 181: the W-test for normality", Applied Statistics 44 (1995).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(7)
    >>> x = np.column_stack([rng.standard_normal(80), rng.exponential(size=80)])
    >>> table = column_table(x, names=["a", "b"], rng=0)
    >>> (table[["anderson_darling_pvalue_holm", "shapiro_wilk_pvalue_holm"]] < 0.05).to_numpy().tolist()
    [[False, False], [True, True]]
    """
    import pandas as pd

    check_method(method, n_resamples)
    check_workers(workers)
    if not isinstance(adjust, (bool, np.bool_)):
        raise TypeError(f"adjust must be True (by Holm's method) or False, got {spelled(adjust)}")
    sample = as_sample(x, nan_policy=nan_policy)
    check_treatment("column_table", sample, "composite", None)
    rows, root = sample.rows, root_seed(rng)
    if rows.n < _FEWEST_OF_W:
        raise ValueError(f"column_table needs at least {_FEWEST_OF_W} rows, got shape ({rows.n}, {rows.dim})")
    names = checked_names(names, rows.called, rows.dim)
    options: dict[str, Any] = {"method": method, "n_resamples": n_resamples, "rng": root, "workers": workers}
    found = []
    for column in range(rows.dim):
        y = rows.column(column).astype(np.float64)
        one = _described(y)
        if np.ptp(y) > 0.0:
            one |= _tested(y, sample, column, options)
        found.append(one)
    frame = pd.DataFrame(found, index=pd.Index(range(rows.dim) if names is None else names, name="column"))
    if adjust and method is not None:
        for test in _TESTS:
            at = f"{test}_pvalue"
            if at in frame:
                pvalues = [None if np.isnan(p) else float(p) for p in frame[at]]
                adjusted = np.asarray(holm_adjusted(pvalues), dtype=np.float64)
                frame.insert(list(frame).index(at) + 1, f"{at}_holm", adjusted)
    seed = replay_seed(root)
    frame.attrs = {"n": rows.n, "dim": rows.dim, **({"seed": seed} if isinstance(seed, int) else {})}
    return frame
