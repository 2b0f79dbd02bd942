"""The table of many tests: the single functions' answers, what is left out and why, and what raises."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from slicednorm import stats
from slicednorm.distances import DISTANCES
from slicednorm.stats._hypotests import battery
from slicednorm.stats._hypotests.classical import CLASSICAL

COLUMNS = ["title", "statistic", "pvalue", "pvalue_stderr", "n_resamples", "method", "null", "sensitive_to", "note"]
FAST = {"n_slices": 8, "n_resamples": 19, "rng": 3}
EVERY = [*DISTANCES, *CLASSICAL, "mardia_skewness", "mardia_kurtosis", "omnibus", "pursuit"]


@pytest.fixture
def x():
    return np.random.default_rng(5).standard_normal((40, 3)) + 0.1


def agrees(row, result):
    assert row["title"] == result.title
    assert row["statistic"] == result.statistic
    assert row["pvalue"] == result.pvalue
    parts = [result.pvalue_stderr, getattr(result, "pvalue_direction_stderr", None)]
    assert row["pvalue_stderr"] == pytest.approx(np.hypot(*[0.0 if part is None else part for part in parts]))
    assert row["n_resamples"] == result.n_resamples
    assert row["method"] == result.method
    assert row["sensitive_to"] == result.sensitive_to
    assert row["note"] == ""


class TestNumbers:
    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_those_of_the_single_functions(self, x, null):
        table = stats.normality_table(x, "all", null=null, workers=2, **FAST)
        assert list(table) == COLUMNS
        assert table.index.tolist() == EVERY
        assert (table["null"] == null).all()
        rest = {"null": null, "n_resamples": 19, "rng": 3}
        for name in DISTANCES:
            agrees(table.loc[name], stats.sliced_test(x, name, n_slices=8, **rest))
        for name in CLASSICAL:
            if null == "composite" or name not in ("royston", "doornik_hansen"):
                agrees(table.loc[name], stats.classical_test(x, name, **rest))
        for measure in stats.mardia(x, **rest).measures:
            agrees(table.loc[measure.test], measure)
        agrees(table.loc["omnibus"], stats.omnibus_test(x, n_slices=8, **rest))
        agrees(table.loc["pursuit"], stats.pursuit_test(x, n_slices=8, **rest))

    def test_auto(self, x):
        table = stats.normality_table(x, ["cvm", "henze_zirkler"], rng=3)
        agrees(table.loc["cvm"], stats.sliced_test(x, "cvm", method="auto", rng=3))
        agrees(table.loc["henze_zirkler"], stats.classical_test(x, "hz", null="standard", method="sequential", rng=3))
        assert table.loc["cvm", "method"] == "sequential"

    def test_by_a_formula_the_error_is_that_of_the_directions(self):
        y = np.random.default_rng(5).standard_normal((120, 3))
        result = stats.sliced_test(y, "cvm", rng=3)
        assert result.method == "analytic"
        assert (
            stats.normality_table(y, ["cvm"], rng=3).loc["cvm", "pvalue_stderr"] == result.pvalue_direction_stderr > 0.0
        )

    def test_one_generator_serves_all(self, x):
        root = np.random.default_rng(11)
        table = stats.normality_table(x, ["ks", "bhep"], n_slices=8, n_resamples=19, rng=root)
        again = stats.normality_table(x, ["bhep", "ks"], n_slices=8, n_resamples=19, rng=table.attrs["seed"])
        pd.testing.assert_frame_equal(table, again.loc[["ks", "bhep"]])

    def test_options_reach_the_tests(self, x):
        options = {"aggregate": "max", "directions": "orthogonal", "mean": 0.1, "cov": [1.0, 2.0, 3.0]}
        table = stats.normality_table(x, ["w2", "mardia", "energy"], **options, **FAST)
        target = {"null": "standard", "n_resamples": 19, "rng": 3, "mean": 0.1, "cov": [1.0, 2.0, 3.0]}
        agrees(table.loc["w2"], stats.sliced_test(x, "w2", **options, **FAST))
        agrees(table.loc["energy"], stats.energy(x, **target))
        agrees(table.loc["mardia_skewness"], stats.mardia(x, **target).measures[0])

    def test_omitted_rows(self, x):
        gappy = np.vstack([x, [[np.nan, 0.0, 0.0]]])
        table = stats.normality_table(gappy, ["ks", "henze_zirkler"], nan_policy="omit", **FAST)
        pd.testing.assert_frame_equal(table, stats.normality_table(x, ["ks", "henze_zirkler"], **FAST))
        assert table.attrs == {"n": 40, "dim": 3, "seed": 3}

    def test_shared_directions_and_replicates(self, x, monkeypatch):
        calls = []
        run = battery.run_sliced
        monkeypatch.setattr(battery, "run_sliced", lambda *args: calls.append(args[1]) or run(*args))
        stats.normality_table(x, "sliced", **FAST)
        assert calls == [list(DISTANCES.values())]


class TestNoReplicates:
    def test_limiting_laws_or_statistics_alone(self):
        x = np.random.default_rng(7).standard_exponential((2_000, 1))
        table = stats.normality_table(x, "classical", null="composite", method="asymptotic", rng=3)
        assert (table.loc["royston", "method"], table.loc["henze_zirkler", "method"]) == ("asymptotic", "asymptotic")

        x = np.random.default_rng(7).standard_exponential((30, 25))
        table = stats.normality_table(x, "classical", null="composite", method="asymptotic", rng=3)
        assert "its limiting distribution is not known to hold" in table.loc["henze_zirkler", "note"]
        assert np.isnan(table.loc["henze_zirkler", "pvalue"])

        x = np.random.default_rng(7).standard_exponential((300, 3))
        table = stats.normality_table(x, "all", null="composite", n_slices=8, method="asymptotic", rng=3)
        by_law = {"henze_zirkler", "doornik_hansen", "mardia_skewness", "mardia_kurtosis"}
        assert set(table.index[table["method"] == "asymptotic"]) == by_law
        assert set(table.index[table["pvalue"].notna()]) == by_law
        assert table["n_resamples"].isna().all()
        assert table["statistic"].drop(["omnibus", "pursuit"]).notna().all()
        for name in ("omnibus", "pursuit"):
            assert np.isnan(table.loc[name, "statistic"])
            assert "a number of replicates" in table.loc[name, "note"]
        assert table.loc["henze_zirkler", "pvalue"] == stats.henze_zirkler(x, method="asymptotic").pvalue

    def test_mardia_alone_where_its_laws_do_not_hold(self, x):
        table = stats.normality_table(x, ["mardia"], null="composite", method="asymptotic")
        assert table["pvalue"].isna().all()
        assert table.loc["mardia_kurtosis", "statistic"] == stats.mardia(x, null="composite", rng=0).kurtosis
        assert "its limiting distribution is not known to hold" in table.loc["mardia_kurtosis", "note"]

    def test_no_law_under_the_standard_null(self, x):
        table = stats.normality_table(x, "classical", method="asymptotic")
        assert table["pvalue"].isna().all()
        assert table["statistic"][["henze_zirkler", "energy"]].notna().all()
        assert "no limiting distribution" in table.loc["energy", "note"]
        for name in ("henze_zirkler", "energy", "cvm"):
            with pytest.raises(ValueError, match=f"{name} has no limiting distribution"):
                stats.normality_table(x, ["mardia", name], method="asymptotic")

    @pytest.mark.parametrize("name", ["omnibus", "pursuit"])
    def test_omnibus_and_pursuit_that_are_named(self, x, name):
        with pytest.raises(ValueError, match=rf"{name} .* a number of replicates"):
            stats.normality_table(x, [name], method="asymptotic")


class TestAskedFor:
    def test_overview(self, x):
        names = ["cvm", "w2", "mardia_skewness", "mardia_kurtosis", "henze_zirkler", "energy", "omnibus"]
        assert stats.normality_table(x, **FAST).index.tolist() == names
        composite = stats.normality_table(x, null="composite", **FAST)
        assert composite.index.tolist() == [*names[:5], "royston", "doornik_hansen", *names[5:]]
        assert composite["pvalue"].notna().all()

    def test_order_aliases_and_repetitions(self, x):
        table = stats.normality_table(x, ["HZ", "scwae", "mardia", "cw", "henze_zirkler"], **FAST)
        assert table.index.tolist() == ["henze_zirkler", "cw", "mardia_skewness", "mardia_kurtosis"]

    def test_one_name(self, x):
        assert stats.normality_table(x, "ks", **FAST).index.tolist() == ["ks"]

    @pytest.mark.parametrize(
        ("options", "error", "part"),
        [
            (
                {"tests": "nope"},
                ValueError,
                r"'nope'.*cramer_wold, mardia, omnibus, pursuit.*overview, sliced, classical, all",
            ),
            ({"tests": []}, ValueError, "tests is empty"),
            ({"tests": [3]}, TypeError, "named by a string"),
            ({"tests": 3}, TypeError, "sequence of names"),
            ({"adjust": "bonferroni"}, ValueError, "'holm' or None"),
            ({"null": "simple"}, ValueError, "null must be"),
            ({"n_resamples": 0}, ValueError, "at least 1"),
            ({"workers": 0}, ValueError, "workers"),
            ({"cov": [1.0, -1.0, 1.0]}, ValueError, "positive definite"),
            ({"null": "composite", "mean": 0.0}, ValueError, "null='standard' only"),
        ],
    )
    def test_options_that_are_wrong(self, x, options, error, part):
        """A group forgives what its tests cannot do, not what the caller got wrong."""
        with pytest.raises(error, match=part):
            stats.normality_table(x, **{"tests": "all", **FAST, **options})

    def test_sample_that_is_wrong(self, x):
        x[2, 1] = np.nan
        with pytest.raises(stats.SampleError, match="row 2, column 1"):
            stats.normality_table(x)


class TestLeftOut:
    def check(self, table, name, part):
        row = table.loc[name]
        assert row[["statistic", "pvalue", "pvalue_stderr", "n_resamples", "method"]].isna().all()
        assert part in row["note"]
        assert row["title"]
        assert row["sensitive_to"]

    @pytest.mark.parametrize("name", ["royston", "doornik_hansen"])
    def test_no_form_for_the_null(self, x, name):
        table = stats.normality_table(x, ["ks", "classical"], **FAST)
        self.check(table, name, "the standard null")
        assert table["pvalue"].drop(["royston", "doornik_hansen"]).notna().all()
        with pytest.raises(ValueError, match="the standard null"):
            stats.normality_table(x, ["ks", name], **FAST)
        with pytest.raises(ValueError, match="the standard null"):  # named, and in a group as well
            stats.normality_table(x, ["classical", name], **FAST)

    def test_too_many_rows(self):
        x = np.random.default_rng(0).standard_normal((5_001, 1))
        table = stats.normality_table(x, "overview", null="composite", n_slices=1, n_resamples=1, rng=0)
        self.check(table, "royston", "at most 5,000 rows")
        assert table["pvalue"].drop("royston").notna().all()
        with pytest.raises(stats.SampleError, match="at most 5,000 rows"):
            stats.normality_table(x, "royston", null="composite", n_resamples=1)

    def test_too_few_rows(self, x):
        few = stats.normality_table(x[:6], "all", null="composite", **FAST)
        self.check(few, "doornik_hansen", "at least 8 rows")
        singular = stats.normality_table(x[:4], "all", null="composite", **FAST)
        for name in EVERY:
            self.check(singular, name, "more than D + 1 rows")
        assert stats.normality_table(x[:4], "sliced", **FAST)["pvalue"].notna().all()
        with pytest.raises(stats.SampleError, match=r"more than D \+ 1 rows"):
            stats.normality_table(x[:4], ["all", "ks"], null="composite", **FAST)

    @pytest.mark.parametrize("name", ["omnibus", "pursuit"])
    @pytest.mark.parametrize("method", ["sequential", "asymptotic", None])
    def test_the_omnibus_and_pursuit_rank_a_fixed_number(self, x, name, method):
        table = stats.normality_table(x, "all", n_slices=8, method=method, rng=0)
        self.check(table, name, f"{name} ranks a fixed number of replicates")
        with pytest.raises(ValueError, match=f"{name} ranks a fixed number of replicates"):
            stats.normality_table(x, [name], method=method)

    def test_no_law_to_keep(self, x):
        with pytest.raises(ValueError, match="royston has another null distribution"):
            stats.normality_table(x, "royston", null="composite", method="cached")


class TestTime:
    """Replicates of the tests of all pairs are rationed only where no number was asked for."""

    @pytest.fixture
    def minutes(self, monkeypatch):
        def takes(once):
            monkeypatch.setattr(battery, "_work_once", lambda *shape: once * 60e9)

        return takes

    def test_fewer(self, x, minutes):
        minutes(1 / 500)
        table = stats.normality_table(x, ["ks", "overview"], rng=0)
        assert set(table["n_resamples"][["henze_zirkler", "energy"]]) == {199}
        assert set(table["note"][["henze_zirkler", "energy"]]) == {"199 replicates, to save time"}
        # As many as take a minute.
        assert table.loc["omnibus", ["n_resamples", "note"]].tolist() == [499, "499 replicates, to save time"]
        assert (
            table.loc["henze_zirkler", "pvalue"]
            == stats.henze_zirkler(x, null="standard", n_resamples=199, rng=0).pvalue
        )
        assert table.loc["ks", "note"] == ""

    def test_named_tests_may_take_longer(self, x, minutes):
        minutes(1 / 500)
        assert stats.normality_table(x, ["energy"], rng=0).loc["energy", "n_resamples"] == 999

    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_not_even_the_fewest(self, minutes, null):
        minutes(1 / 50)
        x = np.random.default_rng(5).standard_normal((300, 3))
        table = stats.normality_table(x, null=null, rng=0)
        assert np.isnan(table.loc["omnibus", "statistic"])
        assert "about 2 minutes of one core; name it" in table.loc["omnibus", "note"]
        for name in ("energy", "henze_zirkler"):
            result = getattr(stats, name)(x, null=null)
            assert (table.loc[name, "pvalue"], table.loc[name, "method"]) == (result.pvalue, "analytic")
        assert table.loc["mardia_kurtosis", "method"] == "asymptotic"
        assert "limiting distribution" in table.loc["mardia_kurtosis", "note"]
        few = stats.normality_table(x[:40], null=null, rng=0)
        assert np.isnan(few.loc["energy", "statistic"])
        if null == "composite":
            assert few.loc["henze_zirkler", "method"] == "asymptotic"
        else:
            assert np.isnan(few.loc["henze_zirkler", "pvalue"])
        assert np.isnan(few.loc["mardia_kurtosis", "statistic"])
        assert "left out" in few.loc["mardia_kurtosis", "note"]

    def test_not_even_once(self, x, minutes):
        minutes(2)
        assert np.isnan(stats.normality_table(x, null="composite", rng=0).loc["henze_zirkler", "statistic"])

    def test_named_tests_that_would_take_hours(self, x, minutes):
        minutes(2)
        with pytest.raises(
            ValueError, match=r"energy: 99 replicates of it would take about 3\.3 hours of one core; give"
        ):
            stats.normality_table(x, "energy")

    @pytest.mark.parametrize("tests", ["overview", ["henze_zirkler", "energy", "omnibus"]])
    def test_a_number_is_an_order(self, x, minutes, tests):
        minutes(1e6)
        table = stats.normality_table(x, tests, **FAST)
        assert (table["n_resamples"] == 19).all()
        assert (table["note"] == "").all()


class TestHolm:
    def test_over_all_there_are(self, x):
        table = stats.normality_table(x + 0.3, "all", adjust="holm", **FAST)
        assert list(table)[2:4] == ["pvalue", "pvalue_holm"]
        there = table["pvalue"].notna()
        assert there.sum() == len(EVERY) - 2
        expected = multipletests(table["pvalue"][there], method="holm")[1]
        np.testing.assert_array_equal(table["pvalue_holm"][there], expected)
        assert table["pvalue_holm"][~there].isna().all()

    def test_none_there_are(self, x):
        table = stats.normality_table(x, "sliced", adjust="holm", n_slices=8, method="asymptotic")
        assert table["pvalue_holm"].isna().all()


def test_every_test_says_what_it_notices(x):
    table = stats.normality_table(x, "all", **FAST)
    assert table["sensitive_to"].str.len().gt(10).all()
    assert table["sensitive_to"].is_unique
