"""The test of Villaseñor Alva and González Estrada, against scipy's W of columns standardised by scipy's root."""

import numpy as np
import pytest
from scipy import linalg, stats

from slicednorm.stats import villasenor_gonzalez
from tests.reference import read
from tests.stats.hypotests.classical.every import PEERS, values_of


@pytest.mark.parametrize("name", PEERS)
def test_shapiro_and_wilk_of_scipy(name: str) -> None:
    x = read(name)
    y = (x - x.mean(axis=0)) @ np.linalg.inv(np.real(linalg.sqrtm(np.cov(x.T))))
    w = np.mean([stats.shapiro(column).statistic for column in y.T])
    # Their quantiles have 8 digits.
    assert villasenor_gonzalez(x, n_resamples=9, rng=0).statistic == pytest.approx(1.0 - w, abs=1e-8)


def test_one_column_is_shapiro_and_wilks_test() -> None:
    x = np.random.default_rng(2).standard_exponential((40, 1)) ** 0.7
    ours, theirs = villasenor_gonzalez(x, n_resamples=1_999, rng=0), stats.shapiro(x[:, 0])
    assert ours.pvalue == pytest.approx(theirs.pvalue, abs=4.0 * ours.pvalue_stderr + 1e-3)


@pytest.mark.slow
def test_the_null_distribution_is_that_of_every_covariance() -> None:
    """Turned by the root of any covariance, standardised normal rows are standardised normal rows."""
    plain = np.random.default_rng(3).standard_normal((4_000, 15, 3))
    mixing = np.asarray([[1.0, 0.0, 0.0], [5.0, 1.0, 0.0], [0.3, -2.0, 0.01]])
    mixed = np.random.default_rng(4).standard_normal((4_000, 15, 3)) @ mixing
    name = "villasenor_gonzalez"
    assert stats.ks_2samp(values_of(name, plain), values_of(name, mixed)).pvalue > 1e-3
