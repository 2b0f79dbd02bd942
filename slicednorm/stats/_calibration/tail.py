"""Beyond the last replicate: an extrapolated p-value, from an exponential tail fitted to the largest replicates.

The statistics are, exactly or nearly, weighted sums of squares of normal variables, whose tails are exponential up to
slowly varying factors; the tail of `ks` falls off faster, so that its p-values are too large. Over 14 statistics and
both nulls, against 400,000 replicates, the root mean square error in decades at p = 1e-4 and 1e-5 was, with 999
replicates, .40 and .53 for this fit, 1.5 and 1.8 for a generalised Pareto distribution whose shape is fitted too (by
probability-weighted moments to the largest tenth), .54 and .82 for a gamma distribution with the replicates' three
moments, which errs to the small side; with 9,999 replicates .19 and .31, .49 and 1.0, .32 and .52. The table is in
docs/results/calibration.md.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The number of the largest replicates that are used, over √M. The fewer, the nearer to the tail, and the noisier.
_SHARE = 2.5

# Fewer replicates have too short a tail.
_LEAST = 199

# How far below 1/(M + 1) one may extrapolate; nothing is known of what lies beyond.
FARTHEST_TAIL = 1e-3


def tail_pvalue(null_distribution: NDArray[Any], statistic: float) -> float | None:
    """Return the p-value of a statistic larger than all replicates by the fitted tail, or None.

    With N the number of replicates above a threshold u and m their mean distance from it, p = (N/M) exp(−(T − u)/m);
    at least FARTHEST_TAIL/(M + 1), and at most 1/(M + 1). None if a replicate reaches the statistic, or if there are
    fewer than 199 replicates.
    """
    count = len(null_distribution)
    if count < _LEAST or not statistic > null_distribution.max():
        return None
    largest = math.ceil(_SHARE * math.sqrt(count))
    tail = np.sort(np.partition(null_distribution, count - largest - 1)[count - largest - 1 :])
    threshold = 0.5 * (tail[0] + tail[1])
    mean = float(np.mean(tail[1:] - threshold))
    floor = 1.0 / (count + 1)
    if not mean > 0.0:
        return None
    log_p = math.log(largest / count) - (float(statistic) - threshold) / mean
    return min(floor, max(FARTHEST_TAIL * floor, math.exp(max(log_p, -700.0))))
