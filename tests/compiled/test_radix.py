"""The compiled sorts against NumPy's: the same values, in the same order, whatever the values are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("numba", reason="numba is an extra")

from slicednorm._compiled import _radix

BITS = {"float32": np.uint32, "float64": np.uint64}
KINDS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "narrow": lambda rng, shape: 1e-3 * rng.standard_normal(shape),
    "shifted": lambda rng, shape: 50.0 + rng.standard_normal(shape),
    "nearly equal": lambda rng, shape: 1.0 + 1e-9 * rng.standard_normal(shape),
    "far": lambda rng, shape: 1e25 * rng.standard_cauchy(shape),
    "denormal": lambda rng, shape: rng.integers(-50, 50, shape) * 1e-44,
    "ties": lambda rng, shape: np.round(rng.standard_normal(shape), 1),
    "constant": lambda rng, shape: np.full(shape, -3.25),
    "zeros": lambda rng, shape: np.where(rng.random(shape) < 0.5, 0.0, -0.0),
    "sorted": lambda rng, shape: np.sort(rng.standard_normal(shape), axis=-1),
    "reversed": lambda rng, shape: -np.sort(rng.standard_normal(shape), axis=-1),
    "infinite": lambda rng, shape: np.where(rng.random(shape) < 0.2, np.inf, rng.standard_normal(shape)) * -1.0,
}
SHAPES = [(1, 1), (1, 2), (7, 31), (3, 1025), (2, 5000), (1, 70_001)]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_dtype = pytest.mark.parametrize("dtype", BITS)
every_shape = pytest.mark.parametrize("shape", SHAPES)


def ordered(y):
    """Return the stable order of each row, −0 before 0, by what NumPy has for integers."""
    signed = y.view(f"i{y.itemsize}")
    return np.argsort(np.where(signed < 0, ~signed ^ np.iinfo(signed.dtype).min, signed), axis=-1, kind="stable")


def same_bits(a, b):
    np.testing.assert_array_equal(a.view(BITS[a.dtype.name]), b.view(BITS[b.dtype.name]))


def check(y):
    order = ordered(y)
    expected = np.take_along_axis(y, order, axis=-1)
    found = y.copy()
    getattr(_radix, f"sort_{y.dtype.name}")(found)
    same_bits(found, expected)
    np.testing.assert_array_equal(found, np.sort(y, axis=-1))

    kept, values, places = y.copy(), np.full_like(y, np.nan), np.full(y.shape, -1)
    getattr(_radix, f"order_{y.dtype.name}")(y, values, places)
    same_bits(y, kept)
    same_bits(values, expected)
    np.testing.assert_array_equal(places, order + y.shape[1] * np.arange(len(y))[:, np.newaxis])


@every_kind
@every_dtype
@every_shape
def test_it_sorts_as_numpy_does(kind, dtype, shape):
    check(KINDS[kind](np.random.default_rng(shape[1]), shape).astype(dtype))


@pytest.mark.parametrize("dtype", BITS)
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_it_sorts_anything(dtype, data):
    rows = data.draw(st.integers(1, 3))
    n = data.draw(st.integers(1, 60))
    check(data.draw(arrays(dtype, (rows, n), elements=st.floats(allow_nan=False, width=8 * np.dtype(dtype).itemsize))))


@every_dtype
def test_values_that_share_the_upper_half_of_their_bits(dtype):
    # The upper half puts none of them in order, so that the row must notice, for every digit of the lower half.
    rng = np.random.default_rng(0)
    for width in (1, 8, 12, 20, 31):
        bits = (np.uint64(0xBFF00000) << np.uint64(32)) + rng.integers(0, 1 << width, (2, 3000)).astype(np.uint64)
        check((bits.view(np.float64)).astype(dtype))
        check(-bits.view(np.float64).astype(dtype))


@every_dtype
def test_nan_is_kept_at_an_end(dtype):
    y = np.random.default_rng(0).standard_normal((2, 3000)).astype(dtype)
    y[0, 5], y[0, 6] = np.nan, np.copysign(np.nan, -1.0)
    found = y.copy()
    getattr(_radix, f"sort_{dtype}")(found)
    assert np.isnan(found[0, [0, -1]]).all()
    np.testing.assert_array_equal(found[0, 1:-1], np.sort(y[0])[:-2])
    np.testing.assert_array_equal(found[1], np.sort(y[1]))
    values, places = np.empty_like(y), np.empty(y.shape, np.int64)
    getattr(_radix, f"order_{dtype}")(y, values, places)
    np.testing.assert_array_equal(np.sort(places.ravel()), np.arange(y.size))
