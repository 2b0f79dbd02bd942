"""When compiled kernels are taken, that no answer depends on it, and that all works where they cannot be had."""

import os
import subprocess
import sys

import numpy as np
import pytest

from slicednorm import _compiled
from slicednorm.distances import DISTANCES
from slicednorm.stats import sliced_statistic, sliced_tests

ALL = tuple(DISTANCES)
LONG = np.zeros((1, 5000), np.float32)


@pytest.fixture
def fresh(monkeypatch):
    """Start from a process that has not sorted anything."""
    monkeypatch.setattr(_compiled, "_saving_ns", 0.0)
    monkeypatch.delenv("SLICEDNORM_COMPILED", raising=False)
    _compiled._load_if_possible.cache_clear()
    yield monkeypatch
    _compiled._load_if_possible.cache_clear()


@pytest.fixture
def setting(monkeypatch):
    pytest.importorskip("numba", reason="numba is an extra")
    return lambda value: monkeypatch.setenv("SLICEDNORM_COMPILED", value)


def run(code, **environment):
    """Run code in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | environment).stdout


def same(one, two):
    assert one == two
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.slice_statistics, b.slice_statistics)
        np.testing.assert_array_equal(a.null_distribution, b.null_distribution)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("n", [1025, 3000, 40_000])
def test_both_paths_give_the_same_bits(setting, dtype, null, n):
    x = np.random.default_rng(n).standard_normal((n, 3)).astype(dtype)
    found = []
    for value in ("0", "1"):
        setting(value)
        assert _compiled.is_taken(np.empty((1, n), dtype)) == (value == "1")
        found.append(sliced_tests(x, ALL, null=null, n_slices=9, n_resamples=5, rng=2))
    same(*found)


@pytest.mark.parametrize("seed", range(12))
def test_pvalues_are_the_same(setting, seed):
    x = np.random.default_rng(seed).standard_t(30, (1100, 2)).astype(np.float32)
    found = []
    for value in ("0", "1"):
        setting(value)
        found.append(sliced_tests(x, ("ks", "cvm", "w2", "ad", "sw"), n_slices=4, n_resamples=99, rng=seed))
    same(*found)


@pytest.mark.parametrize(
    "distort",
    [
        lambda x: np.round(x, 1),
        lambda x: 0.0 * x,
        lambda x: 1e4 * x,
        lambda x: 1e30 * x,
        lambda x: np.where(np.arange(len(x))[:, np.newaxis] % 700 == 0, 1e25, x),
        lambda x: np.tan(1.5 * x),
        lambda x: 50.0 + x,
    ],
    ids=["ties", "zeros", "wide", "overflowing", "outliers", "heavy tails", "shifted"],
)
@pytest.mark.parametrize("name", [name for name in ALL if DISTANCES[name].needs_sorted])
@pytest.mark.filterwarnings("ignore:(overflow|invalid):RuntimeWarning")
def test_samples_that_are_not_normal(setting, distort, name):
    x = distort(np.random.default_rng(0).standard_normal((3000, 2))).astype(np.float32)
    prior = np.random.default_rng(1).standard_normal(x.shape) if name == "sw" else None
    found = []
    for value in ("0", "1"):
        setting(value)
        found.append(sliced_statistic(x, name, directions=np.eye(2), prior=prior))
    assert found[0] == found[1] or np.isnan(found).all()


@pytest.mark.parametrize("value", ["0", "1"])
@pytest.mark.parametrize("null", ["standard", "composite"])
def test_threads_do_not_change_a_bit(setting, null, value, limits):
    # Without replicates the threads share the sample itself: its blocks of rows and its slices.
    setting(value)
    limits(block_elements=1 << 12)
    x = np.random.default_rng(0).standard_normal((30_000, 3)).astype(np.float32)
    one, two, five = (
        sliced_tests(x, ALL, null=null, n_slices=40, method=None, rng=4, workers=workers) for workers in (1, 2, 5)
    )
    same(one, two)
    same(one, five)


@pytest.mark.parametrize("size", [1e25, 3e38])
def test_overflow_in_a_thread_is_no_warning(limits, size):
    # Of the squares, or of the projections.
    limits(block_elements=1 << 10)
    x = np.full((5000, 2), size, np.float32)
    values = [sliced_tests(x, ("w2",), n_slices=500, method=None, rng=0, workers=w)[0].statistic for w in (1, 2)]
    assert values == [np.inf, np.inf]


def test_kernels_are_loaded_when_the_work_repays_it(fresh):
    pytest.importorskip("numba", reason="numba is an extra")
    assert not _compiled.is_taken(LONG)
    _compiled.expect_sorting(1_000_000_000, _compiled._SHORT // 2)
    _compiled.expect_sorting(100, 5000)
    assert not _compiled.is_taken(LONG)
    _compiled.expect_sorting(50_000, 5000)
    assert _compiled.is_taken(LONG)
    assert _compiled.is_taken(LONG.astype(np.float64))
    for other in (LONG[:, :1000], LONG[:, ::2], LONG.astype(">f4"), LONG.astype(np.float16)):
        assert not _compiled.is_taken(other)
    fresh.setenv("SLICEDNORM_COMPILED", "0")
    assert not _compiled.is_taken(LONG)


def test_small_steps_add_up(fresh):
    pytest.importorskip("numba", reason="numba is an extra")
    steps = 0
    while not _compiled.is_taken(LONG) and steps < 10_000:
        _compiled.expect_sorting(100, 5000)
        steps += 1
    assert 10 < steps < 1000


def test_a_test_says_what_it_will_sort(fresh):
    ahead, said = [], []
    fresh.setattr("slicednorm.stats._hypotests.sliced.run.expect_sorting", lambda rows, n: ahead.append((rows, n)))
    fresh.setattr("slicednorm.stats._slices.statistics.expect_sorting", lambda rows, n: said.append((rows, n)))
    x = np.random.default_rng(0).standard_normal((50, 2))
    sliced_tests(x, ("ks", "ep"), n_slices=6, n_resamples=19, rng=0)
    assert (ahead, said) == ([(6 * 19, 50)], [(6, 50), (6 * 19, 50)])
    sliced_tests(x, ("ep",), n_slices=6, n_resamples=19, rng=0)
    assert len(ahead) + len(said) == 3
    sliced_statistic(x, "w2", directions=np.eye(2))
    assert said[2:] == [(2, 50)]


def test_the_setting_is_checked(monkeypatch):
    monkeypatch.setenv("SLICEDNORM_COMPILED", "yes")
    with pytest.raises(ValueError, match="SLICEDNORM_COMPILED must be auto, 0 or 1, got 'yes'"):
        _compiled.is_taken(LONG)


def test_a_small_test_does_not_load_numba():
    code = """if True:
        import sys
        import numpy as np
        from slicednorm.stats import sliced_test
        sliced_test(np.random.default_rng(0).standard_normal((500, 5)), "ks", n_resamples=199)
        print("numba" in sys.modules)
    """
    assert run(code, SLICEDNORM_COMPILED="auto") == "False\n"


def test_without_numba_numpy_does_the_work(fresh):
    fresh.setitem(sys.modules, "numba", None)
    fresh.delitem(sys.modules, "slicednorm._compiled._radix", raising=False)
    fresh.delitem(sys.modules, "slicednorm._compiled._jit", raising=False)
    _compiled._load.cache_clear()
    try:
        _compiled.expect_sorting(1_000_000, 5000)
        assert not _compiled.is_taken(LONG)
        y = np.random.default_rng(0).standard_normal((3, 5000))
        found = y.copy()
        _compiled.sort_rows(found)
        np.testing.assert_array_equal(found, np.sort(y, axis=-1))
        assert _compiled.order_rows(y) is None
        fresh.setenv("SLICEDNORM_COMPILED", "1")
        with pytest.raises(ImportError):
            _compiled.sort_rows(found)
    finally:
        _compiled._load.cache_clear()


def test_a_compiler_that_fails_is_told_of_once(fresh):
    def fail(name, dtype):
        raise OSError("no space left on device\nand more")

    fresh.setattr(_compiled, "_load", fail)
    _compiled.expect_sorting(1_000_000, 5000)
    y = np.random.default_rng(0).standard_normal((3, 5000))
    found = y.copy()
    with pytest.warns(RuntimeWarning, match="NumPy does the work: no space left on device$"):
        _compiled.sort_rows(found)
    np.testing.assert_array_equal(found, np.sort(y, axis=-1))
    _compiled.sort_rows(found)


@pytest.mark.slow
def test_where_no_code_can_be_kept_it_is_compiled_anew():
    pytest.importorskip("numba", reason="numba is an extra")
    code = """if True:
        import numpy as np
        from numba.core import caching
        # No folder can be written: what a read-only installation without a home comes down to.
        caching.CacheImpl._locator_classes = []
        from slicednorm._compiled import is_taken, sort_rows
        from slicednorm._compiled._radix import sort_float32
        y = np.random.default_rng(0).standard_normal((2, 5000)).astype(np.float32)
        expected = np.sort(y)
        assert is_taken(y)
        sort_rows(y)
        print((y == expected).all(), sort_float32.stats.cache_path)
    """
    assert run(code, SLICEDNORM_COMPILED="1") == "True None\n"


@pytest.mark.slow
def test_compiled_code_is_kept(tmp_path):
    pytest.importorskip("numba", reason="numba is an extra")
    code = """if True:
        import numpy as np
        from slicednorm._compiled import sort_rows
        from slicednorm._compiled._radix import sort_float32
        sort_rows(np.zeros((2, 5000), np.float32))
        print(sum(sort_float32.stats.cache_hits.values()), sum(sort_float32.stats.cache_misses.values()))
    """
    environment = {"SLICEDNORM_COMPILED": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    assert run(code, **environment) == "0 1\n"
    assert run(code, **environment) == "1 0\n"
