"""The penalty of WAE-MMD as a loss, a sum over all pairs of rows."""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._inputs import check_latent, check_prior
from slicednorm.torch._losses.kernels import kernel_operator, kernel_sum
from slicednorm.torch._losses.pairs import as_items
from slicednorm.torch._precision import no_autocast

# s in C_s = 2 D σ² s, from the authors' published code.
_IMQ_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def _imq_values(squares: Tensor, dim: int, order: int) -> Tensor:
    """Return Σ_s C_s / (C_s + ‖x − y‖²)^(1 + r)."""
    squares = squares.clamp(min=0.0)
    total, term = torch.zeros_like(squares), torch.empty_like(squares)
    for scale in _IMQ_SCALES:
        constant = 2.0 * dim * scale
        torch.add(squares, constant, out=term).reciprocal_()
        total.add_(term if order == 0 else term.pow_(1 + order), alpha=constant)
    return total


imq = kernel_operator("imq", _imq_values, lambda dim, order: -1.0 - order)


def mmd_imq(z: Tensor, prior: Tensor, *, check_finite: bool = False) -> Tensor:
    r"""Return the penalty of WAE-MMD, the squared MMD of two samples by inverse multiquadrics, differentiable.

    .. math::

        \frac{1}{n(n-1)} \sum_{i \ne j} \big[ k(z_i, z_j) + k(p_i, p_j) \big] - \frac{2}{n^2} \sum_{i,j} k(z_i, p_j),
        \qquad k(x, y) = \sum_s \frac{C_s}{C_s + \|x - y\|^2}

    of every item, averaged over the leading axes, where :math:`C_s = 2 D s` with s = 0.1, 0.2, 0.5, 1, 2, 5, 10, for a
    prior of unit variance. It is an unbiased estimate, so it is negative about half of the time if both samples are
    from one law.

    It costs O(n² D), in tiles. Memory beyond that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : torch.Tensor of shape (..., n, D)
        Latents whose rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    prior : torch.Tensor of shape (..., n, D)
        A sample of the prior, in the shape of z. It gets a gradient if it requires one.
    check_finite : bool, default: False
        Whether to check the values of z, which waits for the device. Without it the result is NaN if they are not
        finite.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar without units, float64 for a z of float64 and float32 otherwise.

    Raises
    ------
    TypeError
        If z or ``prior`` is not a tensor of floating-point numbers.
    ValueError
        If a shape does not fit or the devices differ; with ``check_finite``, if z holds NaN or infinities.

    References
    ----------
    Tolstikhin, Bousquet, Gelly and Schölkopf, "Wasserstein Auto-Encoders", arXiv 1711.01558; the constants are those
    of the authors' published code.

    Examples
    --------
    >>> rows = [[2.0, 0.1], [-1.0, 0.4], [0.3, -1.2], [0.2, 1.1], [-0.6, -0.9], [-0.8, 0.7]]
    >>> z = torch.tensor(rows, dtype=torch.float64)
    >>> mmd_imq(z + 1.0, z.flip(-1))
    tensor(0.3023, dtype=torch.float64)
    """
    check_latent(z, check_finite=check_finite)
    check_prior(prior, z)
    x = as_items(z)
    batch, n, _ = x.shape
    with no_autocast(x.device):
        y = prior.to(x.dtype).reshape(x.shape)
        within = kernel_sum(imq, x) + kernel_sum(imq, y)
        return ((within / (n - 1) - 2.0 * kernel_sum(imq, x, y) / n) / (batch * n)).to(x.dtype)
