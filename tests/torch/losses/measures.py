"""The losses that are not sliced by name, and what their tests share."""

import numpy as np
import pytest
import torch

from slicednorm.torch.functional import cramer_wold, mardia_kurtosis, mardia_skewness, mmd_imq


def with_prior(z):
    """mmd_imq against a sample of its own shape that is the same every time."""
    prior = torch.randn(z.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return mmd_imq(z, prior.to(z.dtype))


FUNCTIONS = {
    "skewness": mardia_skewness,
    "kurtosis": mardia_kurtosis,
    "composite skewness": lambda z: mardia_skewness(z, null="composite"),
    "composite kurtosis": lambda z: mardia_kurtosis(z, null="composite"),
    "cramer_wold": cramer_wold,
    "mmd_imq": with_prior,
}
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)


def draw(*shape, seed=0):
    """A sample that is not quite normal."""
    rng = np.random.default_rng([seed, *shape])
    return rng.standard_normal(shape) + 0.2 * rng.standard_exponential(shape) - 0.1


def tensor(x, dtype=torch.float64, gradient=False):
    return torch.tensor(x, dtype=dtype, requires_grad=gradient)


def value_and_gradient(function, z):
    z = z.detach().requires_grad_()
    value = function(z)
    value.backward()
    return value.detach(), z.grad


def squares(x, y):
    return np.sum((x[:, None] - y[None]) ** 2, axis=-1)
