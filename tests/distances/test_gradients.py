"""Gradients in closed form against central differences, and where differences cannot be taken."""

import numpy as np
import pytest

from slicednorm.distances import DISTANCES


def numerical(distance, y, prior, index, step):
    def at(offset):
        moved = y.copy()
        moved[index] += offset
        return distance.value(moved, prior) if distance.needs_prior else distance.value(moved)

    # Richardson's extrapolation takes the h² error out.
    coarse = (at(step) - at(-step)) / (2.0 * step)
    fine = (at(step / 2.0) - at(-step / 2.0)) / step
    return (4.0 * fine - coarse) / 3.0


@pytest.mark.parametrize("spread", [0.05, 1.0, 12.0, 60.0, 1000.0])
@pytest.mark.parametrize("name", DISTANCES)
def test_gradient_is_the_derivative_of_the_value(name, spread):
    distance = DISTANCES[name]
    rng = np.random.default_rng(2)
    y = np.sort(rng.standard_normal(24)) * spread + 0.3
    prior = np.sort(rng.standard_normal(24))
    gradient = distance.gradient(y, prior) if distance.needs_prior else distance.gradient(y)
    step = 1e-3 * min(1.0, float(np.diff(y).min()))
    for index in range(0, 24, 5):
        expected = numerical(distance, y, prior, index, step)
        assert gradient[index] == pytest.approx(expected, rel=1e-5, abs=1e-8 + 1e-7 * abs(gradient).max())


@pytest.mark.parametrize("spread", [0.05, 1.0, 12.0, 1000.0])
@pytest.mark.parametrize("name", DISTANCES)
def test_the_value_that_comes_with_the_gradient_is_the_value(name, spread):
    distance = DISTANCES[name]
    rng = np.random.default_rng(2)
    rows = np.sort(rng.standard_normal((3, 900)), axis=-1) * spread + 0.3
    arguments = (rows, np.sort(rng.standard_normal((3, 900)), axis=-1)) if distance.needs_prior else (rows,)
    for options in [{}, {"unbiased": True}] if "unbiased" in distance.options else [{}]:
        value, gradient = distance.value_and_gradient(*arguments, **options)
        np.testing.assert_allclose(value, distance.value(*arguments, **options), rtol=1e-12, atol=1e-15)
        assert gradient.shape == rows.shape


def test_ks_gradient_is_one_density_at_the_largest_deviation():
    y = np.sort(np.random.default_rng(4).standard_normal(30)) + 0.4
    gradient = DISTANCES["ks"].gradient(y)
    (at,) = np.flatnonzero(gradient)
    step = 1e-6
    moved = y.copy()
    moved[at] += step
    rise = (DISTANCES["ks"].value(moved) - DISTANCES["ks"].value(y)) / step
    assert gradient[at] == pytest.approx(rise, rel=1e-4)
    assert abs(gradient[at]) == pytest.approx(np.exp(-0.5 * y[at] ** 2) / np.sqrt(2.0 * np.pi))


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("y", [np.zeros(40), np.repeat([-1.0, 2.0], 20), np.linspace(-1e4, 1e4, 40)])
def test_gradient_is_finite_and_of_the_shape_and_type_of_the_sample(name, dtype, y):
    distance = DISTANCES[name]
    rows = np.stack([y, y]).astype(dtype)
    gradient = distance.gradient(rows, rows * 0) if distance.needs_prior else distance.gradient(rows)
    assert gradient.shape == rows.shape
    assert gradient.dtype == rows.dtype
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", ["cvm", "w2", "cw", "ad", "ep"])
def test_descending_the_gradient_makes_a_sample_more_normal(name):
    distance = DISTANCES[name]
    y = np.sort(np.random.default_rng(1).uniform(0.0, 1.0, 200))
    start = distance.value(y)
    for _ in range(200):
        y = np.sort(y - 20.0 * distance.gradient(y))
    assert distance.value(y) < 0.1 * start


@pytest.mark.parametrize("far", [10.0, 30.0, 33.5, 39.0, 41.0, 1000.0])
@pytest.mark.parametrize("name", ["w2", "ad"])
def test_far_samples_are_pulled_back(name, far):
    y = np.sort(np.random.default_rng(8).standard_normal(64)) + far
    assert (DISTANCES[name].gradient(y) > 0).all()


@pytest.mark.parametrize("name", ["cw", "ep"])
def test_near_and_far_gradients_meet(name):
    rng = np.random.default_rng(8)
    near = np.sort(np.append(rng.standard_normal(63), 39.999))
    far = np.append(near[:-1], 40.001)
    np.testing.assert_allclose(
        DISTANCES[name].gradient(near)[:-1], DISTANCES[name].gradient(far)[:-1], rtol=1e-4, atol=1e-9
    )
