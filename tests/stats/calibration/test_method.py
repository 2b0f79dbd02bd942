"""How a p-value is asked for: the two options, and what does not go together."""

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.stats._calibration.budget import affordable, most_resamples
from slicednorm.stats._calibration.method import Way, check_method, fixed_number

X = np.random.default_rng(4).standard_normal((40, 3))
FUNCTIONS = {
    "sliced": lambda **options: stats.sliced_test(X, n_slices=4, **options),
    "mardia": lambda **options: stats.mardia(X, **options),
    "energy": lambda **options: stats.energy(X, **options),
    "omnibus": lambda **options: stats.omnibus_test(X, n_slices=4, **options),
    "pursuit": lambda **options: stats.pursuit_test(X, n_slices=4, **options),
    "table": lambda **options: stats.normality_table(X, ["ks"], n_slices=4, **options),
}


@pytest.mark.parametrize(
    ("method", "count", "way"),
    [
        ("auto", None, Way("auto")),
        ("auto", 19, Way("monte carlo", 19)),
        ("monte carlo", None, Way("monte carlo", 999)),
        ("monte carlo", np.int64(19), Way("monte carlo", 19)),
        ("sequential", None, Way("sequential")),
        ("cached", None, Way("cached")),
        ("asymptotic", None, Way("asymptotic")),
        (None, None, None),
    ],
)
def test_what_two_options_ask_for(method, count, way):
    assert check_method(method, count) == way


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("options", "error", "part"),
    [
        ({"method": "exact"}, ValueError, "method must be 'auto', .* or None, got 'exact'"),
        ({"n_resamples": "auto"}, TypeError, "use method='auto'"),
        ({"n_resamples": "cached"}, TypeError, "use method='cached'"),
        ({"n_resamples": "many"}, TypeError, "a whole number or None, got 'many'$"),
        ({"n_resamples": 9.0}, TypeError, "whole number"),
        ({"n_resamples": True}, TypeError, "whole number"),
        ({"n_resamples": 0}, ValueError, "at least 1"),
        ({"method": None, "n_resamples": 9}, ValueError, "the statistic alone; leave out n_resamples=9"),
        ({"method": "cached", "n_resamples": 9}, ValueError, "fixes the number of replicates itself"),
        ({"method": "sequential", "n_resamples": 9}, ValueError, "fixes the number of replicates itself"),
        ({"method": "asymptotic", "n_resamples": 9}, ValueError, "takes no replicates"),
    ],
)
def test_every_test_says_what_does_not_go_together(name, options, error, part):
    with pytest.raises(error, match=part):
        FUNCTIONS[name](**options)


@pytest.mark.parametrize("name", ["sliced", "mardia", "energy"])
def test_the_same_words_mean_the_same_everywhere(name):
    run = FUNCTIONS[name]
    of = lambda result: result.measures[0] if name == "mardia" else result  # noqa: E731
    assert of(run(method="sequential", rng=1)).method == "sequential"
    fixed = of(run(n_resamples=19, rng=1))
    assert (fixed.method, fixed.n_resamples) == ("monte carlo", 19)
    assert of(run(method="monte carlo", rng=1)).n_resamples == 999
    bare = of(run(method=None, rng=1))
    assert not bare.has_pvalue
    assert (bare.method, bare.n_resamples, bare.statistic) == (None, None, fixed.statistic)
    with pytest.raises(AttributeError, match="method=None"):
        bare.pvalue  # noqa: B018


def test_sliced_tests_have_no_limiting_distribution():
    with pytest.raises(ValueError, match="no limiting"):
        FUNCTIONS["sliced"](method="asymptotic")


@pytest.mark.parametrize("name", ["omnibus", "pursuit"])
def test_the_omnibus_and_pursuit_take_a_number_that_is_fixed_beforehand(name):
    for method in ("sequential", "asymptotic", "analytic"):
        with pytest.raises(ValueError, match=f"{name} test.* fixed beforehand"):
            FUNCTIONS[name](method=method)
    with pytest.raises(ValueError, match=f"{name} test is made of p-values"):
        FUNCTIONS[name](method=None)


def test_most_resamples(limits):
    limits(full_law=77, most_resamples=55)
    assert [most_resamples(way) for way in (Way("cached"), Way("auto"), Way("sequential"), fixed_number(5))] == [
        77,
        55,
        55,
        5,
    ]


@pytest.mark.parametrize(("seconds", "way"), [(899.0 / 1000, fixed_number(999)), (901.0 / 1000, fixed_number(199))])
def test_the_sample_is_evaluated_as_well(seconds, way):
    """999 replicates and the sample are 1,000 evaluations, which must fit a quarter of an hour."""
    assert affordable(Way("auto"), seconds * 1e9) == way
