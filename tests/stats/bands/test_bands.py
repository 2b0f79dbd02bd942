"""Simultaneous bands: their coverage, and their parts against scipy."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.stats._bands import band as band_module


@pytest.mark.parametrize("n", [2, 20, 400, 401, 1_000, 100_000])
def test_ranks_reach_both_ends_and_are_not_too_many(n):
    ranks = band_module.drawn_ranks(n)
    assert (ranks[0], ranks[-1]) == (1, n)
    assert len(ranks) == n if n <= 400 else 250 < len(ranks) <= 400
    np.testing.assert_array_equal(np.unique(ranks), ranks)
    np.testing.assert_array_equal(ranks, n + 1 - ranks[::-1])


@pytest.mark.parametrize(
    ("law", "scipy_law", "values"),
    [
        (band_module.NORMAL, scipy_stats.norm(), [-9.0, -1.0, 0.3, 9.0]),
        (band_module.chi_square(5), scipy_stats.chi2(5), [1e-3, 4.0, 120.0]),
        (band_module.scaled_beta(30, 4), scipy_stats.beta(2.0, 12.5, scale=29.0), [1e-3, 4.0, 20.0]),
    ],
)
def test_laws_are_scipys(law, scipy_law, values):
    values = np.asarray(values)
    np.testing.assert_allclose(law.cdf(values), scipy_law.cdf(values), rtol=1e-10)
    np.testing.assert_allclose(law.sf(values), scipy_law.sf(values), rtol=1e-10)
    p = np.asarray([1e-4, 0.3, 0.99])
    np.testing.assert_allclose(law.ppf(p), scipy_law.ppf(p), rtol=1e-10)
    np.testing.assert_allclose(law.isf(p), scipy_law.isf(p), rtol=1e-10)


def test_the_distances_of_rows_have_the_scaled_beta_law():
    rng = np.random.default_rng(3)
    first = []
    for _ in range(2_000):
        x = rng.standard_normal((12, 4))
        z = x - x.mean(axis=0)
        first.append(z[0] @ np.linalg.solve(z.T @ z / 12, z[0]))
    assert scipy_stats.kstest(first, lambda t: band_module.scaled_beta(12, 4).cdf(np.asarray(t))).pvalue > 1e-3


@pytest.mark.parametrize(("n", "dim"), [(12, 4), (40, 10), (8, 6)])
def test_the_band_of_the_rows_distances_is_by_that_law(n, dim):
    """χ² is another where rows are few: no squared distance is beyond n − 1."""
    x = np.random.default_rng(0).standard_normal((n, dim))
    band = stats.radius_band(x, null="composite", n_resamples=19, rng=0).qq
    ranks = np.arange(1, n + 1)
    beta = scipy_stats.beta(0.5 * dim, 0.5 * (n - dim - 1), scale=n - 1.0)
    np.testing.assert_allclose(band.centre, beta.ppf(scipy_stats.beta(ranks, n + 1 - ranks).median()), rtol=1e-9)
    assert band.upper.max() <= n - 1.0
    known = stats.radius_band(x, n_resamples=19, rng=0).qq
    chi2 = scipy_stats.chi2(dim).ppf(scipy_stats.beta(ranks, n + 1 - ranks).median())
    np.testing.assert_allclose(known.centre, chi2, rtol=1e-9)


# Of 200 samples a band of level 95% holds all but 10 ± 3.1. One that is pointwise holds far fewer, and one that is
# too wide all of them.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "dim", "null", "statistic"),
    [(20, 2, "composite", "ks"), (60, 5, "standard", "cvm"), (420, 3, "composite", "w2")],
)
def test_the_bands_hold_the_curves_of_normal_samples(n, dim, null, statistic):
    inside = np.zeros((200, 3), dtype=bool)
    for seed, row in enumerate(inside):
        x = np.random.default_rng([seed, n]).standard_normal((n, dim)).astype(np.float32)
        slices = stats.slice_bands(x, statistic, null=null, n_slices=16, n_resamples=39, rng=seed)
        radii = stats.radius_band(x, null=null, n_resamples=39, rng=seed)
        bands = (slices.qq, slices.statistics, radii.qq)
        row[:] = [band.inside for band in bands]
        assert [band.inside for band in bands] == [band.pvalue > 0.05 + 1e-9 for band in bands]
    assert np.all(np.abs(inside.mean(axis=0) - 0.95) <= 0.045)


def test_the_least_normal_slices_are_those_of_the_test():
    x = np.random.default_rng(1).standard_normal((300, 4))
    x[:, 0] = np.random.default_rng(2).exponential(size=300) - 1.0
    test = stats.sliced_test(x, "cvm", n_slices=32, method=None, rng=5)
    bands = stats.slice_bands(x, test, n_shown=4, n_resamples=39)
    assert bands.shown[0] == np.argmax(test.slice_statistics)
    for curve, direction in zip((bands.qq.observed, *bands.others), test.directions[bands.shown], strict=True):
        np.testing.assert_allclose(curve, np.sort(x @ direction))
    np.testing.assert_array_equal(bands.statistics.observed, np.sort(test.slice_statistics))
    assert (bands.qq.inside, bands.seed) == (False, 5)


def test_replicates_contribute_their_own_least_normal_slice():
    """Along the sample's worst direction alone the band would be narrower, and hold too few."""
    x = np.random.default_rng(1).standard_normal((200, 5))
    many = stats.slice_bands(x, "cvm", n_slices=128, n_resamples=199, rng=0)
    one = stats.slice_bands(x, "cvm", directions=np.eye(5)[:1], n_resamples=199, rng=0)
    middle = slice(60, 140)
    assert np.mean((many.qq.upper - many.qq.lower)[middle]) > 1.2 * np.mean((one.qq.upper - one.qq.lower)[middle])


def test_a_name_and_its_result_give_the_same_and_so_do_workers():
    x = np.random.default_rng(1).standard_normal((50, 3))
    result = stats.sliced_test(x, "sw", null="composite", n_slices=8, method=None, rng=3)
    bands = [
        stats.slice_bands(x, result, n_resamples=39),
        stats.slice_bands(x, "swae", null="composite", n_slices=8, n_resamples=39, rng=3, workers=2),
    ]
    for name in ("observed", "lower", "upper"):
        for part in ("qq", "statistics"):
            np.testing.assert_array_equal(*[getattr(getattr(band, part), name) for band in bands])
    assert bands[0] == bands[1]


def test_replicates_are_those_of_the_test():
    x = np.random.default_rng(1).standard_normal((50, 3))
    result = stats.sliced_test(x, "cvm", aggregate="max", n_slices=8, n_resamples=39, rng=3)
    bands = stats.slice_bands(x, result, n_resamples=39)
    replicates = band_module.spread_band(np.ones(8), np.ones((39, 8)), 0.95)
    assert replicates.inside
    # The largest distance is the statistic, so that its p-value and where it lies in its band speak of the same law.
    reached = np.sum(result.null_distribution >= bands.statistics.observed[-1])
    assert result.pvalue == (1 + reached) / 40


def test_radii_under_both_nulls_and_a_known_target():
    x = np.random.default_rng(1).standard_normal((500, 3)) * [1.0, 2.0, 0.5] + [0.0, 3.0, -1.0]
    raw = stats.radius_band(x, n_resamples=39, rng=0)
    known = stats.radius_band(x, mean=[0.0, 3.0, -1.0], cov=[1.0, 4.0, 0.25], n_resamples=39, rng=0)
    own = stats.radius_band(x, null="composite", n_resamples=39, rng=0)
    assert (raw.qq.inside, known.qq.inside, own.qq.inside) == (False, True, True)
    z = x - x.mean(axis=0)
    radii = np.einsum("ij,jk,ik->i", z, np.linalg.inv(z.T @ z / 500), z)
    np.testing.assert_allclose(own.qq.observed, np.sort(radii)[own.ranks - 1])
    assert own.farthest[0] == np.argmax(radii)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"confidence_level": 1.0}, ValueError, "between 0 and 1"),
        ({"confidence_level": 0.99, "n_resamples": 50}, ValueError, "at least 99"),
        ({"n_resamples": 2.5}, TypeError, "n_resamples"),
        ({"n_resamples": 18}, ValueError, "at least 19"),
    ],
)
def test_what_cannot_be_asked(options, error, words):
    x = np.random.default_rng(1).standard_normal((20, 2))
    for function in (stats.slice_bands, stats.radius_band):
        with pytest.raises(error, match=words):
            function(x, **options)
    with pytest.raises(ValueError, match="n_shown"):
        stats.slice_bands(x, n_shown=0)


def test_values_that_overflow_leave_the_band_without_a_warning():
    x = np.random.default_rng(1).standard_normal((30, 2))
    x[0] = 1e200
    bands = stats.slice_bands(x, "w2", n_slices=4, n_resamples=19, rng=0)
    assert not bands.qq.inside
    assert not bands.statistics.inside
    assert not stats.radius_band(x, n_resamples=19, rng=0).qq.inside
