"""Residuals of a regression: the same as by least squares, and exact p-values by replicates that are residuals too."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.stats._sample.design import regressors

TESTS = [
    "cvm",
    "ks",
    "sw",
    "henze_zirkler",
    "bhep",
    "energy",
    "cramer_wold",
    "royston",
    "doornik_hansen",
    "mardia",
    "omnibus",
    "henze_visagie",
    "doerr_ebner_henze",
    "doerr_ebner_henze_double",
    "villasenor_gonzalez",
    "henze_jimenez_gamero",
    "fattorini",
]


# More tests that do not change if the residuals are mixed.
MORE_INVARIANT = ("henze_visagie", "doerr_ebner_henze", "doerr_ebner_henze_double", "henze_jimenez_gamero", "fattorini")


def lognormal(n, p=4, seed=3):
    return np.random.default_rng(seed).lognormal(size=(n, p))


def one_row_each(n=30, count=6):
    dummies = np.zeros((n, count))
    dummies[np.arange(count), np.arange(count)] = 1.0
    return np.concatenate([dummies, np.random.default_rng(4).standard_normal((n, 4))], axis=1)


def by_least_squares(x, z):
    with_constant = np.column_stack([np.ones(len(z)), z])
    return x - with_constant @ np.linalg.lstsq(with_constant, x, rcond=None)[0]


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_residuals_are_those_of_least_squares(scale):
    rng = np.random.default_rng(1)
    z = lognormal(40)
    x = z @ rng.standard_normal((4, 3)) * 50.0 + rng.standard_normal((40, 3))
    sample = stats.as_sample(x, design=scale * z)
    ((_, _, (found,)),) = sample.rows.blocks()
    np.testing.assert_allclose(found, by_least_squares(x, z), atol=1e-11)
    assert sample.design.rank == 5


def test_dependent_regressors_count_once():
    z = lognormal(40)
    twice = np.column_stack([z, z[:, 0] - 2.0 * z[:, 1], np.full(40, 7.0), np.zeros(40), 2000.0 + 1e-3 * z[:, 2]])
    assert regressors(twice, None, 40).of(None).rank == 5


def test_groups_have_means_of_their_own():
    rng = np.random.default_rng(2)
    labels = np.array(["a", "b", "c"])[rng.integers(0, 3, 50)]
    x = rng.standard_normal((50, 2)) + 5.0 * (labels == "b")[:, np.newaxis]
    sample = stats.as_sample(x, groups=labels)
    ((_, _, (found,)),) = sample.rows.blocks()
    for label in "abc":
        some = labels == label
        np.testing.assert_allclose(found[some], x[some] - x[some].mean(axis=0), atol=1e-12)


def test_the_constant_alone_changes_nothing():
    x = np.random.default_rng(5).standard_normal((60, 3))
    plain = stats.normality_table(x, ["cvm", "energy", "mardia"], null="composite", rng=0)
    for given in ({"design": np.ones((60, 1))}, {"groups": ["a"] * 60}):
        same = stats.normality_table(x, ["cvm", "energy", "mardia"], null="composite", rng=0, **given)
        assert same.equals(plain)


@pytest.mark.parametrize("name", TESTS)
def test_neither_coefficients_nor_covariance_matter(name):
    rng = np.random.default_rng(6)
    z, errors = lognormal(40), rng.standard_normal((40, 3))
    options = {"null": "composite", "n_resamples": 39, "rng": 1, "design": z}
    once = stats.normality_table(errors, [name], **options)
    moved = stats.normality_table(errors + z @ rng.standard_normal((4, 3)) * 10.0 + 3.0, [name], **options)
    residuals = stats.normality_table(by_least_squares(errors, z), [name], **options)
    np.testing.assert_allclose(moved["statistic"], once["statistic"], rtol=1e-6)
    assert moved["pvalue"].tolist() == once["pvalue"].tolist() == residuals["pvalue"].tolist()
    if name not in ("royston", "doornik_hansen"):  # these two look at the columns
        mixed = stats.normality_table(errors @ [[1.0, 0.0, 0.0], [3.0, 1e3, 0.0], [0.5, 0.1, 1e-3]], [name], **options)
        if name in ("henze_zirkler", "bhep", "energy", "cramer_wold", "mardia", *MORE_INVARIANT):
            np.testing.assert_allclose(mixed["statistic"], once["statistic"], rtol=1e-6)


@pytest.mark.parametrize("name", ["cvm", "henze_zirkler", "doornik_hansen", "mardia", "royston", "omnibus"])
def test_the_size_is_right_where_that_of_plain_residuals_is_not(name):
    z = one_row_each()
    rejected = plain = total = 0
    for seed in range(150):
        x = np.random.default_rng([seed, 8]).standard_normal((30, 3))
        options = {"null": "composite", "n_resamples": 19, "rng": seed}
        with_design = stats.normality_table(x, [name], design=z, **options)["pvalue"]
        without = stats.normality_table(by_least_squares(x, z), [name], **options)["pvalue"]
        rejected += int(np.sum(with_design <= 0.05))
        plain += int(np.sum(without <= 0.05))
        total += len(with_design)
    assert rejected <= scipy_stats.binom.isf(1e-4, total, 0.05)
    if name in ("cvm", "mardia"):
        assert plain > scipy_stats.binom.isf(1e-4, total, 0.05)


@pytest.mark.parametrize("given", [{"design": one_row_each()}, {"groups": np.repeat([1, 2, 3], [3, 7, 20])}])
def test_mardia_s_means_are_exact(given):
    x = np.random.default_rng(7).standard_normal((30, 3))
    found = stats.mardia(x, null="composite", n_resamples=20_000, rng=1, **given)
    for mean, values in (
        (found.expected_skewness, found.null_skewness),
        (found.expected_kurtosis, found.null_kurtosis),
    ):
        assert abs(values.mean() - mean) < 4.0 * values.std() / np.sqrt(len(values))
    plain = stats.mardia(x, null="composite", method=None)
    assert abs(plain.expected_kurtosis - found.expected_kurtosis) > 0.05


def test_workers_do_not_matter():
    x = np.random.default_rng(8).standard_normal((40, 3))
    options = {"null": "composite", "design": lognormal(40), "n_resamples": 199, "rng": 3}
    one, two = (stats.normality_table(x, ["ks", "energy", "omnibus"], workers=w, **options) for w in (1, 2))
    assert one.equals(two)


def test_a_formula_is_taken_where_the_design_is_small():
    rng = np.random.default_rng(9)
    x = rng.standard_normal((600, 3))
    few, many = rng.standard_normal((600, 3)), rng.standard_normal((600, 90))
    for test in (stats.sliced_test, stats.energy):
        assert test(x, null="composite", design=few, rng=0).method == "analytic"
        assert test(x, null="composite", design=many, n_resamples=19, rng=0).method == "monte carlo"
        with pytest.raises(ValueError, match="too many degrees of freedom"):
            test(x, null="composite", design=many, method="analytic")
    assert stats.sliced_test(x, null="composite", design=many, rng=0).method == "sequential"


def test_cubes_in_both_ways():
    for n, p in ((50, 3), (40, 12)):
        design = regressors(lognormal(n, p), None, n).of(None)
        whole = np.eye(n) - design.basis @ design.basis.T
        assert design.cubes == pytest.approx(np.sum(whole**3), rel=1e-10)
        assert design.kept == pytest.approx(np.diag(whole), abs=1e-12)


def test_what_comes_afterwards_goes_through_the_regression():
    z = one_row_each()
    x = np.random.default_rng(20).standard_normal((30, 3)) + z @ np.random.default_rng(11).standard_normal((10, 3))
    sample = stats.as_sample(x, design=z)
    result = stats.sliced_test(sample, null="composite", rng=0)
    assert result.components is None
    band = stats.radius_band(sample, null="composite", n_resamples=99, rng=0)
    assert band.qq.inside
    assert len(band.ranks) == 24  # six rows are fitted exactly
    assert min(band.farthest) >= 6
    assert stats.slice_bands(sample, result, n_resamples=99, rng=0).qq.inside
    found = stats.least_normal_direction(sample, result, n_resamples=39, rng=0)
    assert found.pvalue > 0.02
    with pytest.raises(ValueError, match="composite"):
        stats.radius_band(sample, n_resamples=99)


def test_rows_without_a_value_are_left_out_together():
    x = np.random.default_rng(12).standard_normal((40, 2))
    z = lognormal(40)
    labels = np.array(["a", "b"] * 20, dtype=object)
    x[3, 1], z[5, 0], labels[7] = np.nan, np.nan, None
    sample = stats.as_sample(x, design=z, groups=labels, nan_policy="omit")
    keep = np.setdiff1d(np.arange(40), [3, 5, 7])
    ((_, _, (found,)),) = sample.rows.blocks()
    both = np.column_stack([z[keep], labels[keep] == "a"]).astype(float)
    np.testing.assert_allclose(found, by_least_squares(x[keep], both), atol=1e-12)
    assert sample.n_omitted == 3
    assert sample.rows.number(3) == 4
    x[3, 1] = 0.0
    with pytest.raises(ValueError, match=r"design: row 5 .*nan_policy='omit'"):
        stats.as_sample(x, design=z)
    with pytest.raises(ValueError, match=r"groups: row 7 .*no label"):
        stats.as_sample(x, groups=labels)


def test_results_of_statsmodels():
    import statsmodels.api as sm
    from statsmodels.tsa.api import VAR

    rng = np.random.default_rng(13)
    z, x = lognormal(50), rng.standard_normal((50, 2))
    by_array = stats.energy(x, design=z, n_resamples=39, rng=0)
    for fit in (sm.OLS(x, sm.add_constant(z)).fit(), sm.GLM(x[:, 0], sm.add_constant(z)).fit()):
        assert stats.energy(x, design=fit, n_resamples=39, rng=0) == by_array
    fit = VAR(rng.standard_normal((60, 2))).fit(2)
    sample = stats.as_sample(fit.resid, design=fit)
    assert sample.design.rank == 5
    ((_, _, (found,)),) = sample.rows.blocks()
    np.testing.assert_allclose(found, fit.resid, atol=1e-12)
    with pytest.raises(ValueError, match="Poisson"):
        stats.as_sample(x, design=sm.GLM(rng.poisson(3.0, 50), z, family=sm.families.Poisson()).fit())
    with pytest.raises(ValueError, match="weighted"):
        stats.as_sample(x, design=sm.WLS(x[:, 0], z, weights=rng.uniform(1.0, 2.0, 50)).fit())


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"design": np.ones((39, 2))}, ValueError, "39 rows, and x has 40"),
        ({"design": [["a"]] * 40}, TypeError, "must be numbers"),
        ({"design": np.ones((40, 2, 2))}, ValueError, "shape"),
        ({"design": np.full((40, 1), np.inf)}, ValueError, "design: row 0 .*infinity"),
        ({"groups": np.arange(40)}, ValueError, "0 degrees of freedom are left"),
        ({"groups": [None] * 40}, ValueError, "all labels are missing"),
        ({"groups": np.arange(39)}, ValueError, "one label for each"),
        ({"groups": np.zeros((40, 2))}, ValueError, "one label for each"),
    ],
)
def test_designs_that_do_not_go(given, error, message):
    x = np.random.default_rng(14).standard_normal((40, 3))
    with pytest.raises(error, match=message):
        stats.sliced_test(x, null="composite", **given)


def test_rows_are_matched_by_their_labels():
    x = pd.DataFrame(np.random.default_rng(16).standard_normal((40, 2)), index=range(100, 140))
    z = pd.DataFrame(lognormal(40), index=x.index)
    assert stats.as_sample(x, design=z).design.rank == 5
    for other in (z.sample(frac=1.0, random_state=1), z.reset_index(drop=True)):
        with pytest.raises(stats.SampleError, match=r"design.*labels.*design.loc\[x.index\]"):
            stats.as_sample(x, design=other)
        assert stats.as_sample(x, design=other.to_numpy()).design.rank == 5
        assert stats.as_sample(x.to_numpy(), design=other).design.rank == 5
    labels = pd.Series(["a", "b"] * 20, index=x.index)
    with pytest.raises(stats.SampleError, match="groups"):
        stats.as_sample(x, groups=labels.sort_values())
    with pytest.raises(stats.SampleError, match="by"):
        stats.normality_table(x, ["hz"], null="composite", by=labels.sort_values())
    assert stats.as_sample(x, design=z[0]).design.rank == 2  # a Series is a regressor


def test_other_refusals():
    x = np.random.default_rng(15).standard_normal((40, 3))
    z = lognormal(40)
    with pytest.raises(ValueError, match="null='composite'"):
        stats.sliced_test(x, design=z)
    for method in ("cached", "asymptotic"):
        with pytest.raises(ValueError, match=f"method='{method}'"):
            stats.doornik_hansen(x, design=z, method=method)
        with pytest.raises(ValueError, match=f"method='{method}'"):
            stats.normality_table(x, null="composite", design=z, method=method)
    with pytest.raises(TypeError, match="complex"):
        stats.as_sample(x, design=z * 1j)
    with pytest.raises(TypeError, match="not numbers"):
        stats.as_sample(pd.date_range("2020", periods=40))
    with pytest.raises(TypeError, match="species"):
        stats.as_sample(x, design=pd.DataFrame({"species": ["a", "b"] * 20, "size": z[:, 0]}))
    with pytest.raises(stats.SampleError, match=r"column 1 .*determined by the design"):
        stats.as_sample(np.column_stack([x[:, 0], z[:, 1] - 3.0 * z[:, 2]]), design=z)
    with pytest.raises(ValueError, match="brings its own"):
        stats.mardia(stats.as_sample(x, design=z), null="composite", design=z)
