"""The divergence that a variational autoencoder minimises."""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._inputs import check_latent, check_prior
from slicednorm.torch._precision import no_autocast


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""Return the mean Kullback-Leibler divergence of normal laws with diagonal covariance from N(0, I).

    .. math:: \frac{1}{2n} \sum_{i,j} \big( \mu_{ij}^2 + \sigma_{ij}^2 - 1 - \log \sigma_{ij}^2 \big)

    It is the penalty of a VAE, whose encoder gives each row a law of its own. It says nothing about the sample of all
    latents. The sliced distances do.

    Parameters
    ----------
    mean : torch.Tensor of shape (..., n, D)
        Means, of a floating dtype; float16 and bfloat16 are computed in float32.
    log_variance : torch.Tensor of shape (..., n, D)
        The logarithms of the variances, in the shape of ``mean``.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar without units, float64 for a mean of float64 and float32 otherwise.

    Raises
    ------
    TypeError
        If an argument is not a tensor of floating-point numbers.
    ValueError
        If a shape does not fit or the devices differ.

    References
    ----------
    Kingma and Welling, "Auto-Encoding Variational Bayes", arXiv 1312.6114, appendix B.

    Examples
    --------
    >>> gaussian_kl(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2))
    tensor(0.5000)
    """
    check_latent(mean, least_rows=1, name="mean")
    check_prior(log_variance, mean, "log_variance", "mean")
    dtype = computing_dtype(mean.dtype)
    with no_autocast(mean.device):
        mu, log_var = mean.to(dtype), log_variance.to(dtype)
        # exp(v) - 1 - v is small for a small v.
        return (mu.square() + torch.expm1(log_var) - log_var).sum(dim=-1).mean() / 2
