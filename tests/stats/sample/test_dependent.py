"""Columns that others determine are found, and the rest can be tested."""

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats


@pytest.fixture
def x():
    return np.random.default_rng(7).standard_normal((60, 3))


def test_sums_multiples_copies_and_constants(x):
    a, b, c = x.T
    frame = pd.DataFrame({"a": a, "one": 0.1, "b": b, "sum": a + b, "c": c, "cm": 100.0 * c + 3.0, "again": b})
    found = stats.dependent_columns(frame)
    assert found.dependent == (1, 3, 5, 6)
    assert found.reasons == (
        "column one is constant",
        "column sum is the sum of columns a and b",
        "column cm is 100 times column c plus 3",
        "columns b and again are the same",
    )
    with pytest.raises(stats.SampleError, match="constant"):
        stats.henze_zirkler(frame, rng=0)
    rest = frame.iloc[:, list(found.independent)]
    assert stats.henze_zirkler(rest, rng=0).pvalue == stats.henze_zirkler(x, rng=0).pvalue


def test_parts_that_sum_to_100_but_for_rounding(x):
    shares = 100.0 * np.exp(0.1 * x) / np.exp(0.1 * x).sum(axis=1, keepdims=True)
    found = stats.dependent_columns(np.round(shares, 1), names=["sand", "silt", "clay"])
    assert (found.dependent, found.reasons) == ((2,), ("columns sand, silt and clay sum to 100 but for rounding",))


def test_what_is_not_to_be_left_out(x):
    assert stats.dependent_columns(x).dependent == ()
    # Too few rows for the columns, and a row beside which all others are the same.
    assert stats.dependent_columns(x[:4]).dependent == ()
    far = np.column_stack([x, x[:, 0]])
    far[3] = 1e9 * np.asarray([1.0, 1.0, -1.0, 1.0])
    assert stats.dependent_columns(far).dependent == ()


def test_of_residuals(x):
    z = np.arange(60.0)
    sample = stats.as_sample(np.column_stack([x, x[:, 0] + 3.0 * z]), design=z)
    # The column differs from another by what the regression takes away.
    assert stats.dependent_columns(sample).dependent == (3,)


def test_missing_values_and_names(x):
    x[3, 1] = np.nan
    both = np.column_stack([x, x[:, 2]])
    assert stats.dependent_columns(both, nan_policy="omit").dependent == (3,)
    with pytest.raises(ValueError, match="holds 1 NaN"):
        stats.dependent_columns(both)
    with pytest.raises(ValueError, match="each of the 4 columns, got 2"):
        stats.dependent_columns(both, names=["a", "b"], nan_policy="omit")


def test_errors_name_rows(x):
    x[5, 1] = np.nan
    with pytest.raises(stats.SampleError) as caught:
        stats.as_sample(x)
    assert (caught.value.rows, caught.value.columns) == ((5,), (1,))
