"""What is said of the least normal direction is supported: nothing of normal samples, parts by their sizes."""

import re

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.directions import random_directions
from slicednorm.stats import deviation, least_normal_direction, sliced_statistic
from slicednorm.stats._deviation.support import LEVEL, by_replicates, by_unseen_rows, named, of_both, values_of
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.whiten import Whitening, whitening_for
from slicednorm.stats._slices.mixture import parts
from slicednorm.stats._slices.profile import Scores, profile, scores

NULLS = ("standard", "composite")
QUICK = {"n_slices": 8, "n_starts": 2}


def at_most(level, count):
    """The number of false alarms in so many samples that is exceeded once in 2,000 times at that level."""
    return scipy_stats.binom.ppf(0.9995, count, level)


def standardised(y):
    y = np.sort(y)
    return (y - y.mean()) / y.std()


@pytest.mark.slow
@pytest.mark.parametrize(("n", "dim", "dtype"), [(1000, 2, np.float64), (2000, 4, np.float32)])
def test_a_part_of_the_rows_is_searched_as_replicates_are(limits, n, dim, dtype):
    limits(most_searched_rows=200, least_searched_rows=100)
    rng = np.random.default_rng(n + dim)
    mixing = rng.standard_normal((dim, dim)) + 2.0 * np.eye(dim)
    found = []
    for seed in range(20):
        x = (rng.standard_normal((n, dim)) @ mixing - 3.0).astype(dtype)
        options = {"null": "composite", "n_slices": 4, "n_starts": 1, "n_resamples": 9}
        found.append(least_normal_direction(x, "cvm", rng=seed, **options).pvalue)
    low, high = scipy_stats.binom.ppf([0.0005, 0.9995], 20, 0.2)
    assert low <= np.count_nonzero(np.asarray(found) <= 0.2 + 1e-9) <= high
    assert 0.3 < np.mean(found) < 0.8


def test_what_a_part_finds_is_told_in_the_space_of_the_whole(limits):
    limits(most_searched_rows=300, least_searched_rows=100)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4000, 3))
    x[:, 1] = rng.exponential(size=4000)
    x = x @ (rng.standard_normal((3, 3)) + 2.0 * np.eye(3)) * [1.0, 100.0, 0.01] + 5.0
    result = least_normal_direction(x, "ad", null="composite", rng=0)
    assert result.kind == "skewness"
    assert np.linalg.norm(result.direction) == pytest.approx(1.0)
    along = sliced_statistic(x, "ad", directions=result.direction[np.newaxis], null="composite")
    assert result.statistic == pytest.approx(along, rel=1e-8)
    score = result.scores(x)
    assert (score.mean(), score.std()) == pytest.approx((0.0, 1.0), abs=1e-9)


def test_a_column_that_is_constant_in_the_part_is_no_error(limits):
    limits(most_searched_rows=200, least_searched_rows=100)
    x = np.random.default_rng(0).standard_normal((3000, 3))
    x[:, 2] = 0.0
    x[:3, 2] = 1.0
    assert np.isfinite(least_normal_direction(x, null="composite", rng=0).statistic)


def test_the_root_need_not_be_symmetric(monkeypatch, limits):
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]

    def turned(*args):
        own = whitening_for(*args)
        return Whitening(own.mean, own.matrix @ turn)

    monkeypatch.setattr("slicednorm.stats._deviation.tested_sample.whitening_for", turned)
    x = np.random.default_rng(1).standard_normal((600, 3)) @ [[2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 9.0]]
    x[:, 2] = x[:, 2] ** 2
    for most in (1 << 14, 300):
        limits(most_searched_rows=most, least_searched_rows=100)
        result = least_normal_direction(x, null="composite", rng=0, **QUICK)
        score = (x - result.centre) @ result.loadings
        assert (score.mean(), score.std()) == pytest.approx((0.0, 1.0), abs=1e-9)
        assert np.mean(score**3) == pytest.approx(result.skewness)
        expected = result.loadings * x.std(axis=0)
        np.testing.assert_allclose(result.weights, expected / np.linalg.norm(expected))
        assert result.weights[2] > 0.9


def test_a_distance_that_is_no_number_is_not_ranked(monkeypatch):
    x = 1e200 * np.random.default_rng(3).standard_normal((50, 3))
    with pytest.raises(SampleError, match="is not finite, and has no p-value; rescale"):
        least_normal_direction(x, "w2", n_resamples=9, rng=0, **QUICK)
    assert deviation(x, "w2", rng=0).direction.kind == "scale"
    monkeypatch.setattr(
        "slicednorm.stats._deviation.searched_rows.SearchReplicates.__call__", lambda *_: np.full((1, 15), np.nan)
    )
    with pytest.raises(SampleError, match="not finite"):
        least_normal_direction(np.random.default_rng(3).standard_normal((50, 3)), n_resamples=9, rng=0, **QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(("n", "dim", "count"), [(60, 10, 40), (300, 20, 20), (400, 2, 30)])
def test_hardly_any_normal_sample_has_a_kind(n, dim, count, null):
    rng = np.random.default_rng(n)
    results = [
        least_normal_direction(rng.standard_normal((n, dim)), null=null, rng=seed, n_slices=32) for seed in range(count)
    ]
    assert sum(result.kind != "unclear" for result in results) <= at_most(LEVEL, count)
    for result in results:
        if result.kind == "unclear":
            assert result.sentence.startswith("No single direction stands out")


@pytest.mark.slow
@pytest.mark.parametrize(("n", "dim", "null"), [(20, 15, "standard"), (30, 20, "composite")])
def test_hardly_any_normal_sample_has_a_kind_among_replicates(n, dim, null):
    rng = np.random.default_rng(n)
    results = [
        least_normal_direction(rng.standard_normal((n, dim)), null=null, rng=seed, n_resamples=39, **QUICK)
        for seed in range(4)
    ]
    assert sum(not result.sentence.startswith("No single") for result in results) <= at_most(LEVEL, 4)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(("n", "dim"), [(500, 40), (200, 10), (50, 5), (60, 50), (1000, 2)])
@pytest.mark.parametrize("n_resamples", [None, 39])
def test_the_level_of_all_that_is_said(n, dim, null, n_resamples):
    rng = np.random.default_rng(n)
    results = [
        least_normal_direction(rng.standard_normal((n, dim)), null=null, rng=seed, n_resamples=n_resamples)
        for seed in range(200)
    ]
    silent = ("No single direction", "How the sample deviates cannot be told")
    assert sum(not result.sentence.startswith(silent) for result in results) <= at_most(LEVEL, 200)


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(("n", "count"), [(10, 600), (100, 600), (3000, 150)])
def test_plain_tests_of_one_dimension_hold_their_level(n, count, null):
    rng = np.random.default_rng(n)
    smallest = []
    for _ in range(count):
        y = rng.standard_normal(n)
        y = y if null == "standard" else standardised(y)
        smallest.append(min(by_unseen_rows([(scores(y), n)], 1, null).values()))
    assert np.count_nonzero(np.asarray(smallest) <= LEVEL) <= at_most(LEVEL, count)
    assert np.count_nonzero(np.asarray(smallest) <= 0.2) >= 0.03 * count


def test_a_plain_scale_has_its_exact_law():
    n = 30
    wide, narrow = 1.4 * np.ones(n), np.ones(n) / 1.4
    for factor in (wide, narrow):
        y = standardised(np.random.default_rng(0).standard_normal(n)) * factor
        p = by_unseen_rows([(scores(y), n)], 1, "standard")["scale"] / 7
        law = scipy_stats.chi2(n - 1)
        assert p == pytest.approx(law.sf(n * 1.4**2) + law.cdf(n / 1.4**2), rel=1e-6)


def test_ranks_among_replicates_are_exact():
    rng = np.random.default_rng(0)
    # Scores of very unlike laws, one of them constant.
    pools = rng.exponential(size=(4000, 40, 6)) ** [1, 1, 2, 3, 1, 1] * [1.0, 1e6, 1.0, 1.0, 1e-6, 0.0]
    smallest = [min(by_replicates(pool[0], pool[1:], "composite").values()) for pool in pools]
    share = np.mean(np.asarray(smallest) <= 1 / 40 + 1e-12)
    assert scipy_stats.binom.ppf(0.0005, 4000, 1 / 40) <= 4000 * share <= at_most(1 / 40, 4000)
    far = np.concatenate([[0.0], values_of(Scores(9e9, 0.0, 1e300, 0.0, 0.0, 0.0, 0.0), "composite")])
    assert by_replicates(far, pools[0, 1:], "composite")["skewness"] == 1 / 40


def test_what_both_ways_of_asking_say_is_put_together():
    plain, ranked = {"skewness": 0.02, "parts": 0.5}, {"distance": 0.025, "skewness": 0.3, "parts": 0.025}
    assert of_both(plain, ranked, 39) == {"distance": 0.05, "skewness": 0.04, "parts": 0.05}
    assert of_both(plain, ranked, 19) == plain
    assert of_both(None, ranked, 19) == ranked
    assert of_both(None, None, None) == {}
    assert named(("heavy tails", "outliers"), {"parts": 0.01}) == ("outliers", 0.01)
    assert named(("heavy tails",), {"parts": 0.2, "distance": 0.01}) == ("unclear", 0.2)
    assert named(("heavy tails",), {}) == ("unclear", None)


def in_groups(rng, n, share, by):
    return rng.standard_normal(n) + by * (np.arange(n) < share * n)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(("n", "dim", "share", "by"), [(500, 2, 0.2, 4.0), (500, 10, 0.2, 5.0), (2000, 10, 0.1, 5.0)])
@pytest.mark.parametrize("seed", range(2))
def test_groups_of_unequal_size_are_told_by_their_shares_and_centres(n, dim, share, by, null, seed):
    rng = np.random.default_rng([n, dim, seed])
    v = random_directions(1, dim, rng=seed)[0] if seed else np.eye(dim)[0]
    x = rng.standard_normal((n, dim))
    x += np.outer(in_groups(rng, n, share, by) - x @ v, v)
    result = least_normal_direction(x, "cvm", null=null, rng=seed)
    assert result.kind == "bimodality", result.sentence
    found = re.search(r"bimodal: (\d+)% of it around (-?\d[\d.]*\d) and (\d+)% around (-?\d[\d.]*\d)", result.sentence)
    told = sorted((int(found[i]) / 100, float(found[i + 1])) for i in (1, 3))
    score = result.scores(x)
    small = np.arange(n) < share * n
    noise = 4.0 * np.sqrt(share * (1.0 - share) / n) + 0.01
    assert told[0][0] == pytest.approx(share, abs=noise)
    assert told[1][0] == pytest.approx(1.0 - share, abs=noise)
    sd = score[~small].std()
    assert told[0][1] == pytest.approx(score[small].mean(), abs=0.35 * sd)
    assert told[1][1] == pytest.approx(score[~small].mean(), abs=0.15 * sd)


@pytest.mark.parametrize(("statistic", "null"), [("w2", "standard"), ("cvm", "composite")])
@pytest.mark.parametrize(("n", "dim", "by", "sides"), [(500, 2, 7.0, 1), (1000, 10, 8.0, 1), (2000, 4, 9.0, 2)])
def test_a_few_rows_far_out_are_told_as_such(statistic, null, n, dim, by, sides):
    rng = np.random.default_rng(n)
    x = rng.standard_normal((n, dim))
    far = np.arange(n) < 0.02 * n
    x[far, 1] += by * (1.0 if sides == 1 else np.where(np.arange(far.sum()) % 2, 1.0, -1.0))
    result = least_normal_direction(x, statistic, null=null, rng=0)
    assert result.kind == "outliers", result.sentence
    assert abs(result.weights[1]) > 0.95
    wording = r"([\d.]+)% of the rows lie far out, around (-?[\d.]+)(?: and ([\d.]+)% around (-?[\d.]+))?;"
    text = re.search(wording, result.sentence)
    shares = [float(each) for each in (text[1], text[3]) if each is not None]
    assert len(shares) == sides
    assert sum(shares) == pytest.approx(2.0, abs=0.35)
    score = result.scores(x)[far]
    for place, side in zip((text[2], text[4]), (-1, 1) if sides == 2 else (1,), strict=False):
        assert float(place) == pytest.approx(score[score * side > 0].mean(), rel=0.1)
    assert "the others are like a normal sample of mean" in result.sentence


def test_rows_that_are_scattered_far_out():
    rng = np.random.default_rng(0)
    y = np.where(np.arange(2000) < 60, 7.0, 1.0) * rng.standard_normal(2000)
    result = least_normal_direction(y, null="composite", rng=0)
    assert result.kind == "outliers"
    assert "of the rows" in result.sentence
    assert profile(y).parts.laws.shares.max() == pytest.approx(0.97, abs=0.01)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, n: rng.exponential(size=n),
        lambda rng, n: rng.gamma(4.0, size=n),
        lambda rng, n: rng.lognormal(size=n),
        lambda rng, n: rng.gumbel(size=n),
        lambda rng, n: rng.laplace(size=n),
        lambda rng, n: rng.beta(2.0, 5.0, n),
        lambda rng, n: rng.standard_normal(n),
        lambda rng, n: np.round(rng.standard_normal(n)),
    ],
)
def test_a_law_with_one_peak_is_not_taken_apart(draw):
    rng = np.random.default_rng(0)
    assert [parts(standardised(draw(rng, n))) for n in (200, 500, 5000) for _ in range(3)] == 9 * [None]


@pytest.mark.slow
def test_what_resembles_parts_is_seldom_taken_apart():
    rng = np.random.default_rng(0)
    flat = [parts(standardised(rng.uniform(size=500))) for _ in range(40)]
    heavy = [parts(standardised(rng.standard_t(3, 1000))) for _ in range(40)]
    assert sum(each is not None for each in flat) <= 4
    assert sum(each is not None for each in heavy) <= 6


def test_too_few_rows_are_said_to_be_too_few():
    x = np.random.default_rng(0).standard_normal((60, 50))
    result = least_normal_direction(x, null="composite", rng=0)
    assert (result.kind, result.kind_pvalue) == ("unclear", None)
    assert result.sentence.startswith("How the sample deviates cannot be told from 60 rows: along a direction")
    line = least_normal_direction(x[:, 0], rng=0)
    assert line.sentence == "The sample deviates in no way that has a name by more than a normal sample may."


@pytest.mark.slow
def test_as_many_replicates_as_can_be_had():
    rng = np.random.default_rng(0)
    counts = [
        least_normal_direction(rng.standard_normal((n, dim)), n_slices=k, method="auto", rng=0).n_resamples
        for n, dim, k in ((20, 1, 1), (100, 2, 8), (8000, 20, 64))
    ]
    assert counts[0] >= counts[1] >= 39
    assert counts[2] is None
