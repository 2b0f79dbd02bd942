"""The engine: values, invariances, chunks, memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES
from slicednorm.stats import detectable_size, omnibus_test, slice_bands, sliced_statistic, sliced_test, sliced_tests
from slicednorm.stats._limits import current
from slicednorm.stats._slices import statistics as engine
from tests.stats.slices.definition import plain

ALL = tuple(DISTANCES)
X = np.random.default_rng(21).standard_normal((60, 4))
V = random_directions(20, 4, rng=1)


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
        lambda: slice_bands(x, name, n_slices=600, confidence_level=0.5, n_resamples=1, rng=0),
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
        lambda: slice_bands(x, n_slices=4, confidence_level=0.5, n_resamples=9, rng=0, progress=stopped),
        lambda: sliced_statistic(x, "cvm", directions=np.eye(3)),
        lambda: detectable_size(x + 1.0, "cvm", n_slices=4, rng=0),
    ]
    for index, call in enumerate(calls):
        if index == 3:
            monkeypatch.setattr(engine, "_compare", stopped)
        with pytest.raises(KeyboardInterrupt):
            call()
        assert set(engine._scratch._buffers) <= {"y"}


def test_chunks_of_slices_and_blocks_of_rows_do_not_matter(limits, tmp_path):
    x = np.random.default_rng(0).standard_normal((5000, 6))
    whole = sliced_tests(x, ALL, method=None, rng=2, null="composite")
    limits(chunk_elements=20_000, block_elements=700)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for data in (x, mapped):
        for a, b in zip(whole, sliced_tests(data, ALL, method=None, rng=2, null="composite"), strict=True):
            np.testing.assert_allclose(a.slice_statistics, b.slice_statistics, rtol=1e-8)


@pytest.mark.slow
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


@pytest.mark.slow
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
