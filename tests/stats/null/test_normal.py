"""Normal replicates: their law, their reach, and that they are treated as the sample is."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.distances import DISTANCES
from slicednorm.stats import sliced_statistic, sliced_tests
from slicednorm.stats._null import normal as replicates
from slicednorm.stats._streams import prior_stream, replicate_stream, root_seed

ALL = tuple(DISTANCES)
X = np.random.default_rng(21).standard_normal((60, 4))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n", "dim"), [(200_000, 3), (7, 5)])
def test_replicates_are_standard_normal(dtype, n, dim):
    rows = replicates.normal_rows([np.random.SeedSequence(s) for s in range(2)], n, dim, np.dtype(dtype))
    ((_, _, block),) = rows.blocks() if n == 7 else (_whole(rows),)
    assert block.shape == (2, n, dim)
    flat = block[0].ravel().astype(float)
    assert scipy_stats.kstest(flat, "norm").pvalue > 1e-3
    assert not np.array_equal(block[0], block[1])
    if n > 7:
        for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
            assert np.mean(flat**power) == pytest.approx(moment, abs=4.5 * np.sqrt(variance / flat.size))
        assert abs(np.corrcoef(flat[:-1], flat[1:])[0, 1]) < 4.5 / np.sqrt(flat.size)
        assert abs(np.corrcoef(flat[: 1 << 15], flat[1 << 15 : 2 << 15])[0, 1]) < 4.5 / np.sqrt(1 << 15)


def _whole(rows):
    parts = [block for _, _, block in rows.blocks()]
    return 0, rows.n, np.concatenate(parts, axis=1)


def test_float32_replicates_reach_far_into_the_tail():
    rows = replicates.normal_rows([np.random.SeedSequence(1)], 4_000_000, 1, np.dtype(np.float32))
    _, _, block = _whole(rows)
    for bound in (3.0, 4.0, 4.5):
        expected = block.size * 2 * scipy_stats.norm.sf(bound)
        assert np.sum(np.abs(block) > bound) == pytest.approx(expected, abs=4.5 * np.sqrt(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_drawn_again_for_every_chunk_is_the_kept_one(dtype, limits):
    x = np.random.default_rng(0).standard_normal((3000, 40)).astype(dtype)
    kept = sliced_tests(x, ("cvm", "sw"), n_resamples=3, rng=2, null="composite")
    limits(kept_elements=1000)
    redrawn = sliced_tests(x, ("cvm", "sw"), n_resamples=3, rng=2, null="composite")
    for a, b in zip(kept, redrawn, strict=True):
        np.testing.assert_allclose(a.null_distribution, b.null_distribution, rtol=1e-5)
        assert a.statistic == pytest.approx(b.statistic, rel=1e-5)


def test_a_replicate_is_treated_as_the_sample_is():
    # Testing replicate 2 of a test gives that replicate's own statistic.
    for null in ("standard", "composite"):
        test = sliced_tests(X, ALL, null=null, n_resamples=4, rng=9)
        rows = replicates.normal_rows([replicate_stream(root_seed(9), 2)], 60, 4, np.dtype(np.float64))
        ((_, _, block),) = rows.blocks()
        prior = replicates.normal_rows([prior_stream(root_seed(9), 2)], 60, 4, np.dtype(np.float64))
        ((_, _, z),) = prior.blocks()
        for result in test:
            statistic = sliced_statistic(
                block[0],
                result.test,
                directions=result.directions,
                prior=z[0] if result.test == "sw" else None,
                null=null,
            )
            assert statistic == result.null_distribution[2]
