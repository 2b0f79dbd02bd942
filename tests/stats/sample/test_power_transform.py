"""Power transformations: SciPy's powers, and p-values by replicates whose powers are fitted as well."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.power_transform import _Family
from slicednorm.stats._streams import replicate_stream

MIXED = np.zeros(1)


def drawn(n=60, dim=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim))


@pytest.mark.parametrize(
    ("name", "x", "powers"),
    [
        ("box-cox", np.exp(drawn()), scipy_stats.boxcox_normmax),
        ("box-cox", 1e6 * np.exp(3.0 + drawn() / 3.0), scipy_stats.boxcox_normmax),
        ("yeo-johnson", 3.0 * drawn() - 1.0, scipy_stats.yeojohnson_normmax),
        ("yeo-johnson", drawn() ** 2, scipy_stats.yeojohnson_normmax),
        ("yeo-johnson", -np.exp(5.0 + drawn() / 8.0), scipy_stats.yeojohnson_normmax),
    ],
)
def test_powers_are_those_of_scipy(name, x, powers):
    options = {"method": "mle"} if name == "box-cox" else {}
    found = stats.as_sample(x, transform=name).transform.powers
    np.testing.assert_allclose(found, [powers(column, **options) for column in x.T], atol=2e-5)


@pytest.mark.parametrize("power", [-1.3, 0.0, 0.5, 1.0, 2.0, 3.1])
@pytest.mark.parametrize("name", ["box-cox", "yeo-johnson"])
def test_values_are_those_of_scipy_and_come_back(name, power):
    x = drawn(50, 1) if name == "yeo-johnson" else np.exp(drawn(50, 1))
    family = _Family(0.0 if name == "box-cox" else 1.0, np.ones(1) if name == "box-cox" else MIXED)
    y = family.forward(x[np.newaxis], np.full((1, 1), power))[0]
    wanted = (scipy_stats.boxcox if name == "box-cox" else scipy_stats.yeojohnson)(x[:, 0], power)
    # Box and Cox's is that of x over its geometric mean.
    slope, at = np.polyfit(wanted, y[:, 0], 1)
    np.testing.assert_allclose(slope * wanted + at, y[:, 0], atol=1e-9)
    if name == "yeo-johnson":
        np.testing.assert_allclose(y[:, 0], wanted, atol=1e-12)
    centre = family._centred(x)[1][0]
    np.testing.assert_allclose(family.backward(y, np.full(1, power), centre), x, rtol=1e-9)


def test_values_far_from_0_keep_their_digits():
    """(x^λ − 1)/λ of values about 1e6 is the same float for all of them at λ = −4."""
    x = 1e6 * (1.0 + 0.15 * drawn(200)) ** (-1.0 / 4.0)
    sample = stats.as_sample(x, transform="yeo-johnson")
    assert len(np.unique(sample.rows.items())) == x.size
    assert stats.sliced_test(sample, null="composite", n_resamples=99, rng=0).pvalue > 0.05


def test_lognormal_columns_become_normal():
    x = np.exp(drawn(120))
    options = {"null": "composite", "n_resamples": 99, "rng": 0}
    assert stats.energy(x, **options).pvalue == 0.01
    assert stats.energy(x, transform="box-cox", **options).pvalue > 0.05


def test_replicates_are_cut_off_where_the_transformation_ends():
    """x² of N(2, 1) truncated at 0 has a power near 1/2, which takes no value below −2."""
    x = np.abs(2.0 + drawn(200)) ** 2 + 1e-3
    sample = stats.as_sample(x, transform="box-cox")
    streams = [replicate_stream(np.random.SeedSequence(0), number) for number in range(20)]
    rows = normal_rows(streams, sample.n, sample.dim, sample.dtype, sample.treatment)
    assert np.isfinite(rows.items()).all()


@pytest.mark.slow
def test_the_level_is_kept_and_used():
    """Without the fit in the replicates cvm rejects some 1% at 5%."""
    names, count = ("cvm", "energy", "doornik_hansen"), 250
    rejected = np.zeros(len(names))
    options = {"null": "composite", "transform": "yeo-johnson", "n_slices": 16, "n_resamples": 19}
    for number in range(count):
        table = stats.normality_table(drawn(40, 2, seed=number), names, rng=number, **options)
        rejected += (table["pvalue"] <= 0.1).to_numpy()
    low, high = scipy_stats.binom.interval(0.999, count, 0.1)
    assert np.all((rejected >= low) & (rejected <= high)), rejected


@pytest.mark.parametrize("name", ["cvm", "henze_zirkler", "royston", "mardia"])
def test_tests_take_it_with_any_number_of_workers(name):
    options = {"null": "composite", "n_slices": 8, "n_resamples": 19, "rng": 0}
    x = drawn() ** 3
    one, two = (stats.normality_table(x, (name,), transform="yeo-johnson", workers=w, **options) for w in (1, 2))
    assert one["pvalue"].tolist() == two["pvalue"].tolist()


def test_columns_by_themselves_are_transformed_as_well():
    table = stats.column_table(stats.as_sample(np.exp(drawn()), transform="box-cox"), n_resamples=99, rng=0)
    assert (table["anderson_darling_pvalue"] > 0.02).all()
    assert table["shapiro_wilk"].isna().all()


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (drawn(), {"transform": "log"}, "transform must be 'yeo-johnson', 'box-cox' or None, got 'log'"),
        (drawn(), {"transform": "box-cox"}, r"needs positive values, and row 0, column 1 \(from 0\)"),
        (np.ones((9, 2)), {"transform": "box-cox"}, "column 0 .* is constant"),
        (2000.0 + drawn(), {"transform": "yeo-johnson"}, "vary little beside their size"),
        (drawn(), {"transform": "yeo-johnson", "rounding": 1.0}, "goes with neither design, groups nor rounding"),
        (drawn(), {"transform": "yeo-johnson", "null": "standard"}, "a transformation goes with null='composite'"),
        (drawn(), {"transform": "yeo-johnson", "method": "analytic"}, "normal rows without a transformation"),
    ],
)
def test_what_it_does_not_go_with(x, options, message):
    with pytest.raises(ValueError, match=message):
        stats.sliced_test(x, **{"null": "composite", "rng": 0, **options})


class TestTransformations:
    def test_says_which_would_do(self):
        x = np.column_stack([np.exp(drawn(100, 2)), 50.0 + drawn(100, 1, seed=1)])
        table = stats.transformations(x, names=["a", "b", "c"], n_resamples=99, rng=0)
        assert table.index.tolist() == ["none", "yeo-johnson", "box-cox"]
        assert table.loc["none", "pvalue"] == 0.01
        assert (
            table.loc["box-cox", "pvalue"]
            == stats.energy(x, null="composite", transform="box-cox", n_resamples=99, rng=0).pvalue
        )
        sentence = table.attrs["sentence"]
        assert sentence.startswith("Box and Cox's transformation would do")
        assert sentence.endswith("It takes a by its logarithm, b by its logarithm, c as it is.")

    def test_says_that_none_would(self):
        x = np.random.default_rng(0).standard_t(2, size=(80, 2))
        table = stats.transformations(x, "mardia", n_resamples=99, rng=0)
        assert table.attrs["sentence"].startswith("No power transformation of single columns makes the sample normal")
        assert "needs positive values" in table.loc["box-cox", "note"]

    def test_leaves_a_normal_sample_as_it_is(self):
        table = stats.transformations(drawn(), n_resamples=99, rng=0)
        assert table.attrs["sentence"].startswith("No transformation is called for")

    def test_takes_rows_as_they_are_only(self):
        with pytest.raises(ValueError, match="pass the rows as they are"):
            stats.transformations(stats.as_sample(drawn(), transform="yeo-johnson"))
