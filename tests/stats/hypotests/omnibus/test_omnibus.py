"""The omnibus: its members, its size, and what it says drove it."""

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from slicednorm.directions import random_directions
from slicednorm.stats import as_sample, cramer_wold, mardia, omnibus_test, pursuit_test
from slicednorm.stats._calibration import cached_or_computed
from slicednorm.stats._hypotests.combined.null import CombinedReplicates, combined_laws
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for, omnibus_elements, omnibus_work
from slicednorm.stats._hypotests.omnibus.omnibus import OMNIBUS
from slicednorm.stats._limits import Limits
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated

NULLS = ("standard", "composite")


def skewed(n: int, dim: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng([seed, n, dim])
    return (rng.standard_exponential((n, dim)) - 0.8) @ (rng.standard_normal((dim, dim)) + 2.0 * np.eye(dim)) / 3.0


def of(result: Any) -> dict[str, Any]:
    return {member.name: member for member in result.members}


class TestMembers:
    @pytest.mark.parametrize("null", NULLS)
    def test_they_are_the_tests_of_those_names(self, null: str) -> None:
        x = skewed(40, 3)
        result = omnibus_test(x, null=null, n_resamples=99, rng=3)
        found = of(result)
        moments = mardia(x, null=null, n_resamples=99, rng=3)
        searched = pursuit_test(x, null=null, n_resamples=99, rng=3)
        distance = cramer_wold(x, null=null, n_resamples=99, rng=3)
        assert found["mardia_skewness"].statistic == moments.skewness
        assert found["mardia_skewness"].pvalue == pytest.approx(moments.skewness_pvalue)
        assert found["mardia_kurtosis"].statistic == moments.kurtosis
        assert found["cramer_wold"].statistic == distance.statistic
        assert found["cramer_wold"].pvalue == pytest.approx(distance.pvalue)
        below = np.sum(moments.null_kurtosis <= moments.kurtosis) + 1
        above = np.sum(moments.null_kurtosis >= moments.kurtosis) + 1
        assert found["mardia_kurtosis"].pvalue == pytest.approx(min(1.0, 2 * min(below, above) / 100))
        for member in searched.members:
            assert found[member.name].statistic == pytest.approx(member.statistic, rel=1e-9)
            assert found[member.name].pvalue == pytest.approx(member.pvalue)

    @pytest.mark.parametrize("null", NULLS)
    def test_columns(self, null: str) -> None:
        """The mean of −log p of SciPy's Shapiro-Wilk test, for columns without heavy tails."""
        x = np.random.default_rng(0).uniform(-1.0, 1.0, (40, 3))
        found = of(omnibus_test(x, null=null, n_resamples=19, rng=3))["columns"]
        values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
        z = (x - x.mean(axis=0)) @ (vectors / np.sqrt(values)) @ vectors.T
        assert max(stats.kurtosis(z)) < 0.0
        expected = -np.mean(np.log([stats.shapiro(column).pvalue for column in z.T]))
        assert found.statistic == pytest.approx(expected, rel=1e-4)

    def test_likelihood_ratio(self) -> None:
        x = skewed(40, 3)
        found = of(omnibus_test(x, n_resamples=99, rng=3))["likelihood_ratio"]
        mean, cov = x.mean(axis=0), np.cov(x.T, bias=True)
        ours = stats.multivariate_normal.logpdf(x, mean, cov).mean()
        known = stats.multivariate_normal.logpdf(x, np.zeros(3), np.eye(3)).mean()
        assert found.statistic == pytest.approx(2.0 * (ours - known), rel=1e-9)

    def test_they_follow_from_shape_and_null(self) -> None:
        def names(n: int, dim: int, null: str) -> set[str]:
            return {member.name for member in members_for(n, dim, null)}

        moments = {"cramer_wold", "mardia_skewness", "mardia_kurtosis"}
        searches = {"w2_search", "ad_search", "peak", "gap"}
        assert names(8, 2, "composite") == moments | searches | {"columns"}
        assert names(8, 2, "standard") == moments | searches | {"columns", "likelihood_ratio"}
        assert names(4, 3, "standard") == moments | {"likelihood_ratio"}
        assert names(3, 3, "standard") == moments
        assert names(9, 1, "composite") == moments | searches  # one column is the whole sample
        for n, dim, null in ((5, 2, "composite"), (3, 3, "standard"), (2, 5, "standard"), (9, 1, "composite")):
            x = np.random.default_rng(0).standard_normal((n, dim))
            result = omnibus_test(x, null=null, n_resamples=19, rng=0)
            assert len(result.members) == len(members_for(n, dim, null))
            assert 0.0 < result.pvalue <= 1.0

    def test_known_target(self) -> None:
        x = skewed(60, 3)
        cov, mean = np.asarray([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]]), np.asarray([1.0, 0.0, -2.0])
        result = omnibus_test(x, mean=mean, cov=cov, n_resamples=19, rng=5)
        values, vectors = np.linalg.eigh(cov)
        whitened = (x - mean) @ (vectors / np.sqrt(values)) @ vectors.T
        plain = omnibus_test(whitened, n_resamples=19, rng=5)
        for one, other in zip(result.members, plain.members, strict=True):
            assert one.statistic == pytest.approx(other.statistic, rel=1e-9)
        # The tail of a pool depends on the sample, too, to rounding.
        np.testing.assert_allclose(result.null_distribution, plain.null_distribution, rtol=1e-9)


class TestPvalue:
    @pytest.mark.parametrize("null", NULLS)
    def test_it_is_the_rank_of_the_weighted_harmonic_mean(self, null: str) -> None:
        x = np.random.default_rng(3).standard_normal((30, 2))
        result = omnibus_test(x, null=null, n_resamples=199, rng=1)
        weights = {"mardia_skewness": 1.5, "mardia_kurtosis": 1.5, "w2_search": 1.5, "peak": 0.5, "columns": 0.5}
        weight = np.asarray([weights.get(member.name, 1.0) for member in result.members])
        own = np.asarray([member.pvalue for member in result.members])
        # Of the kurtosis both tails count in the mean, and the one that says more here: they differ a little.
        assert result.statistic == pytest.approx(weight.sum() / np.sum(weight / own), rel=0.2)
        assert of(result)[result.driver].pvalue == own.min()
        assert result.pvalue == (1 + np.sum(result.null_distribution <= result.statistic * (1 + 1e-12))) / 200
        assert result.pvalue_stderr == pytest.approx(math.sqrt(result.pvalue * (1 - result.pvalue) / 200))
        assert (result.seed, result.n_resamples, result.method, result.test) == (1, 199, "monte carlo", "omnibus")

    @pytest.mark.slow
    @pytest.mark.parametrize("null", NULLS)
    @pytest.mark.parametrize(("n", "dim"), [(12, 2), (20, 6)])
    def test_size(self, null: str, n: int, dim: int) -> None:
        rng, count = np.random.default_rng(11), 200
        mixing = np.eye(dim) + (9.0 * np.eye(dim, k=1) if null == "composite" else 0.0)
        p = np.asarray(
            [
                omnibus_test(
                    rng.standard_normal((n, dim)) @ mixing, null=null, n_slices=8, n_resamples=39, rng=rng
                ).pvalue
                for _ in range(count)
            ]
        )
        for level in (0.05, 0.1, 0.5):
            low, high = stats.binom.interval(0.9999, count, level)
            rejections = np.sum(p <= level + 1e-9)
            assert low <= rejections <= high

    @pytest.mark.parametrize("null", NULLS)
    def test_same_for_any_number_of_workers(self, null: str) -> None:
        x = skewed(60, 12)
        one, other = (omnibus_test(x, null=null, n_slices=16, n_resamples=300, rng=7, workers=w) for w in (1, 3))
        assert one == other
        np.testing.assert_array_equal(one.null_distribution, other.null_distribution)

    def test_a_replicate_is_the_same_in_any_batch(self) -> None:
        directions = omnibus_test(skewed(20, 3), n_slices=9, n_resamples=1, rng=0).directions
        for null in NULLS:
            evaluate = CombinedReplicates(
                member_statistics,
                20,
                3,
                np.dtype("float64"),
                null,
                9,
                omnibus_elements(20, 3, 9),
                np.random.SeedSequence(1),
                directions,
            )
            copy = pickle.loads(pickle.dumps(evaluate))
            np.testing.assert_array_equal(copy(3, 6), evaluate(0, 8)[3:6])


class TestDriver:
    def drives(self, x: np.ndarray, null: str = "composite") -> str:
        result = omnibus_test(x, null=null, n_resamples=199, rng=2)
        assert result.pvalue <= 0.05
        return result.driver

    def test_ball_is_seen_by_its_light_tails(self) -> None:
        rng = np.random.default_rng(1)
        z = rng.standard_normal((60, 3))
        ball = z / np.linalg.norm(z, axis=1, keepdims=True) * rng.uniform(size=(60, 1)) ** (1 / 3)
        assert self.drives(ball) == "mardia_kurtosis"

    def test_two_lines_are_seen_by_the_slices_along_them(self) -> None:
        """Symmetric, with normal columns, and no heavier tails than some normal samples have."""
        rng = np.random.default_rng(6)
        x = rng.standard_normal((100, 2))
        x[:, 1] = np.where(rng.uniform(size=100) < 0.5, 0.85, -0.85) * x[:, 0] + np.sqrt(1 - 0.85**2) * x[:, 1]
        assert self.drives(x) in ("w2_search", "ad_search", "peak")

    def test_skewness_along_no_column(self) -> None:
        x = (np.random.default_rng(2).chisquare(8.0, (60, 5)) - 8.0) / 4.0
        assert self.drives(x @ random_directions(5, 5, "orthogonal", rng=2)) == "mardia_skewness"

    def test_two_groups_in_ten_columns(self) -> None:
        rng = np.random.default_rng(3)
        x = rng.standard_normal((100, 10))
        x[:, 0] += 6.0 * (rng.uniform(size=100) < 0.5)
        assert self.drives(x @ random_directions(10, 10, "orthogonal", rng=2)) == "gap"

    def test_columns(self) -> None:
        rng = np.random.default_rng(5)
        x = rng.standard_normal((100, 10))
        x[:, :8] = rng.uniform(-1.0, 1.0, size=(100, 8))
        assert self.drives(x) in ("columns", "gap", "mardia_kurtosis")
        x = rng.logistic(size=(100, 10))
        assert self.drives(x) in ("columns", "mardia_kurtosis")

    def test_covariance_of_a_known_law(self) -> None:
        x = np.random.default_rng(6).standard_normal((100, 4))
        x[:, 0] = 0.7 * x[:, 0] + 0.3 * x[:, 1]
        assert self.drives(x, "standard") == "likelihood_ratio"


class TestInputs:
    @pytest.mark.parametrize("null", NULLS)
    def test_kinds_of_samples(self, null: str, tmp_path: Path) -> None:
        x = skewed(40, 3)
        plain = omnibus_test(x, null=null, n_resamples=9, rng=0)
        np.save(tmp_path / "x.npy", x)
        options = {"null": null, "n_resamples": 9, "rng": 0}
        assert omnibus_test(as_sample(x), **options) == plain
        assert omnibus_test(np.load(tmp_path / "x.npy", mmap_mode="r"), **options) == plain
        assert omnibus_test(np.insert(x, 7, np.nan, axis=0), nan_policy="omit", **options) == plain
        assert omnibus_test(x.astype(np.float32), **options).statistic == pytest.approx(plain.statistic, abs=0.3)
        column = omnibus_test(x[:, 0], **options)
        assert (column.dim, column.n_slices) == (1, 1)

    def test_far(self) -> None:
        x = np.random.default_rng(0).standard_normal((40, 3))
        assert omnibus_test(1e10 * x, n_resamples=19, rng=0).pvalue == 0.05
        for scale in (1e100, 1e160, 1e300):
            with pytest.raises(SampleError, match=r"Mardia's skewness, Mardia's kurtosis.* overflows float64"):
                omnibus_test(scale * x, n_resamples=19, rng=0)

    def test_rows_in_fewer_dimensions_are_far_from_a_known_law(self) -> None:
        x = np.random.default_rng(0).standard_normal((40, 2))
        result = omnibus_test(x[:, [0, 1, 1]], n_resamples=19, rng=0)
        assert result.driver == "likelihood_ratio"
        assert 20.0 < result.members[-1].statistic < 50.0
        x[:, 1] = 0.0
        result = omnibus_test(x, n_resamples=19, rng=0)
        assert (result.driver, result.pvalue) == ("likelihood_ratio", 0.05)

    def test_shown_and_frozen(self) -> None:
        result = omnibus_test(skewed(30, 2), n_resamples=19, rng=0)
        text = repr(result)
        assert text.startswith("OmnibusTestResult\n")
        assert f"driver: {result.driver!r}" in text
        with pytest.raises(AttributeError):
            result.pvalue = 0.0  # type: ignore[misc]

    def test_seeds_and_progress(self) -> None:
        seen: list[tuple[int, int]] = []
        by_chance = omnibus_test(skewed(20, 2), n_resamples=50, progress=lambda *at: seen.append(at))
        assert seen[-1] == (50, 50)
        assert omnibus_test(skewed(20, 2), n_resamples=50, rng=by_chance.seed) == by_chance

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"null": "simple"}, ValueError, "null must be 'standard' or 'composite', got 'simple'"),
            ({"n_resamples": 0}, ValueError, "n_resamples must be at least 1, got 0"),
            ({"method": None}, ValueError, "the omnibus test is made of p-values"),
            ({"n_slices": 0}, ValueError, "n_slices must be at least 1, got 0"),
            ({"workers": 0}, ValueError, "workers must be at least 1"),
            ({"null": "composite", "mean": 0.0}, ValueError, "null='standard' only"),
        ],
        ids=str,
    )
    def test_errors(self, options: dict[str, Any], error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            omnibus_test(skewed(20, 3), **options)

    def test_samples(self) -> None:
        with pytest.raises(SampleError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
            omnibus_test(skewed(4, 3), null="composite")
        with pytest.raises(SampleError, match="singular"):
            omnibus_test(np.column_stack([skewed(20, 2), skewed(20, 2).sum(axis=1)]), null="composite")

    def test_kept_laws(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Callable[..., Limits]) -> None:
        monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
        limits(full_law=99, least_law=49)
        x = skewed(20, 2)
        without = omnibus_test(x, n_slices=4, method="auto", rng=0)
        assert (without.method, without.n_resamples, list(tmp_path.iterdir())) == ("monte carlo", 999, [])
        first = omnibus_test(x, n_slices=4, method="cached", rng=0)
        assert (first.method, first.n_resamples) == ("cached", 99)
        assert len(list(tmp_path.iterdir())) == len(first.members)
        second = omnibus_test(x, n_slices=4, method="auto", rng=0, workers=2)
        np.testing.assert_array_equal(first.null_distribution, second.null_distribution)
        # One member's law that is longer than the others' does not shift their replicates.
        laws = combined_laws(OMNIBUS, 20, 2, np.dtype("float64"), "standard", 4)
        pools = np.stack(cached_or_computed.obtain(laws, 120), axis=-1)
        np.testing.assert_array_equal(pools[:99], laws(0, 99))

    def test_work(self) -> None:
        assert omnibus_work(2_000, 5) > omnibus_work(1_000, 5) > 0.0

    def test_pool_of_the_members(self) -> None:
        rows = Rows(np.stack([skewed(20, 3, seed) for seed in range(4)]), np.dtype(np.float64))
        directions = np.eye(3)
        for null in NULLS:
            found = member_statistics(rows, estimated(rows), null, directions)
            assert found.shape == (4, len(members_for(20, 3, null)))
