"""The pursuit test: its size, what it finds, and that nothing but the sample and the seed decides."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats import as_sample, pursuit_test
from slicednorm.stats._hypotests.combined import run as run_module
from slicednorm.stats._hypotests.combined.null import CombinedReplicates, combined_laws
from slicednorm.stats._hypotests.pursuit import statistics as statistics_module
from slicednorm.stats._hypotests.pursuit.pursuit import PURSUIT
from slicednorm.stats._limits import Limits
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.pursuit.contrasts import CONTRASTS
from slicednorm.stats._streams import replicate_stream

NULLS = ("standard", "composite")


def turned(x: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Samples turned by a random rotation, and where it takes the first axis."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((x.shape[1],) * 2))
    return x @ q, q[0]


def planted(kind: str, n: int, dim: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, n, dim])
    x = rng.standard_normal((n, dim))
    if kind == "clusters":
        x[:, 0] += 6.0 * (rng.uniform(size=n) < 0.5)
    elif kind == "exponential":
        x[:, 0] = rng.standard_exponential(n)
    elif kind == "t":
        x[:, 0] = rng.standard_t(2, n)
    return turned(x, seed)


def of(result: Any) -> dict[str, Any]:
    return {member.name: member for member in result.members}


class TestWhatItFinds:
    @pytest.mark.parametrize(
        ("kind", "driver", "said"),
        [
            ("clusters", {"gap", "ad_search"}, "bimodality"),
            ("exponential", {"w2_search", "ad_search"}, "skewness"),
            ("t", {"peak", "w2_search"}, "heavy tails"),
        ],
    )
    @pytest.mark.parametrize("null", NULLS)
    def test_planted(self, kind: str, driver: set[str], said: str, null: str) -> None:
        x, v = planted(kind, 200, 8)
        if null == "standard":
            x = (x - x.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T))).T  # any root of the covariance
            v = np.linalg.cholesky(np.cov(planted(kind, 200, 8)[0].T)).T @ v
        result = pursuit_test(x, null=null, n_resamples=99, rng=0)
        assert result.pvalue == 0.01
        assert result.driver in driver
        assert abs(result.loadings @ v) / np.linalg.norm(result.loadings) / np.linalg.norm(v) > 0.9
        assert result.kind == said or (kind == "t" and result.kind == "outliers")

    @pytest.mark.parametrize("null", NULLS)
    def test_projection(self, null: str) -> None:
        """It is what the direction says, of mean 0 and variance 1, and has the value of the driver."""
        x, _ = planted("clusters", 150, 5)
        x = x / np.std(x, axis=0)
        target: dict[str, Any] = {} if null == "composite" else {"mean": x.mean(axis=0), "cov": np.cov(x.T, bias=True)}
        result = (
            pursuit_test(1e3 + 50.0 * x, n_resamples=19, rng=0)
            if not target
            else pursuit_test(x, null=null, n_resamples=19, rng=0, **target)
        )
        assert result.driver in {"gap", "ad_search", "w2_search"}
        assert np.linalg.norm(result.direction) == pytest.approx(1.0)
        assert result.projection.mean() == pytest.approx(0.0, abs=1e-9)
        assert result.projection.var() == pytest.approx(1.0)
        (contrast,) = (one for one in CONTRASTS if one.name == result.driver)
        assert contrast.value(result.projection) == pytest.approx(of(result)[result.driver].statistic, rel=1e-6)
        given = 1e3 + 50.0 * x if not target else x
        np.testing.assert_allclose((given - result.centre) @ result.loadings, result.projection, atol=1e-9)
        assert result.loadings[np.argmax(np.abs(result.loadings))] > 0.0

    def test_location_of_a_known_law(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.standard_normal((80, 5))
        x[:, 3] += 1.5
        result = pursuit_test(x, null="standard", n_resamples=99, rng=0)
        assert (result.driver, result.kind, result.pvalue) == ("likelihood_ratio", "location", 0.01)
        assert abs(result.direction[3]) > 0.9
        np.testing.assert_allclose(result.projection, x @ result.direction)
        x[:, 3] = 3.0 * rng.standard_normal(80)
        result = pursuit_test(x, null="standard", n_resamples=99, rng=0)
        assert (result.driver, result.kind) == ("likelihood_ratio", "scale")
        assert abs(result.direction[3]) > 0.9

    @pytest.mark.parametrize("seed", range(3))
    def test_rounded_values_are_no_groups(self, seed: int) -> None:
        """They are rejected, since they are not normal, but for no kind that their steps pretend."""
        x = np.round(np.random.default_rng(seed).normal(5.0, 1.0, (400, 2)))
        result = pursuit_test(x, n_resamples=39, rng=0)
        assert (result.pvalue, result.kind) == (0.025, "unclear")
        assert pursuit_test(x, rounding="auto", n_resamples=19, rng=0).pvalue > 0.05

    def test_no_kind_is_named_where_it_does_not_reject(self) -> None:
        x = np.random.default_rng(3).standard_normal((40, 6))
        result = pursuit_test(x, n_resamples=99, rng=0)
        assert result.pvalue > 0.05
        assert result.kind == "unclear"

    @pytest.mark.slow
    def test_power(self) -> None:
        """Two groups 6 apart in ten dimensions are found nearly always, where an average over directions is blind."""
        found = [pursuit_test(planted("clusters", 100, 10, s)[0], n_resamples=39, rng=s).pvalue for s in range(20)]
        assert sum(p <= 0.05 for p in found) >= 18


class TestPvalue:
    @pytest.mark.slow
    @pytest.mark.parametrize("null", NULLS)
    @pytest.mark.parametrize(("n", "dim"), [(12, 2), (20, 6)])
    def test_size(self, null: str, n: int, dim: int) -> None:
        rng, count = np.random.default_rng(11), 200
        mixing = np.eye(dim) + (9.0 * np.eye(dim, k=1) if null == "composite" else 0.0)
        p = np.asarray(
            [
                pursuit_test(
                    rng.standard_normal((n, dim)) @ mixing, null=null, n_slices=8, n_resamples=39, rng=rng
                ).pvalue
                for _ in range(count)
            ]
        )
        for level in (0.05, 0.1, 0.5):
            low, high = stats.binom.interval(0.9999, count, level)
            assert low <= np.sum(p <= level + 1e-9) <= high

    def test_members_are_ranked_among_replicates_that_are_searched_alike(self) -> None:
        """By hand: each replicate drawn, standardised and searched by itself."""
        x, _ = planted("exponential", 40, 3)
        result = pursuit_test(x, n_slices=16, n_resamples=19, rng=5)
        ours = []
        root = np.random.SeedSequence(5)
        directions = run_module.choose_directions("iid", 16, 3, np.dtype(np.float64), root)
        for number in range(19):
            z = np.random.Generator(np.random.PCG64(replicate_stream(root, number))).standard_normal((40, 3))
            rows = Rows(z, np.dtype(np.float64))
            ours.append(statistics_module.statistics(rows, estimated(rows), "composite", directions)[0])
        for number, member in enumerate(result.members):
            reached = np.sum(np.asarray(ours)[:, number] >= member.statistic)
            assert member.pvalue == pytest.approx((1 + reached) / 20)

    @pytest.mark.parametrize("null", NULLS)
    def test_same_for_any_number_of_workers(self, null: str) -> None:
        x = planted("t", 60, 8)[0]
        one, other = (pursuit_test(x, null=null, n_slices=16, n_resamples=60, rng=7, workers=w) for w in (1, 3))
        assert one == other
        np.testing.assert_array_equal(one.null_distribution, other.null_distribution)
        np.testing.assert_array_equal(one.direction, other.direction)

    def test_a_replicate_is_the_same_in_any_batch(self) -> None:
        directions = run_module.choose_directions("iid", 9, 3, np.dtype(np.float64), np.random.SeedSequence(0))
        for null in NULLS:
            evaluate = CombinedReplicates(
                PURSUIT.statistics,
                20,
                3,
                np.dtype("float64"),
                null,
                9,
                PURSUIT.elements(20, 3, 9),
                np.random.SeedSequence(1),
                directions,
            )
            copy = pickle.loads(pickle.dumps(evaluate))
            np.testing.assert_array_equal(copy(3, 6), evaluate(0, 8)[3:6])

    def test_kept_laws(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Callable[..., Limits]) -> None:
        monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
        limits(full_law=99, least_law=49)
        x = planted("t", 20, 2)[0]
        first = pursuit_test(x, n_slices=4, method="cached", rng=0)
        assert (first.method, first.n_resamples) == ("cached", 99)
        assert len(list(tmp_path.iterdir())) == len(first.members)
        second = pursuit_test(x, n_slices=4, rng=0, workers=2)
        np.testing.assert_array_equal(first.null_distribution, second.null_distribution)

    def test_how_many_replicates(self) -> None:
        """As many as a minute takes, from the shape alone."""
        shapes = ((50, 2), (500, 20), (2_000, 50))
        counts = [run_module.default_count(PURSUIT.work(n, dim, 256)) for n, dim in shapes]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] == 999
        assert run_module.default_count(PURSUIT.work(10**6, 200, 256)) == 99
        laws = combined_laws(PURSUIT, 20, 2, np.dtype(np.float64), "composite", 16)
        assert [key["statistic"] for key in laws.keys] == [f"pursuit {one.name.replace('_', '-')}" for one in CONTRASTS]


class TestInputs:
    def test_scale_and_place_do_not_matter(self) -> None:
        x = planted("exponential", 60, 3)[0]
        plain = pursuit_test(x, n_resamples=39, rng=0)
        moved = pursuit_test(1e6 + 1e-3 * x, n_resamples=39, rng=0)
        assert moved.pvalue == plain.pvalue
        assert moved.statistic == pytest.approx(plain.statistic, rel=1e-5)  # of the given digits half are lost

    def test_many_rows_are_searched_in_part(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is found in a part is evaluated on all rows."""
        monkeypatch.setattr(statistics_module, "_SEARCHED", 100)
        x, v = planted("clusters", 1_000, 4)
        result = pursuit_test(x, n_resamples=19, rng=0)
        assert result.pvalue == 0.05
        assert result.projection.shape == (1_000,)
        assert abs(result.direction @ v) > 0.8
        (contrast,) = (one for one in CONTRASTS if one.name == result.driver)
        assert contrast.value(result.projection) == pytest.approx(of(result)[result.driver].statistic, rel=1e-6)

    def test_kinds_of_samples(self, tmp_path: Path) -> None:
        x = planted("exponential", 40, 3)[0]
        plain = pursuit_test(x, n_resamples=9, rng=0)
        np.save(tmp_path / "x.npy", x)
        assert pursuit_test(as_sample(x), n_resamples=9, rng=0) == plain
        assert pursuit_test(np.load(tmp_path / "x.npy", mmap_mode="r"), n_resamples=9, rng=0) == plain
        assert pursuit_test(np.insert(x, 7, np.nan, axis=0), nan_policy="omit", n_resamples=9, rng=0) == plain
        column = pursuit_test(x[:, 0], n_resamples=9, rng=0)
        assert (column.dim, column.n_slices) == (1, 1)
        groups = np.repeat([0, 1], 20)
        assert pursuit_test(x, groups=groups, n_resamples=9, rng=0).members != plain.members

    def test_rows_in_fewer_dimensions_are_far_from_a_known_law(self) -> None:
        x = np.random.default_rng(0).standard_normal((40, 2))
        for columns in ([0, 1, 1], [0, 1, 0]):
            result = pursuit_test(x[:, columns], null="standard", n_resamples=19, rng=0)
            assert result.pvalue == 0.05
        x[:, 1] = 0.0
        result = pursuit_test(x, null="standard", n_resamples=19, rng=0)
        assert (result.driver, result.pvalue) == ("likelihood_ratio", 0.05)
        assert abs(result.direction[1]) == pytest.approx(1.0)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"method": None}, "the pursuit test is made of p-values"),
            ({"method": "analytic"}, "not for the pursuit test"),
            ({"n_slices": 0}, "n_slices must be at least 1, got 0"),
            ({"workers": 0}, "workers must be at least 1"),
            ({"mean": 0.0}, "null='standard' only"),
        ],
        ids=str,
    )
    def test_errors(self, options: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            pursuit_test(planted("t", 20, 3)[0], **options)

    def test_samples(self) -> None:
        for null in NULLS:
            with pytest.raises(SampleError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
                pursuit_test(np.random.default_rng(0).standard_normal((4, 3)), null=null)
        x = np.random.default_rng(0).standard_normal((20, 3))
        x[:, 2] = x[:, 0] + x[:, 1]
        with pytest.raises(SampleError, match="singular"):
            pursuit_test(x)
        with pytest.raises(SampleError, match="overflow"):
            pursuit_test(1e300 * np.random.default_rng(0).standard_normal((20, 3)), null="standard")
