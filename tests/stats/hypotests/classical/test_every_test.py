"""What holds for every classical test: batches, samples, results, errors, memory."""

import math
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slicednorm.stats import as_sample, doornik_hansen, energy, henze_zirkler
from slicednorm.stats._sample.errors import SampleError
from tests.stats.hypotests.classical.every import COMPOSITE_ALONE, EVERY, QUADRATIC, TESTS, UP_TO_5_000, values_of
from tests.stats.hypotests.samples import skewed


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize(("n", "dim"), [(9, 1), (20, 2), (50, 5), (64, 17), (300, 6)])
def test_batch(name: str, n: int, dim: int) -> None:
    """An item has the same value to the last bit, alone or in any batch, whatever else is in it."""
    x = np.stack([skewed(n, dim, seed) for seed in range(5)])
    x[3, 1] = x[3, 0]  # two rows that meet take another path
    together = values_of(name, x)
    assert together.shape == (5,)
    for item in range(5):
        np.testing.assert_array_equal(values_of(name, x[item : item + 1])[0], together[item])
        np.testing.assert_array_equal(values_of(name, x[[item, 0]])[0], together[item])


@pytest.mark.parametrize("name", ["royston", "doornik_hansen"])
def test_invariance_to_location_and_scale(name: str) -> None:
    x = skewed(80, 3)
    assert TESTS[name](x * [1e3, 1.0, 1e-3] - 1e2).statistic == pytest.approx(TESTS[name](x).statistic, rel=1e-6)


@pytest.mark.parametrize("name", TESTS)
def test_outlier(name: str) -> None:
    x = np.random.default_rng(0).standard_normal((100, 3))
    x[0] *= 1e6
    result = TESTS[name](x, n_resamples=19, rng=0)
    assert math.isfinite(result.statistic)
    assert result.pvalue == 0.05
    with pytest.raises(SampleError, match=r"row 0 \(from 0\) of x of shape \(100, 3\) is so far out"):
        TESTS[name](x * np.where(np.arange(100) == 0, 1e3, 1.0)[:, None], n_resamples=19, rng=0)


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
        assert set(EVERY) == set(TESTS)
        for name, test in EVERY.items():
            assert test.name == TESTS[name].__name__ == name
            assert test.work(2_000, 5) > test.work(1_000, 5) > 0.0
            assert test.work(2_000, 50) > test.work(2_000, 5)
            assert (test.work(20_000, 5) > 50.0 * test.work(2_000, 5)) == (name in QUADRATIC)

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
def test_options(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TESTS[name](X, **options)


@pytest.mark.parametrize("name", TESTS)
def test_samples(name: str) -> None:
    with pytest.raises(SampleError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
        TESTS[name](X[:4])
    with pytest.raises(SampleError, match="singular"):
        TESTS[name](np.column_stack([X, X.sum(axis=1)]))
    with pytest.raises(SampleError, match="constant"):
        TESTS[name](np.column_stack([X, np.ones(20)]))
    with pytest.raises(TypeError, match="n_resamples"):
        TESTS[name](X, n_resamples=9.5)


@pytest.mark.parametrize("name", COMPOSITE_ALONE)
def test_no_standard_null(name: str) -> None:
    with pytest.raises(ValueError, match="no form for the standard null; use mardia, energy or cramer_wold"):
        TESTS[name](X, null="standard")


def test_number_of_rows() -> None:
    with pytest.raises(SampleError, match=r"doornik_hansen needs at least 8 rows, got shape \(7, 2\)"):
        doornik_hansen(X[:7, :2])
    assert doornik_hansen(X[:8, :2]).n == 8
    for name in UP_TO_5_000:
        with pytest.raises(SampleError, match=rf"{name} needs at least 4 rows, got shape \(3, 1\)"):
            TESTS[name](X[:3, :1])
        assert 0.0 <= TESTS[name](X[:4, :1], n_resamples=9).pvalue <= 1.0
        with pytest.raises(SampleError, match=r"at most 5,000 rows, got shape \(5001, 2\)"):
            TESTS[name](np.random.default_rng(0).standard_normal((5_001, 2)))


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
    @pytest.mark.parametrize("name", [name for name in TESTS if name not in UP_TO_5_000])
    def test_large(self, name: str) -> None:
        """(20,000, 50), where others take 15.5 GB and 105 s: processor time of the whole process, imports included."""
        code = (
            "import resource, numpy as np\n"
            "from slicednorm import stats\n"
            "x = np.random.default_rng(0).standard_normal((20_000, 50))\n"
            f"stats.{name}(x, n_resamples=1)\n"
            "used = resource.getrusage(resource.RUSAGE_SELF)\n"
            "print(used.ru_maxrss / 1e6, used.ru_utime)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        gigabytes, seconds = map(float, done.stdout.split())
        assert gigabytes < 1.0
        assert seconds < 28.0
