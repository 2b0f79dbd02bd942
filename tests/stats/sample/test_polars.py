"""DataFrames of polars: their values, the names of their columns, and groups."""

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats

pl = pytest.importorskip("polars")

X = np.random.default_rng(5).standard_normal((60, 2))
KIND = ["a", "b", "c"] * 20
FRAME = pl.DataFrame({"length": X[:, 0], "width": X[:, 1], "count": np.arange(60) % 7, "kind": KIND})
FAST = {"null": "composite", "n_resamples": 19, "rng": 0}


def test_values_and_names():
    sample = stats.as_sample(FRAME.drop("kind"))
    expected = np.column_stack([X, np.arange(60) % 7])
    np.testing.assert_array_equal(np.concatenate([block[0] for _, _, block in sample.rows.blocks()]), expected)
    assert sample.rows.called.columns == ("length", "width", "count")
    assert stats.column_table(FRAME.drop("kind"), rng=0).index.tolist() == ["length", "width", "count"]
    assert stats.as_sample(FRAME["length"]).rows.called.columns == ("length",)


def test_what_is_missing_or_no_number():
    missing = FRAME.drop("kind").with_columns(
        pl.when(pl.col("count") == 3).then(None).otherwise("count").alias("count")
    )
    with pytest.raises(stats.SampleError, match=r"NaN, the first at row 3 \(from 0\), column count"):
        stats.as_sample(missing)
    assert stats.as_sample(missing, nan_policy="omit").n == np.sum(np.arange(60) % 7 != 3)
    with pytest.raises(TypeError, match="columns that are not numbers: kind"):
        stats.as_sample(FRAME)


@pytest.mark.parametrize("by", ["kind", pl.Series("kind", KIND), KIND], ids=["name", "series", "list"])
def test_groups(by):
    x = FRAME if isinstance(by, str) else FRAME.drop("kind")
    expected = stats.normality_table(
        pd.DataFrame({name: FRAME[name].to_numpy() for name in FRAME.columns}), ["hz"], by="kind", **FAST
    )
    pd.testing.assert_frame_equal(stats.normality_table(x, ["hz"], by=by, **FAST), expected)
    groups = stats.henze_zirkler(FRAME.drop("kind"), groups=FRAME["kind"], n_resamples=19, rng=0)
    assert groups.pvalue == expected["pvalue"].iloc[-1]
