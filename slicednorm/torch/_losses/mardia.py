"""Mardia's skewness and kurtosis as losses.

The skewness is a sum over all pairs of rows, or over all triples of columns if that is less work. Nothing here waits
for the device unless ``check_finite`` asks for it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from slicednorm.stats._types import Null
from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._inputs import check_latent
from slicednorm.torch._losses.pairs import as_items, recomputed, sum_over_pairs
from slicednorm.torch._precision import no_autocast

# Columns b whose products with the columns a ≤ b are formed at once, and the products of one chunk of rows.
_COLUMNS = 16
_PRODUCTS = 1 << 21
_LEAST_ROWS = 256


def _standardised(z: Tensor) -> Tensor:
    """Return (batch, n, D) standardised by its mean and covariance, NaN for an item whose covariance is singular.

    It is computed in float64, because the condition of a covariance is the square of that of z. It takes a Cholesky
    factor: Mardia's measures are equal for every root of the covariance, and an eigendecomposition has no gradient
    where eigenvalues are equal.
    """
    n = z.shape[1]
    x = z.to(widest_dtype(z.device))
    mean = x.mean(dim=1, keepdim=True)
    centred = x - mean
    covariance = centred.mT @ centred / n
    root = torch.linalg.cholesky_ex(covariance).L
    variances = covariance.diagonal(dim1=-2, dim2=-1)
    # The square of a pivot over the variance is the part of a column that the columns before it do not explain.
    # Rounding alone leaves a small part, so there is a limit: that of `slicednorm.stats` for eigenvalues. A constant
    # column has a variance from the rounding of its mean.
    eps = torch.finfo(x.dtype).eps
    tolerance = max(z.shape[2] * eps, (4.0 * torch.finfo(z.dtype).eps) ** 2)
    unexplained = root.diagonal(dim1=-2, dim2=-1).square() > tolerance * variances
    varying = variances > (64.0 * eps * mean[:, 0]).square()
    regular = (unexplained & varying).all(dim=-1)
    root = torch.where(regular[:, None, None], root, math.nan)
    return torch.linalg.solve_triangular(root.mT, centred, upper=True, left=False).to(z.dtype)


def _mardia_rows(z: Tensor, null: Null, check_finite: bool) -> Tensor:
    """Return the rows over which Mardia's sums are taken, checked, (batch, n, D)."""
    if null not in ("standard", "composite"):
        raise ValueError(f"null must be 'standard' or 'composite', got {null!r}")
    check_latent(z, check_finite=check_finite)
    x = as_items(z)
    if null == "standard":
        return x
    if z.shape[-2] <= z.shape[-1] + 1:
        raise ValueError(
            f"the composite null needs more than D + 1 rows, got shape {tuple(z.shape)}: with so few, every sample "
            "standardises to the same law; use more rows, fewer columns, or the standard null"
        )
    with no_autocast(x.device):
        x = recomputed(_standardised, x)
    if check_finite and bool(x.detach().isnan().any()):
        raise ValueError(
            f"the covariance of z of shape {tuple(z.shape)} is singular: some columns are constant or combinations "
            "of others; leave them out, or use the standard null"
        )
    return x


def _cubes(left: Tensor, right: Tensor, same: bool) -> Tensor:
    """Return the sum of (x_i^T y_j)^3 over all pairs of two blocks of rows."""
    return (left @ right.mT).pow(3).sum(dtype=widest_dtype(left.device))


def _middles(dim: int) -> list[tuple[int, int]]:
    """Return (start, stop) of each block of columns b."""
    return [(start, min(start + _COLUMNS, dim)) for start in range(0, dim, _COLUMNS)]


def _third_powers(x: Tensor) -> list[Tensor]:
    """Return Σ_j x_ja x_jb x_jc for each block of columns b, (batch, a·b, c), for all a ≤ b ≤ c and some others."""
    columns = x.mT.contiguous()
    sums = []
    for start, stop in _middles(x.shape[2]):
        pairs = columns[:, :stop, None] * columns[:, None, start:stop]
        sums.append((pairs.flatten(1, 2) @ columns[:, start:].mT).to(widest_dtype(x.device)))
    return sums


def _orderings(start: int, stop: int, dim: int, like: Tensor) -> Tensor:
    """Return in how many orders the columns of a triple occur, 6, 3 or 1, and 0 unless a ≤ b ≤ c; (a·b, c)."""
    columns = torch.arange(dim, device=like.device)
    a, b, c = columns[:stop, None, None], columns[start:stop, None], columns[start:]
    ties = (a == b).to(like.dtype) + (b == c).to(like.dtype)
    orders = 6.0 - 3.5 * ties + 0.5 * ties * ties
    return torch.where((a <= b) & (b <= c), orders, 0.0).flatten(0, 1)


def _by_moments(x: Tensor) -> Tensor:
    """Return n²·b1, summed over the items, from the third moments: Σ_abc (Σ_j x_ja x_jb x_jc)²."""
    _, n, dim = x.shape
    total = torch.zeros((), dtype=widest_dtype(x.device), device=x.device)
    rows = max(_LEAST_ROWS, _PRODUCTS // dim**2)
    for items in x.split(max(1, rows // n)):
        sums = None
        for chunk in items.split(rows, dim=1):
            more = recomputed(_third_powers, chunk)
            sums = more if sums is None else [a + b for a, b in zip(sums, more, strict=True)]
        for (start, stop), block in zip(_middles(dim), sums or (), strict=True):
            total = total + (_orderings(start, stop, dim, block) * block.square()).sum()
    return total


def _takes_moments(n: int, dim: int) -> bool:
    """Return whether third moments are the faster way to b1, as measured forward and backward on one core."""
    return n > 200 + 0.5 * dim**2


def mardia_skewness(z: Tensor, *, null: Null = "standard", check_finite: bool = False) -> Tensor:
    r"""Return Mardia's skewness, differentiable.

    .. math::

        b_1 = \frac{1}{n^2} \sum_{j,k} (z_j^T z_k)^3

    of every item, averaged over the leading axes. It is 0 for a sample that is symmetric about the origin. Its mean
    over samples of N(0, I) is D(D+2)(D+4)/n.

    It costs O(n D³), from third moments, or O(n² D), from tiles of the Gram matrix, whichever is less. Memory beyond
    that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : torch.Tensor of shape (..., n, D)
        Latents whose rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"`` for z as it is, or ``"composite"`` for z standardised by its own mean and covariance (divisor n),
        with its gradient: the value does not change with an affine map of z.
    check_finite : bool, default: False
        Whether to check the values, which waits for the device. Without it the result is not finite if z is not, and
        NaN if the covariance is singular under the composite null.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar, float64 for a z of float64 and float32 otherwise, in units of z to the sixth power (composite: none).

    Raises
    ------
    TypeError
        If z is not a tensor of floating-point numbers.
    ValueError
        If the shape does not fit, the composite null meets n ≤ D + 1, or ``null`` is unknown; with ``check_finite``,
        if z holds NaN or infinities or has a singular covariance under the composite null.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530. Knop
    et al., "Sliced generative models", arXiv 1901.10417, has it of the raw latent, as with the standard null.

    Examples
    --------
    >>> rows = [[2.0, 0.1], [-1.0, 0.4], [0.3, -1.2], [0.2, 1.1], [-0.6, -0.9], [-0.8, 0.7]]
    >>> z = torch.tensor(rows, dtype=torch.float64)
    >>> mardia_skewness(z)
    tensor(1.1908, dtype=torch.float64)
    >>> mardia_skewness(z, null="composite")
    tensor(1.2000, dtype=torch.float64)
    """
    x = _mardia_rows(z, null, check_finite)
    batch, n, dim = x.shape
    with no_autocast(x.device):
        cubes = _by_moments(x) if _takes_moments(n, dim) else sum_over_pairs(_cubes, x)
        return (cubes / (batch * n * n)).to(x.dtype)


def mardia_kurtosis(z: Tensor, *, null: Null = "standard", check_finite: bool = False) -> Tensor:
    r"""Return Mardia's kurtosis, differentiable.

    .. math::

        b_2 = \frac{1}{n} \sum_j \|z_j\|^4

    of every item, averaged over the leading axes. Its mean over samples of N(0, I) is D(D+2). The normalized kurtosis
    of arXiv 1901.10417 is b₂ − D(D+2).

    Parameters
    ----------
    z : torch.Tensor of shape (..., n, D)
        Latents whose rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    null : {"standard", "composite"}, default: "standard"
        ``"standard"`` for z as it is, or ``"composite"`` for z standardised by its own mean and covariance (divisor n),
        with its gradient: the value does not change with an affine map of z.
    check_finite : bool, default: False
        Whether to check the values, which waits for the device. Without it the result is not finite if z is not, and
        NaN if the covariance is singular under the composite null.

    Returns
    -------
    torch.Tensor of shape ()
        Scalar, float64 for a z of float64 and float32 otherwise, in units of z to the fourth power (composite: none).

    Raises
    ------
    TypeError
        If z is not a tensor of floating-point numbers.
    ValueError
        If the shape does not fit, the composite null meets n ≤ D + 1, or ``null`` is unknown; with ``check_finite``,
        if z holds NaN or infinities or has a singular covariance under the composite null.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530. Knop
    et al., "Sliced generative models", arXiv 1901.10417, has it of the raw latent, as with the standard null.

    Examples
    --------
    >>> rows = [[2.0, 0.1], [-1.0, 0.4], [0.3, -1.2], [0.2, 1.1], [-0.6, -0.9], [-0.8, 0.7]]
    >>> z = torch.tensor(rows, dtype=torch.float64)
    >>> mardia_kurtosis(z)
    tensor(3.9958, dtype=torch.float64)
    >>> mardia_kurtosis(z, null="composite")
    tensor(4.8582, dtype=torch.float64)
    """
    x = _mardia_rows(z, null, check_finite)
    with no_autocast(x.device):
        return x.square().sum(dim=-1).to(widest_dtype(x.device)).square().mean().to(x.dtype)
