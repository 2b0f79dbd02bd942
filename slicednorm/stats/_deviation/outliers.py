"""Rows that lie farther from the others than rows of a normal sample do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.stats._arguments import check_count, check_share, spelled
from slicednorm.stats._deviation.robust import robust_distances
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.treatments import check_treatment
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.design import Design
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated, whitening_for
from slicednorm.stats._streams import RNG
from slicednorm.stats._types import NanPolicy, Null, Progress

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

# How many rows are taken away at most, one after the other, and which part of the rows.
MOST_TRIED, _MOST_PART = 100, 0.25

# Rows without which the smallest eigenvalue of the covariance is this part of the largest make up all of a dimension.
_SINGULAR = 1e-10

# How many rows a sentence names.
_NAMED = 5


@dataclass(frozen=True)
class Found:
    """What the search for outliers found.

    Attributes
    ----------
    rows : ndarray of shape (m,), dtype=intp
        Their numbers in x, from 0, in the order in which they were found.
    steps : ndarray of shape (s, 2), dtype=float64
        For each row that was taken away, as long as there were any to try, its squared distance from the rows left at
        that step, and the probability that the farthest of so many normal rows is as far.
    tried : ndarray of shape (s,), dtype=intp
        The numbers of these rows in x, from 0.
    squared_distances : ndarray of shape (n,), dtype=float64
        The squared distances of all rows in use, by the mean and covariance of all of them.
    pvalues : ndarray of shape (n,), dtype=float64
        The probability that one given row of a normal sample is as far.
    """

    rows: NDArray[np.intp]
    tried: NDArray[np.intp]
    steps: Array
    squared_distances: Array
    pvalues: Array


def _tails(squares: Array, freedom: int, dim: int, null: Null, kept: Array | None) -> Array:
    """Return the probability that a given row is as far.

    Under the composite null a squared distance, by the mean and covariance (divisor n) of the sample, is ν times a beta
    variable of D/2 and (ν − D)/2, ν the degrees of freedom, and n M_ii times one for the residuals of a design.
    """
    from scipy.special import betainc, chdtrc

    if null == "standard":
        return np.asarray(chdtrc(dim, squares))
    largest = np.full(len(squares), float(freedom)) if kept is None else len(squares) * kept
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip(squares / largest, 0.0, 1.0)
    share[~(largest > 0.0)] = 0.0
    # 1 − I_x(a, b) = I_{1−x}(b, a) keeps the digits of a small tail.
    return np.asarray(betainc(0.5 * (freedom - dim), 0.5 * dim, 1.0 - share))


def _of_all(data: Array, null: Null) -> Array:
    """Return the squared distances of rows, by their own moments under the composite null."""
    z = data if null == "standard" else estimated(Rows(data, np.dtype(np.float64)))(data[np.newaxis])[0]
    return np.asarray(np.sum(z * z, axis=1))


def _is_singular(data: Array) -> bool:
    """Return whether rows, of a sample that was standardised, vary in fewer dimensions than there are columns."""
    spectrum = np.linalg.eigvalsh(np.atleast_2d(np.cov(data, rowvar=False)))
    return not bool(spectrum[0] > _SINGULAR * spectrum[-1])


def _stepwise(data: Array, most: int, null: Null, design: Design | None) -> tuple[list[int], Array]:
    """Take the farthest row away, again and again; return which, and the distance and p-value of each."""
    left = np.arange(len(data))
    gone: list[int] = []
    steps = []
    dim = data.shape[1]
    for _ in range(most):
        some, part = data[left], None
        if null == "composite" and design is not None:
            part = design.without(np.asarray(gone, np.intp))
            some = part.residuals(some)
        freedom = len(left) - 1 if part is None else part.freedom
        if null == "composite" and freedom <= dim + 1:
            break
        if null == "composite" and gone and _is_singular(some):
            break
        squares = _of_all(some, null)
        tails = _tails(squares, freedom, dim, null, None if part is None else part.kept)
        farthest = int(np.lexsort((-squares, tails))[0])
        if not np.isfinite(squares[farthest]):
            break
        steps.append((squares[farthest], -np.expm1(len(left) * np.log1p(-min(float(tails[farthest]), 1.0 - 1e-16)))))
        gone.append(int(left[farthest]))
        left = np.delete(left, farthest)
    return gone, np.asarray(steps, np.float64).reshape(-1, 2)


def _labels(sample: Sample, rows: NDArray[np.intp]) -> tuple[Any, ...]:
    """Return what rows are called."""
    labels = sample.rows.called.rows
    return tuple(rows.tolist() if labels is None else (labels[row] for row in rows.tolist()))


def _sentence(names: Sequence[str], farthest: tuple[float, float], n: int, level: float, away: str) -> str:
    """Say which rows stand out; ``farthest`` is the squared distance of the first, and its p-value."""
    if not names:
        return f"No row lies farther from the others than the farthest of {n:,} normal rows may, at level {level:g}."
    named = ", ".join(names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    if len(names) == 1:
        square, pvalue = farthest
        return (
            f"Row {named} stands out: its squared {away} is {square:.1f}; the farthest of {n:,} normal rows is as far "
            f"with probability {pvalue:.2g}."
        )
    return f"Rows {named}{more} stand out: they lie farther from the others than normal rows do, at level {level:g}."


def outliers(
    x: ArrayLike | Sample,
    *,
    null: Null = "composite",
    level: float = 0.05,
    most: int | None = None,
    robust: bool = False,
    n_resamples: int | None = None,
    rng: RNG = None,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    design: Any = None,
    groups: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
    progress: Progress | None = None,
) -> pd.DataFrame:
    r"""Find the rows that lie farther from the others than rows of a normal sample do.

    The squared distance :math:`d_i^2 = (x_i - \bar x)^T S^{-1} (x_i - \bar x)`, S with divisor n, of a normal row has
    the distribution :math:`(n - 1)\,\mathrm{Beta}(D/2, (n - D - 1)/2)`, which gives each row a p-value q. That of the
    farthest of n rows is :math:`1 - (1 - q)^n`. Two outliers can hide each other, because they widen S. So the farthest
    row is taken away, and the next is judged by the rows left, up to ``most`` of them; all rows that were taken away up
    to the last one with a p-value of at most ``level`` stand out (Rosner's and Caroni and Prescott's procedure).

    A clump of many rows far out hides even so: of each of its rows the others make the covariance wide. With
    ``robust=True`` the distances come from a centre and a covariance that less than half of the rows, however far
    out, do not move: the minimum covariance determinant, reweighted. Their distribution at few rows is far from
    :math:`\chi^2_D`, so p-values come from normal samples that go through the same estimate. A row stands out if the
    farthest row of a normal sample is as far with a probability of at most ``level``; the probability that any row of a
    normal sample stands out is at most ``level``, whatever the number of rows.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`. The rows of a DataFrame are called by their labels.
    null : {"composite", "standard"}, default: "composite"
        Whether the mean and the covariance are those of the sample, or those of N(0, I) (or the target ``mean``,
        ``cov``), by which :math:`d_i^2` is :math:`\chi^2_D`.
    level : float, default: 0.05
        Level, between 0 and 1: about with this probability any row of a normal sample stands out.
    most : int, optional
        How many rows are tried; a quarter of them by default, and at most 100. Not with ``robust=True``.
    robust : bool, default: False
        Whether the distances are robust. It takes scikit-learn (the extra ``robust``), the composite null without a
        design or groups, and at least 2D + 2 rows.
    n_resamples : int, optional
        With ``robust=True``, the number M of normal samples, by default 199, or more for a level below 1/200. Each
        takes some 0.05 s.
    rng : int, numpy.random.Generator or numpy.random.SeedSequence, optional
        With ``robust=True``, the seed of the normal samples and of the search for the estimate, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    design : array_like of shape (n, p) or the results of a fit, optional
        Regressors with unknown coefficients, as for `as_sample`: residuals are judged, each by its own variance, and
        the regression is fitted anew when a row is taken away.
    groups : array_like of shape (n,), optional
        A label for each row, whose group has a mean of its own, as for `as_sample`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.
    progress : callable, optional
        With ``robust=True``, called as ``progress(done, total)``, as for `sliced_test`.

    Returns
    -------
    pandas.DataFrame
        A row for each row in use, under its label in a DataFrame x, else its number from 0: ``distance2``, the squared
        distance; ``pvalue``, the probability that one given row of a normal sample is as far, and ``pvalue_holm``,
        adjusted for the number of rows by Holm's method; ``pvalue_stepwise``, of the rows that were taken away, the
        probability that the farthest of the rows left is as far; and ``outlier``, whether it stands out. ``attrs`` has
        a ``sentence`` that names the rows that do. With ``robust=True`` there is ``pvalue_farthest``, the probability
        that the farthest of n normal rows is as far, in the place of ``pvalue_stepwise``.

    Raises
    ------
    ValueError
        As `sliced_test`; if level is not between 0 and 1, or ``most`` is not between 1 and n/2; with ``robust=True`` if
        the null is not composite, there is a design, there are too few rows or replicates, or half of the rows lie in
        fewer than D dimensions.
    TypeError
        As `sliced_test`.
    ImportError
        With ``robust=True``, if there is no scikit-learn.

    References
    ----------
    Gnanadesikan and Kettenring, Biometrics 28 (1972): the distribution of the distances. Rosner, "Percentage points for
    a generalized ESD many-outlier procedure", Technometrics 25 (1983). Caroni and Prescott, "Sequential application of
    Wilks's multivariate outlier test", Applied Statistics 41 (1992). Rousseeuw and Van Driessen, "A fast algorithm for
    the minimum covariance determinant estimator", Technometrics 41 (1999). Cerioli, "Multivariate outlier detection
    with high-breakdown estimators", JASA 105 (2010), on how far off limiting distributions are.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(7).standard_normal((60, 2))
    >>> x[5] = 6.0
    >>> table = outliers(x)
    >>> table.index[table["outlier"]].tolist()
    [5]
    >>> print(table.attrs["sentence"])
    Row 5 stands out: its squared distance from the mean is 35.3; the farthest of 60 normal rows is as far with ...
    """
    import pandas as pd

    check_share("level", level)
    if not isinstance(robust, (bool, np.bool_)):
        raise TypeError(f"robust must be True or False, got {spelled(robust)}")
    if n_resamples is not None and not robust:
        raise ValueError("n_resamples goes with robust=True; the other distances have p-values by a formula")
    if robust and (null != "composite" or mean is not None or cov is not None):
        raise ValueError("robust=True estimates the mean and the covariance: it goes with null='composite'")
    if robust and most is not None:
        raise ValueError("most goes with rows that are taken away one by one; with robust=True leave it out")
    sample = as_sample(x, nan_policy=nan_policy, design=design, groups=groups)
    numbers = np.asarray([sample.rows.number(row) for row in range(sample.n)], np.intp)
    out = np.zeros(sample.n, bool)
    if robust:
        distances = robust_distances(sample, level=level, n_resamples=n_resamples, rng=rng, progress=progress)
        squares, pvalues = distances.squared_distances, distances.pvalues
        what, decisive, away = "pvalue_farthest", distances.pvalues_farthest, "robust distance from the centre"
        out = decisive <= level
        order = np.argsort(-squares, kind="stable")
        rows = numbers[order[out[order]]]
        farthest = float(squares[order[0]]), float(decisive[order[0]])
    else:
        found = find_outliers(sample, null=null, level=level, most=most, mean=mean, cov=cov)
        squares, pvalues, rows = found.squared_distances, found.pvalues, found.rows
        what, decisive, away = "pvalue_stepwise", np.full(sample.n, np.nan), "distance from the mean"
        places = pd.Series(np.arange(sample.n), index=numbers)
        out[places[rows]] = True
        decisive[places[found.tried]] = found.steps[:, 1]
        farthest = (float(found.steps[0, 0]), float(found.steps[0, 1])) if len(found.steps) else (np.nan, np.nan)
    frame = pd.DataFrame(
        {
            "distance2": squares,
            "pvalue": pvalues,
            "pvalue_holm": np.asarray(holm_adjusted(pvalues.tolist()), np.float64),
            what: decisive,
            "outlier": out,
        },
        index=pd.Index(_labels(sample, numbers), name="row", tupleize_cols=False),
    )
    names = [sample.rows.called.name(row) for row in rows.tolist()]
    said = _sentence(names, farthest, sample.n, level, away)
    frame.attrs = {"sentence": said, "n": sample.n, "dim": sample.dim}
    return frame


def find_outliers(
    sample: Sample,
    *,
    null: Null,
    level: float,
    most: int | None = None,
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
) -> Found:
    """Return the rows of a sample that stand out, and the distances of all."""
    check_treatment("outliers", sample, null, None)
    rows = sample.rows
    n, dim = rows.n, rows.dim
    if most is not None:
        check_count("most", most)
    if most is not None and not 1 <= most <= max(1, n // 2):
        raise ValueError(f"most must lie between 1 and half of the {n} rows, got {spelled(most)}")
    count = min(MOST_TRIED, max(1, int(_MOST_PART * n))) if most is None else int(most)
    with single_threaded_blas():
        whitening = whitening_for(rows, null, mean, cov)
        blocks = [block[0].astype(np.float64) for _, _, block in rows.blocks()]
        data = np.concatenate(blocks if whitening is None else [whitening(block[np.newaxis])[0] for block in blocks])
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.sum(data * data, axis=1)
            gone, steps = _stepwise(data, count, null, sample.design)
    if not np.isfinite(squares).all():
        raise SampleError(f"distances of x of shape ({n}, {dim}) overflow; rescale the columns")
    freedom = n - 1 if sample.design is None else sample.design.freedom
    kept = None if sample.design is None else sample.design.kept
    beyond = np.flatnonzero(steps[:, 1] <= level)
    found = np.asarray(gone[: beyond[-1] + 1 if beyond.size else 0], np.intp)
    return Found(
        rows=np.asarray([rows.number(int(row)) for row in found], np.intp),
        tried=np.asarray([rows.number(row) for row in gone], np.intp),
        steps=steps,
        squared_distances=squares,
        pvalues=_tails(squares, freedom, dim, null, kept),
    )
