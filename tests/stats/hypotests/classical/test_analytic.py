"""method="analytic": tests of all pairs of rows whose null distribution is a formula."""

import re

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.stats import bhep, energy, henze_zirkler
from slicednorm.stats._distributions.all_pairs import pairs_law
from slicednorm.stats._hypotests.classical import CLASSICAL
from tests.stats.hypotests.classical.every import TESTS, WITH_FORMULA

NULLS = ("standard", "composite")
X = np.random.default_rng([80, 1]).standard_normal((150, 4)) * 1.03 + 0.02


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", WITH_FORMULA)
def test_result(name, null):
    result = TESTS[name](X, null=null, method="analytic")
    assert result.method == "analytic"
    assert (result.n_resamples, result.pvalue_stderr, result.tail_pvalue, result.null_distribution) == (None,) * 4
    assert result.seed is None
    assert result.pvalue == result.null.sf(result.statistic)
    assert 0.0 < result.pvalue < 1.0
    law = pairs_law(CLASSICAL[name].form, 150, 4, null)
    np.testing.assert_array_equal(result.null.weights, law.weights)
    assert "null: WeightedChi2(mean=" in repr(result)
    # What "auto" takes, without a seed and with one.
    assert TESTS[name](X, null=null) == result
    assert TESTS[name](X, null=null, rng=3) == result
    assert TESTS[name](X, null=null, n_resamples=9).method == "monte carlo"


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", WITH_FORMULA)
def test_against_replicates(name, null):
    exact = TESTS[name](X, null=null, n_resamples=1_999, rng=1)
    found = TESTS[name](X, null=null, method="analytic").pvalue
    assert abs(found - exact.pvalue) < 4.0 * exact.pvalue_stderr + 0.02 * exact.pvalue


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_far_from_normal(name):
    x = np.random.default_rng([80, 2]).exponential(size=(400, 3))
    assert 0.0 < TESTS[name](x).pvalue < 1e-20


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_a_known_target(name):
    mean, cov = [1.0, -2.0, 0.0, 0.5], np.diag([4.0, 1.0, 0.25, 9.0])
    moved = (X * np.sqrt(np.diag(cov))) + mean
    result = TESTS[name](moved, null="standard", mean=mean, cov=cov, method="analytic")
    assert result.pvalue == pytest.approx(TESTS[name](X, null="standard", method="analytic").pvalue, rel=1e-6)


def test_the_multivariate_cramer_wold_test_is_the_sliced_one_along_all_directions():
    sliced = stats.sliced_test(X, "cw", null="composite", n_slices=16_384, rng=0)
    whole = stats.cramer_wold(X)
    assert abs(whole.statistic - sliced.statistic) < 4.0 * sliced.direction_stderr
    assert abs(whole.pvalue - sliced.pvalue) < 4.0 * sliced.pvalue_direction_stderr + 0.01


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_auto_needs_a_hundred_rows(name):
    assert TESTS[name](X[:100]).method == "analytic"
    assert TESTS[name](X[:99]).method != "analytic"
    assert TESTS[name](X[:50], method="analytic").method == "analytic"


WIDE = np.random.default_rng([80, 3]).standard_normal((120, 60))


@pytest.mark.parametrize(
    ("call", "messages"),
    [
        (lambda: energy(X[:49], method="analytic"), ["energy: ", "from 50 rows on, and x has 49", "n_resamples"]),
        (lambda: energy(WIDE, method="analytic"), ["more than 2 rows a column", "120 rows of 60 columns"]),
        (lambda: bhep(X, beta=6.0, method="analytic"), ["bhep: ", "a β from 0.3 to 5, and its β is 6"]),
        (lambda: bhep(X, beta=0.1, method="analytic"), ["bhep: ", "a β from 0.3 to 5, and its β is 0.1"]),
        (
            lambda: henze_zirkler(WIDE[:, :20], method="analytic"),
            ["henze_zirkler: ", "in 20 columns 120 rows are so far apart", "nearest pairs decide", "rows would do"],
        ),
        (lambda: stats.royston(X, method="analytic"), ["royston: there is no null distribution as a formula"]),
        (lambda: stats.doornik_hansen(X, method="analytic"), ["doornik_hansen: there is no null", "use method='auto'"]),
        (
            lambda: stats.mardia(X, method="analytic"),
            ["mardia: there is no null distribution as a formula", "limiting distributions"],
        ),
        (lambda: energy(X, method="analytic", n_resamples=9), ["takes no replicates"]),
    ],
)
def test_what_has_no_formula_is_refused(call, messages):
    with pytest.raises(ValueError, match=re.escape(messages[0])) as caught:
        call()
    for message in messages:
        assert message in str(caught.value)


def test_where_the_formula_does_not_hold_auto_takes_replicates():
    assert bhep(X[:, :2], beta=6.0).method == "monte carlo"
    assert bhep(X[:, :2], beta=0.2).method == "monte carlo"
    assert bhep(X[:, :2], beta=0.3).method == "analytic"
    assert henze_zirkler(WIDE[:, :20]).method == "asymptotic"


def test_table():
    table = stats.normality_table(X, ["classical", "mardia"], null="composite", rng=0)
    assert set(table.index[table["method"] == "analytic"]) == set(WITH_FORMULA)
    for name in WITH_FORMULA:
        assert table.loc[name, "pvalue"] == TESTS[name](X).pvalue
        assert table.loc[name, "note"] == ""
    table = stats.normality_table(X, "classical", null="composite", method="analytic", rng=0)
    assert set(table.index[table["pvalue"].notna()]) == set(WITH_FORMULA)
    assert "no null distribution as a formula" in table.loc["royston", "note"]
    with pytest.raises(ValueError, match="royston: there is no null distribution as a formula"):
        stats.normality_table(X, ["royston"], null="composite", method="analytic")
