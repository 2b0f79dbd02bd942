"""The classical tests against other packages, against the formulas with all pairs, and against simulation."""

import json
import math
import pickle
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from slicednorm.directions import random_directions
from slicednorm.distances._kummer import kummer
from slicednorm.distances.cw import bandwidth
from slicednorm.stats import (
    ClassicalTestResult,
    SizeWarning,
    as_sample,
    bhep,
    classical_test,
    cramer_wold,
    doornik_hansen,
    energy,
    henze_zirkler,
    royston,
    sliced_statistic,
)
from slicednorm.stats._hypotests import pairs as pairs_module
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.run import Replicates
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening, estimated
from slicednorm.stats._streams import replicate_stream

bhep_module, energy_module, royston_module = (
    import_module(f"slicednorm.stats._hypotests.classical.{name}") for name in ("bhep", "energy", "royston")
)

REFERENCE = Path(__file__).parents[1] / "data" / "reference"
VALUES = json.loads((REFERENCE / "peer_values.json").read_text())
PEERS = {name: values for name, values in VALUES["datasets"].items() if values["d"] > 1}
CRITICAL = {
    (row["dim"], row["samplesize"]): {
        level: next(r for r in rows if (r["dim"], r["samplesize"]) == (row["dim"], row["samplesize"]))
        for level, rows in (
            (upper, VALUES["critical_values_mnt"][table])
            for upper, table in ((0.1, "Quantile09"), (0.05, "Quantile095"), (0.01, "Quantile099"))
        )
    }
    for row in VALUES["critical_values_mnt"]["Quantile09"]
}

TESTS: dict[str, Callable[..., ClassicalTestResult]] = {
    "henze_zirkler": henze_zirkler,
    "bhep": bhep,
    "energy": energy,
    "royston": royston,
    "doornik_hansen": doornik_hansen,
    "cramer_wold": cramer_wold,
}
OF_PAIRS = ("henze_zirkler", "bhep", "energy", "cramer_wold")
FLOAT64 = np.dtype(np.float64)


def read(name: str) -> np.ndarray:
    return np.loadtxt(REFERENCE / PEERS[name]["file"], delimiter=",", ndmin=2)


def skewed(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """A correlated, skewed sample, away from its origin."""
    rng = np.random.default_rng([seed, n, dim])
    mixing = rng.standard_normal((dim, dim)) + 2.0 * np.eye(dim)
    return (rng.standard_exponential((n, dim)) - 0.8) @ mixing / 3.0 + 0.1


def standardised(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=0)
    return np.linalg.solve(np.linalg.cholesky(np.atleast_2d(np.cov(x.T, bias=True))), centred.T).T


def written_out(name: str, y: np.ndarray, null: str) -> float:
    """The statistics of pairs as they are written down, with all differences and scipy's special functions."""
    n, dim = y.shape
    if name == "energy" and null == "composite":
        y = y * math.sqrt((n - 1) / n)
    squares = np.sum((y[:, None] - y) ** 2, axis=-1)
    lengths = np.sum(y**2, axis=-1)
    if name in ("henze_zirkler", "bhep"):
        beta = 1.0 if name == "bhep" else ((2 * dim + 1) * n / 4) ** (1 / (dim + 4)) / math.sqrt(2)
        return float(
            np.exp(-(beta**2) * squares / 2).sum() / n
            - 2 * (1 + beta**2) ** (-dim / 2) * np.exp(-(beta**2) * lengths / (2 + 2 * beta**2)).sum()
            + n * (1 + 2 * beta**2) ** (-dim / 2)
        )
    if name == "energy":
        norm = math.sqrt(2) * special.gamma((dim + 1) / 2) / special.gamma(dim / 2)
        means = norm * special.hyp1f1(-0.5, dim / 2, -lengths / 2)
        return float(2 * means.sum() - n * math.sqrt(2) * norm - np.sqrt(squares).sum() / n)
    gamma = bandwidth(n)
    among = special.hyp1f1(0.5, dim / 2, -squares / (4 * gamma)).sum() / n**2 / math.sqrt(gamma)
    across = 2 / n * special.hyp1f1(0.5, dim / 2, -lengths / (2 + 4 * gamma)).sum() / math.sqrt(gamma + 0.5)
    return float((among + 1 / math.sqrt(1 + gamma) - across) / (2 * math.sqrt(math.pi)))


def values_of(name: str, x: np.ndarray, null: str = "composite") -> np.ndarray:
    """The statistic of every sample of a batch."""
    rows = Rows(x, FLOAT64)
    return CLASSICAL[name].statistics(rows, estimated(rows) if null == "composite" else None, null)


def null_values(name: str, n: int, dim: int, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([values_of(name, rng.standard_normal((250, n, dim))) for _ in range(count // 250)])


# Limiting laws are compared where they do not hold as well.
@pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
class TestAgainstOthers:
    def test_there_is_something_to_compare(self) -> None:
        assert len(PEERS) >= 11
        assert len(CRITICAL) == 9

    @pytest.mark.parametrize("name", PEERS)
    def test_henze_zirkler(self, name: str) -> None:
        ours = henze_zirkler(read(name), method="asymptotic")
        mvn = PEERS[name]["henze_zirkler (R MVN 6.3)"]
        pingouin = PEERS[name]["henze_zirkler (pingouin 0.7.0)"]
        assert ours.statistic == pytest.approx(mvn["statistic"], rel=1e-9)
        assert ours.statistic == pytest.approx(pingouin["HZ"], rel=1e-9)
        assert ours.pvalue == pytest.approx(mvn["p_value"], rel=1e-9)
        assert ours.method == "asymptotic"

    @pytest.mark.parametrize("name", PEERS)
    @pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
    def test_bhep(self, name: str, beta: float) -> None:
        ours = bhep(read(name), beta, n_resamples=1)
        assert ours.statistic == pytest.approx(PEERS[name][f"bhep_beta_{beta:g} (R mnt 1.3)"]["statistic"], rel=1e-6)
        assert ours.beta == beta

    @pytest.mark.parametrize("name", PEERS)
    def test_energy(self, name: str) -> None:
        theirs = PEERS[name]["energy (R energy 1.7-11, covariance with n-1)"]["statistic"]
        assert energy(read(name), n_resamples=1).statistic == pytest.approx(theirs, rel=1e-9)

    WITH_PVALUES = sorted(name for name in PEERS if "energy_test_20000_replicates (R energy)" in PEERS[name])

    @pytest.mark.parametrize("name", WITH_PVALUES)
    def test_energy_pvalue(self, name: str) -> None:
        theirs, ours = PEERS[name]["energy_test_20000_replicates (R energy)"], energy(read(name), rng=1)
        assert (ours.n_resamples, ours.method) == (999, "monte carlo")
        assert abs(ours.pvalue - theirs["p_value"]) < 4.0 * math.hypot(ours.pvalue_stderr, theirs["mc_se"])

    @pytest.mark.parametrize("name", PEERS)
    def test_royston(self, name: str) -> None:
        ours, theirs = royston(read(name), method="asymptotic"), PEERS[name]["royston (R MVN 6.3)"]
        assert ours.statistic == pytest.approx(theirs["statistic"], rel=1e-6)
        assert ours.pvalue == pytest.approx(theirs["p_value"], rel=1e-6)

    @pytest.mark.parametrize("name", PEERS)
    def test_doornik_hansen(self, name: str) -> None:
        ours, theirs = doornik_hansen(read(name), method="asymptotic"), PEERS[name]["doornik_hansen (R mvnTest 1.1)"]
        assert ours.statistic == pytest.approx(theirs["statistic"], rel=1e-9)
        # Theirs is 1 less the distribution function, which leaves 16 decimals and not 16 digits.
        assert ours.pvalue == pytest.approx(theirs["p_value"], rel=1e-9, abs=4e-16)
        assert ours.pvalue > 0.0

    def compare_critical_values(self, name: str, column: str, shape: tuple[int, int], count: int) -> None:
        dim, n = shape
        found = null_values(name, n, dim, count, seed=10 * n + dim)
        for level, theirs in CRITICAL[shape].items():
            # Theirs come of 100,000 replicates.
            error = math.sqrt(level * (1 - level) * (1 / count + 1 / 100_000))
            assert abs(np.mean(found > theirs[column]) - level) < 4.0 * error

    @pytest.mark.parametrize(("name", "column"), [("bhep", "BHEP"), ("henze_zirkler", "HZ"), ("energy", "SR")])
    @pytest.mark.parametrize("shape", [(2, 20), (5, 50)], ids=str)
    def test_critical_values(self, name: str, column: str, shape: tuple[int, int]) -> None:
        self.compare_critical_values(name, column, shape, 5_000)

    @pytest.mark.long
    @pytest.mark.parametrize(("name", "column"), [("bhep", "BHEP"), ("henze_zirkler", "HZ"), ("energy", "SR")])
    @pytest.mark.parametrize("shape", CRITICAL, ids=str)
    def test_critical_values_of_many(self, name: str, column: str, shape: tuple[int, int]) -> None:
        self.compare_critical_values(name, column, shape, 100_000)

    @pytest.mark.parametrize("n", [4, 5, 6, 7, 11, 12, 50, 200, 5_000])
    def test_shapiro_and_wilk_of_scipy(self, n: int) -> None:
        y = np.sort(np.random.default_rng(n).standard_exponential((8, n)))
        unit = y - y.mean(axis=-1, keepdims=True)
        unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
        wilk, _ = royston_module._scores(n)
        assert np.linalg.norm(wilk) == pytest.approx(1.0, rel=1e-12)
        for lack, column in zip(royston_module._lack_of_fit(unit, wilk), y, strict=True):
            theirs = stats.shapiro(column)
            assert 1.0 - lack == pytest.approx(theirs.statistic, rel=1e-8)  # their quantiles have 8 digits
            score = float(royston_module._normal_scores(np.asarray(lack), n))
            assert stats.norm.sf(score) == pytest.approx(theirs.pvalue, rel=1e-6) or theirs.pvalue < 1e-15


class TestStatistics:
    SHAPES = ((3, 1), (40, 1), (9, 2), (60, 2), (70, 3), (700, 4), (50, 30))

    @pytest.mark.parametrize("name", OF_PAIRS)
    @pytest.mark.parametrize("null", ["standard", "composite"])
    @pytest.mark.parametrize(("n", "dim"), SHAPES)
    def test_written_out(self, name: str, null: str, n: int, dim: int) -> None:
        x = skewed(n, dim)
        ours = TESTS[name](x, null=null, n_resamples=1)
        expected = written_out(name, x if null == "standard" else standardised(x), null)
        # The terms cancel: of the statistic are left the digits that they have more of than it.
        assert ours.statistic == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert (ours.test, ours.n, ours.dim, ours.null) == (name, n, dim, null)

    @pytest.mark.parametrize("name", OF_PAIRS)
    def test_known_target(self, name: str) -> None:
        x = skewed(60, 3)
        cov = np.asarray([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
        mean = np.asarray([1.0, 0.0, -2.0])
        ours = TESTS[name](x, null="standard", mean=mean, cov=cov, n_resamples=19, rng=5)
        whitened = np.linalg.solve(np.linalg.cholesky(cov), (x - mean).T).T
        assert ours.statistic == pytest.approx(written_out(name, whitened, "standard"), rel=1e-9)
        # The replicates are N(0, I) as they are.
        plain = TESTS[name](x, null="standard", n_resamples=19, rng=5)
        np.testing.assert_array_equal(ours.null_distribution, plain.null_distribution)

    @pytest.mark.parametrize("name", OF_PAIRS)
    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_seams(self, name: str, null: str, limits: Callable[..., Limits]) -> None:
        """Blocks, tiles, panels and passes that divide neither n nor each other."""
        x = skewed(101, 6)
        whole = values_of(name, x[None], null)
        limits(block_elements=6 * 13, tile_rows=3, least_panel_rows=1, held_elements=6 * 17, passing_elements=6 * 7)
        np.testing.assert_allclose(values_of(name, x[None], null), whole, rtol=1e-11)

    @pytest.mark.parametrize("name", TESTS)
    @pytest.mark.parametrize(("n", "dim"), [(9, 1), (20, 2), (50, 5), (64, 17), (300, 6)])
    def test_batch(self, name: str, n: int, dim: int) -> None:
        """An item has the same value to the last bit, alone or in any batch, whatever else is in it."""
        x = np.stack([skewed(n, dim, seed) for seed in range(5)])
        x[3, 1] = x[3, 0]  # two rows that meet take another path
        together = values_of(name, x)
        assert together.shape == (5,)
        for item in range(5):
            np.testing.assert_array_equal(values_of(name, x[item : item + 1])[0], together[item])
            np.testing.assert_array_equal(values_of(name, x[[item, 0]])[0], together[item])

    @pytest.mark.parametrize("name", ["henze_zirkler", "bhep", "energy", "cramer_wold"])
    def test_affine_invariance(self, name: str) -> None:
        x = skewed(80, 3)
        turned = x @ np.random.default_rng(1).standard_normal((3, 3)) * 1e3 - 1e4
        one, other = TESTS[name](x, n_resamples=1), TESTS[name](turned, n_resamples=1)
        assert one.statistic == pytest.approx(other.statistic, rel=1e-8)

    @pytest.mark.parametrize("name", ["royston", "doornik_hansen"])
    def test_invariance_to_location_and_scale(self, name: str) -> None:
        x = skewed(80, 3)
        assert TESTS[name](x * [1e3, 1.0, 1e-3] - 1e2).statistic == pytest.approx(TESTS[name](x).statistic, rel=1e-6)

    @pytest.mark.parametrize("dim", [1, 2, 3, 5, 10, 50, 400])
    def test_kummer(self, dim: int) -> None:
        s = np.concatenate([[0.0], np.geomspace(1e-12, 300.0, 400)])
        np.testing.assert_allclose(kummer(s.copy(), dim), special.hyp1f1(0.5, dim / 2, -s), rtol=1e-12)

    def test_kummer_in_closed_form(self) -> None:
        s = np.concatenate([[0.0], np.geomspace(1e-15, 1e300, 3_000)])
        np.testing.assert_allclose(kummer(s.copy(), 2), special.i0e(0.5 * s), rtol=5e-14)
        by_erf = np.sqrt(0.25 * math.pi / s[1:]) * special.erf(np.sqrt(s[1:]))
        np.testing.assert_allclose(kummer(s[1:].copy(), 3), by_erf, rtol=5e-14)

    @pytest.mark.parametrize("dim", [1, 2, 3, 7, 60])
    def test_mean_distance(self, dim: int) -> None:
        squares = np.concatenate([[0.0], np.geomspace(1e-9, 500.0, 50)])
        expected = energy_module.mean_norm(dim) * special.hyp1f1(-0.5, dim / 2, -squares / 2)
        np.testing.assert_allclose(energy_module.mean_distance(squares, dim), expected, rtol=1e-12)
        far = energy_module.mean_distance(np.asarray([1e20, 1e200]), dim)
        np.testing.assert_allclose(far, [1e10, 1e100], rtol=1e-9)

    @pytest.mark.parametrize("dim", [1, 2, 6])
    def test_cramer_wold_is_the_mean_over_directions(self, dim: int) -> None:
        x = skewed(40, dim)
        ours = cramer_wold(x, null="standard", n_resamples=1).statistic
        parts = [
            sliced_statistic(x, "cw", directions=random_directions(2_000, dim, "orthogonal", rng=seed))
            for seed in range(20)
        ]
        error = np.std(parts, ddof=1) / math.sqrt(len(parts))
        assert abs(np.mean(parts) - ours) < 4.0 * error + 1e-13
        assert error < 0.01 * ours

    def test_kurtosis_decides_between_the_forms(self) -> None:
        """One heavy-tailed and one light-tailed column: exchanged, either would have another W."""
        x = np.random.default_rng(3).standard_normal((60, 2))
        x[:, 0] = np.sign(x[:, 0]) * np.abs(x[:, 0]) ** 1.5
        x[:, 1] = np.sign(x[:, 1]) * np.abs(x[:, 1]) ** 0.8
        heavy, light = stats.kurtosis(x, fisher=False)
        assert heavy > 3.2 > 2.8 > light
        wilk, francia = royston_module._scores(60)
        z = []
        for column, scores in zip(x.T, (francia, wilk), strict=True):
            unit = np.sort(column) - column.mean()
            lack = 1.0 - np.corrcoef(unit, scores)[0, 1] ** 2
            z.append(float(royston_module._normal_scores(np.asarray(lack), 60)))
        expected = np.mean(stats.norm.ppf(stats.norm.sf(z) / 2) ** 2)
        degrees = float(royston_module._degrees(np.corrcoef(x.T)[None], 60)[0])
        assert royston(x).statistic == pytest.approx(degrees * expected, rel=1e-9)


class TestFarAndTied:
    @pytest.mark.parametrize("name", OF_PAIRS)
    def test_rows_that_meet(self, name: str) -> None:
        """Every row ten times, far from the origin: a distance of rounding alone would show in the energy."""
        x = np.repeat(np.random.default_rng(1).integers(-2, 3, size=(30, 3)).astype(float), 10, axis=0)
        shifted = x + 1e7
        rows = Rows(shifted, FLOAT64)
        back = Whitening(np.full((1, 1, 3), 1e7), np.eye(3)[None])
        (ours,) = CLASSICAL[name].statistics(rows, back, "standard")
        assert ours == pytest.approx(written_out(name, x, "standard"), rel=1e-12)

    def test_distances_keep_their_digits_far_from_the_origin(self) -> None:
        rng = np.random.default_rng(2)
        near = rng.standard_normal((1, 40, 3))
        left, right = near[:, :25], near[:, 25:] * 1e-9
        for shift in (0.0, 1e3, 1e7):
            found = pairs_module._squared_distances(left + shift, right + shift, False)
            exact = np.sum(((left + shift)[0, :, None] - (right + shift)[0]) ** 2, axis=-1)
            np.testing.assert_allclose(found[0], exact, rtol=1e-9)
        clustered = 1e4 * rng.standard_normal((1, 1, 3)) + 1e-6 * near
        clustered[0, 0] = 0.0
        found = pairs_module._squared_distances(clustered, clustered, True)
        exact = np.sum((clustered[0, :, None] - clustered[0]) ** 2, axis=-1)
        np.testing.assert_allclose(found[0], exact, rtol=1e-5, atol=0.0)

    @pytest.mark.parametrize("name", OF_PAIRS)
    @pytest.mark.parametrize("scale", [1e5, 1e100, 1e160, 1e300])
    def test_never_not_a_number(self, name: str, scale: float) -> None:
        x = scale * np.random.default_rng(0).standard_normal((40, 3))
        x[0] = 0.0
        if name == "energy" and scale > 1e150:
            with pytest.raises(SampleError, match=r"energy of x of shape \(40, 3\) overflows float64"):
                TESTS[name](x, null="standard", n_resamples=9, rng=0)
            return
        result = TESTS[name](x, null="standard", n_resamples=9, rng=0)
        assert math.isfinite(result.statistic)
        assert result.pvalue == 0.1

    @pytest.mark.parametrize("name", OF_PAIRS)
    @pytest.mark.parametrize("n", [50, 400])
    def test_a_huge_row_leaves_the_others_their_digits(self, name: str, n: int) -> None:
        """In whatever tile it is; the sums of all others are those without it."""
        x = np.random.default_rng(3).standard_normal((n, 3))
        for row in (0, n // 3, n - 1):
            y = x.copy()
            y[row, 1] = 1e8
            expected = TESTS[name](y, null="standard", n_resamples=1, rng=0).statistic
            for huge in (1e15, 1e20, 1e100):
                y[row, 1] = huge
                found = TESTS[name](y, null="standard", n_resamples=1, rng=0).statistic
                if name == "energy":  # 2 n d − 2 (n − 1) d over n, d the distance of the row from all others
                    assert found / huge == pytest.approx(2.0 / n, rel=1e-2)
                else:
                    assert found == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize("name", TESTS)
    def test_outlier(self, name: str) -> None:
        x = np.random.default_rng(0).standard_normal((100, 3))
        x[0] *= 1e6
        result = TESTS[name](x, n_resamples=19, rng=0)
        assert math.isfinite(result.statistic)
        assert result.pvalue == 0.05
        with pytest.raises(SampleError, match=r"row 0 \(from 0\) of x of shape \(100, 3\) is so far out"):
            TESTS[name](x * np.where(np.arange(100) == 0, 1e3, 1.0)[:, None], n_resamples=19, rng=0)

    @pytest.mark.parametrize("n", [5, 12])
    def test_worst_fit_that_royston_may_meet(self, n: int) -> None:
        x = np.zeros((n, 2))
        x[0] = 1.0, 0.0
        x[1] = 0.0, 1.0
        result = royston(x + 1e-9 * np.arange(2 * n).reshape(n, 2) ** 2)
        assert not math.isnan(result.statistic)
        assert 0.0 <= result.pvalue < 0.01
        assert royston_module._normal_scores(np.asarray([0.99]), n)[0] > 3.0  # the polynomials end before that


class TestPvalues:
    def test_lognormal_law_holds_where_it_should(self) -> None:
        values = null_values("henze_zirkler", 400, 2, 1_000, seed=1)
        rows = Rows(np.empty((400, 2)), FLOAT64)
        p = np.asarray([bhep_module._lognormal_tail(value, rows) for value in values])
        for level in (0.05, 0.5):
            assert abs(np.mean(p <= level) - level) < 4.0 * math.sqrt(level * (1 - level) / 1_000) + 0.01
        assert bhep_module._lognormal_tail(0.0, rows) == 1.0
        assert bhep_module._lognormal_tail(math.inf, rows) == 0.0

    @pytest.mark.parametrize("name", ["doornik_hansen", "royston"])
    def test_limits_hold_where_they_should(self, name: str) -> None:
        mixing = np.asarray([[1.0, 0.8], [0.0, 0.6]])
        x = np.random.default_rng(4).standard_normal((2_000, 100, 2)) @ mixing
        test = CLASSICAL[name]
        p = [test.limit(value, Rows(item, FLOAT64)) for value, item in zip(values_of(name, x), x, strict=True)]
        assert abs(np.mean(np.asarray(p) <= 0.05) - 0.05) < 4.0 * math.sqrt(0.05 * 0.95 / 2_000) + 0.01

    @pytest.mark.parametrize("name", TESTS)
    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_size(self, name: str, null: str) -> None:
        """Under the null p is uniform on 1/(M + 1)..1, here also for a sample that is strongly correlated."""
        if null == "standard" and CLASSICAL[name].instead:
            pytest.skip("has no standard null")
        rng, count = np.random.default_rng(11), 400
        mixing = np.eye(2) if null == "standard" else np.asarray([[1.0, 9.0], [0.0, 1.0]])
        p = np.asarray(
            [
                TESTS[name](rng.standard_normal((12, 2)) @ mixing, null=null, n_resamples=19, rng=rng).pvalue
                for _ in range(count)
            ]
        )
        for level in (0.1, 0.5):
            error = math.sqrt(level * (1 - level) / count)
            assert abs(np.mean(p <= level + 1e-9) - level) < 4.0 * error

    @pytest.mark.parametrize("name", TESTS)
    def test_same_for_any_number_of_workers(self, name: str) -> None:
        x = skewed(60, 20)
        results = [TESTS[name](x, n_resamples=300, rng=7, workers=workers) for workers in (1, 3)]
        assert results[0] == results[1]
        np.testing.assert_array_equal(results[0].null_distribution, results[1].null_distribution)
        few = TESTS[name](x, n_resamples=10, rng=7)
        np.testing.assert_array_equal(few.null_distribution, results[0].null_distribution[:10])
        assert len(set(results[0].null_distribution)) == 300

    @pytest.mark.parametrize("name", TESTS)
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pvalue_is_a_count(self, name: str, dtype: type) -> None:
        x = np.random.default_rng(9).standard_normal((25, 2)).astype(dtype)
        result = TESTS[name](x, n_resamples=99, rng=3)
        reach = np.sum(result.null_distribution >= result.statistic)
        assert 0 < reach < 99
        assert result.pvalue == (1 + reach) / 100
        assert result.pvalue_stderr == pytest.approx(math.sqrt(result.pvalue * (1 - result.pvalue) / 100))
        assert (result.seed, result.n_resamples, result.method) == (3, 99, "monte carlo")
        assert result.statistic == TESTS[name](x.astype(np.float64), n_resamples=1).statistic
        if name != "royston":
            # Replicates are drawn in the dtype in which the sample came, and standardised as it is.
            rows = normal_rows([replicate_stream(np.random.SeedSequence(3), r) for r in range(99)], 25, 2, x.dtype)
            drawn = CLASSICAL[name].statistics(rows, estimated(rows), "composite")
            np.testing.assert_array_equal(result.null_distribution, drawn)

    @pytest.mark.parametrize("dim", [10, 20])
    def test_royston_of_many_correlated_rows(self, dim: int) -> None:
        """Its polynomials would have 53 degrees for ten such columns, with p = 5e-11, and −28 for twenty."""
        rng = np.random.default_rng(1)
        x = math.sqrt(0.3) * rng.standard_normal((5_000, dim)) + math.sqrt(0.7) * rng.standard_normal((5_000, 1))
        result = royston(x)
        assert result.statistic > 0.0
        assert 1e-4 < result.pvalue <= 1.0
        assert royston_module._degrees(np.corrcoef(x.T)[None], 5_000)[0] == pytest.approx(1.1 * dim)

    def test_replicates_of_royston_have_the_correlations_of_the_sample(self) -> None:
        rng = np.random.default_rng(6)
        x = rng.standard_normal((200, 4)) + 5.0 * rng.standard_normal((200, 1))
        result = royston(x, n_resamples=499, rng=1)
        # Columns that are nearly one have about one degree of freedom, of which H has the mean.
        assert abs(result.null_distribution.mean() - 1.3) < 0.4
        assert abs(result.pvalue - royston(x).pvalue) < 0.15

    @pytest.mark.parametrize("name", TESTS)
    def test_replicates_of_many_blocks(self, name: str, limits: Callable[..., Limits]) -> None:
        x = np.random.default_rng(1).standard_normal((40, 3))
        whole = TESTS[name](x, n_resamples=19, rng=2)
        limits(block_elements=3 * 7)
        parts = TESTS[name](x, n_resamples=19, rng=2)
        assert parts.statistic == pytest.approx(whole.statistic, rel=1e-9)
        np.testing.assert_allclose(parts.null_distribution, whole.null_distribution, rtol=1e-6)

    def test_sequential(self) -> None:
        x = np.random.default_rng(1).standard_normal((30, 2))
        result = energy(x, method="sequential", rng=2)
        assert result.method == "sequential"
        assert result.n_resamples == len(result.null_distribution) < 999

    @pytest.mark.parametrize("name", TESTS)
    def test_defaults(self, name: str) -> None:
        x = np.random.default_rng(0).standard_normal((30, 2))
        result = TESTS[name](x, rng=0)
        if name in ("henze_zirkler", "doornik_hansen"):
            assert (result.method, result.n_resamples, result.seed) == ("asymptotic", None, None)
            assert result.pvalue_stderr is None
            assert result.null_distribution.shape == (0,)
        else:
            assert (result.method, result.n_resamples, result.seed) == ("monte carlo", 999, 0)
        if CLASSICAL[name].instead is None:
            assert TESTS[name](x, null="standard", rng=0).n_resamples == 999

    @pytest.mark.parametrize(
        ("name", "n", "dim"),
        [("henze_zirkler", 30, 25), ("henze_zirkler", 5_500, 3), ("doornik_hansen", 20, 15), ("royston", 60, 3)],
    )
    def test_a_law_that_does_not_hold_is_used_with_a_word_only(self, name: str, n: int, dim: int) -> None:
        x = np.random.default_rng(0).standard_normal((n, dim))
        assert n > 1_000 or TESTS[name](x, rng=0).method == "monte carlo"
        with pytest.warns(
            SizeWarning, match=rf"not known to hold for samples of shape \({n}, {dim}\), and may"
        ) as caught:
            result = TESTS[name](x, method="asymptotic")
        assert (result.method, result.n_resamples) == ("asymptotic", None)
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            y = np.random.default_rng(0).standard_normal((200, 1))
            TESTS[name](y, method="asymptotic") if name != "royston" else royston(y, n_resamples=9)

    def test_methods_there_are(self) -> None:
        x = skewed(30, 2)
        with pytest.raises(ValueError, match=r"method must be 'auto', .*'asymptotic' or None, got 'exact'"):
            henze_zirkler(x, method="exact")
        with pytest.raises(ValueError, match="takes no replicates; leave out n_resamples=99"):
            henze_zirkler(x, method="asymptotic", n_resamples=99)
        with pytest.raises(ValueError, match="henze_zirkler has no limiting distribution under null='standard'"):
            henze_zirkler(x, method="asymptotic", null="standard")
        with pytest.raises(ValueError, match="energy has no limiting distribution"):
            classical_test(x, "energy", method="asymptotic")

    def test_henze_zirkler_of_a_known_law_is_bhep(self) -> None:
        x = skewed(50, 3)
        one = henze_zirkler(x, null="standard", n_resamples=99, rng=4)
        other = bhep(x, one.beta, null="standard", n_resamples=99, rng=4)
        assert one.beta == pytest.approx((7 * 50 / 4) ** (1 / 7) / math.sqrt(2), rel=1e-12)
        assert (one.statistic, one.pvalue) == (other.statistic, other.pvalue)

    def test_progress_and_seeds(self) -> None:
        seen: list[tuple[int, int]] = []
        x = skewed(60, 5)
        by_chance = energy(x, n_resamples=150, progress=lambda *at: seen.append(at))
        assert seen[-1] == (150, 150)
        again = energy(x, n_resamples=150, rng=by_chance.seed)
        np.testing.assert_array_equal(again.null_distribution, by_chance.null_distribution)
        generator = np.random.default_rng(0)
        henze_zirkler(x, rng=generator)  # nothing is drawn without replicates
        assert generator.random() == np.random.default_rng(0).random()

    @pytest.mark.parametrize("name", TESTS)
    def test_evaluation_travels_to_another_process(self, name: str) -> None:
        root = np.random.SeedSequence(1)
        evaluate = Replicates(CLASSICAL[name], 20, 3, np.dtype(np.float32), "composite", root)
        copy = pickle.loads(pickle.dumps(evaluate))
        np.testing.assert_array_equal(copy(3, 6), evaluate(0, 8)[3:6])

    def test_bhep_travels_with_its_beta(self) -> None:
        test = replace(CLASSICAL["bhep"], statistic=bhep_module._Statistic(bhep_module._Constant(2.0)))
        copy = pickle.loads(pickle.dumps(test))
        rows = Rows(skewed(20, 2), FLOAT64)
        assert copy.statistics(rows, None, "standard") == test.statistics(rows, None, "standard")


class TestInputs:
    @pytest.mark.parametrize("name", TESTS)
    def test_kinds_of_samples(self, name: str, tmp_path: Path) -> None:
        x = skewed(60, 3)
        test = TESTS[name]
        plain = test(x, n_resamples=9, rng=0)
        np.save(tmp_path / "x.npy", x)
        with_nan = np.insert(x, 7, np.nan, axis=0)
        assert test(as_sample(x), n_resamples=9, rng=0) == plain
        assert test(np.load(tmp_path / "x.npy", mmap_mode="r"), n_resamples=9, rng=0) == plain
        assert test(with_nan, nan_policy="omit", n_resamples=9, rng=0) == plain
        assert test(np.asfortranarray(x), n_resamples=9, rng=0) == plain
        column = test(x[:, 0], n_resamples=9, rng=0)
        assert column == test(x[:, :1], n_resamples=9, rng=0)
        assert column.dim == 1

    def test_table_of_tests(self) -> None:
        assert set(CLASSICAL) == set(TESTS)
        for name, test in CLASSICAL.items():
            assert test.name == TESTS[name].__name__ == name
            assert test.work(2_000, 5) > test.work(1_000, 5) > 0.0
            assert test.work(2_000, 50) > test.work(2_000, 5)
            assert (test.work(20_000, 5) > 50.0 * test.work(2_000, 5)) == (name in OF_PAIRS)

    def test_shown_and_frozen(self) -> None:
        result = energy(skewed(30, 2), n_resamples=19, rng=0)
        text = repr(result)
        assert text.startswith("ClassicalTestResult\n")
        assert f"statistic: {result.statistic:.6g}" in text
        assert "<float64 array of shape (19,)>" in text
        assert result.beta is None
        with pytest.raises(AttributeError):
            result.pvalue = 0.0  # type: ignore[misc]
        for field in ("statistic", "pvalue"):
            assert type(getattr(henze_zirkler(skewed(30, 2)), field)) is float


class TestErrors:
    X = np.random.default_rng(0).standard_normal((20, 3))

    @pytest.mark.parametrize("name", TESTS)
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"null": "simple"}, "null must be 'standard' or 'composite', got 'simple'"),
            ({"n_resamples": 0}, "n_resamples must be at least 1, got 0"),
            ({"n_resamples": 9, "workers": 0}, "workers must be at least 1"),
            ({"n_resamples": 9, "rng": -1}, "rng must be a non-negative integer"),
            ({"nan_policy": "drop"}, "nan_policy must be"),
            ({"mean": 0.0}, "null='standard' only"),
        ],
        ids=str,
    )
    def test_options(self, name: str, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            TESTS[name](self.X, **options)

    @pytest.mark.parametrize("name", TESTS)
    def test_samples(self, name: str) -> None:
        with pytest.raises(SampleError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
            TESTS[name](self.X[:4])
        with pytest.raises(SampleError, match="singular"):
            TESTS[name](np.column_stack([self.X, self.X.sum(axis=1)]))
        with pytest.raises(SampleError, match="constant"):
            TESTS[name](np.column_stack([self.X, np.ones(20)]))
        with pytest.raises(TypeError, match="n_resamples"):
            TESTS[name](self.X, n_resamples=9.5)

    @pytest.mark.parametrize("name", ["royston", "doornik_hansen"])
    def test_no_standard_null(self, name: str) -> None:
        with pytest.raises(ValueError, match="no form for null='standard'; use mardia, energy or cramer_wold"):
            TESTS[name](self.X, null="standard")

    def test_number_of_rows(self) -> None:
        with pytest.raises(SampleError, match=r"doornik_hansen needs at least 8 rows, got shape \(7, 2\)"):
            doornik_hansen(self.X[:7, :2])
        assert doornik_hansen(self.X[:8, :2]).n == 8
        with pytest.raises(SampleError, match=r"royston needs at least 4 rows, got shape \(3, 1\)"):
            royston(self.X[:3, :1])
        assert 0.0 <= royston(self.X[:4, :1]).pvalue <= 1.0
        with pytest.raises(SampleError, match=r"at most 5,000 rows, got shape \(5001, 2\)"):
            royston(np.random.default_rng(0).standard_normal((5_001, 2)))

    @pytest.mark.parametrize(
        ("beta", "error"),
        [(0.0, ValueError), (1e-3, ValueError), (1e200, ValueError), (math.nan, ValueError), ("1", TypeError)],
    )
    def test_beta(self, beta: Any, error: type[Exception]) -> None:
        with pytest.raises(error, match="beta must be"):
            bhep(self.X, beta)

    @pytest.mark.parametrize("beta", [bhep_module._LEAST_BETA, bhep_module._MOST_BETA])
    def test_the_ends_of_beta(self, beta: float) -> None:
        """At the least, T is that of sums in twice the digits to one in twenty."""
        x = skewed(60, 3)
        rows = Rows(x[None], FLOAT64)
        (ours,) = bhep_module.with_beta(bhep_module.BHEP, bhep_module._Constant(beta)).statistics(
            rows, estimated(rows), "composite"
        )
        if beta == bhep_module._LEAST_BETA:
            assert bhep(x, beta, n_resamples=1).statistic == ours
        y = estimated(rows)(x[None])[0].astype(np.longdouble)
        square, n, dim = np.longdouble(beta) ** 2, *y.shape
        pairs = np.exp(-0.5 * square * ((y[:, None] - y) ** 2).sum(axis=-1)).sum()
        singles = np.exp(-0.5 * square / (1 + square) * (y**2).sum(axis=-1)).sum()
        half = np.longdouble(dim) / 2
        theirs = pairs / n - 2 * (1 + square) ** -half * singles + n * (1 + 2 * square) ** -half
        assert 0.0 < ours == pytest.approx(float(theirs), rel=0.05)

    @pytest.mark.parametrize(("n", "dim"), [(300, 120), (1_700, 1_600)])
    def test_columns_among_which_henze_zirkler_does_not_vary(self, n: int, dim: int) -> None:
        """p would be 0.5 for any sample, and a division by zero where the variance underflows."""
        x = np.random.default_rng(0).standard_normal((n, dim))
        with pytest.raises(SampleError, match=rf"is the same for all samples of shape \({n}, {dim}\)"):
            henze_zirkler(x)

    @pytest.mark.parametrize("null", ["standard", "composite"])
    @pytest.mark.parametrize(("n", "dim", "beta"), [(200, 80, 1.0), (60, 45, 2.0), (120, 70, 1.0)])
    def test_shapes_for_which_bhep_is_always_the_same(self, null: str, n: int, dim: int, beta: float) -> None:
        """Far groups had p = 1, and a message recommended it."""
        x = np.random.default_rng(0).standard_normal((n, dim))
        x[::2] += 50.0
        with pytest.raises(SampleError, match="is the same for all samples") as caught:
            bhep(x, beta, null=null, n_resamples=19, rng=0)
        assert "use energy, cramer_wold or mardia" in str(caught.value)
        bhep(x[:, : dim // 2], beta, null=null, n_resamples=19, rng=0)


class TestMemory:
    @pytest.mark.parametrize("name", TESTS)
    def test_far_below_the_matrix_of_all_pairs(self, name: str) -> None:
        """Which would take 200 MB."""
        x = np.random.default_rng(0).standard_normal((5_000, 5))
        tracemalloc.start()
        values_of(name, x[None])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 20e6

    @pytest.mark.long
    @pytest.mark.parametrize("name", [name for name in TESTS if name != "royston"])
    def test_large(self, name: str) -> None:
        """(20,000, 50), where others take 15.5 GB and 105 s: processor time of the whole process, imports included."""
        code = (
            "import resource, numpy as np\n"
            "from slicednorm import stats\n"
            "x = np.random.default_rng(0).standard_normal((20_000, 50))\n"
            f"stats.{name}(x, n_resamples={None if CLASSICAL[name].limit else 1})\n"
            "used = resource.getrusage(resource.RUSAGE_SELF)\n"
            "print(used.ru_maxrss / 1e6, used.ru_utime)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        gigabytes, seconds = map(float, done.stdout.split())
        assert gigabytes < 1.0
        assert seconds < 28.0
