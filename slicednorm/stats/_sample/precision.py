"""Whether values are stored with enough digits for a sample, or a test would notice the steps between them.

float32 has steps of 6e-8 of a value. If the mean is large, or along a direction in which columns hardly differ, that
may be a large part of a standard deviation. A normal sample in steps of h standard deviations is rejected by `ks` in 6
to 10% of cases at the level of 5% if h √n is .5, in 11 to 20% if it is 1, in 33 to 55% if it is 2, and in 94% or more
if it is 4; by `cvm` and `ad` from 2 on (12 to 16%), by `w2` from 4 on, by `cw` and `ep` hardly ever (one column,
composite null, n = 200 to 20,000, 40 to 120 samples each).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from slicednorm.stats._sample.check import Sample
from slicednorm.stats._sample.whiten import whitening_for
from slicednorm.stats._types import Null

# The h √n from which on steps may decide.
_NOTICED = 1.0


def steps_between_values(
    sample: Sample, null: Null, mean: ArrayLike | None = None, cov: ArrayLike | None = None
) -> float | None:
    """Return how far apart the values that a sample can have are, in standard deviations, if tests may notice.

    Parameters
    ----------
    sample : Sample
        A checked sample. Whole numbers have no steps in this sense.
    null : {"standard", "composite"}
        Null hypothesis, as for `sliced_test`.
    mean : float or array_like of shape (D,), optional
        Mean of a known target, as for `sliced_test`.
    cov : float or array_like of shape (D,) or (D, D), optional
        Covariance of a known target, as for `sliced_test`.

    Returns
    -------
    float or None
        The largest step h along any direction, in units of the standard deviation there under the null; None unless
        h √n ≥ 1.

    Examples
    --------
    >>> import numpy as np
    >>> from slicednorm.stats import as_sample
    >>> x = 1e6 + np.random.default_rng(0).standard_normal((400, 2))
    >>> round(steps_between_values(as_sample(x.astype(np.float32)), "composite"), 2)
    0.06
    >>> steps_between_values(as_sample(x), "composite") is None
    True
    """
    rows = sample.rows
    stored = rows.stored
    if stored.kind != "f":
        return None
    size = np.zeros(rows.dim)
    for _, _, (block,) in rows.blocks():
        size = np.maximum(size, np.median(np.abs(block), axis=0))
    steps = np.spacing(size.astype(stored)).astype(np.float64)
    whitening = whitening_for(rows, null, mean, cov)
    largest = float(steps.max()) if whitening is None else np.linalg.norm(steps[:, np.newaxis] * whitening.matrix[0], 2)
    return float(largest) if largest * math.sqrt(rows.n) >= _NOTICED else None
