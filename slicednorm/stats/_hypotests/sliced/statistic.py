"""A sliced distance alone, along given directions."""

from __future__ import annotations

from numpy.typing import ArrayLike

from slicednorm._runtime.blas import single_threaded_blas
from slicednorm.directions import as_directions
from slicednorm.distances import get_distance
from slicednorm.stats._arguments import check_aggregate
from slicednorm.stats._sample.check import Sample, as_sample
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._slices.aggregate import aggregated
from slicednorm.stats._slices.statistics import slice_statistics, slices_scratch
from slicednorm.stats._types import Aggregate, NanPolicy, Null


@slices_scratch()
def sliced_statistic(
    x: ArrayLike | Sample,
    statistic: str = "cvm",
    *,
    directions: ArrayLike,
    prior: ArrayLike | None = None,
    null: Null = "standard",
    aggregate: Aggregate = "mean",
    mean: ArrayLike | None = None,
    cov: ArrayLike | None = None,
    nan_policy: NanPolicy = "raise",
) -> float:
    """Compute a sliced distance to the normal distribution along given directions, without a test.

    Parameters
    ----------
    x : array_like of shape (n, D) or Sample
        Sample, as for `sliced_test`.
    statistic : str, default: "cvm"
        Name of the statistic, as for `sliced_test`.
    directions : array_like of shape (k, D)
        Unit vectors.
    prior : array_like of shape (n, D), optional
        Sample of N(0, I) that ``"sw"`` compares with; the other statistics take none. Under the composite null it is
        standardised like x.
    null : {"standard", "composite"}, default: "standard"
        Null hypothesis, as for `sliced_test`.
    aggregate : {"mean", "max"}, default: "mean"
        How the slices are combined, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.
    nan_policy : {"raise", "omit"}, default: "raise"
        What to do about rows that hold NaN, as for `sliced_test`.

    Returns
    -------
    float
        The mean or the maximum over the slices.

    Raises
    ------
    ValueError
        As `sliced_test`, and if ``prior`` is missing, not needed, or not of x's shape.
    TypeError
        As `sliced_test`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.asarray([[-1.0, 0.5], [0.0, -0.5], [1.0, 0.0]])
    >>> round(sliced_statistic(x, "ks", directions=np.eye(2), aggregate="max"), 6)
    0.308538
    """
    distance = get_distance(statistic)
    check_aggregate(aggregate)
    if distance.needs_prior and prior is None:
        raise ValueError(f"statistic {distance.name!r} compares with a sample of the prior: pass prior of x's shape")
    if not distance.needs_prior and prior is not None:
        raise ValueError(f"statistic {distance.name!r} takes no prior sample")
    sample = as_sample(x, nan_policy=nan_policy)
    rows = sample.rows
    chosen = as_directions(directions, rows.dim, rows.dtype)
    prior_rows = None
    if prior is not None:
        checked = as_sample(prior).rows
        if (checked.n, checked.dim) != (rows.n, rows.dim):
            raise ValueError(
                f"prior must have the shape of x, ({rows.n}, {rows.dim}), got ({checked.n}, {checked.dim})"
            )
        prior_rows = checked.astype(rows.dtype)
    with single_threaded_blas():
        values = slice_statistics(
            rows,
            chosen,
            [distance],
            whitening=whitening_for(rows, null, mean, cov),
            prior=prior_rows,
            prior_whitening=whitening_for(prior_rows, null) if prior_rows is not None else None,
        )
    return float(aggregated(values, aggregate)[0, 0])
