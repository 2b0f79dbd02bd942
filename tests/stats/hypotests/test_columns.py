"""Every column by itself: descriptions, and tests that agree with those of others."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.diagnostic import normal_ad

from slicednorm import stats


def frame(n=120, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"normal": 5.0 + 2.0 * rng.standard_normal(n), "skew": rng.exponential(size=n), "tails": rng.standard_t(3, n)}
    )


def test_descriptions_are_those_of_pandas():
    data = frame()
    found, expected = stats.column_table(data, method=None), data.describe()
    for ours, theirs in (("mean", "mean"), ("sd", "std"), ("min", "min"), ("25%", "25%"), ("median", "50%")):
        np.testing.assert_allclose(found[ours], expected.loc[theirs])
    assert found.index.tolist() == list(data)
    assert found["skewness_pvalue"].isna().all()
    assert "skewness_pvalue_holm" not in found


def test_tests_are_those_of_others():
    data = frame()
    found = stats.column_table(data, rng=0)
    for name, y in data.items():
        row = found.loc[name]
        # Theirs standardises with divisor n − 1.
        statistic, pvalue = normal_ad(y.to_numpy())
        assert row["anderson_darling"] == pytest.approx(statistic, rel=0.05)
        if pvalue > 1e-4:
            assert row["anderson_darling_pvalue"] == pytest.approx(pvalue, rel=0.15)
        w = scipy_stats.shapiro(y)
        assert (row["shapiro_wilk"], row["shapiro_wilk_pvalue"]) == pytest.approx((w.statistic, w.pvalue))
        assert row["skewness"] == pytest.approx(scipy_stats.skew(y))
        assert row["kurtosis"] == pytest.approx(scipy_stats.kurtosis(y))
        if row["skewness_pvalue"] > 0.01:
            assert row["skewness_pvalue"] == pytest.approx(scipy_stats.skewtest(y).pvalue, abs=0.06)
    for test in ("anderson_darling", "shapiro_wilk", "skewness", "kurtosis"):
        p = found[f"{test}_pvalue"]
        assert found.loc[p.idxmin(), f"{test}_pvalue_holm"] == pytest.approx(min(1.0, 3.0 * p.min()))


def test_residuals_are_tested_as_residuals():
    x = np.random.default_rng(2).standard_normal((30, 2))
    groups = np.repeat(np.arange(10), 3)
    sample = stats.as_sample(x, groups=groups)
    found = stats.column_table(sample, n_resamples=99, rng=3)
    one = stats.sliced_test(x[:, 0], "ad", null="composite", groups=groups, n_resamples=99, rng=3)
    assert found.loc[0, "anderson_darling_pvalue"] == one.pvalue
    assert found["shapiro_wilk"].isna().all()


def test_constant_columns_and_many_rows():
    rng = np.random.default_rng(4)
    found = stats.column_table(np.column_stack([np.ones(6000), rng.standard_normal(6000)]), rng=0)
    assert np.isnan(found.loc[0, "anderson_darling_pvalue"])
    assert np.isnan(found.loc[1, "shapiro_wilk"])
    assert found.loc[1, "anderson_darling_pvalue_holm"] == found.loc[1, "anderson_darling_pvalue"]


def test_missing_values_and_what_is_refused():
    data = frame()
    data.iloc[3, 0] = np.nan
    assert stats.column_table(data, method=None, nan_policy="omit").attrs["n"] == 119
    with pytest.raises(ValueError, match="NaN"):
        stats.column_table(data)
    with pytest.raises(ValueError, match="each of the 3 columns"):
        stats.column_table(frame(), names=["a"])
    with pytest.raises(ValueError, match="at least 3 rows"):
        stats.column_table([[1.0], [2.0]])
