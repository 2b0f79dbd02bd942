"""Streams of random numbers: apart from each other and from the user's, and what may seed them."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.stats import mardia, sliced_test
from slicednorm.stats._streams import directions_stream, prior_stream, replicate_stream, root_seed

X = np.random.default_rng(21).standard_normal((60, 4))


def test_streams_are_apart_from_each_other_and_from_the_users():
    root = root_seed(0)
    streams = [
        root,
        directions_stream(root),
        prior_stream(root, None),
        *(replicate_stream(root, r) for r in range(50)),
        *(prior_stream(root, r) for r in range(50)),
    ]
    states = {tuple(stream.generate_state(4)) for stream in streams}
    assert len(states) == len(streams)


def test_a_users_own_streams_are_none_of_the_tests():
    """Rows from a seed, or from any child that it spawns, are neither directions nor prior nor replicates."""
    for seed in range(3):
        root = np.random.SeedSequence(seed)
        children = np.random.SeedSequence(seed).spawn(6)
        users = [root, *children, *(grandchild for child in children for grandchild in child.spawn(3))]
        v = sliced_test(X, method=None, rng=seed).directions
        null = sliced_test(X, "cvm", n_resamples=5, rng=seed).null_distribution
        for user in users:
            x = np.random.default_rng(user).standard_normal((256, 4))
            assert np.abs((x / np.linalg.norm(x, axis=1, keepdims=True) * v).sum(axis=1)).max() < 1.0 - 1e-9
            x = np.random.default_rng(user).standard_normal(X.shape)
            assert sliced_test(x, "sw", method=None, rng=seed).statistic > 1e-3
            assert not np.isclose(sliced_test(x, "cvm", method=None, rng=seed).statistic, null, rtol=1e-9).any()


def test_rows_from_a_spawned_stream_are_rejected_as_often_as_others():
    rejected = 0
    for seed in range(100):
        (_, stream) = np.random.SeedSequence(seed).spawn(2)
        x = np.random.default_rng(stream).standard_normal((32, 20))
        rejected += sliced_test(x, "w2", n_slices=32, n_resamples=39, rng=seed).pvalue <= 0.05
    assert scipy_stats.binomtest(rejected, 100, 0.05).pvalue > 1e-3


def test_rng_may_be_a_seed_a_generator_a_sequence_or_nothing():
    seed = sliced_test(X, n_resamples=9, rng=7)
    assert sliced_test(X, n_resamples=9, rng=np.int64(7)) == seed
    assert sliced_test(X, n_resamples=9, rng=np.random.SeedSequence(7)) == seed
    for sequence in (np.random.SeedSequence(7).spawn(1)[0], np.random.SeedSequence([1, 2])):
        result = sliced_test(X, n_resamples=9, rng=sequence)
        assert result.statistic != seed.statistic
        assert sliced_test(X, n_resamples=9, rng=result.seed) == result
        drawn = mardia(X, n_resamples=9, rng=sequence)
        assert mardia(X, n_resamples=9, rng=drawn.seed).skewness_pvalue == drawn.skewness_pvalue
    generator = np.random.default_rng(7)
    first, second = (sliced_test(X, n_resamples=9, rng=generator) for _ in range(2))
    assert first.statistic != second.statistic
    fresh = sliced_test(X, n_resamples=9)
    assert sliced_test(X, n_resamples=9, rng=fresh.seed) == fresh
    for bad in (1.5, "7", np.random.RandomState(0), True):
        with pytest.raises(TypeError, match="rng must be"):
            sliced_test(X, rng=bad)
    with pytest.raises(ValueError, match="non-negative"):
        sliced_test(X, rng=-1)
