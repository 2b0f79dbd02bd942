"""The extrapolated p-value: right where the tail is exponential, bounded, and only where it is needed."""

import numpy as np
import pytest

from slicednorm.stats import classical_test, mardia, sliced_test
from slicednorm.stats._calibration.tail import FARTHEST_TAIL, tail_pvalue


def test_an_exponential_tail_is_found():
    # The quantiles of the exponential law themselves, so that there is no noise; P(X > x) = exp(−x/3).
    law = -3.0 * np.log1p(-(np.arange(4999) + 0.5) / 4999)
    for value in (30.0, 36.0):
        assert tail_pvalue(law, value) == pytest.approx(np.exp(-value / 3.0), rel=0.25)


@pytest.mark.parametrize("count", [199, 999, 9_999])
def test_it_does_not_depend_on_the_unit_or_the_order(count):
    law = np.random.default_rng(count).chisquare(5, count)
    value = law.max() * 1.3
    found = tail_pvalue(law, value)
    assert tail_pvalue(7.0 + 1e-3 * law[::-1], 7.0 + 1e-3 * value) == pytest.approx(found, rel=1e-6)


def test_it_falls_with_the_statistic_between_its_bounds():
    law = np.random.default_rng(1).chisquare(5, 999)
    values = law.max() * np.geomspace(1.0001, 1e6, 50)
    found = np.asarray([tail_pvalue(law, value) for value in values])
    assert (np.diff(found) <= 0.0).all()
    assert found[0] <= 1 / 1000
    assert found[-1] == FARTHEST_TAIL / 1000
    assert tail_pvalue(law, np.inf) == FARTHEST_TAIL / 1000


@pytest.mark.parametrize("name", ["energy", "cramer_wold", "royston", "doornik_hansen", "henze_zirkler", "bhep"])
def test_it_is_given_for_tests_whose_tails_were_measured_to_be_exponential(name):
    """At 20 × 2 and 100 × 20 the others were up to a hundred times too small."""
    x = np.random.default_rng(0).standard_exponential((60, 3))
    found = classical_test(x, name, n_resamples=199, rng=0)
    assert found.pvalue == 1 / 200
    assert (found.tail_pvalue is not None) == (name in ("energy", "cramer_wold", "royston"))


def test_mardias_measures_have_none():
    for null in ("standard", "composite"):
        found = mardia(np.random.default_rng(0).standard_cauchy((60, 3)), null=null, n_resamples=199, rng=0)
        assert found.skewness_pvalue == found.kurtosis_pvalue == 1 / 200
        assert found.skewness_tail_pvalue is found.kurtosis_tail_pvalue is None


def test_there_is_none_where_replicates_say_enough():
    law = np.random.default_rng(1).chisquare(5, 999)
    assert tail_pvalue(law, law.max()) is None
    assert tail_pvalue(law[:198], 1e9) is None
    assert tail_pvalue(np.ones(999), 2.0) is None  # a law of one value has no tail


def test_near_right_for_sums_of_squares():
    # Median over draws of 999 of a chi square law of 20 degrees at p = 1e-4, whose tail falls faster: half a decade.
    from scipy import stats

    value = stats.chi2(20).isf(1e-4)
    rng = np.random.default_rng(2)
    found = [tail_pvalue(law[law < value], value) for law in rng.chisquare(20, (200, 999))]
    assert 1e-4 < np.median([p for p in found if p is not None]) < 3.2e-4


def test_results_have_it():
    rng = np.random.default_rng(4)
    far = sliced_test(rng.standard_normal((50, 3)) + 1.0, "cvm", n_slices=8, n_resamples=199, rng=0)
    assert far.pvalue == 1 / 200
    assert FARTHEST_TAIL / 200 <= far.tail_pvalue < 1 / 200
    near = sliced_test(rng.standard_normal((50, 3)), "cvm", n_slices=8, n_resamples=199, rng=0)
    assert near.tail_pvalue is None
