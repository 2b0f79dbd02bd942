"""The same lines on torch tensors: values, closed gradients, and autograd through the formulas."""

import numpy as np
import pytest

from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

RNG = np.random.default_rng(1)
SAMPLES = np.sort(RNG.standard_normal((3, 200)) * [[1.0], [0.2], [4.0]] + 0.3, axis=-1)
PRIORS = np.sort(RNG.standard_normal((3, 200)), axis=-1)


def arguments(distance, convert):
    return (convert(SAMPLES), convert(PRIORS)) if distance.needs_prior else (convert(SAMPLES),)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 3e-5)])
def test_values_and_gradients_are_those_of_numpy(name, dtype, bound):
    distance = DISTANCES[name]
    ours = arguments(distance, lambda a: torch.tensor(a, dtype=getattr(torch, dtype)))
    theirs = arguments(distance, np.asarray)
    value, gradient = distance.value(*ours), distance.gradient(*ours)
    assert value.dtype == gradient.dtype == getattr(torch, dtype)
    np.testing.assert_allclose(value.numpy(), distance.value(*theirs), rtol=bound)
    expected = distance.gradient(*theirs)
    np.testing.assert_allclose(gradient.numpy(), expected, rtol=1e-4, atol=20 * bound * np.abs(expected).max())


@pytest.mark.parametrize("name", DISTANCES)
def test_autograd_through_the_formula_is_the_closed_gradient(name):
    distance = DISTANCES[name]
    y, *prior = arguments(distance, torch.tensor)
    y.requires_grad_()
    (derivative,) = torch.autograd.grad(distance.value(y, *prior).sum(), y)
    expected = distance.gradient(y.detach(), *prior)
    torch.testing.assert_close(derivative, expected, rtol=1e-9, atol=1e-12)
