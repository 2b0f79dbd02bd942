"""Mardia's test: against R, its samples, replicates, results and errors."""

import math
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats._calibration.method import Way
from slicednorm.stats._hypotests.mardia import mardia as mardia_module
from slicednorm.stats._hypotests.mardia import null as null_module
from slicednorm.stats._hypotests.mardia.mardia import mardia, run_mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.check import as_sample
from slicednorm.stats._sample.errors import SampleError, SampleTypeError
from slicednorm.stats._streams import replicate_stream
from tests.reference import DATASETS as PEERS
from tests.reference import read
from tests.stats.hypotests.mardia.formulas import all_pairs
from tests.stats.hypotests.samples import skewed

MVN = "mardia (R MVN 6.3, covariance with n)"
WITH_MVN = sorted(name for name, values in PEERS.items() if MVN in values)
WITH_MNT = sorted(name for name, values in PEERS.items() if "mardia_b1 (R mnt)" in values)


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
    found = run_mardia(as_sample(x), Options("standard", rng=0), Way("auto"))
    assert (found.skewness_method, len(found.null_skewness)) == ("cached", 9_999)
    assert (found.kurtosis_method, len(found.null_kurtosis) < 9_999) == ("sequential", True)
    assert found.kurtosis_pvalue_stderr > 10 * found.skewness_pvalue_stderr


@pytest.mark.parametrize("scale", [1e-200, 1e-160])
def test_variances_that_underflow_are_an_error(scale):
    x = np.random.default_rng(0).standard_normal((30, 3)) * [1.0, scale, 1.0]
    with pytest.raises(ValueError, match=r"variance of column 1 .* underflows"):
        mardia(x, null="composite")
