"""Mardia's skewness and kurtosis against R, against the formulas with all pairs, and against simulation."""

import json
import math
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from slicednorm.stats._calibration.asymptotic import SizeWarning
from slicednorm.stats._hypotests.mardia import mardia as mardia_module
from slicednorm.stats._hypotests.mardia import measures
from slicednorm.stats._hypotests.mardia import null as null_module
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics, mardia_work
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.normal import NormalRows, normal_rows
from slicednorm.stats._sample.check import as_sample
from slicednorm.stats._sample.errors import SampleError, SampleTypeError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._streams import replicate_stream

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
PEERS = json.loads((REFERENCE / "peer_values.json").read_text())["datasets"]
MVN = "mardia (R MVN 6.3, covariance with n)"
WITH_MVN = sorted(name for name, values in PEERS.items() if MVN in values)
WITH_MNT = sorted(name for name, values in PEERS.items() if "mardia_b1 (R mnt)" in values)

WAYS = {"moments": measures._by_moments, "pairs": measures._by_pairs}

# P(n·b1's limit > t) under the standard null for (D, t): quadrature with 30 digits in mpmath, by another
# substitution. For D = 2 a closed form is compared with as well.
TAILS = {
    (3, 1227.4972160321825): 3.989802157415836852e-12,
    (5, 2259.2222095223583): 5.2852671343394462558e-15,
    (5, 6147.666628567074): 1.3690124885620129614e-45,
    (8, 4354.112549695428): 3.1496531930962590634e-18,
    (20, 11122.849891178812): 0.15622838307476489449,
    (20, 12248.549673536434): 0.0042624281365134935558,
    (20, 15062.799129430492): 7.5146768101467568921e-9,
    (20, 44330.99347072869): 7.5896327880923726576e-90,
}


def read(name: str) -> np.ndarray:
    x = np.loadtxt(REFERENCE / PEERS[name]["file"], delimiter=",", ndmin=2)
    assert x.shape == (PEERS[name]["n"], PEERS[name]["d"])
    return x


def skewed(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """A correlated, skewed sample, away from its origin."""
    rng = np.random.default_rng([seed, n, dim])
    mixing = rng.standard_normal((dim, dim)) + 2.0 * np.eye(dim)
    return (rng.standard_exponential((n, dim)) - 0.8) @ mixing / 3.0 + 0.1


def standardised(x: np.ndarray) -> np.ndarray:
    """By a Cholesky factor: b1 and b2 are the same for every root of the covariance."""
    centred = x - x.mean(axis=0)
    return np.linalg.solve(np.linalg.cholesky(np.atleast_2d(np.cov(x.T, bias=True))), centred.T).T


def all_pairs(x: np.ndarray) -> tuple[float, float]:
    """b1 and b2 as they are written down, with the matrix of all pairs."""
    gram = x @ x.T
    return float(np.mean(gram**3)), float(np.mean(np.diag(gram) ** 2))


def full_tensor(x: np.ndarray) -> float:
    return float(np.sum((np.einsum("ja,jb,jc->abc", x, x, x, optimize=True) / len(x)) ** 2))


def by_way(way: str, x: np.ndarray, composite: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """b1 and b2 of (n, D) or of a batch, by the way named."""
    rows = Rows(x, np.dtype(np.float64))
    cubes, fourths = WAYS[way](rows, estimated(rows) if composite else None)
    return cubes / rows.n**2, fourths / rows.n


def composite_null(n: int, dim: int, count: int, seed: int) -> np.ndarray:
    """b1 and b2 of many standardised normal samples, (count, 2)."""
    rows = Rows(np.random.default_rng(seed).standard_normal((count, n, dim)), np.dtype(np.float64))
    return mardia_statistics(rows, estimated(rows))


def standard_null(n: int, dim: int, count: int, seed: int) -> np.ndarray:
    rows = Rows(np.random.default_rng(seed).standard_normal((count, n, dim)), np.dtype(np.float64))
    return mardia_statistics(rows)


# Limiting laws are compared where they do not hold as well.
@pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
class TestAgainstR:
    def test_there_is_something_to_compare(self) -> None:
        assert len(WITH_MVN) >= 9
        assert len(WITH_MNT) >= 9
        assert any(PEERS[name]["n"] < 20 for name in WITH_MVN)  # the small-sample correction

    @pytest.mark.parametrize("name", WITH_MVN)
    def test_mvn(self, name: str) -> None:
        theirs = PEERS[name][MVN]
        ours = mardia(read(name), null="composite", moments="asymptotic")
        assert ours.skewness_statistic == pytest.approx(theirs["skew_stat"], rel=1e-9)
        assert ours.skewness_pvalue == pytest.approx(theirs["skew_p"], rel=1e-9)
        assert ours.kurtosis_statistic == pytest.approx(theirs["kurt_stat"], rel=1e-9)
        assert ours.kurtosis_pvalue == pytest.approx(theirs["kurt_p"], rel=1e-9)

    @pytest.mark.parametrize("name", WITH_MNT)
    def test_mnt(self, name: str) -> None:
        ours = mardia(read(name), null="composite")
        assert ours.skewness == pytest.approx(PEERS[name]["mardia_b1 (R mnt)"]["statistic"], rel=1e-6)
        assert ours.kurtosis == pytest.approx(PEERS[name]["mardia_b2 (R mnt)"]["statistic"], rel=1e-6)


class TestStatistics:
    SHAPES = ((2, 1), (3, 1), (7, 1), (5, 2), (60, 3), (700, 4), (30, 28), (300, 25), (12, 40))

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(("n", "dim"), SHAPES)
    def test_standard(self, way: str, n: int, dim: int) -> None:
        x = skewed(n, dim)
        (b1,), (b2,) = by_way(way, x)
        assert (b1, b2) == pytest.approx(all_pairs(x), rel=1e-11)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(("n", "dim"), [shape for shape in SHAPES if shape[0] > shape[1] + 1])
    def test_composite(self, way: str, n: int, dim: int) -> None:
        x = skewed(n, dim)
        (b1,), (b2,) = by_way(way, x, composite=True)
        assert (b1, b2) == pytest.approx(all_pairs(standardised(x)), rel=1e-10)

    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_public_function(self, null: str) -> None:
        x = skewed(90, 4)
        result = mardia(x, null=null)
        expected = all_pairs(x if null == "standard" else standardised(x))
        assert (result.skewness, result.kurtosis) == pytest.approx(expected, rel=1e-11)
        assert result.normalized_kurtosis == pytest.approx(expected[1] - 4 * 6)
        assert (result.n, result.dim, result.null) == (90, 4, null)

    @pytest.mark.parametrize("composite", [False, True])
    @pytest.mark.parametrize(("n", "dim"), [(40, 3), (400, 20), (600, 60), (150, 90)])
    def test_ways_agree(self, n: int, dim: int, composite: bool) -> None:
        x = np.random.default_rng(n).standard_normal((n, dim))
        for one, other in zip(by_way("moments", x, composite), by_way("pairs", x, composite), strict=True):
            assert one == pytest.approx(other, rel=1e-12)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("composite", [False, True])
    @pytest.mark.parametrize(("n", "dim"), [(9, 1), (20, 2), (50, 5), (64, 17), (300, 6)])
    def test_batch(self, way: str, composite: bool, n: int, dim: int) -> None:
        """An item has the same value to the last bit, alone or in any batch, and the right one."""
        x = np.stack([skewed(n, dim, seed) for seed in range(5)])
        together = np.stack(by_way(way, x, composite), axis=-1)
        assert together.shape == (5, 2)
        for item in range(5):
            alone = np.stack(by_way(way, x[item : item + 1], composite), axis=-1)
            pair = np.stack(by_way(way, x[[item, 0]], composite), axis=-1)
            np.testing.assert_array_equal(alone[0], together[item])
            np.testing.assert_array_equal(pair[0], together[item])
            y = standardised(x[item]) if composite else x[item]
            assert together[item] == pytest.approx(all_pairs(y), rel=1e-10)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("composite", [False, True])
    def test_seams(self, way: str, composite: bool, limits: Callable[..., Limits]) -> None:
        """Blocks, strips, tiles, panels and passes that divide neither n nor each other."""
        x = skewed(101, 6)
        whole = np.concatenate(by_way(way, x, composite))
        limits(block_elements=6 * 13, strip_rows=5, moments_at_once=20)
        limits(tile_rows=3, least_panel_rows=1, held_elements=6 * 17, passing_elements=6 * 7)
        assert len(list(measures._middles(6))) > 2
        np.testing.assert_allclose(np.concatenate(by_way(way, x, composite)), whole, rtol=1e-12)

    def test_many_blocks(self) -> None:
        x = np.random.default_rng(3).standard_exponential((400_000, 3)) - 1.0
        assert len(list(as_sample(x).rows.blocks())) > 1
        result = mardia(x)
        assert result.skewness == pytest.approx(full_tensor(x), rel=1e-10)
        assert result.kurtosis == pytest.approx(np.mean(np.sum(x**2, axis=1) ** 2), rel=1e-12)

    def test_rows_drawn_as_they_are_read(self) -> None:
        stream = np.random.SeedSequence(4)
        drawn = NormalRows(stream, 500, 4, np.dtype(np.float32))
        ((_, _, block),) = drawn.blocks()
        np.testing.assert_array_equal(mardia_statistics(drawn), mardia_statistics(Rows(block, np.dtype(np.float32))))

    def test_affine_invariance_of_composite(self) -> None:
        x = skewed(80, 3)
        turned = x @ np.random.default_rng(1).standard_normal((3, 3)) * 1e3 - 1e4
        one, other = mardia(x, null="composite"), mardia(turned, null="composite")
        assert one.skewness == pytest.approx(other.skewness, rel=1e-9)
        assert one.kurtosis == pytest.approx(other.kurtosis, rel=1e-9)
        assert mardia(x).skewness != pytest.approx(mardia(turned).skewness, rel=0.1)

    def test_symmetric_sample_has_no_skewness(self) -> None:
        half = np.random.default_rng(2).standard_normal((20, 30, 3))
        x = np.concatenate([half, -half], axis=1)
        for way in WAYS:
            b1, _ = by_way(way, x)  # rounding goes either way, so some of twenty would fall below 0
            assert np.all(b1 >= 0.0)
            assert np.all(b1 < 1e-12)

    def test_overflow_has_no_pvalue(self) -> None:
        with pytest.raises(SampleError, match=r"overflows float64: the largest value, 1e\+91, is at row 2, column 1"):
            mardia(np.asarray([[1e90, -2e90], [3e80, 1e90], [-1e90, 1e91]]))
        wide = 1e120 * np.random.default_rng(0).standard_normal((5, 200))
        with pytest.raises(SampleError, match="Mardia's skewness, Mardia's kurtosis of x of shape"):
            mardia(wide, n_resamples=9, rng=0)

    @pytest.mark.parametrize(("n", "dim", "way"), [(20_000, 3, "moments"), (5_000, 150, "pairs")])
    def test_memory(self, n: int, dim: int, way: str) -> None:
        """Far below the matrix of all pairs, 3.2 GB and 200 MB."""
        x = np.random.default_rng(0).standard_normal((n, dim))
        assert measures._takes_moments(n, dim) == (way == "moments")
        tracemalloc.start()
        mardia(x, null="composite")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8 * x.nbytes + 8e6
        assert peak < 0.25 * 8 * n**2

    def test_cheaper_way_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for n, dim, other in ((3_000, 5, "_by_pairs"), (50, 100, "_by_moments")):
            with monkeypatch.context() as patch:
                patch.setattr(measures, other, None)
                assert mardia(np.ones((n, dim))).kurtosis == dim**2

    def test_work(self) -> None:
        assert mardia_work(2_000, 5) > mardia_work(1_000, 5) > 0.0
        assert mardia_work(1_000, 50) > mardia_work(1_000, 5)
        assert mardia_work(10**6, 300) < 0.5 * 300 * 1e12 * 0.033  # not all pairs
        assert mardia_work(100, 10_000) < 1e9  # not all triples


class TestInputs:
    def test_float32(self) -> None:
        x = skewed(200, 5).astype(np.float32)
        for null in ("standard", "composite"):
            ours, wide = mardia(x, null=null), mardia(x.astype(np.float64), null=null)
            assert (ours.skewness, ours.kurtosis) == (wide.skewness, wide.kurtosis)

    def test_integers_and_fortran_order(self) -> None:
        x = np.random.default_rng(0).integers(-3, 4, size=(50, 3))
        assert mardia(x).skewness == pytest.approx(all_pairs(x.astype(float))[0], rel=1e-12)
        assert mardia(np.asfortranarray(x)).skewness == mardia(x).skewness

    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_memory_map(self, tmp_path: Path, null: str) -> None:
        x = skewed(3_000, 4).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
        one, other = (mardia(data, null=null, n_resamples=9, rng=1) for data in (mapped, x))
        assert one == other
        np.testing.assert_array_equal(one.null_skewness, other.null_skewness)

    def test_checked_sample_and_omitted_rows(self) -> None:
        x = skewed(40, 3)
        with_nan = np.insert(x, 7, np.nan, axis=0)
        plain = mardia(x, n_resamples=9, rng=0)
        assert mardia(with_nan, nan_policy="omit", n_resamples=9, rng=0) == plain
        assert mardia(as_sample(x), n_resamples=9, rng=0) == plain
        assert plain.n == 40

    @pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
    def test_one_column(self) -> None:
        y = np.random.default_rng(0).standard_gamma(2.0, size=70)
        result = mardia(y, null="composite", rng=0)
        assert result == mardia(y[:, None], null="composite", rng=0)
        assert result.skewness == pytest.approx(stats.skew(y) ** 2, rel=1e-12)
        assert result.kurtosis == pytest.approx(stats.kurtosis(y, fisher=False), rel=1e-12)
        standard = mardia(y - 2.0, method="asymptotic")
        assert standard.skewness == pytest.approx(np.mean((y - 2.0) ** 3) ** 2, rel=1e-12)
        # n·(Σx³/n)² tends to E x⁶ = 15 times χ² with one degree.
        assert standard.skewness_pvalue == pytest.approx(stats.chi2.sf(70 * standard.skewness / 15, 1), rel=1e-12)

    @pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
    @pytest.mark.parametrize("moments", ["exact", "asymptotic"])
    @pytest.mark.parametrize("n_resamples", [None, 19])
    def test_three_points(self, moments: str, n_resamples: int | None) -> None:
        """Their kurtosis is 3/2 whatever they are: it is no evidence."""
        result = mardia([0.0, 0.1, 5.0], null="composite", moments=moments, n_resamples=n_resamples, rng=0)
        assert result.kurtosis == pytest.approx(1.5)
        assert result.expected_kurtosis == 1.5
        assert 0.0 < result.skewness_pvalue <= 1.0
        if moments == "exact" or n_resamples is not None:
            assert result.kurtosis_pvalue == 1.0
        else:
            assert result.kurtosis_pvalue == pytest.approx(2 * stats.norm.cdf(-1.5 / math.sqrt(8)))

    def test_smallest_samples(self) -> None:
        assert mardia([[1.0, 2.0], [0.0, -1.0]]).n == 2
        result = mardia(skewed(6, 4), null="composite", n_resamples=19, rng=0)
        assert 0.0 < result.kurtosis_pvalue <= 1.0

    def test_known_target(self) -> None:
        x = skewed(60, 3)
        cov = np.asarray([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
        mean = np.asarray([1.0, 0.0, -2.0])
        root = np.linalg.cholesky(cov)
        result = mardia(x, mean=mean, cov=cov, n_resamples=19, rng=5)
        whitened = np.linalg.solve(root, (x - mean).T).T
        assert (result.skewness, result.kurtosis) == pytest.approx(all_pairs(whitened), rel=1e-11)
        # The replicates are N(0, I) as they are: not shifted, not scaled.
        np.testing.assert_array_equal(result.null_skewness, mardia(x, n_resamples=19, rng=5).null_skewness)
        assert mardia(x, mean=0.0, cov=1.0).skewness == pytest.approx(mardia(x).skewness, rel=1e-12)


class TestExactMoments:
    @pytest.mark.parametrize(("n", "dim"), [(3, 1), (8, 1), (12, 3), (9, 6), (40, 5)])
    def test_composite(self, n: int, dim: int) -> None:
        count = 20_000
        b1, b2 = composite_null(n, dim, count, seed=1).T
        exact = null_module.exact_moments(n, dim, "composite")
        self.compare(b1, b2, exact)

    @pytest.mark.parametrize(("n", "dim"), [(2, 1), (10, 3), (60, 2)])
    def test_standard(self, n: int, dim: int) -> None:
        b1, b2 = standard_null(n, dim, 40_000, seed=2).T
        self.compare(b1, b2, null_module.exact_moments(n, dim, "standard"))

    @staticmethod
    def compare(b1: np.ndarray, b2: np.ndarray, exact: "null_module._NullMoments") -> None:
        root = math.sqrt(len(b1))
        assert abs(b1.mean() - exact.skewness) < 4.5 * b1.std() / root
        assert abs(b2.mean() - exact.kurtosis) < 4.5 * b2.std() / root + 1e-12
        squares = (b2 - exact.kurtosis) ** 2
        assert abs(squares.mean() - exact.kurtosis_variance) < 4.5 * squares.std() / root + 1e-12

    def test_printed_beside(self) -> None:
        result = mardia(np.random.default_rng(0).standard_normal((10_000, 20)))
        assert result.expected_skewness == pytest.approx(20 * 22 * 24 / 10_000)
        assert result.expected_skewness == pytest.approx(1.056)
        assert result.expected_kurtosis == 440

    def test_size_at_small_n(self) -> None:
        """At n = 50, D = 4 the classical kurtosis test rejects 2% where it promises 5%; ours does not."""
        b1, b2 = composite_null(50, 4, 8_000, seed=3).T
        sizes = {}
        for moments in ("exact", "asymptotic"):
            p = [null_module.kurtosis_test(value, 50, 4, "composite", moments)[1] for value in b2]
            sizes[moments] = np.mean(np.asarray(p) <= 0.05)
        assert 0.04 < sizes["exact"] < 0.065
        assert sizes["asymptotic"] < 0.03
        scaled = [null_module.skewness_test(value, 50, 4, "composite", "exact")[0] for value in b1]
        assert np.mean(scaled) == pytest.approx(20.0, abs=4.5 * np.std(scaled) / math.sqrt(8_000))


class TestLimitingLaws:
    @pytest.mark.parametrize(("key", "expected"), TAILS.items(), ids=str)
    def test_many_digits(self, key: tuple[int, float], expected: float) -> None:
        dim, t = key
        assert null_module._weighted_chi2_tail(t, dim) == pytest.approx(expected, rel=1e-10)

    @pytest.mark.parametrize("t", [1e-3, 1.0, 30.0, 100.0, 2324.839915321233, 2e4])
    def test_two_columns(self, t: float) -> None:
        """Both weights go with two degrees of freedom: a sum of two exponentials, of means 36 and 12."""
        closed = (18.0 * math.exp(-t / 36.0) - 6.0 * math.exp(-t / 12.0)) / 12.0
        assert null_module._weighted_chi2_tail(t, 2) == pytest.approx(closed, rel=1e-12)

    @pytest.mark.parametrize("dim", [2, 3, 4, 7, 15])
    @pytest.mark.parametrize("quantile", [0.2, 1.0, 1.6])
    def test_scipy_quadrature(self, dim: int, quantile: float) -> None:
        """The convolution the other way round, over the second χ²."""
        t = quantile * dim * (dim + 2) * (dim + 4)
        alpha, degrees = 3 * (dim + 4), dim * (dim + 1) * (dim + 2) // 6 - dim
        peak = min(max(degrees - 2, 0.5), 0.5 * t / 6)
        body, _ = integrate.quad(
            lambda v: stats.chi2.pdf(v, degrees) * stats.chi2.sf((t - 6 * v) / alpha, dim),
            0.0,
            t / 6,
            points=[peak],
            epsabs=0.0,
            epsrel=1e-11,
            limit=500,
        )
        expected = stats.chi2.sf(t / 6, degrees) + body
        assert null_module._weighted_chi2_tail(t, dim) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("dim", [2, 3, 10])
    def test_simulated_sum(self, dim: int) -> None:
        rng, count = np.random.default_rng(dim), 200_000
        degrees = dim * (dim + 1) * (dim + 2) // 6 - dim
        total = 3 * (dim + 4) * rng.chisquare(dim, count) + 6 * rng.chisquare(degrees, count)
        for t in np.quantile(total, [0.1, 0.5, 0.9, 0.99, 0.999]):
            p = null_module._weighted_chi2_tail(float(t), dim)
            assert abs(np.mean(total > t) - p) < 4.5 * math.sqrt(p * (1 - p) / count)

    @pytest.mark.parametrize("dim", [1, 3])
    def test_skewness_of_standard_null(self, dim: int) -> None:
        b1, _ = standard_null(1_500, dim, 1_000, seed=4).T
        p = [null_module.skewness_test(value, 1_500, dim, "standard", "exact")[1] for value in b1]
        assert stats.kstest(p, "uniform").pvalue > 1e-3

    @pytest.mark.parametrize("dim", [1, 2, 3, 20, 100, 1000])
    def test_falls_from_one_to_nought(self, dim: int) -> None:
        mean = dim * (dim + 2) * (dim + 4)
        grid = mean * np.concatenate([[0.0], np.geomspace(1e-6, 1e4, 300), [math.inf]])
        p = np.asarray([null_module._weighted_chi2_tail(float(t), dim) for t in grid])
        assert p[0] == 1.0
        assert p[-1] == 0.0
        assert np.all((p >= 0.0) & (p <= 1.0))
        assert np.all(np.diff(p) <= 1e-13)
        assert np.all(np.diff(p[(p > 1e-300) & (p < 0.999)]) < 0.0)

    @pytest.mark.parametrize("null", ["standard", "composite"])
    @pytest.mark.parametrize("moments", ["exact", "asymptotic"])
    def test_monotone(self, null: str, moments: str) -> None:
        n, dim = 30, 3
        tails = [null_module.skewness_test(b1, n, dim, null, moments)[1] for b1 in np.linspace(0.0, 20.0, 50)]
        assert np.all(np.diff(tails) < 0.0)
        centre = null_module.exact_moments(n, dim, null).kurtosis if moments == "exact" else dim * (dim + 2)
        steps = np.linspace(0.0, 12.0, 40)
        for sign in (-1.0, 1.0):
            p = [null_module.kurtosis_test(centre + sign * s, n, dim, null, moments)[1] for s in steps]
            assert p[0] == pytest.approx(1.0)
            assert np.all(np.diff(p) < 0.0)

    def test_chi2_and_normal(self) -> None:
        x = skewed(35, 2)
        with pytest.warns(
            SizeWarning, match=r"mardia: its limiting distribution is not known to hold for samples of shape \(35, 2\)"
        ):
            result = mardia(x, null="composite", method="asymptotic")
        exact = null_module.exact_moments(35, 2, "composite")
        assert result.skewness_statistic == pytest.approx(4.0 * result.skewness / exact.skewness, rel=1e-12)
        assert result.skewness_pvalue == pytest.approx(stats.chi2.sf(result.skewness_statistic, 4), rel=1e-12)
        z = (result.kurtosis - exact.kurtosis) / math.sqrt(exact.kurtosis_variance)
        assert result.kurtosis_statistic == pytest.approx(z, rel=1e-12)
        assert result.kurtosis_pvalue == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)

    def test_small_sample_correction_ends_at_twenty(self) -> None:
        for n, corrected in ((19, True), (20, False)):
            statistic, _ = null_module.skewness_test(2.0, n, 3, "composite", "asymptotic")
            assert (statistic != n * 2.0 / 6) == corrected


class TestMonteCarlo:
    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_same_for_any_number_of_workers(self, null: str) -> None:
        x = skewed(60, 20)
        results = [mardia(x, null=null, n_resamples=300, rng=7, workers=w) for w in (1, 2, 3)]
        assert (
            len(results[0].null_skewness)
            == 300
            > null_module.MardiaReplicates(60, 20, np.dtype(np.float64), null, np.random.SeedSequence(7)).batch
        )
        for other in results[1:]:
            assert other == results[0]
            np.testing.assert_array_equal(other.null_skewness, results[0].null_skewness)
            np.testing.assert_array_equal(other.null_kurtosis, results[0].null_kurtosis)

    def test_replicates_do_not_depend_on_their_number(self) -> None:
        x = skewed(20, 3)
        few, many = (mardia(x, null="composite", n_resamples=m, rng=7) for m in (10, 600))
        np.testing.assert_array_equal(few.null_skewness, many.null_skewness[:10])
        assert len(set(many.null_skewness)) == 600

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pvalues_are_counts(self, dtype: type) -> None:
        x = np.random.default_rng(9).standard_normal((25, 2)).astype(dtype)
        result = mardia(x, n_resamples=99, rng=3)
        above = np.sum(result.null_skewness >= result.skewness)
        assert 0 < above < 99
        assert result.skewness_pvalue == (1 + above) / 100
        away = np.abs(result.null_kurtosis - 8.0) >= abs(result.kurtosis - 8.0)
        assert 0 < np.sum(away) < 99
        assert result.kurtosis_pvalue == (1 + np.sum(away)) / 100
        assert (result.seed, result.n_resamples) == (3, 99)
        # Replicates are drawn in the dtype in which the sample is computed.
        streams = [replicate_stream(np.random.SeedSequence(3), r) for r in range(99)]
        drawn = mardia_statistics(normal_rows(streams, 25, 2, np.dtype(dtype)))
        np.testing.assert_array_equal(result.null_skewness, drawn[:, 0])
        # It is the limiting law alone that replicates replace.
        assert result.kurtosis_statistic == mardia(x).kurtosis_statistic

    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_kurtosis_reaches_the_smallest_p_on_either_side(self, null: str) -> None:
        rng = np.random.default_rng(1)
        heavy = rng.standard_t(2, size=(200, 3))
        light = rng.uniform(-1.0, 1.0, size=(200, 3)) * (1.0 if null == "standard" else 9.0)
        for x in (heavy, light):
            assert mardia(x, null=null, n_resamples=99, rng=2).kurtosis_pvalue == 0.01

    def test_composite_replicates_are_standardised(self) -> None:
        result = mardia(skewed(30, 4), null="composite", n_resamples=400, rng=0)
        exact = null_module.exact_moments(30, 4, "composite")
        standard_error = math.sqrt(exact.kurtosis_variance / 400)
        assert abs(result.null_kurtosis.mean() - exact.kurtosis) < 4.5 * standard_error
        assert abs(result.null_kurtosis.mean() - 24.0) > 4.5 * standard_error

    def test_size(self) -> None:
        """Under the null the p-values are uniform on 1/(M + 1)..1: here 10% are at most .1."""
        rng, count = np.random.default_rng(11), 300
        p = np.asarray(
            [
                (result.skewness_pvalue, result.kurtosis_pvalue)
                for result in (
                    mardia(rng.standard_normal((8, 2)), null="composite", n_resamples=19, rng=rng) for _ in range(count)
                )
            ]
        )
        assert np.all((p > 0.0) & (p <= 1.0))
        for level in (0.1, 0.5):
            error = math.sqrt(level * (1 - level) / count)
            assert np.all(np.abs(np.mean(p <= level + 1e-9, axis=0) - level) < 4.0 * error)

    def test_agrees_with_the_limit_for_a_large_sample(self) -> None:
        x = np.random.default_rng(5).standard_normal((3_000, 2))
        simulated, limit = mardia(x, n_resamples=499, rng=1), mardia(x)
        for name in ("skewness_pvalue", "kurtosis_pvalue"):
            p = getattr(limit, name)
            assert 0.05 < p < 0.95
            assert abs(getattr(simulated, name) - p) < 4.5 * math.sqrt(p * (1 - p) / 499)

    def test_replicates_by_default_are_what_can_be_afforded(self, monkeypatch) -> None:
        x = skewed(30, 3)
        for nanoseconds, count in ((1e6, 999), (1e9, 199), (5e9, 99)):
            monkeypatch.setattr(mardia_module, "mardia_work", lambda n, dim, once=nanoseconds: once)
            assert mardia(x, rng=0).n_resamples == count
        monkeypatch.setattr(mardia_module, "mardia_work", lambda n, dim: 1e12)
        with pytest.raises(
            ValueError, match=r"\(30, 3\) its limiting distributions are not known to hold, and 99 replicates"
        ):
            mardia(x)
        assert mardia(x, n_resamples=9).n_resamples == 9

    def test_seeds(self) -> None:
        x = skewed(400, 2)
        by_chance = mardia(x, n_resamples=9)
        again = mardia(x, n_resamples=9, rng=by_chance.seed)
        np.testing.assert_array_equal(again.null_skewness, by_chance.null_skewness)
        assert mardia(x, n_resamples=9).seed != by_chance.seed
        generator = np.random.default_rng(0)
        mardia(x, rng=generator)  # nothing is drawn without replicates
        assert generator.random() == np.random.default_rng(0).random()

    def test_progress(self) -> None:
        seen: list[tuple[int, int]] = []
        mardia(skewed(60, 20), n_resamples=150, rng=0, progress=lambda *at: seen.append(at))
        assert seen[-1] == (150, 150)
        assert len(seen) > 1
        assert seen == sorted(seen)

    def test_evaluation_travels_to_another_process(self) -> None:
        evaluate = null_module.MardiaReplicates(20, 3, np.dtype(np.float32), "composite", np.random.SeedSequence(1))
        copy = pickle.loads(pickle.dumps(evaluate))
        np.testing.assert_array_equal(copy(3, 6), evaluate(0, 8)[3:6])


class TestResult:
    def test_shown_and_frozen(self) -> None:
        result = mardia(skewed(30, 2), n_resamples=19, rng=0)
        text = repr(result)
        assert text.startswith("MardiaResult\n")
        assert f"skewness: {result.skewness:.6g}" in text
        assert "expected_skewness: 1.6\n" in text
        assert "<float64 array of shape (19,)>" in text
        with pytest.raises(AttributeError):
            result.skewness = 0.0  # type: ignore[misc]

    def test_without_replicates(self) -> None:
        result = mardia(skewed(300, 2))
        assert result.n_resamples is None
        assert result.seed is None
        assert result.null_skewness.shape == result.null_kurtosis.shape == (0,)
        for name in ("skewness", "skewness_pvalue", "kurtosis", "kurtosis_statistic", "expected_kurtosis"):
            assert type(getattr(result, name)) is float


class TestErrors:
    X = np.random.default_rng(0).standard_normal((20, 3))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"null": "simple"}, "null must be 'standard' or 'composite', got 'simple'"),
            ({"moments": "exakt"}, "moments must be 'exact' or 'asymptotic', got 'exakt'"),
            ({"n_resamples": 0}, "n_resamples must be at least 1, got 0"),
            ({"n_resamples": -5}, "n_resamples must be at least 1, got -5"),
            ({"n_resamples": 9, "workers": 0}, "workers must be at least 1"),
            ({"n_resamples": 9, "rng": -1}, "rng must be a non-negative integer"),
            ({"nan_policy": "drop"}, "nan_policy must be"),
            ({"null": "composite", "mean": 0.0}, "null='standard' only"),
            ({"mean": [0.0, 1.0]}, r"mean must be a number or have shape \(3,\), got \(2,\)"),
            ({"cov": -1.0}, "not positive definite"),
        ],
        ids=str,
    )
    def test_options(self, options: dict, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            mardia(self.X, **options)

    @pytest.mark.parametrize("n_resamples", [9.5, "99", True])
    def test_number_of_replicates(self, n_resamples: object) -> None:
        with pytest.raises(TypeError, match="n_resamples"):
            mardia(self.X, n_resamples=n_resamples)

    def test_too_few_rows(self) -> None:
        with pytest.raises(SampleError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
            mardia(self.X[:4], null="composite")
        assert mardia(self.X[:5], null="composite").n == 5
        assert mardia(self.X[:4]).n == 4

    def test_singular(self) -> None:
        with pytest.raises(SampleError, match="singular"):
            mardia(np.column_stack([self.X, self.X.sum(axis=1)]), null="composite")
        with pytest.raises(SampleError, match="constant"):
            mardia(np.column_stack([self.X, np.ones(20)]), null="composite")

    def test_values(self) -> None:
        bad = self.X.copy()
        bad[3, 1] = np.nan
        with pytest.raises(SampleError, match="row 3, column 1"):
            mardia(bad)
        bad[3, 1] = np.inf
        with pytest.raises(SampleError, match="infinite"):
            mardia(bad, nan_policy="omit")
        with pytest.raises(SampleTypeError, match="complex"):
            mardia(self.X + 1j)
        with pytest.raises(SampleError, match="3 dimensions"):
            mardia(self.X[None])


def test_import_is_light() -> None:
    """Neither importing the module nor a test with replicates loads the heavy packages."""
    heavy = ("scipy.stats", "scipy.integrate", "statsmodels", "pandas", "torch")
    code = (
        "import sys; import numpy as np; from slicednorm.stats._hypotests.mardia.mardia import mardia;"
        "mardia(np.arange(12.0).reshape(6, 2), n_resamples=3, rng=0);"
        f"print(*(m for m in {heavy!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_each_measure_says_how_its_pvalue_was_found(tmp_path, monkeypatch):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
    x = np.random.default_rng(3).standard_normal((200, 3))
    x += [0.6, 0.0, 0.0]  # far beyond all replicates of the skewness, and not of the kurtosis
    found = mardia(x, method="auto", rng=0)
    assert (found.skewness_method, len(found.null_skewness)) == ("cached", 9_999)
    assert (found.kurtosis_method, len(found.null_kurtosis) < 9_999) == ("sequential", True)
    assert found.kurtosis_pvalue_stderr > 10 * found.skewness_pvalue_stderr


@pytest.mark.parametrize("scale", [1e-200, 1e-160])
def test_variances_that_underflow_are_an_error(scale):
    x = np.random.default_rng(0).standard_normal((30, 3)) * [1.0, scale, 1.0]
    with pytest.raises(ValueError, match=r"variance of column 1 .* underflows"):
        mardia(x, null="composite")
