"""The divergence of a variational autoencoder, against torch's distributions."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from slicednorm.torch.functional import gaussian_kl


@pytest.fixture
def laws():
    generator = torch.Generator().manual_seed(3)
    return tuple(torch.randn(2, 5, 3, generator=generator, dtype=torch.float64) for _ in range(2))


def test_it_is_the_mean_divergence_of_the_rows(laws):
    mean, log_variance = laws
    expected = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), Normal(0.0, 1.0)).sum(-1).mean()
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


def test_gradient(laws):
    assert torch.autograd.gradcheck(gaussian_kl, tuple(law.clone().requires_grad_() for law in laws))


def test_laws_near_the_prior_keep_their_digits():
    """exp(v) - 1 - v in float32 would be 0 here, or negative."""
    log_variance = torch.full((1, 1), 1e-3)
    assert float(gaussian_kl(torch.zeros(1, 1), log_variance)) == pytest.approx(2.5e-7, rel=1e-3)


def test_half_precision_is_computed_in_single(laws):
    mean, log_variance = (law.to(torch.bfloat16) for law in laws)
    with torch.autocast("cpu", torch.bfloat16):
        value = gaussian_kl(mean, log_variance)
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, gaussian_kl(mean.float(), log_variance.float()))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((torch.zeros(3), torch.zeros(3)), ValueError, r"mean must have shape \(..., n, D\), got \(3,\)"),
        ((torch.zeros(3, 2), torch.zeros(2, 3)), ValueError, r"log_variance must have the shape of mean, \(3, 2\)"),
        ((torch.zeros(3, 2), [[0.0]]), TypeError, "log_variance must be a torch tensor, got list"),
        ((torch.zeros(3, 2, dtype=torch.int64), torch.zeros(3, 2)), TypeError, "mean must hold floating-point"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        gaussian_kl(*arguments)
