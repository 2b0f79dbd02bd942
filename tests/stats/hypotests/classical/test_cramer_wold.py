"""The Cramer-Wold test, against the mean over directions."""

import math

import numpy as np
import pytest

from slicednorm.directions import random_directions
from slicednorm.stats import cramer_wold, sliced_statistic
from tests.stats.hypotests.samples import skewed


@pytest.mark.parametrize("dim", [1, 2, 6])
def test_cramer_wold_is_the_mean_over_directions(dim: int) -> None:
    x = skewed(40, dim)
    ours = cramer_wold(x, null="standard", n_resamples=1).statistic
    parts = [
        sliced_statistic(x, "cw", directions=random_directions(2_000, dim, "orthogonal", rng=seed))
        for seed in range(20)
    ]
    error = np.std(parts, ddof=1) / math.sqrt(len(parts))
    assert abs(np.mean(parts) - ours) < 4.0 * error + 1e-13
    assert error < 0.01 * ours
