"""The least normal direction: planted ones are found, and what is wrong along them has its right name."""

import numpy as np
import pytest

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats import as_sample, least_normal_direction, sliced_statistic, sliced_test
from slicednorm.stats._deviation.ascent import climb, moment_directions
from slicednorm.stats._deviation.search import Search, restandardised, slice_values
from slicednorm.stats._slices.profile import SPLIT_NOISE, distance_to_unimodality, profile
from slicednorm.stats._slices.pursuit.contrasts import CONTRASTS

SHAPES = {
    "skewness": lambda rng, n: rng.exponential(size=n) - 1.0,
    "heavy tails": lambda rng, n: rng.standard_t(3, n) / np.sqrt(3.0),
    "light tails": lambda rng, n: rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), n),
    "bimodality": lambda rng, n: 0.9 * rng.choice([-1.0, 1.0], n) + 0.436 * rng.standard_normal(n),
}
KINDS = {
    "location": lambda rng, n: rng.standard_normal(n) + 1.0,
    "scale": lambda rng, n: 1.8 * rng.standard_normal(n),
    **SHAPES,
}


def planted(kind, n, direction, seed=0):
    """A normal sample, but for its part along one direction."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, len(direction)))
    return x + np.outer(KINDS[kind](rng, n) - x @ direction, direction)


def cosine(a, b):
    return abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b)


def unit(dim, seed):
    return random_directions(1, dim, rng=seed)[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("kind", KINDS)
def test_planted_directions_are_found_under_the_standard_null(name, kind):
    v = unit(8, seed=3)
    result = least_normal_direction(planted(kind, 3000, v), name, n_slices=64, rng=1)
    assert cosine(result.direction, v) > 0.97
    assert result.kind == kind
    np.testing.assert_array_equal(result.direction, result.loadings)


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("kind", SHAPES)
def test_planted_directions_are_found_under_the_composite_null(name, kind):
    v = unit(6, seed=4)
    mixing = np.random.default_rng(5).standard_normal((6, 6)) + 2.0 * np.eye(6)
    x = planted(kind, 3000, v) @ mixing + 10.0
    result = least_normal_direction(x, name, null="composite", n_slices=64, rng=1)
    # The score x·w is what was planted: w solves mixing·w = v.
    assert cosine(mixing @ result.loadings, v) > 0.97
    assert result.kind == kind
    assert (result.mean, result.sd) == pytest.approx((0.0, 1.0), abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "dim"), [(500, 2), (500, 16), (500, 64), (5000, 2), (5000, 16), (5000, 64)])
@pytest.mark.parametrize("kind", KINDS)
def test_one_column_that_deviates_has_its_kind_named(n, dim, kind):
    x = planted(kind, n, np.eye(dim)[1], seed=n + dim)
    for null in ("standard", "composite") if kind in SHAPES else ("standard",):
        result = least_normal_direction(x, "w2", null=null, n_slices=64, rng=0)
        assert result.kind == kind, (null, result.sentence)
        assert abs(result.weights[1]) > 0.9
        assert "column 1 (+" in result.sentence


def test_what_holds_on_unseen_rows_beats_the_largest_distance():
    # In 64 dimensions 500 rows have slices farther from normal than the column that is not normal.
    x = planted("bimodality", 500, np.eye(64)[5])
    result = least_normal_direction(x, "cvm", null="composite", rng=0)
    assert result.way != "climb"
    assert abs(result.weights[5]) > 0.9
    z = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    z = z @ (vectors / np.sqrt(values)) @ vectors.T
    ends = climb(z, get_distance("cvm"), random_directions(4, 64, rng=0))
    assert slice_values(z, ends, get_distance("cvm")).max() > 1.5 * result.statistic
    assert result.statistic_held_out > 0.5 * result.statistic


@pytest.mark.parametrize("name", [name for name in DISTANCES if name != "sw"])
def test_a_climb_never_goes_down_and_gets_somewhere(name):
    z = planted("skewness", 400, unit(5, seed=1))
    distance = get_distance(name)
    starts = random_directions(12, 5, rng=2)
    ends = climb(z, distance, starts)
    np.testing.assert_allclose(np.linalg.norm(ends, axis=1), 1.0, rtol=1e-12)
    before = slice_values(z, starts, distance)
    after = slice_values(z, ends, distance)
    if name != "ks":  # which climbs a stand-in
        assert (after >= before).all()
    assert after.max() > 1.2 * before.max()
    # A peak: no direction near by is higher.
    top = ends[np.argmax(after)]
    near = top + 1e-2 * np.random.default_rng(0).standard_normal((200, 5))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    assert slice_values(z, near, distance).max() < after.max() * (1.03 if name == "ks" else 1.0005)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("null", ["standard", "composite"])
def test_the_distance_is_at_least_that_of_the_worst_slice(name, null):
    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal((60, 3))
        test = sliced_test(x, name, null=null, n_slices=20, method=None, rng=seed)
        result = least_normal_direction(x, test)
        assert result.statistic >= result.statistic_start
        if name != "sw":
            assert result.test == name
            assert result.statistic_start == pytest.approx(test.slice_statistics.max(), rel=1e-9)
            along = sliced_statistic(x, name, directions=result.direction[np.newaxis], null=null)
            assert result.statistic == pytest.approx(along, rel=1e-9)


def test_sw_is_climbed_as_w2():
    result = least_normal_direction(planted("scale", 300, unit(3, seed=2)), "swae", rng=0)
    assert (result.test, result.kind) == ("w2", "scale")


def test_the_score_is_linear_in_x():
    mixing = np.random.default_rng(1).standard_normal((4, 4))
    x = planted("skewness", 800, unit(4, seed=0)) @ mixing - 3.0
    result = least_normal_direction(x, null="composite", rng=0)
    score = (x - result.centre) @ result.loadings
    assert np.mean(score) == pytest.approx(result.mean, abs=1e-9)
    assert np.std(score) == pytest.approx(result.sd)
    assert np.mean(score**3) == pytest.approx(result.skewness)
    assert np.mean(score**4) - 3.0 == pytest.approx(result.excess_kurtosis)
    np.testing.assert_allclose(result.centre, x.mean(axis=0))
    expected = result.loadings * x.std(axis=0)
    np.testing.assert_allclose(result.weights, expected / np.linalg.norm(expected))
    assert result.weights.max() == np.abs(result.weights).max()


def test_a_known_target_is_standardised_by_it():
    mean, cov = np.asarray([1.0, -2.0, 0.5]), np.diag([4.0, 0.25, 1.0])
    x = planted("location", 1000, np.eye(3)[0]) * [2.0, 0.5, 1.0] + mean
    result = least_normal_direction(x, mean=mean, cov=cov, rng=0)
    assert result.kind == "location"
    assert result.mean == pytest.approx(1.0, abs=0.15)
    np.testing.assert_allclose(result.centre, mean)
    np.testing.assert_allclose(result.loadings, result.direction / [2.0, 0.5, 1.0])
    np.testing.assert_allclose(result.weights, result.direction, rtol=1e-9)


@pytest.mark.slow
def test_columns_in_another_order_and_in_other_units():
    x = planted("bimodality", 1500, unit(5, seed=6))
    plain = least_normal_direction(x, null="composite", rng=0)
    order = [3, 0, 4, 1, 2]
    permuted = least_normal_direction(x[:, order], null="composite", rng=0)
    np.testing.assert_allclose(permuted.loadings, plain.loadings[order], atol=2e-2)
    scale = np.asarray([1.0, 100.0, 0.01, 5.0, 1.0])
    scaled = least_normal_direction(x * scale, null="composite", rng=0)
    np.testing.assert_allclose(scaled.loadings * scale, plain.loadings, atol=2e-2)
    np.testing.assert_allclose(scaled.weights, plain.weights, atol=2e-2)
    assert plain.kind == permuted.kind == scaled.kind == "bimodality"


def test_the_same_seed_gives_the_same_bits_and_a_result_is_as_good_as_its_name():
    x = planted("skewness", 300, unit(4, seed=0))
    first, again = (least_normal_direction(x, "ad", n_slices=32, rng=7) for _ in range(2))
    assert first == again
    np.testing.assert_array_equal(first.direction, again.direction)
    test = sliced_test(x, "ad", n_slices=32, n_resamples=19, rng=7)
    assert least_normal_direction(x, test) == first
    assert least_normal_direction(as_sample(x), test) == first
    one, two = (least_normal_direction(x, test, n_resamples=6, workers=workers) for workers in (1, 2))
    assert one == two
    assert one.pvalue == 1 / 7
    assert first.pvalue is None


@pytest.mark.slow
def test_pvalues_of_the_maximum_are_valid():
    rng = np.random.default_rng(0)
    options = {"n_slices": 8, "n_starts": 1, "n_resamples": 9}
    found = [
        least_normal_direction(rng.standard_normal((40, 3)), "cvm", rng=seed, **options).pvalue for seed in range(30)
    ]
    # Uniform on 0.1, 0.2, … 1; by the null law of a single slice nearly all would be 0.1.
    assert np.mean(np.asarray(found) <= 0.2 + 1e-9) < 0.45
    assert 0.35 < np.mean(found) < 0.75


def test_large_samples_are_searched_in_part_and_reported_whole(limits):
    limits(most_searched_rows=500, least_searched_rows=100)
    x = planted("skewness", 4000, unit(3, seed=0))
    result = least_normal_direction(x, rng=0)
    assert cosine(result.direction, unit(3, seed=0)) > 0.9
    assert result.statistic == pytest.approx(sliced_statistic(x, directions=result.direction[np.newaxis]), rel=1e-9)
    assert result.statistic >= result.statistic_start
    assert result.skewness == pytest.approx(np.mean(((x @ result.direction - result.mean) / result.sd) ** 3))


@pytest.mark.parametrize("name", DISTANCES)
def test_edges(name):
    rng = np.random.default_rng(2)
    column = least_normal_direction(rng.exponential(size=200) - 1.0, name, rng=0)
    assert (column.dim, column.kind) == (1, "skewness")
    np.testing.assert_array_equal(column.direction, [1.0])
    assert column.sentence.startswith("The sample is skewed, with a longer tail to high values")
    few = least_normal_direction(rng.standard_normal((2, 2)), name, rng=0)
    assert few.statistic_held_out is None
    assert np.isfinite(few.statistic)
    least = least_normal_direction(rng.standard_normal((5, 3)), name, null="composite", rng=0)
    assert np.isfinite(least.statistic)
    constant = least_normal_direction(np.zeros((50, 3)), name, rng=0)
    assert (constant.kind, constant.sd, constant.skewness) == ("scale", 0.0, 0.0)
    assert "does not vary" in constant.sentence
    tied = least_normal_direction(np.round(rng.standard_normal((400, 3))), name, rng=0)
    assert tied.kind != "bimodality"
    narrow = least_normal_direction(planted("location", 400, unit(3, 1)).astype(np.float32), name, rng=0)
    assert narrow.kind == "location"
    assert narrow.direction.dtype == np.float64


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("scale", [1e100, 1e200, 1e300])
def test_huge_values_are_a_scale_not_an_error(name, scale):
    x = np.random.default_rng(3).standard_normal((50, 3)) * scale
    result = least_normal_direction(x, name, n_slices=8, rng=0)
    assert result.kind == "scale"
    assert result.sd > 0.5 * scale


def test_names_and_many_columns():
    x = planted("bimodality", 2000, np.asarray([0.0, 0.8, -0.6]))
    named = least_normal_direction(x, rng=0, names=["age", "mass", "height"])
    assert named.sentence.startswith("Along the direction with the largest weights on columns mass (+0.")
    assert "and height (-0." in named.sentence
    assert "the sample is bimodal: 4" in named.sentence or "the sample is bimodal: 5" in named.sentence
    wide = least_normal_direction(np.random.default_rng(0).standard_normal((1000, 9)) + 0.5, rng=0)
    assert "over many columns, counted from 0, the largest weights on" in wide.sentence
    assert "the sample is shifted: mean 1." in wide.sentence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test": "t"}, "unknown statistic 't'"),
        ({"null": "none"}, "null must be"),
        ({"n_starts": 0}, "n_starts must be at least 1, got 0"),
        ({"n_resamples": 0}, "n_resamples must be at least 1, got 0"),
        ({"names": ["a"]}, "each of the 3 columns, got 1"),
        ({"x": np.full((5, 3), np.nan)}, "NaN"),
        ({"x": np.zeros((50, 3)), "null": "composite"}, "constant"),
    ],
)
def test_bad_options(options, message):
    x = options.pop("x", np.random.default_rng(0).standard_normal((30, 3)))
    with pytest.raises(ValueError, match=message):
        least_normal_direction(x, **{"rng": 0, **options})


def test_a_result_of_another_sample_is_refused():
    x = np.random.default_rng(0).standard_normal((40, 3))
    test = sliced_test(x, method=None, rng=0)
    for other, options, message in (
        (x[:30], {}, "x has 30 rows of 3 columns, the test's sample had 40 of 3"),
        (x + 1.0, {}, "pass the sample that was tested"),
        (x, {"mean": 1.0}, "the same mean and cov"),
        (x, {"null": "composite"}, "null='composite', but the test had 'standard'"),
        (x, {"n_slices": 3}, "n_slices=3, but the test had 256"),
        (x, {"directions": "iid"}, "a result brings its own"),
    ):
        with pytest.raises(ValueError, match=message):
            least_normal_direction(other, test, **options)
    with pytest.raises(TypeError, match="SlicedTestResult or the name of a statistic, got int"):
        least_normal_direction(x, 3)
    with pytest.raises(TypeError, match="n_starts must be a whole number"):
        least_normal_direction(x, n_starts=2.0)
    moved = sliced_test(x, method=None, rng=0, mean=0.5, cov=2.0)
    assert least_normal_direction(x, moved, mean=0.5, cov=2.0).statistic > 0.0


def test_moments_point_where_they_should():
    z = np.random.default_rng(0).standard_normal((4000, 5))
    z[:, 2] *= 3.0
    z[:, 4] += 2.0
    found = np.abs(moment_directions(z))
    assert found[0, 4] > 0.99
    assert found[:, 2].max() > 0.99
    assert len(moment_directions(np.zeros((3, 2)))) == 4


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 500, 5000])
def test_the_profile_of_a_normal_sample(n):
    rng = np.random.default_rng(n)
    profiles = [profile(rng.standard_normal(n)) for _ in range(40)]
    for name in ("mean_z", "sd_z", "skewness_z", "kurtosis_z"):
        z = np.asarray([getattr(each, name) for each in profiles])
        assert abs(z.mean()) < 0.7
        assert 0.6 < z.std() < 1.5
    assert max(each.split for each in profiles) < SPLIT_NOISE
    assert sum(each.kind != "unclear" for each in profiles) <= 3


def test_tails_and_groups_are_told_from_the_scale_that_they_bring():
    rng = np.random.default_rng(0)
    n = 1000
    assert profile(rng.standard_t(3, n)).kind == "heavy tails"
    assert profile(rng.standard_cauchy(n)).kind == "heavy tails"
    wide = profile(2.0 * rng.choice([-1.0, 1.0], n) + rng.standard_normal(n))
    assert wide.kind == "bimodality"
    (below, low), (above, high) = wide.groups
    assert (below, low, above, high) == pytest.approx((0.5, -2.0, 0.5, 2.0), abs=0.2)
    apart = profile(4.0 * (rng.random(n) < 0.3) + rng.standard_normal(n))
    assert apart.kind == "bimodality"
    assert apart.groups[1] == pytest.approx((0.3, 4.0), abs=0.25)
    assert profile(0.2 * rng.choice([-1.0, 1.0], n) + 10.0 + 0.05 * rng.standard_normal(n)).kind == "location"


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_the_distance_to_unimodality_ignores_scale_rounding_and_size(scale):
    rng = np.random.default_rng(0)
    two = np.sort(np.concatenate([rng.normal(-3.0, 1.0, 4000), rng.normal(3.0, 1.0, 4000)]))
    assert distance_to_unimodality(two * scale) == pytest.approx(distance_to_unimodality(two), rel=1e-6)
    assert 0.05 < distance_to_unimodality(two) < 0.1
    assert distance_to_unimodality(np.sign(two) + 1e-3 * two) == pytest.approx(0.25, abs=0.01)
    one = np.sort(rng.standard_normal(8000))
    assert distance_to_unimodality(np.round(one)) < 0.005
    assert distance_to_unimodality(np.asarray([0.0, 0.0, 1.0, 1.0])) == 0.0


@pytest.mark.parametrize("statistic", ["cvm", "w2", "ks"])
def test_two_groups_in_ten_columns_are_found_where_the_middle_is_empty(statistic):
    """A distance hardly tells their direction from others; a search for the emptiest middle does."""
    cosines = []
    for seed in range(4):
        rng = np.random.default_rng([seed, 10])
        x = rng.standard_normal((200, 10))
        x[:, 0] += 4.5 * (rng.uniform(size=200) < 0.5)
        q, _ = np.linalg.qr(rng.standard_normal((10, 10)))
        found = least_normal_direction(x @ q, statistic, null="composite", rng=seed)
        cosines.append(abs(found.direction @ q[0]))
        assert found.way in {"gap", "climb"}
    assert np.median(cosines) > 0.95


def test_the_searches_are_for_the_shape_alone():
    """A wide column is no gap: under the standard null, too, rows are standardised by their own moments first."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((150, 4)) * [1.0, 3.0, 1.0, 0.2] + [0.0, 2.0, 0.0, 1.0]
    standardised = restandardised(x)
    assert standardised is not None
    own, _ = standardised
    slices = random_directions(16, 4, rng=0)
    half = np.arange(150) < 75
    along = x @ Search("cvm", "standard", slices, 2, half)._searched(x).T
    along = (along - along.mean(axis=0)) / along.std(axis=0)
    alike = own @ Search("cvm", "composite", slices, 2, half)._searched(own).T
    for number, contrast in enumerate(CONTRASTS):
        assert contrast.value(along[:, number]) == pytest.approx(contrast.value(alike[:, number]), rel=1e-6)
