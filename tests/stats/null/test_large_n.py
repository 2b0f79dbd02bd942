"""The law at many rows from replicates of fewer: each correction against what it stands for."""

import numpy as np
import pytest
from scipy import special
from scipy import stats as scipy_stats

from slicednorm.distances import DISTANCES, get_distance, w2
from slicednorm.stats import sliced_test
from slicednorm.stats._calibration.monte_carlo import monte_carlo
from slicednorm.stats._null.large_n import adapted, enlarged, replicate_size
from slicednorm.stats._null.sliced import SlicedLaws

ALL = tuple(DISTANCES)


def ordered_means(n):
    """The expected order statistics of n standard normal values, by quadrature."""
    y = np.linspace(-10.0, 10.0, 8001)
    below, above = special.log_ndtr(y), special.log_ndtr(-y)
    i = np.arange(1, n + 1)[:, np.newaxis]
    log_density = special.gammaln(n + 1) - special.gammaln(i) - special.gammaln(n - i + 1)
    log_density = log_density + (i - 1) * below + (n - i) * above - 0.5 * y * y - 0.5 * np.log(2.0 * np.pi)
    return np.exp(log_density) @ y * (y[1] - y[0])


@pytest.mark.parametrize("n", [500, 1500])
def test_means_of_w2_and_sw_are_exact(n):
    means, shares = ordered_means(n), w2._shares(n, "float64")[0]
    # E s of a normal sample's standard deviation with divisor n.
    scale = np.sqrt(2.0 / n) * np.exp(special.gammaln(n / 2) - special.gammaln((n - 1) / 2))
    exact = {
        ("w2", "standard"): 2.0 * n - 2.0 * shares @ means,
        ("sw", "standard"): 2.0 * n - 2.0 * means @ means,
        ("w2", "composite"): 2.0 * n - 2.0 * shares @ means / scale,
        ("sw", "composite"): 2.0 * n - 2.0 * means @ means / scale**2,
    }
    for (name, null), value in exact.items():
        assert get_distance(name).large_n.series.mean(null, n) == pytest.approx(value, abs=1e-3)


def slices(name, n, count, null):
    """Simulate n·d of single slices."""
    rng = np.random.default_rng(n)
    found = []
    for _ in range(count // 500):
        y, z = rng.standard_normal((2, 500, n))
        if null == "composite":
            y, z = ((a - a.mean(axis=1, keepdims=True)) / a.std(axis=1, keepdims=True) for a in (y, z))
        y.sort(axis=-1)
        z.sort(axis=-1)
        distance = get_distance(name)
        found.append(n * distance.value(*((y, z) if distance.needs_prior else (y,))))
    return np.concatenate(found)


@pytest.mark.parametrize("name", ["w2", "sw"])
def test_the_variance_that_is_missing(name):
    few, many = (np.var(slices(name, n, 20_000, "composite")) for n in (100, 1000))
    series = get_distance(name).large_n.series
    expected = series.missing_variance(100) - series.missing_variance(1000)
    # 20,000 slices know a variance to some 2%.
    assert many - few == pytest.approx(expected, abs=4 * 0.02 * many)
    assert many - few > 0.4 * expected


@pytest.mark.slow
def test_the_bias_of_ks_is_that_of_its_exact_law():
    few, many = (np.sqrt(n) * scipy_stats.kstwo(n).mean() for n in (1000, 100_000))
    law = np.full(3, few / np.sqrt(1000.0))
    options = {"null": "standard", "aggregate": "mean", "dim": 5, "n_slices": 9}
    found = enlarged(law, get_distance("ks"), n=100_000, size=1000, **options) * np.sqrt(100_000.0)
    assert found == pytest.approx(many, abs=2e-4)
    assert abs(few - many) > 20 * 2e-4


@pytest.mark.parametrize(("null", "first"), [("standard", 1), ("composite", 3)])
def test_a_maximum_over_slices_moves_by_what_its_tail_makes_of_the_missing_terms(null, first):
    """Slices that are independent, by the series of the limit, with and without the variance that is missing."""
    rng = np.random.default_rng(0)
    series = get_distance("w2").large_n.series
    grown = series.missing_variance(1000) - series.missing_variance(100_000)
    moved = []
    for _ in range(20):
        slices = sum((rng.standard_normal((1000, 64)) ** 2 - 1.0) / j for j in range(first, first + 12))
        more = slices + np.sqrt(grown) * rng.standard_normal(slices.shape)
        moved.append(float(np.mean(more.max(axis=1) - slices.max(axis=1))))
    law = np.asarray([3.0, 4.0]) / 1000
    options = {"n": 100_000, "size": 1000, "null": null, "aggregate": "max", "dim": 50, "n_slices": 64}
    low, high = enlarged(law, get_distance("w2"), **options) * 100_000
    shift = low - 3.0 - (series.mean(null, 100_000) - series.mean(null, 1000))
    assert high - low == pytest.approx(1.0)
    error = np.std(moved) / np.sqrt(len(moved))
    assert shift == pytest.approx(np.mean(moved), abs=4 * error + 0.25 * shift)
    assert shift > 4 * error


def test_cw_takes_the_bandwidth_of_n():
    y = np.random.default_rng(0).standard_normal(300)
    distance = adapted(get_distance("cw"), 50_000)
    gamma = (4.0 / (3.0 * 50_000)) ** 0.4

    def density(x, variance):
        return np.exp(-0.5 * x * x / variance) / np.sqrt(2.0 * np.pi * variance)

    pairs = density(y[:, np.newaxis] - y, 2.0 * gamma).mean()
    expected = pairs + density(0.0, 2.0 + 2.0 * gamma) - 2.0 * density(y, 1.0 + 2.0 * gamma).mean()
    assert distance.value(y) == pytest.approx(expected, rel=1e-10)
    assert adapted(get_distance("cvm"), 50_000) is get_distance("cvm")


@pytest.mark.slow
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_against_exact_replicates(limits, null, aggregate):
    # 300 rows for 2,100, where what is put right is larger than from 1,000 on.
    limits(smaller_n=300)
    laws = SlicedLaws(ALL, 2100, 6, null, aggregate, 24, "iid", "float32")
    few = monte_carlo(laws, 1500, batch=laws.batch, workers=2)
    limits(large_n=10**9)
    exact = SlicedLaws(ALL, 2100, 6, null, aggregate, 24, "iid", "float32")
    assert (laws.law_n, exact.law_n) == (None, None)
    many = monte_carlo(exact, 700, batch=exact.batch, workers=2)
    for index, name in enumerate(ALL):
        options = {"null": null, "aggregate": aggregate, "dim": 6, "n_slices": 24}
        law = enlarged(few[:, index], get_distance(name), n=2100, size=300, **options)
        shift = (many[:, index].mean() - law.mean()) / many[:, index].std()
        assert abs(shift) < 4 * np.hypot(1500**-0.5, 700**-0.5), name
        assert many[:, index].std() / law.std() == pytest.approx(1.0, abs=0.15), name


def test_one_law_serves_all_sizes_but_that_of_cw():
    few, many = (SlicedLaws(ALL, n, 3, "standard", "mean", 8, "iid", "float32").keys for n in (3000, 70_000))
    differing = [one["statistic"] for one, other in zip(few, many, strict=True) if one != other]
    assert differing == ["cw"]
    assert replicate_size(2000) == 2000
    assert replicate_size(2001) == 1000


@pytest.mark.parametrize("name", ALL)
def test_the_answer_is_that_of_replicates_of_the_samples_own_size(name, limits):
    x = np.random.default_rng(8).standard_normal((2500, 3)).astype(np.float32)
    x[:, 0] += 0.035  # a p-value that is neither large nor at the floor
    limits(least_law=1999, full_law=1999)
    by_law = sliced_test(x, name, n_slices=8, method="cached", rng=0, workers=2)
    own = sliced_test(x, name, n_slices=8, n_resamples=499, rng=0, workers=2)
    assert (by_law.method, by_law.law_n, by_law.n_resamples) == ("cached", 1000, 1999)
    assert by_law.statistic == own.statistic
    # The two laws differ by their directions as well as by chance.
    assert by_law.pvalue == pytest.approx(own.pvalue, abs=0.1)
