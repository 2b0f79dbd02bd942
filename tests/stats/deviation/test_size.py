"""The detectable size: what it says about samples of a known law is what fresh samples of that law do."""

import numpy as np
import pytest

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES
from slicednorm.stats import as_sample, detectable_size, deviation, least_normal_direction, sliced_test, sliced_tests
from slicednorm.stats._deviation import tested_sample as deviating
from slicednorm.stats._deviation.power import Power
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

V = random_directions(24, 5, rng=11)


def shifted(rng, n, by=0.2):
    return rng.standard_normal((n, 5)) + by


def heavy(rng, n):
    return rng.standard_t(5, (n, 5))


def mixture(rng, n):
    return rng.standard_normal((n, 5)) + np.where(rng.random((n, 1)) < 0.3, 1.4, -0.6) * [1.0, 1.0, 0.0, 0.0, 0.0]


LAWS = {
    "shifted": (shifted, "standard"),
    "heavy": (heavy, "composite"),
    "mixture": (mixture, "composite"),
}


def rejections(law, null, name, rows, count, seed):
    """Return how many fresh samples of so many rows are rejected at 5%."""
    rng = np.random.default_rng(seed)
    draw = LAWS[law][0]
    critical = np.quantile(
        sliced_test(draw(rng, rows), name, null=null, directions=V, n_resamples=499, rng=seed).null_distribution,
        0.95,
        method="weibull",
    )
    found = 0
    for number in range(count):
        (result,) = sliced_tests(
            draw(rng, rows),
            (name,),
            null=null,
            directions=V,
            method=None,
            rng=np.random.SeedSequence([seed, number]),
        )
        found += result.statistic > critical
    return found


# The other pairs are in the test of intervals below, which is long.
@pytest.mark.slow
@pytest.mark.parametrize(("name", "law"), [("cvm", "shifted"), ("cvm", "heavy"), ("ks", "shifted"), ("ks", "mixture")])
def test_fresh_samples_of_the_size_are_found_with_the_power(law, name):
    draw, null = LAWS[law]
    result = detectable_size(draw(np.random.default_rng(1), 60_000), name, null=null, directions=V, rng=0)
    assert result.bound == "estimate"
    assert not result.extrapolated
    share = rejections(law, null, name, result.rows, 200, 2) / 200
    # Standard errors in points: of the share 2.8, by the critical value of 499 replicates 2.6, by the size some 4.
    assert 0.68 < share < 0.92
    # Within the interval, fewer rows find it less often and more rows more often.
    assert rejections(law, null, name, int(result.low * 0.8), 150, 3) / 150 < 0.8
    assert rejections(law, null, name, int(result.high * 1.2), 150, 4) / 150 > 0.8


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", DISTANCES)
def test_intervals_cover_the_size(law, name):
    draw, null = LAWS[law]
    rng = np.random.default_rng(5)
    truth = np.mean([detectable_size(draw(rng, 100_000), name, null=null, directions=V, rng=s).rows for s in range(3)])
    for times in (1.5, 4.0, 15.0):
        found = [
            detectable_size(draw(rng, int(times * truth)), name, null=null, directions=V, rng=s) for s in range(50)
        ]
        told = [result for result in found if result.rows is not None]
        assert np.mean([result.low <= truth <= result.high for result in told]) >= 0.86, (times, truth)
        if times > 1.5:
            assert len(told) >= 48
            assert 0.8 < np.median([result.rows for result in told]) / truth < 1.3


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
def test_a_larger_deviation_takes_fewer_rows(name):
    rows = [
        detectable_size(shifted(np.random.default_rng(1), 4000, by), name, directions=V, rng=0).rows
        for by in (0.2, 0.4, 0.8)
    ]
    assert rows[0] > 2.0 * rows[1] > 3.0 * rows[2] > 0


def test_more_power_and_a_smaller_level_take_more_rows():
    x = shifted(np.random.default_rng(1), 4000)
    plain = detectable_size(x, directions=V, rng=0)
    assert detectable_size(x, directions=V, rng=0, power=0.95).rows > 1.15 * plain.rows
    strict = detectable_size(x, directions=V, rng=0, level=0.01)
    assert strict.rows > 1.15 * plain.rows
    assert "at 1% with 80% power" in strict.sentence
    assert plain.sentence.startswith("From about ")
    assert "sliced Cramér-von Mises test at 5% with 80% power" in plain.sentence
    assert plain.low < plain.rows < plain.high
    assert (np.diff(plain.sizes) > 0).all()
    assert plain.powers[0] < 0.8 < plain.powers[-1] + 0.1


@pytest.mark.parametrize("name", ["cvm", "ks", "sw"])
def test_a_normal_sample_has_no_size(name):
    for null in ("standard", "composite"):
        x = np.random.default_rng(4).standard_normal((400, 5))
        result = detectable_size(x, name, null=null, directions=V, rng=0)
        assert (result.rows, result.low, result.high, result.bound) == (None, 400.0, np.inf, "more than")
        assert result.sentence.startswith("More than 400 rows would be needed")
        assert not result.extrapolated
    test = sliced_test(x, name, n_slices=16, n_resamples=39, rng=0)
    assert test.pvalue > 0.05
    assert detectable_size(x, test).bound == "more than"


def test_an_enormous_deviation_is_found_with_the_fewest_rows():
    result = detectable_size(np.random.default_rng(0).standard_normal((500, 3)) + 9.0, rng=0)
    assert (result.rows, result.bound) == (4, "at most")
    assert result.sentence.startswith("As few as 4 rows would do")


@pytest.mark.parametrize("name", ["cvm", "ks"])
def test_beyond_half_of_the_sample_the_size_is_extrapolated(name):
    # The whole sample is rejected, half of it not often enough.
    rng = np.random.default_rng(8)
    truth = detectable_size(shifted(rng, 40_000, 0.1), name, directions=V, rng=0)
    assert not truth.extrapolated
    found = [detectable_size(shifted(rng, int(1.3 * truth.rows), 0.1), name, directions=V, rng=s) for s in range(12)]
    beyond = [result for result in found if result.extrapolated]
    assert len(beyond) >= 4
    assert all("extrapolated from what half" in result.sentence for result in beyond)
    assert all(result.low < truth.rows < result.high for result in beyond)
    assert 0.5 < np.median([result.rows for result in beyond]) / truth.rows < 2.0


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_workers_and_ways_of_asking_do_not_change_a_bit(null, aggregate):
    x = heavy(np.random.default_rng(2), 800)
    test = sliced_test(x, "ad", null=null, aggregate=aggregate, n_slices=16, n_resamples=39, rng=3)
    one, two = (detectable_size(x, test, workers=workers) for workers in (1, 2))
    assert one == two
    np.testing.assert_array_equal(one.powers, two.powers)
    again = detectable_size(as_sample(x), "ad", null=null, aggregate=aggregate, n_slices=16, rng=3)
    assert (again.rows, again.low, again.high) == (one.rows, one.low, one.high)
    assert detectable_size(x, test, rng=9).rows != one.rows


def test_draws_spread_as_samples_do():
    # Draws of half of the rows share half of their rows with each other: uncorrected, they spread 0.7 times as much.
    spreads = []
    for seed in range(6):
        x = shifted(np.random.default_rng(seed), 800, 0.5)
        options = {"aggregate": None, "n_slices": None, "mean": None, "cov": None, "nan_policy": "raise"}
        subject = deviating.tested_by(x, "cvm", null=None, directions=V, rng=seed, **options)
        spreads.append(np.std(Power(subject, 0.05, 1).at(400, 150).drawn / 400.0))
    fresh = [
        sliced_test(shifted(np.random.default_rng(100 + s), 400, 0.5), directions=V, method=None, rng=0).statistic
        for s in range(300)
    ]
    assert 0.85 < np.mean(spreads) / np.std(fresh) < 1.2


def test_large_samples_are_drawn_from_in_part(limits):
    x = shifted(np.random.default_rng(1), 4000)
    whole = detectable_size(x, directions=V, rng=0)
    limits(drawn_elements=3000, least_drawn_rows=300)
    part = detectable_size(x, directions=V, rng=0)
    # 600 rows know less than 4,000, and the interval says so.
    assert part.n == 4000
    assert part.high / part.low > 1.3 * whole.high / whole.low
    assert part.low < whole.rows < part.high
    assert part.sizes.max() <= 300


def test_units_do_not_matter():
    x = heavy(np.random.default_rng(2), 1500)
    plain = detectable_size(x, null="composite", directions=V, rng=0).rows
    moved = detectable_size(1e6 * x + 1e8, null="composite", directions=V, rng=0).rows
    assert moved == pytest.approx(plain, rel=0.02)
    target = detectable_size(3.0 * (x + 0.3) + 7.0, directions=V, rng=0, mean=7.0, cov=9.0).rows
    assert target == pytest.approx(detectable_size(x + 0.3, directions=V, rng=0).rows, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
def test_edges(name):
    rng = np.random.default_rng(0)
    assert detectable_size(rng.exponential(size=300) - 1.0, name, rng=0).dim == 1
    for x in (rng.standard_normal((2, 2)), rng.standard_normal((7, 2)) + 5.0):
        assert detectable_size(x, name, rng=0).bound == "more than"
    tied = np.round(rng.standard_normal((600, 3)))
    assert detectable_size(tied, name, null="composite", n_slices=16, rng=0).n == 600
    binary = rng.integers(0, 2, (600, 3))  # draws of few rows are singular
    assert detectable_size(binary, name, null="composite", n_slices=16, rng=0).rows is not None
    assert detectable_size(np.zeros((60, 3)), name, n_slices=16, rng=0).bound in ("at most", "estimate")
    assert detectable_size(1e30 * rng.standard_normal((60, 3)), name, n_slices=16, rng=0).rows <= 10


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"level": 0.0}, ValueError, r"level must lie between 0 and 1, got 0\.0"),
        ({"power": 1}, ValueError, "power must lie between 0 and 1, got 1"),
        ({"power": "80%"}, TypeError, "power must be a number, got '80%'"),
        ({"workers": 0}, ValueError, "workers must be at least 1"),
        ({"aggregate": "median"}, ValueError, "aggregate must be"),
    ],
)
def test_bad_options(options, error, message):
    with pytest.raises(error, match=message):
        detectable_size(shifted(np.random.default_rng(0), 100), **{"rng": 0, **options})


def test_one_function_gives_both_sentences():
    x = mixture(np.random.default_rng(0), 400)
    test = sliced_test(x, "cvm", null="composite", n_slices=8, n_resamples=39, rng=1)
    both = deviation(x, test, names=list("abcde"))
    count = both.direction.n_resamples
    assert count >= 39
    assert both.direction == least_normal_direction(x, test, n_resamples=count, names=list("abcde"))
    plain = deviation(x, test, method=None, names=list("abcde"))
    assert plain.direction == least_normal_direction(x, test, names=list("abcde"))
    assert both.size == detectable_size(x, test)
    assert both.sentences == (both.direction.sentence, both.size.sentence)
    assert " a (+0." in both.sentences[0]
    assert repr(both).startswith("DeviationResult\n")
    fresh = deviation(x, "ks", method=None)
    assert fresh.direction.seed == fresh.size.seed


@pytest.mark.parametrize("null", ["standard", "composite"])
def test_the_critical_value_is_that_of_the_formula_where_there_is_one(null):
    x = np.random.default_rng(3).standard_normal((20_000, 5))
    options = {"aggregate": None, "n_slices": 24, "directions": None, "rng": 0, "mean": None, "cov": None}
    for name, size, by_formula in (("cvm", 300, True), ("cw", 300, True), ("cvm", 60, False), ("ks", 300, False)):
        subject = deviating.tested_by(x, name, null=null, nan_policy="raise", **options)
        seen = Power(subject, 0.05, 1).at(size, 400)
        assert isinstance(seen.null, WeightedChi2) == by_formula
        # The size of tests by it, on as many draws of a normal sample as there are: 5% with a standard error of 1.1.
        assert 0.02 < np.mean(seen.drawn > seen.critical(0.05)) < 0.09
        assert seen.drawn.mean() == pytest.approx(seen.mean, abs=0.5 * np.sqrt(seen.var))


def test_directions_that_are_all_the_same_have_draws():
    x = np.random.default_rng(3).standard_normal((1000, 5)) + 0.2
    same = np.repeat(V[:1], 3, axis=0)
    assert detectable_size(x, "cvm", directions=same, rng=0).rows == pytest.approx(
        detectable_size(x, "cvm", directions=V[:1], rng=0).rows, rel=0.5
    )
