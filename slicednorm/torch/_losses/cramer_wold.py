"""The Cramer-Wold distance in closed form as a loss, a sum over all pairs of rows."""

from __future__ import annotations

import math
import numbers

import torch
from torch import Tensor

from slicednorm.distances._kummer import series, series_scale
from slicednorm.distances.cw import bandwidth
from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._inputs import check_latent
from slicednorm.torch._losses.kernels import kernel_operator, kernel_sum
from slicednorm.torch._losses.pairs import as_items
from slicednorm.torch._precision import no_autocast


def _kummer_values(s: Tensor, dim: int, order: int) -> Tensor:
    """Return f_r(s) of `slicednorm.distances._kummer`."""
    s = s.clamp(min=0.0)
    if dim == 1:
        return s.neg_().exp_()
    w = s.add_(series_scale(dim)).reciprocal_().mul_(series_scale(dim))
    twice = w.mul(-4.0).add_(2.0)
    coefficients = series(dim, order, max(0.1 * torch.finfo(s.dtype).eps, 1e-15))
    # Clenshaw's recurrence b_j = a_j + 2t b_(j+1) − b_(j+2), for b_j with the signs + + − − in turn. They make the last
    # term an addition, so that a step takes two passes and no memory.
    latest, before = torch.zeros_like(s), torch.zeros_like(s)
    for j in range(len(coefficients) - 1, 0, -1):
        sign = -1.0 if j % 4 > 1 else 1.0
        before.addcmul_(twice, latest, value=-1.0 if j % 2 else 1.0).add_(sign * coefficients[j])
        latest, before = before, latest
    g = before.addcmul_(twice, latest, value=0.5).add_(coefficients[0])
    for _ in range(order):
        g.mul_(w)
    return g.mul_(w.sqrt_())


kummer = kernel_operator("kummer", _kummer_values, lambda dim, order: -(1 + 2 * order) / (dim + 2 * order))


def cramer_wold(z: Tensor, *, gamma: float | None = None, check_finite: bool = False) -> Tensor:
    r"""Return the squared Cramer-Wold distance of a sample from N(0, I), differentiable.

    .. math::

        \frac{1}{2\sqrt\pi} \Big[ \frac{1}{n^2 \sqrt\gamma} \sum_{i,j}
        \varphi_D\Big(\frac{\|z_i - z_j\|^2}{4\gamma}\Big)
        + \frac{1}{\sqrt{1 + \gamma}} - \frac{2}{n \sqrt{\gamma + \frac12}} \sum_i
        \varphi_D\Big(\frac{\|z_i\|^2}{2 + 4\gamma}\Big) \Big], \qquad
        \varphi_D(s) = {}_1F_1(\tfrac12; \tfrac D2; -s)

    of every item, averaged over the leading axes. The mean of the sliced statistic ``cw`` over k directions tends to it
    as k → ∞. :math:`\varphi_D` is exact for every D, not an approximation for many columns.

    It costs O(n² D), in tiles. Memory beyond that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : torch.Tensor of shape (..., n, D)
        Latents whose rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    gamma : float, optional
        The variance of the smoothing Gaussian, in units of z²; Silverman's :math:`(4/(3n))^{2/5}` if None.
    check_finite : bool, default: False
        Whether to check the values, which waits for the device. Without it the result is NaN if z is not finite.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar, float64 for a z of float64 and float32 otherwise, in units of 1/z.

    Raises
    ------
    TypeError
        If z is not a tensor of floating-point numbers, or ``gamma`` is not a number.
    ValueError
        If the shape does not fit or ``gamma`` is not positive; with ``check_finite``, if z holds NaN or infinities.

    References
    ----------
    Tabor, Knop, Spurek, Podolak, Mazur and Jastrzębski, "Cramer-Wold AutoEncoder", arXiv 1805.09235.

    Examples
    --------
    >>> rows = [[2.0, 0.1], [-1.0, 0.4], [0.3, -1.2], [0.2, 1.1], [-0.6, -0.9], [-0.8, 0.7]]
    >>> z = torch.tensor(rows, dtype=torch.float64)
    >>> cramer_wold(z)
    tensor(0.0057, dtype=torch.float64)
    >>> cramer_wold(z + 1.0, gamma=1.0)
    tensor(0.0468, dtype=torch.float64)
    """
    check_latent(z, check_finite=check_finite)
    if gamma is not None and (isinstance(gamma, bool) or not isinstance(gamma, numbers.Real)):
        raise TypeError(f"gamma must be a number, got {type(gamma).__name__}")
    n, dim = z.shape[-2:]
    width = bandwidth(n) if gamma is None else float(gamma)
    if not 0.0 < width < math.inf:
        raise ValueError(f"gamma must be positive and finite, got {gamma!r}")
    x = as_items(z)
    with no_autocast(x.device):
        pairs = kernel_sum(kummer, x / math.sqrt(4.0 * width)) / (len(x) * n)
        cross = kummer(x.square().sum(dim=-1) / (2.0 + 4.0 * width), dim, 0).mean(dtype=widest_dtype(x.device))
        # A row paired with itself adds the value at 0, which is 1.
        value = (pairs + 1.0) / n / math.sqrt(width) + (1.0 + width) ** -0.5 - 2.0 * cross / math.sqrt(width + 0.5)
        return (value / (2.0 * math.sqrt(math.pi))).to(x.dtype)
