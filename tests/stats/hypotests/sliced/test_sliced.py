"""The tests built on the engine: results, workers, options, p-values."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats import SampleError, sliced_statistic, sliced_test, sliced_tests
from tests.stats.slices.definition import plain

ALL = tuple(DISTANCES)
X = np.random.default_rng(21).standard_normal((60, 4))
V = random_directions(20, 4, rng=1)


@pytest.mark.parametrize("name", ["swae", "sksae", "scwae", "scvmae", "scfwae"])
def test_models_are_aliases(name):
    result = sliced_test(X, name, n_resamples=9, rng=0)
    assert result == sliced_test(X, get_distance(name).name, n_resamples=9, rng=0)


def test_result_is_what_it_says():
    result = sliced_test(X, "ks", n_slices=16, n_resamples=39, rng=5, aggregate="max")
    assert result.slice_statistics.shape == (16,)
    assert result.directions.shape == (16, 4)
    assert result.null_distribution.shape == (39,)
    assert (result.n, result.dim, result.n_slices, result.n_resamples, result.seed) == (60, 4, 16, 39, 5)
    assert result.statistic == result.slice_statistics.max()
    np.testing.assert_allclose(result.slice_statistics, plain(X, "ks", result.directions), rtol=1e-12)
    assert result.statistic == sliced_statistic(X, "ks", directions=result.directions, aggregate="max")
    assert result.pvalue == (1 + np.sum(result.null_distribution >= result.statistic)) / 40
    assert result.pvalue_stderr == pytest.approx(np.sqrt(result.pvalue * (1 - result.pvalue) / 40))
    text = repr(result)
    assert "statistic: 0." in text
    assert "<float64 array of shape (39,)>" in text
    with pytest.raises(AttributeError):
        result.pvalue = 0.0


def test_one_dimension_is_the_classical_test():
    y = np.random.default_rng(2).standard_t(3, 80)
    result = sliced_test(y, "ks", n_resamples=1999, rng=0)
    exact = scipy_stats.kstest(y, "norm")
    assert result.n_slices == 1
    assert result.statistic == pytest.approx(exact.statistic, rel=1e-12)
    assert result.pvalue == pytest.approx(exact.pvalue, abs=4 * result.pvalue_stderr)


def test_no_pvalue():
    result = sliced_test(X, method=None, rng=0)
    assert not result.has_pvalue
    with pytest.raises(AttributeError, match="cvm was computed without a p-value; leave out method=None"):
        result.pvalue  # noqa: B018
    assert result.pvalue_stderr is None
    assert result.null_distribution.shape == (0,)
    assert result.statistic == sliced_test(X, n_resamples=9, rng=0).statistic


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n", "dim", "k", "m"), [(30, 2, 8, 700), (300, 5, 64, 40), (9000, 3, 40, 7)])
def test_workers_do_not_change_a_bit(null, dtype, n, dim, k, m):
    x = np.random.default_rng(n).standard_normal((n, dim)).astype(dtype)
    one, two, three = (
        sliced_tests(x, ALL, null=null, n_slices=k, n_resamples=m, rng=8, workers=workers) for workers in (1, 2, 3)
    )
    for a, b, c in zip(one, two, three, strict=True):
        assert a == b == c
        np.testing.assert_array_equal(a.null_distribution, b.null_distribution)
        np.testing.assert_array_equal(a.null_distribution, c.null_distribution)


@pytest.mark.slow
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_replicate_is_a_function_of_its_number(null, dtype):
    x = X.astype(dtype)
    few = sliced_tests(x, ALL, null=null, n_resamples=5, rng=3)
    many = sliced_tests(x, ALL, null=null, n_resamples=300, rng=3)
    for statistic, short, long in zip(ALL, few, many, strict=True):
        alone = sliced_test(x, statistic, null=null, n_resamples=5, rng=3)
        np.testing.assert_array_equal(short.null_distribution, long.null_distribution[:5])
        np.testing.assert_array_equal(short.null_distribution, alone.null_distribution)
        assert alone == short


def test_a_known_target_is_the_standardised_sample():
    rng = np.random.default_rng(6)
    cov = np.cov(rng.standard_normal((4, 9)))
    mean = rng.standard_normal(4)
    values, vectors = np.linalg.eigh(cov)
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    x = X @ root + mean
    expected = sliced_test(X, "ad", n_resamples=49, rng=0)
    got = sliced_test(x, "ad", n_resamples=49, rng=0, mean=mean, cov=cov)
    assert got.statistic == pytest.approx(expected.statistic, rel=1e-9)
    np.testing.assert_array_equal(got.null_distribution, expected.null_distribution)
    assert got.pvalue == expected.pvalue
    shifted = sliced_test(2.0 * X + 3.0, "ks", method=None, rng=0, mean=3.0, cov=4.0)
    assert shifted.statistic == pytest.approx(sliced_test(X, "ks", method=None, rng=0).statistic)
    variances = sliced_test(X * [1, 2, 3, 4], "ks", method=None, rng=0, cov=[1.0, 4.0, 9.0, 16.0])
    assert variances.statistic == pytest.approx(sliced_test(X, "ks", method=None, rng=0).statistic)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mean": np.zeros(3)}, r"mean must be a number or have shape \(4,\), got \(3,\)"),
        ({"cov": np.eye(3)}, r"cov must be .*got \(3, 3\)"),
        ({"cov": -np.eye(4)}, "not positive definite"),
        ({"cov": np.triu(np.ones((4, 4)))}, "not symmetric"),
        ({"mean": np.nan}, "must be finite"),
        ({"mean": 0.0, "null": "composite"}, "go with null='standard' only"),
        ({"null": "normal"}, "null must be 'standard' or 'composite', got 'normal'"),
        ({"aggregate": "median"}, "aggregate must be 'mean' or 'max', got 'median'"),
        ({"n_slices": 0}, "n_slices must be at least 1, got 0"),
        ({"directions": "sobol"}, "got 'sobol'"),
        ({"directions": np.eye(3)}, r"shape \(k, 4\)"),
        ({"n_resamples": 0}, "n_resamples must be at least 1, got 0"),
        ({"n_resamples": -5}, "at least 1"),
        ({"workers": 0}, "workers must be at least 1, or -1"),
        ({"statistic": "t"}, "unknown statistic 't'; known: ks, cvm"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        sliced_test(X, **{"n_resamples": 9, "rng": 0, **options})


@pytest.mark.parametrize(
    "options", [{"n_resamples": 9.0}, {"n_slices": 2.5}, {"n_resamples": True}, {"workers": 1.0}, {"statistic": 3}]
)
def test_options_of_the_wrong_type(options):
    with pytest.raises(TypeError):
        sliced_test(X, **{"rng": 0, "n_resamples": 9, **options})


def test_prior_is_for_sw_alone():
    with pytest.raises(ValueError, match="pass prior of x's shape"):
        sliced_statistic(X, "sw", directions=V)
    with pytest.raises(ValueError, match="takes no prior"):
        sliced_statistic(X, "ks", directions=V, prior=X)
    with pytest.raises(ValueError, match=r"shape of x, \(60, 4\), got \(59, 4\)"):
        sliced_statistic(X, "sw", directions=V, prior=X[1:])
    for bad in ("ks", None):
        with pytest.raises(TypeError, match="sequence of names"):
            sliced_tests(X, bad)
    with pytest.raises(ValueError, match="empty"):
        sliced_tests(X, ())


def test_progress_counts_replicates_to_the_end():
    seen = []
    sliced_test(X, n_resamples=600, rng=0, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (600, 600)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_departures_are_found(name):
    rng = np.random.default_rng(3)
    shifted = rng.standard_normal((200, 4)) + 0.6
    cube = rng.uniform(-1.0, 1.0, (400, 2))
    assert sliced_test(shifted, name, n_resamples=99, rng=0, workers=2).pvalue == 0.01
    assert sliced_test(shifted, name, null="composite", n_resamples=99, rng=0).pvalue > 0.01
    if name != "sw":  # a fresh prior sample costs it much power
        assert sliced_test(cube, name, null="composite", n_resamples=99, rng=0).pvalue == 0.01


def test_ties_count_against_the_sample():
    # A sample of equal rows is as far from N(0, I) as itself.
    result = sliced_test(np.zeros((5, 2)), "ks", n_resamples=19, rng=0)
    assert result.pvalue == (1 + np.sum(result.null_distribution >= 0.5)) / 20


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e25), ("float64", 1e200)])
def test_samples_whose_squares_overflow_have_no_pvalue(name, dtype, scale):
    x = (X * scale).astype(dtype)
    statistic = sliced_test(x, name, n_slices=4, method=None, rng=0).statistic
    if np.isfinite(statistic):  # of distances that are bounded
        result = sliced_test(x, name, n_slices=4, n_resamples=19, rng=0)
        assert result.pvalue == 1 / 20
        assert result.statistic > result.null_distribution.max()
        return
    assert statistic == np.inf
    with pytest.raises(SampleError, match=rf"{name} of x of shape \(60, 4\) overflows {dtype}: the largest value, "):
        sliced_test(x, name, n_slices=4, n_resamples=19, rng=0)
