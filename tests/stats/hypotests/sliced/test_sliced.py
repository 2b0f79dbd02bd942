"""The engine and the tests built on it: values, invariances, streams, workers, memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES, get_distance
from slicednorm.stats import (
    SampleError,
    detectable_size,
    mardia,
    omnibus_test,
    slice_bands,
    sliced_statistic,
    sliced_test,
    sliced_tests,
)
from slicednorm.stats._limits import current
from slicednorm.stats._null import normal as replicates
from slicednorm.stats._slices import statistics as engine
from slicednorm.stats._streams import directions_stream, prior_stream, replicate_stream, root_seed

ALL = tuple(DISTANCES)
X = np.random.default_rng(21).standard_normal((60, 4))
V = random_directions(20, 4, rng=1)


def plain(x, name, directions, prior=None):
    """The definition: project, sort, compare, slice by slice."""
    distance = get_distance(name)
    rows = [np.sort(x @ v) for v in directions]
    priors = [np.sort(prior @ v) for v in directions] if distance.needs_prior else None
    return np.asarray(
        [distance.value(y, priors[j]) if priors else distance.value(y) for j, y in enumerate(rows)],
        dtype=float,
    )


def standardised(x):
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(x))
    return centred @ (vectors / np.sqrt(values)) @ vectors.T


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("aggregate", ["mean", "max"])
def test_statistic_is_its_definition(name, null, aggregate):
    x = X * [1.0, 2.0, 0.5, 1.0] + 0.3
    prior = np.random.default_rng(3).standard_normal(x.shape) if name == "sw" else None
    got = sliced_statistic(x, name, directions=V, prior=prior, null=null, aggregate=aggregate)
    if null == "composite":
        x, prior = standardised(x), None if prior is None else standardised(prior)
    slices = plain(x, name, V, prior)
    assert got == pytest.approx(slices.mean() if aggregate == "mean" else slices.max(), rel=1e-9)


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


def test_a_replicate_is_treated_as_the_sample_is():
    # Testing replicate 2 of a test gives that replicate's own statistic.
    for null in ("standard", "composite"):
        test = sliced_tests(X, ALL, null=null, n_resamples=4, rng=9)
        rows = replicates.normal_rows([replicate_stream(root_seed(9), 2)], 60, 4, np.dtype(np.float64))
        ((_, _, block),) = rows.blocks()
        prior = replicates.normal_rows([prior_stream(root_seed(9), 2)], 60, 4, np.dtype(np.float64))
        ((_, _, z),) = prior.blocks()
        for result in test:
            statistic = sliced_statistic(
                block[0],
                result.test,
                directions=result.directions,
                prior=z[0] if result.test == "sw" else None,
                null=null,
            )
            assert statistic == result.null_distribution[2]


def test_streams_are_apart_from_each_other_and_from_the_users():
    root = root_seed(0)
    streams = [
        root,
        directions_stream(root),
        prior_stream(root, None),
        *(replicate_stream(root, r) for r in range(50)),
        *(prior_stream(root, r) for r in range(50)),
    ]
    states = {tuple(stream.generate_state(4)) for stream in streams}
    assert len(states) == len(streams)


def test_a_users_own_streams_are_none_of_the_tests():
    """Rows from a seed, or from any child that it spawns, are neither directions nor prior nor replicates."""
    for seed in range(3):
        root = np.random.SeedSequence(seed)
        children = np.random.SeedSequence(seed).spawn(6)
        users = [root, *children, *(grandchild for child in children for grandchild in child.spawn(3))]
        v = sliced_test(X, method=None, rng=seed).directions
        null = sliced_test(X, "cvm", n_resamples=5, rng=seed).null_distribution
        for user in users:
            x = np.random.default_rng(user).standard_normal((256, 4))
            assert np.abs((x / np.linalg.norm(x, axis=1, keepdims=True) * v).sum(axis=1)).max() < 1.0 - 1e-9
            x = np.random.default_rng(user).standard_normal(X.shape)
            assert sliced_test(x, "sw", method=None, rng=seed).statistic > 1e-3
            assert not np.isclose(sliced_test(x, "cvm", method=None, rng=seed).statistic, null, rtol=1e-9).any()


def test_rows_from_a_spawned_stream_are_rejected_as_often_as_others():
    rejected = 0
    for seed in range(100):
        (_, stream) = np.random.SeedSequence(seed).spawn(2)
        x = np.random.default_rng(stream).standard_normal((32, 20))
        rejected += sliced_test(x, "w2", n_slices=32, n_resamples=39, rng=seed).pvalue <= 0.05
    assert scipy_stats.binomtest(rejected, 100, 0.05).pvalue > 1e-3


@pytest.mark.parametrize("name", ["cvm", "sw"])
def test_working_memory_is_given_back(name):
    """But for one chunk of slices in float32, which the next test will want."""
    x = np.random.default_rng(0).standard_normal((20_000, 4))
    chunk = current().chunk_elements
    kept = lambda: {key: held.nbytes for key, held in engine._scratch._buffers.items()}  # noqa: E731
    calls = [
        lambda: sliced_test(x, name, n_slices=600, method=None, rng=0),
        lambda: sliced_statistic(
            x, name, directions=random_directions(600, 4, rng=0), prior=x if name == "sw" else None
        ),
        lambda: omnibus_test(x[:300], n_slices=8_000, n_resamples=1, rng=0),
        lambda: slice_bands(x, name, n_slices=600, level=0.5, n_resamples=1, rng=0),
        lambda: detectable_size(x[:200] + 1.0, name, n_slices=64, rng=0),
    ]
    for call in calls:
        engine._scratch.array("y", (chunk,), np.dtype(np.float64))
        engine._scratch.array("z", (100,), np.dtype(np.float64))
        call()
        assert set(kept()) <= {"y"}
        assert sum(kept().values()) <= 4 * chunk


def test_working_memory_is_given_back_by_what_fails(monkeypatch):
    """Wherever it fails: where replicates are reported, and in the comparison of slices itself."""
    x = np.random.default_rng(0).standard_normal((50, 3))

    def stopped(*_):
        engine._scratch.array("z", (100,), np.dtype(np.float64))
        raise KeyboardInterrupt

    calls = [
        lambda: sliced_test(x, n_slices=4, n_resamples=9, rng=0, progress=stopped),
        lambda: omnibus_test(x, n_slices=4, n_resamples=9, rng=0, progress=stopped),
        lambda: slice_bands(x, n_slices=4, level=0.5, n_resamples=9, rng=0, progress=stopped),
        lambda: sliced_statistic(x, "cvm", directions=np.eye(3)),
        lambda: detectable_size(x + 1.0, "cvm", n_slices=4, rng=0),
    ]
    for index, call in enumerate(calls):
        if index == 3:
            monkeypatch.setattr(engine, "_compare", stopped)
        with pytest.raises(KeyboardInterrupt):
            call()
        assert set(engine._scratch._buffers) <= {"y"}


def test_rng_may_be_a_seed_a_generator_a_sequence_or_nothing():
    seed = sliced_test(X, n_resamples=9, rng=7)
    assert sliced_test(X, n_resamples=9, rng=np.int64(7)) == seed
    assert sliced_test(X, n_resamples=9, rng=np.random.SeedSequence(7)) == seed
    for sequence in (np.random.SeedSequence(7).spawn(1)[0], np.random.SeedSequence([1, 2])):
        result = sliced_test(X, n_resamples=9, rng=sequence)
        assert result.statistic != seed.statistic
        assert sliced_test(X, n_resamples=9, rng=result.seed) == result
        drawn = mardia(X, n_resamples=9, rng=sequence)
        assert mardia(X, n_resamples=9, rng=drawn.seed).skewness_pvalue == drawn.skewness_pvalue
    generator = np.random.default_rng(7)
    first, second = (sliced_test(X, n_resamples=9, rng=generator) for _ in range(2))
    assert first.statistic != second.statistic
    fresh = sliced_test(X, n_resamples=9)
    assert sliced_test(X, n_resamples=9, rng=fresh.seed) == fresh
    for bad in (1.5, "7", np.random.RandomState(0), True):
        with pytest.raises(TypeError, match="rng must be"):
            sliced_test(X, rng=bad)
    with pytest.raises(ValueError, match="non-negative"):
        sliced_test(X, rng=-1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("n", "dim"), [(200_000, 3), (7, 5)])
def test_replicates_are_standard_normal(dtype, n, dim):
    rows = replicates.normal_rows([np.random.SeedSequence(s) for s in range(2)], n, dim, np.dtype(dtype))
    ((_, _, block),) = rows.blocks() if n == 7 else (_whole(rows),)
    assert block.shape == (2, n, dim)
    flat = block[0].ravel().astype(float)
    assert scipy_stats.kstest(flat, "norm").pvalue > 1e-3
    assert not np.array_equal(block[0], block[1])
    if n > 7:
        for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)):
            assert np.mean(flat**power) == pytest.approx(moment, abs=4.5 * np.sqrt(variance / flat.size))
        assert abs(np.corrcoef(flat[:-1], flat[1:])[0, 1]) < 4.5 / np.sqrt(flat.size)
        assert abs(np.corrcoef(flat[: 1 << 15], flat[1 << 15 : 2 << 15])[0, 1]) < 4.5 / np.sqrt(1 << 15)


def _whole(rows):
    parts = [block for _, _, block in rows.blocks()]
    return 0, rows.n, np.concatenate(parts, axis=1)


def test_float32_replicates_reach_far_into_the_tail():
    rows = replicates.normal_rows([np.random.SeedSequence(1)], 4_000_000, 1, np.dtype(np.float32))
    _, _, block = _whole(rows)
    for bound in (3.0, 4.0, 4.5):
        expected = block.size * 2 * scipy_stats.norm.sf(bound)
        assert np.sum(np.abs(block) > bound) == pytest.approx(expected, abs=4.5 * np.sqrt(expected))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sample_drawn_again_for_every_chunk_is_the_kept_one(dtype, limits):
    x = np.random.default_rng(0).standard_normal((3000, 40)).astype(dtype)
    kept = sliced_tests(x, ("cvm", "sw"), n_resamples=3, rng=2, null="composite")
    limits(kept_elements=1000)
    redrawn = sliced_tests(x, ("cvm", "sw"), n_resamples=3, rng=2, null="composite")
    for a, b in zip(kept, redrawn, strict=True):
        np.testing.assert_allclose(a.null_distribution, b.null_distribution, rtol=1e-5)
        assert a.statistic == pytest.approx(b.statistic, rel=1e-5)


def test_chunks_of_slices_and_blocks_of_rows_do_not_matter(limits, tmp_path):
    x = np.random.default_rng(0).standard_normal((5000, 6))
    whole = sliced_tests(x, ALL, method=None, rng=2, null="composite")
    limits(chunk_elements=20_000, block_elements=700)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for data in (x, mapped):
        for a, b in zip(whole, sliced_tests(data, ALL, method=None, rng=2, null="composite"), strict=True):
            np.testing.assert_allclose(a.slice_statistics, b.slice_statistics, rtol=1e-8)


@pytest.mark.parametrize("compiled", ["0", "1"])
def test_memory_does_not_grow_with_directions_or_dimension(compiled, monkeypatch):
    if compiled == "1":
        pytest.importorskip("numba", reason="numba is an extra")
    monkeypatch.setenv("SLICEDNORM_COMPILED", compiled)
    # What Numba itself takes when it is loaded is not what is measured.
    sliced_statistic(np.zeros((5000, 1), np.float32), "ad", directions=np.ones((1, 1)))

    def peak(n, dim, k):
        x = np.random.default_rng(0).standard_normal((n, dim), dtype=np.float32)
        v = random_directions(k, dim, rng=0).astype(np.float32)
        tracemalloc.start()
        sliced_statistic(x, "ad", directions=v)
        held = tracemalloc.get_traced_memory()[1] - v.nbytes
        tracemalloc.stop()
        return held

    slice_bytes = 4 * 300_000
    few, many = peak(300_000, 2, 64), peak(300_000, 2, 512)
    assert many < 1.1 * few + (1 << 20)
    assert peak(300_000, 30, 64) < 1.1 * few + (16 << 20)
    assert few < (48 << 20) + 12 * slice_bytes


matrices = st.integers(0, 2**31).map(lambda seed: np.random.default_rng(seed).standard_normal((25, 3)))


def rotation(seed, dim=3):
    q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))
    return q


@settings(max_examples=25, deadline=None)
@given(
    x=matrices,
    seed=st.integers(0, 2**31),
    name=st.sampled_from(ALL),
    null=st.sampled_from(["standard", "composite"]),
)
def test_invariances(x, seed, name, null):
    rng = np.random.default_rng(seed)
    v = random_directions(6, 3, rng=seed)
    prior = rng.standard_normal(x.shape) if name == "sw" else None

    def statistic(x, v, prior):
        return sliced_statistic(x, name, directions=v, prior=prior, null=null)

    value = statistic(x, v, prior)
    order = rng.permutation(len(x))
    assert statistic(x[order], v, prior) == pytest.approx(value, rel=1e-9)
    q = rotation(seed)
    assert statistic(x @ q, v @ q, None if prior is None else prior @ q) == pytest.approx(value, rel=1e-7)
    signs = np.where(rng.random((6, 1)) < 0.5, -1.0, 1.0)
    assert statistic(x, v * signs, prior) == pytest.approx(value, rel=1e-7)
    if null == "composite":
        assert statistic(3.0 * x - 7.0, v, prior) == pytest.approx(value, rel=1e-7)


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


@pytest.mark.parametrize("name", ALL)
def test_departures_are_found(name):
    rng = np.random.default_rng(3)
    shifted = rng.standard_normal((200, 4)) + 0.6
    cube = rng.uniform(-1.0, 1.0, (400, 2))
    assert sliced_test(shifted, name, n_resamples=99, rng=0, workers=2).pvalue == 0.01
    assert sliced_test(shifted, name, null="composite", n_resamples=99, rng=0).pvalue > 0.01
    if name != "sw":  # a fresh prior sample costs it much power
        assert sliced_test(cube, name, null="composite", n_resamples=99, rng=0).pvalue == 0.01


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("shape", ["normal", "narrow", "wide", "shifted", "cauchy"])
def test_float32_samples_give_the_float64_statistics(shape, null):
    n, dim = 100_000, 8
    rng = np.random.default_rng(5)
    x = rng.standard_cauchy((n, dim)) if shape == "cauchy" else rng.standard_normal((n, dim))
    x = {"narrow": 1e-3 * x, "wide": 1e3 * x, "shifted": x + 50.0}.get(shape, x)
    directions = random_directions(6, dim, rng=1)
    prior = rng.standard_normal((n, dim))
    for name in ALL:
        for aggregate, bound in (("mean", 1e-4), ("max", 3e-4)):
            narrow, wide = (
                sliced_statistic(
                    x.astype(dtype),
                    name,
                    directions=directions,
                    prior=prior.astype(dtype) if name == "sw" else None,
                    null=null,
                    aggregate=aggregate,
                )
                for dtype in ("float32", "float64")
            )
            assert narrow == pytest.approx(wide, rel=bound), (name, aggregate)


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
