"""Rows that stand out: the exact distribution of distances, rows that hide each other, labels."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.stats._deviation.outliers import find_outliers
from slicednorm.stats._deviation.robust import _Distances
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._streams import replicate_stream, root_seed

LOGNORMAL = np.random.default_rng(0).lognormal(size=(40, 8))


def normal(n, dim, *seed):
    return np.random.default_rng([n, dim, *seed]).standard_normal((n, dim))


def quickly(x, *, null="composite", level=0.05, most=None, **given):
    """Return what is found, without the table, whose adjustment takes longer."""
    return find_outliers(stats.as_sample(x, **given), null=null, level=level, most=most)


def out_of(found):
    """Return the labels of the rows that stand out."""
    return found.index[found["outlier"]].tolist()


@pytest.mark.parametrize(
    "given",
    [{}, {"design": LOGNORMAL}, {"groups": np.repeat([1, 2, 3], [3, 7, 30])}, {"null": "standard"}],
    ids=["composite", "design", "groups", "standard"],
)
def test_p_values_of_a_given_row_are_uniform(given):
    some = np.array([quickly(normal(40, 3, seed), most=1, **given).pvalues[[0, 7, 39]] for seed in range(500)])
    for row in some.T:
        assert scipy_stats.kstest(row, "uniform").pvalue > 1e-3


def test_squared_distances_are_mahalanobis_distances():
    x = normal(50, 3) @ [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [0.1, 0.0, 9.0]]
    found = stats.outliers(x)
    centred = x - x.mean(axis=0)
    expected = np.einsum("ij,jk,ik->i", centred, np.linalg.inv(centred.T @ centred / 50), centred)
    np.testing.assert_allclose(found["distance2"], expected, rtol=1e-10)
    beta = scipy_stats.beta(1.5, (50 - 3 - 1) / 2)
    np.testing.assert_allclose(found["pvalue"], beta.sf(expected / 49), rtol=1e-9)


def test_a_row_far_out_is_found_with_its_digits():
    x = normal(300, 2)
    x[17] = [9.0, -9.0]
    found = stats.outliers(x)
    assert out_of(found) == [17]
    assert 0.0 < found.loc[17, "pvalue"] < 1e-20
    assert found.loc[17, "pvalue_holm"] == pytest.approx(300 * found.loc[17, "pvalue"])
    assert "Row 17 stands out" in found.attrs["sentence"]


def test_rows_that_hide_each_other_are_found():
    x = normal(40, 2, 1)
    x[:4] = [7.0, 7.0] + 0.1 * x[:4]
    assert out_of(stats.outliers(x, most=1)) == []
    assert out_of(stats.outliers(x)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("n", "dim", "given"), [(60, 4, {}), (40, 2, {"design": LOGNORMAL})])
def test_the_level_is_about_right(n, dim, given):
    found = sum(quickly(normal(n, dim, seed, 2), **given).rows.size > 0 for seed in range(400))
    assert scipy_stats.binom.ppf(1e-4, 400, 0.035) <= found <= scipy_stats.binom.isf(1e-4, 400, 0.065)


def test_labels_survive_missing_values():
    x = normal(40, 2)
    x[30] = 8.0
    data = pd.DataFrame(x, columns=["a", "b"], index=[f"bird {i}" for i in range(40)])
    data.iloc[3, 0] = np.nan
    found = stats.outliers(data, nan_policy="omit")
    assert out_of(found) == ["bird 30"]
    assert len(found) == 39
    assert "bird 3" not in found.index
    assert "Row bird 30" in found.attrs["sentence"]
    with_design = stats.outliers(data, design=LOGNORMAL, nan_policy="omit")
    assert out_of(with_design) == ["bird 30"]


def test_a_clean_sample_has_none():
    found = stats.outliers(normal(100, 3))
    assert out_of(found) == []
    assert "No row" in found.attrs["sentence"]
    assert list(found)[:3] == ["distance2", "pvalue", "pvalue_holm"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"level": 0.0}, ValueError, "level"),
        ({"level": "a"}, TypeError, "level"),
        ({"most": 0}, ValueError, "most"),
        ({"most": 21}, ValueError, "half of the 40 rows"),
        ({"null": "none"}, ValueError, "null"),
        ({"null": "standard", "groups": [1, 2] * 20}, ValueError, "composite"),
    ],
)
def test_what_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        stats.outliers(normal(40, 2), **options)
    with pytest.raises(ValueError, match=r"D \+ 1 rows"):
        stats.outliers(normal(3, 2))


def test_labels_of_several_levels():
    x = normal(40, 2)
    x[30] = 8.0
    index = pd.MultiIndex.from_arrays([["a", "b"] * 20, range(40)])
    assert out_of(stats.outliers(pd.DataFrame(x, index=index))) == [("a", 30)]


def clump(n, dim, far):
    """Return a normal sample whose first tenth is a clump, so many standard deviations away."""
    x = normal(n, dim)
    x[: n // 10] = far / np.sqrt(dim) + 0.3 * x[: n // 10]
    return x


class TestRobust:
    pytestmark = pytest.mark.skipif(find_spec("sklearn") is None, reason="scikit-learn is an extra")

    def test_a_clump_that_hides_itself_is_found(self):
        x = clump(200, 5, 8.0)
        assert out_of(stats.outliers(x)) == []
        found = stats.outliers(x, robust=True, n_resamples=19, rng=0)
        assert out_of(found) == list(range(20))
        # So far out that beside them the others are a point.
        x[:20] *= 1e7
        assert out_of(stats.outliers(x, robust=True, n_resamples=19, rng=0)) == list(range(20))
        assert "and 15 more stand out" in found.attrs["sentence"]

    def test_p_values_are_ranks_among_normal_samples_that_go_through_the_same_steps(self):
        """χ² cut-offs would call some row of 44% of normal samples of 50 x 3 an outlier."""
        null = _Distances(root_seed(0), 40, 3)(0, 19)
        (rows,) = (
            block[0]
            for _, _, block in normal_rows([replicate_stream(root_seed(0), 4)], 40, 3, np.dtype(float)).blocks()
        )
        x = rows @ np.random.default_rng(1).standard_normal((3, 3)) * [1e-3, 1.0, 1e9] + 1e3
        found = stats.outliers(x, robust=True, n_resamples=19, rng=0)
        np.testing.assert_allclose(found["distance2"], null[4], rtol=1e-5)
        row = int(np.argmax(null[4]))
        assert found["pvalue_farthest"].min() == found.loc[row, "pvalue_farthest"]
        assert found.loc[row, "pvalue_farthest"] == (1 + np.sum(null.max(axis=1) >= null[4, row])) / 20
        assert found.loc[3, "pvalue"] == pytest.approx((1 + np.sum(null >= null[4, 3])) / (1 + null.size), abs=0.002)

    @pytest.mark.slow
    def test_many_rows_are_searched_by_some(self):
        found = stats.outliers(clump(2_000, 3, 9.0), robust=True, n_resamples=19, rng=0)
        assert out_of(found)[:200] == list(range(200))
        assert found["distance2"][200:].median() == pytest.approx(scipy_stats.chi2(3).median(), rel=0.15)

    @pytest.mark.parametrize(
        ("x", "options", "error", "message"),
        [
            (normal(40, 2), {"robust": "mcd"}, TypeError, "robust must be True or False"),
            (normal(40, 2), {"null": "standard"}, ValueError, "null='composite'"),
            (normal(40, 2), {"most": 3}, ValueError, "leave it out"),
            (normal(40, 2), {"n_resamples": 18}, ValueError, "at least 19"),
            (normal(40, 2), {"robust": False, "n_resamples": 18}, ValueError, "goes with robust=True"),
            (normal(40, 2), {"groups": [1, 2] * 20}, ValueError, "each group by itself"),
            (normal(7, 3), {}, ValueError, "at least 8 rows"),
            (np.maximum(normal(60, 2), [0.3, -9.0]), {}, ValueError, r"column 0 \(from 0\) has one value"),
            (np.maximum(normal(60, 1), 0.3), {}, ValueError, "has one value in half of the rows"),
            (normal(60, 2)[:, [0, 0]] + (np.arange(120) > 80).reshape(60, 2) * normal(60, 2), {}, ValueError, "plane"),
        ],
    )
    def test_what_is_refused(self, x, options, error, message):
        with pytest.raises(error, match=message):
            stats.outliers(x, **{"robust": True, "rng": 0, **options})
