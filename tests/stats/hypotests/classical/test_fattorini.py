"""Fattorini's test, against scipy's W along every row."""

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats import fattorini
from tests.reference import read
from tests.stats.hypotests.classical.every import PEERS
from tests.stats.hypotests.samples import skewed


@pytest.mark.parametrize("name", PEERS)
def test_shapiro_and_wilk_of_scipy(name: str) -> None:
    x = read(name)
    centred = x - x.mean(axis=0)
    directions = centred @ np.linalg.inv(np.cov(x.T))
    w = min(stats.shapiro(x @ direction).statistic for direction in directions)
    # Their quantiles have 8 digits.
    assert fattorini(x, n_resamples=9, rng=0).statistic == pytest.approx(1.0 - w, abs=1e-8)


def test_affine_invariance() -> None:
    x = skewed(80, 3)
    turned = x @ np.random.default_rng(1).standard_normal((3, 3)) * 1e3 - 1e4
    one, other = fattorini(x, n_resamples=1), fattorini(turned, n_resamples=1)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-8)


def test_a_row_at_the_mean_has_no_direction() -> None:
    """Whatever rounding makes of it."""
    half = np.random.default_rng(0).standard_normal((20, 3))
    x = np.concatenate([half, -half, np.zeros((1, 3))])
    for shift in (0.0, 0.1, 1e5 / 3.0):
        moved = fattorini(x + shift, n_resamples=1).statistic
        assert moved == pytest.approx(fattorini(x, n_resamples=1).statistic, rel=1e-6)
    w = min(stats.shapiro(x @ np.linalg.solve(np.cov(x.T), row)).statistic for row in x[:-1])
    assert fattorini(x, n_resamples=1).statistic == pytest.approx(1.0 - w, abs=1e-8)


def test_one_column_is_shapiro_and_wilks_w() -> None:
    x = np.random.default_rng(2).standard_exponential((40, 1))
    assert fattorini(x, n_resamples=1).statistic == pytest.approx(1.0 - stats.shapiro(x[:, 0]).statistic, abs=1e-8)
