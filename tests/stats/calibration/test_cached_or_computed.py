"""Kept null laws: found again, continued, shared, and never a wrong p-value."""

import multiprocessing
import warnings

import numpy as np
import pytest

from slicednorm.stats import mardia, prepare, sliced_test, sliced_tests
from slicednorm.stats._calibration import cache, cached_or_computed
from slicednorm.stats._calibration.budget import size_error
from slicednorm.stats._null.sliced import SlicedLaws

X = np.random.default_rng(5).standard_normal((40, 3))


@pytest.mark.parametrize("field", ["n", "dim", "null", "aggregate", "n_slices", "kind", "dtype"])
def test_every_part_of_a_tests_shape_is_in_the_key(field):
    shape = {
        "n": 50,
        "dim": 3,
        "null": "standard",
        "aggregate": "mean",
        "n_slices": 8,
        "kind": "iid",
        "dtype": "float32",
    }
    other = {
        "n": 51,
        "dim": 4,
        "null": "composite",
        "aggregate": "max",
        "n_slices": 9,
        "kind": "orthogonal",
        "dtype": "float64",
    }
    keys = [SlicedLaws(names=("cvm",), **{**shape, **change}).keys for change in ({}, {field: other[field]})]
    assert keys[0] != keys[1]


def test_a_kept_law_serves_every_seed_and_every_number_of_workers(folder, short):
    first = sliced_test(X, "ks", method="cached", n_slices=8, rng=0, workers=1)
    assert (first.method, first.n_resamples, first.law_n) == ("cached", 199, None)
    written = {path: path.read_bytes() for path in folder.iterdir()}
    second = sliced_test(X, "ks", method="cached", n_slices=8, rng=1, workers=2)
    assert {path: path.read_bytes() for path in folder.iterdir()} == written
    np.testing.assert_array_equal(first.null_distribution, second.null_distribution)
    cache.clear()
    again = sliced_test(X, "ks", method="cached", n_slices=8, rng=2, workers=3)
    np.testing.assert_array_equal(first.null_distribution, again.null_distribution)


def test_the_directions_of_a_law_are_fresh_in_every_replicate():
    laws = SlicedLaws(("w2",), 30, 3, "standard", "mean", 5, "iid", "float64")
    directions = [laws._directions(number) for number in range(3)]
    assert not np.allclose(directions[0], directions[1])
    assert not np.allclose(directions[1], directions[2])


def test_a_law_is_continued_from_where_it_stops(folder):
    laws = SlicedLaws(("cvm", "ks"), 30, 2, "composite", "max", 4, "iid", "float32")
    whole = laws(0, 70)
    for count in (20, 50, 70):
        found = cached_or_computed.obtain(laws, count)
        np.testing.assert_array_equal(np.stack(found, axis=-1), whole[:count])
    # One statistic that is known better than the other loses nothing.
    cache.clear()
    cached_or_computed.obtain(SlicedLaws(("ks",), 30, 2, "composite", "max", 4, "iid", "float32"), 40)
    found = cached_or_computed.obtain(laws, 60)
    np.testing.assert_array_equal(np.stack(found, axis=-1), whole[:60])


def test_what_was_computed_before_an_interrupt_is_kept(folder):
    laws = SlicedLaws(("cvm",), 30, 2, "standard", "mean", 4, "iid", "float32")

    def interrupt(done, total):
        if done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_or_computed.obtain(laws, 100, progress=interrupt)
    kept = cache.load(laws.keys[0])
    assert len(kept) == 40
    np.testing.assert_array_equal(kept, laws(0, 40)[:, 0])


def test_progress_tells_of_what_is_missing(folder):
    laws = SlicedLaws(("cvm",), 30, 2, "standard", "mean", 4, "iid", "float32")
    cached_or_computed.obtain(laws, 30)
    seen = []
    cached_or_computed.obtain(laws, 100, progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (70, 70)


def test_auto_takes_as_many_replicates_as_it_takes_whatever_is_kept(folder, short):
    fresh = sliced_tests(X, ["cvm", "ks"], method="auto", n_slices=8, rng=0)
    assert [result.method for result in fresh] == ["sequential", "sequential"]
    assert not folder.exists()
    sliced_test(X, "ks", method="cached", n_slices=8)
    mixed = sliced_tests(X, ["cvm", "ks"], method="auto", n_slices=8, rng=0)
    assert [result.method for result in mixed] == ["sequential", "sequential"]
    assert [result.pvalue for result in mixed] == [result.pvalue for result in fresh]
    assert sliced_test(X, "ks", method="cached", n_slices=8).n_resamples == 199


def test_a_number_of_replicates_is_exact_whatever_is_kept(folder, short):
    sliced_test(X, "ks", method="cached", n_slices=8)
    result = sliced_test(X, "ks", n_resamples=99, n_slices=8, rng=3)
    assert (result.method, result.n_resamples) == ("monte carlo", 99)


def test_a_law_of_the_users_own_directions_is_not_kept(folder, short):
    own = np.eye(3)
    with pytest.raises(ValueError, match="fresh directions"):
        sliced_test(X, "ks", directions=own, method="cached")
    assert sliced_test(X, "ks", directions=own, method="auto", rng=0).method == "sequential"


def test_mardias_laws_are_kept_too(folder, short):
    first = mardia(X, null="composite", method="cached")
    assert (first.n_resamples, len(list(folder.glob("*.law")))) == (199, 2)
    second = mardia(X, null="composite", method="auto", rng=9)
    assert (first.skewness_pvalue, first.kurtosis_pvalue) == (second.skewness_pvalue, second.kurtosis_pvalue)


def test_a_law_beyond_some_rows_is_that_of_fewer(folder, short, limits):
    limits(large_n=60, smaller_n=40)
    many = np.random.default_rng(3).standard_normal((100, 3))
    first = sliced_test(many, "cvm", method="cached", n_slices=8, rng=0)
    assert (first.method, first.law_n, first.n_resamples) == ("cached", 40, 199)
    # The same law, times n: for 40 rows and for any number beyond 60.
    own = sliced_test(many[:40], "cvm", method="cached", n_slices=8, rng=0)
    assert (own.method, own.law_n) == ("cached", None)
    np.testing.assert_allclose(first.null_distribution * 100, own.null_distribution * 40, rtol=1e-12)
    assert len(list(folder.glob("*.law"))) == 1


@pytest.mark.parametrize(
    ("n", "dim", "null", "rows"),
    [
        (2_000, 3, "composite", 2_000),
        (2_001, 3, "composite", 1_000),
        (2_001, 500, "composite", 1_000),
        (2_500, 1_100, "composite", 2_500),
        (4_001, 1_000, "composite", 2_000),
        (100_000, 3_000, "composite", 6_000),
        (2_500, 1_100, "standard", 1_000),
    ],
)
def test_a_law_of_fewer_rows_has_enough_for_its_columns(n, dim, null, rows):
    laws = SlicedLaws(("cvm",), n, dim, null, "mean", 8, "iid", "float64")
    assert {key["n"] for key in laws.keys} == {rows}
    assert laws.law_n == (None if rows == n else rows)
    assert null == "standard" or rows > dim + 1


@pytest.mark.slow
def test_the_size_by_a_law_of_fewer_rows_with_many_columns(folder, limits):
    """It had half as many rows as columns, was not a number, and rejected always."""
    limits(least_law=1_999, full_law=1_999, large_n=60, smaller_n=30)
    rejected = np.zeros(2)
    for seed in range(400):
        x = np.random.default_rng([2, seed]).standard_normal((200, 40))
        results = sliced_tests(x, ["cvm", "w2"], null="composite", n_slices=16, method="cached", rng=seed)
        assert all((result.law_n, result.method) == (80, "cached") for result in results)
        rejected += [result.pvalue <= 0.05 for result in results]
    # 20 ± 4.4 by the samples, ± 2 by the law.
    assert (np.abs(rejected - 20) < 3.3 * np.hypot(4.4, 2.0)).all()


@pytest.mark.parametrize("statistic", ["cvm", "w2"])
def test_a_law_is_prepared_in_one_dimension(folder, limits, statistic):
    """Where there is one direction, whatever number is asked for."""
    limits(full_law=9_999)
    prepare(30, 1, [statistic], n_slices=64, n_resamples=9_999, dtype="float64")
    found = sliced_test(X[:30, 0], statistic, n_slices=64, method="cached", rng=3)
    assert (found.method, found.n_resamples, found.n_slices) == ("cached", 9_999, 1)
    assert len(list(folder.glob("*.law"))) == 1


def _fill(seed):
    return sliced_test(X, "cvm", method="cached", n_slices=8, rng=seed).pvalue


def test_processes_that_fill_the_same_law_agree(folder, limits):
    # Of full length, so that they overlap; small enough to take a second or two.
    limits(full_law=4_000)
    context = multiprocessing.get_context("fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking a process that has threads
        with context.Pool(3) as pool:
            pvalues = pool.map(_fill, [0, 0, 0], chunksize=1)
    assert len(set(pvalues)) == 1
    (path,) = folder.iterdir()
    assert pvalues[0] == _fill(0)
    assert path.name.endswith(".law")


@pytest.mark.slow
def test_pvalues_by_a_kept_law_have_the_size_that_its_length_says(folder, short, limits):
    limits(full_law=1999)
    rng = np.random.default_rng(17)
    count = 1500
    pvalues = np.asarray(
        [
            sliced_test(rng.standard_normal((12, 2)), "cvm", method="cached", n_slices=4, rng=rng).pvalue
            for _ in range(count)
        ]
    )
    for level in (0.05, 0.2, 0.5):
        error = np.hypot(np.sqrt(level * (1 - level) / count), size_error(level, 1999))
        assert abs(np.mean(pvalues <= level) - level) < 4 * error
