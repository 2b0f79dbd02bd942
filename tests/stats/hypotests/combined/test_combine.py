"""Several statistics as one: ranks and means by their definitions, an exact p-value, and what drove it."""

import math

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats._calibration.ranks import Ranking
from slicednorm.stats._hypotests.combined.combine import (
    as_extreme,
    driver_of,
    harmonic_means,
    judged,
    member_pvalues,
    smoothed,
    tail_pvalues,
)
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._sample.errors import SampleError

MEMBERS = (
    Member("a", "a", weight=0.5),
    Member("b", "b", weight=0.3, weight_below=1.0),
    Member("c", "c"),
)


def test_definition() -> None:
    """Every rank counted by hand, with ties and both tails."""
    pool = np.random.default_rng(0).integers(0, 6, size=(30, 3)).astype(float)
    tails = tail_pvalues(pool, pool, MEMBERS)
    means, own = harmonic_means(tails, MEMBERS), member_pvalues(tails, MEMBERS)
    for item in range(30):
        above = [np.sum(pool[:, j] >= pool[item, j]) / 30 for j in range(3)]
        below = np.sum(pool[:, 1] <= pool[item, 1]) / 30
        total = 0.5 / above[0] + 0.3 / above[1] + 1.0 / below + 1.0 / above[2]
        assert means[item] == pytest.approx(2.8 / total)
        two_sided = min(1.0, 2.0 * above[1], 2.0 * below)
        assert own[item].tolist() == pytest.approx([above[0], two_sided, above[2]])


def test_equal_weights_are_twice_the_smaller_tail() -> None:
    pool = np.random.default_rng(1).standard_normal((40, 1))
    member = (Member("b", "b", weight_below=1.0),)
    tails = tail_pvalues(pool, pool, member)
    expected = np.minimum(1.0, 2.0 * tails[:, 0].min(axis=-1))
    np.testing.assert_allclose(member_pvalues(tails, member)[:, 0], expected)


def test_ties_count_against_a_rejection() -> None:
    pool = np.asarray([[1.0], [1.0 + 1e-9], [0.5], [2.0]])
    exact = tail_pvalues(pool, pool, (Member("a", "a"),))[:, 0, 0]
    tied = tail_pvalues(pool, pool, (Member("a", "a", ranking=Ranking(absolute=1e-8)),))[:, 0, 0]
    assert exact.tolist() == [0.75, 0.5, 1.0, 0.25]
    assert tied.tolist() == [0.75, 0.75, 1.0, 0.25]


def test_it_treats_the_pool_alike() -> None:
    """Whichever of the pool is taken for the sample, its p-value is the same: that is what makes it exact."""
    pool = np.random.default_rng(1).standard_normal((50, 3))
    whole = [judged(pool[i], np.delete(pool, i, axis=0), MEMBERS, "monte carlo") for i in range(50)]
    means = harmonic_means(smoothed(tail_pvalues(pool, pool, MEMBERS), pool, pool, MEMBERS), MEMBERS)
    np.testing.assert_allclose([one.statistic for one in whole], means)
    pvalues = np.asarray([one.calibration.pvalue for one in whole])
    for level in (0.02, 0.1, 0.3, 0.8):
        assert level - 0.021 <= np.mean(pvalues <= level + 1e-9) <= level + 1e-9


def test_equal_means_are_equal_in_any_order_of_the_sum() -> None:
    assert as_extreme(np.asarray([0.3, 0.1 + 0.2, 0.29, 0.31])).tolist() == [True, True, True, False]


@pytest.mark.parametrize("count", [19, 99])
def test_size_of_members_that_depend_on_each_other(count: int) -> None:
    """Statistics of any law: here they are heavy-tailed and nearly the same."""
    rng, samples = np.random.default_rng(5), 2_000
    pvalues = []
    for _ in range(samples):
        common = rng.standard_cauchy((count + 1, 1))
        values = common + 0.1 * rng.standard_cauchy((count + 1, 3))
        pvalues.append(judged(values[0], values[1:], MEMBERS, "monte carlo").calibration.pvalue)
    for level in (0.05, 0.2, 0.5):
        low, high = stats.binom.interval(0.9999, samples, level)
        assert low <= np.sum(np.asarray(pvalues) <= level + 1e-9) <= high


def test_members_that_agree_count_for_more_than_one() -> None:
    rng = np.random.default_rng(2)
    nulls = rng.standard_normal((199, 3))
    alone, agreeing = np.asarray([2.5, 0.0, 0.0]), np.asarray([2.5, 2.4, 2.4])
    one, other = (judged(values, nulls, MEMBERS, "monte carlo") for values in (alone, agreeing))
    assert other.statistic < one.statistic
    assert other.calibration.pvalue < one.calibration.pvalue


def test_what_is_found() -> None:
    nulls = np.random.default_rng(3).standard_normal((99, 3))
    found = judged(np.asarray([0.0, -4.0, 1.0]), nulls, MEMBERS, "monte carlo")
    assert (found.driver, found.members[1].statistic) == ("b", -4.0)
    assert found.members[1].pvalue == 0.02  # twice the smaller tail
    calibration = found.calibration
    assert (calibration.n_resamples, calibration.method) == (99, "monte carlo")
    assert calibration.null_distribution.shape == (99,)
    assert calibration.pvalue == (1 + np.sum(calibration.null_distribution <= found.statistic)) / 100
    p = calibration.pvalue
    assert calibration.pvalue_stderr == pytest.approx(math.sqrt(p * (1 - p) / 100))


def test_of_equals_the_farthest_drives() -> None:
    pool = np.random.default_rng(0).standard_normal((100, 3))
    pool[0] = 9.0, 90.0, 0.0
    assert driver_of(np.asarray([0.01, 0.01, 0.5]), pool) == 1
    pool[0, 0] = np.inf
    assert driver_of(np.asarray([0.01, 0.01, 0.5]), pool) == 0
    assert driver_of(np.asarray([0.2, 0.3, 0.1]), pool) == 2


def test_the_tail_of_the_largest_values() -> None:
    """By hand: beyond the 20th largest of 100, an exponential tail whose scale is the mean excess."""
    pool = np.random.default_rng(6).standard_exponential((100, 1))
    pool[0] = 30.0
    member = (Member("a", "a"),)
    ranks = tail_pvalues(pool, pool, member)
    found = smoothed(ranks, pool, pool, member)[:, 0, 0]
    order = np.sort(pool[:, 0])
    scale = np.mean(order[-20:] - order[-20])
    np.testing.assert_allclose(
        found, np.where(pool[:, 0] > order[-20], 0.2 * np.exp(-(pool[:, 0] - order[-20]) / scale), ranks[:, 0, 0])
    )
    assert (np.argsort(-found, kind="stable") == np.argsort(pool[:, 0], kind="stable")).all()
    # Both tails of a member that has two.
    both = (Member("b", "b", weight_below=1.0),)
    mirrored = smoothed(tail_pvalues(-pool, -pool, both), -pool, -pool, both)[:, 0, 1]
    np.testing.assert_allclose(mirrored, found)
    # Of equal values, and of too few, there is no tail.
    for equal in (np.ones((100, 1)), pool[:7]):
        ranks = tail_pvalues(equal, equal, member)
        np.testing.assert_array_equal(smoothed(ranks, equal, equal, member), ranks)


def test_a_sample_far_beyond_by_one_member_alone_has_the_smallest_pvalue() -> None:
    rng = np.random.default_rng(7)
    members = tuple(Member(name, name) for name in "abcdefgh")
    found = judged(np.asarray([50.0, *rng.standard_normal(7)]), rng.standard_normal((99, 8)), members, "monte carlo")
    assert found.calibration.pvalue == 0.01
    assert found.members[0].pvalue == 0.01


def test_what_is_not_finite_has_no_rank() -> None:
    nulls = np.random.default_rng(3).standard_normal((9, 3))
    with pytest.raises(SampleError, match="not finite"):
        judged(np.asarray([0.0, np.nan, 1.0]), nulls, MEMBERS, "monte carlo")
    nulls[4, 2] = np.inf
    with pytest.raises(SampleError, match="not finite"):
        judged(np.zeros(3), nulls, MEMBERS, "monte carlo")
