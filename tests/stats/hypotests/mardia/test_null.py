"""The laws of Mardia's measures under the null: exact moments, limits."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from slicednorm.stats._calibration.asymptotic import SizeWarning
from slicednorm.stats._hypotests.mardia import null as null_module
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from tests.stats.hypotests.samples import skewed

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


def composite_null(n: int, dim: int, count: int, seed: int) -> np.ndarray:
    """b1 and b2 of many standardised normal samples, (count, 2)."""
    rows = Rows(np.random.default_rng(seed).standard_normal((count, n, dim)), np.dtype(np.float64))
    return mardia_statistics(rows, estimated(rows))


def standard_null(n: int, dim: int, count: int, seed: int) -> np.ndarray:
    rows = Rows(np.random.default_rng(seed).standard_normal((count, n, dim)), np.dtype(np.float64))
    return mardia_statistics(rows)


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

    @pytest.mark.slow
    def test_printed_beside(self) -> None:
        result = mardia(np.random.default_rng(0).standard_normal((10_000, 20)), method=None)
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

    @pytest.mark.slow
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
