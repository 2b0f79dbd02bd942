"""Royston's test, against R and scipy."""

import math
from importlib import import_module

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats import royston
from slicednorm.stats._hypotests.classical import shapiro_wilk
from tests.reference import read
from tests.stats.hypotests.classical.every import PEERS

royston_module = import_module("slicednorm.stats._hypotests.classical.royston")


# Limiting laws are compared where they do not hold as well.
@pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
@pytest.mark.parametrize("name", PEERS)
def test_royston(name: str) -> None:
    ours, theirs = royston(read(name), method="asymptotic"), PEERS[name]["royston (R MVN 6.3)"]
    assert ours.statistic == pytest.approx(theirs["statistic"], rel=1e-6)
    assert ours.pvalue == pytest.approx(theirs["p_value"], rel=1e-6)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 11, 12, 50, 200, 5_000])
def test_shapiro_and_wilk_of_scipy(n: int) -> None:
    y = np.sort(np.random.default_rng(n).standard_exponential((8, n)))
    unit = y - y.mean(axis=-1, keepdims=True)
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    wilk, _ = shapiro_wilk.both_scores(n)
    assert np.linalg.norm(wilk) == pytest.approx(1.0, rel=1e-12)
    for lack, column in zip(shapiro_wilk.lack_of_fit(unit, wilk), y, strict=True):
        theirs = stats.shapiro(column)
        assert 1.0 - lack == pytest.approx(theirs.statistic, rel=1e-8)  # their quantiles have 8 digits
        score = float(shapiro_wilk.normal_scores(np.asarray(lack), n))
        assert stats.norm.sf(score) == pytest.approx(theirs.pvalue, rel=1e-6) or theirs.pvalue < 1e-15


def test_kurtosis_decides_between_the_forms() -> None:
    """One heavy-tailed and one light-tailed column: exchanged, either would have another W."""
    x = np.random.default_rng(3).standard_normal((60, 2))
    x[:, 0] = np.sign(x[:, 0]) * np.abs(x[:, 0]) ** 1.5
    x[:, 1] = np.sign(x[:, 1]) * np.abs(x[:, 1]) ** 0.8
    heavy, light = stats.kurtosis(x, fisher=False)
    assert heavy > 3.2 > 2.8 > light
    wilk, francia = shapiro_wilk.both_scores(60)
    z = []
    for column, scores in zip(x.T, (francia, wilk), strict=True):
        unit = np.sort(column) - column.mean()
        lack = 1.0 - np.corrcoef(unit, scores)[0, 1] ** 2
        z.append(float(shapiro_wilk.normal_scores(np.asarray(lack), 60)))
    expected = np.mean(stats.norm.ppf(stats.norm.sf(z) / 2) ** 2)
    degrees = float(royston_module._degrees(np.corrcoef(x.T)[None], 60)[0])
    assert royston(x).statistic == pytest.approx(degrees * expected, rel=1e-9)


@pytest.mark.parametrize("n", [5, 12])
def test_worst_fit_that_royston_may_meet(n: int) -> None:
    x = np.zeros((n, 2))
    x[0] = 1.0, 0.0
    x[1] = 0.0, 1.0
    result = royston(x + 1e-9 * np.arange(2 * n).reshape(n, 2) ** 2)
    assert not math.isnan(result.statistic)
    assert 0.0 <= result.pvalue < 0.01
    assert shapiro_wilk.normal_scores(np.asarray([0.99]), n)[0] > 3.0  # the polynomials end before that


@pytest.mark.slow
@pytest.mark.parametrize("dim", [10, 20])
def test_royston_of_many_correlated_rows(dim: int) -> None:
    """Its polynomials would have 53 degrees for ten such columns, with p = 5e-11, and −28 for twenty."""
    rng = np.random.default_rng(1)
    x = math.sqrt(0.3) * rng.standard_normal((5_000, dim)) + math.sqrt(0.7) * rng.standard_normal((5_000, 1))
    result = royston(x)
    assert result.statistic > 0.0
    assert 1e-4 < result.pvalue <= 1.0
    assert royston_module._degrees(np.corrcoef(x.T)[None], 5_000)[0] == pytest.approx(1.1 * dim)


def test_replicates_of_royston_have_the_correlations_of_the_sample() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((200, 4)) + 5.0 * rng.standard_normal((200, 1))
    result = royston(x, n_resamples=499, rng=1)
    # Columns that are nearly one have about one degree of freedom, of which H has the mean.
    assert abs(result.null_distribution.mean() - 1.3) < 0.4
    assert abs(result.pvalue - royston(x).pvalue) < 0.15
