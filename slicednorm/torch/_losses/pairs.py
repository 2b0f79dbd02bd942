"""Multivariate measures of normality as losses: Mardia's, the Cramer-Wold distance, the penalty of WAE-MMD.

Each is a sum over all pairs of rows (Mardia's skewness also one over all triples of columns). It is taken tile by
tile, and the graph keeps the rows alone: a tile is computed again when its gradient is due, so memory does not grow
with n² in either direction. What is summed over tiles is summed in float64, for the distances are small differences
of such sums where a sample is near to normal. Nothing here waits for the device unless ``check_finite`` is asked for.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from slicednorm.distances._kummer import series, series_scale
from slicednorm.distances.cw import bandwidth
from slicednorm.stats._whiten import Null
from slicednorm.torch._dtypes import computing_dtype, widest_dtype
from slicednorm.torch._inputs import check_latent, check_prior
from slicednorm.torch._precision import no_autocast

# The part of a sum from two blocks of rows (batch, rows, D), and whether they are one block, paired with itself.
Term: TypeAlias = Callable[[Tensor, Tensor, bool], Tensor]

# f_r(s) for (s, D, r): a function and its derivatives, but for a factor.
Family: TypeAlias = Callable[[Tensor, int, int], Tensor]

# Side of a tile of the matrix of all pairs; of small items of a batch, as many make a tile as have its entries.
_TILE = 1024

# Columns b whose products with the columns a ≤ b are formed at once, and the products of one chunk of rows.
_COLUMNS = 16
_PRODUCTS = 1 << 21
_LEAST_ROWS = 256


def _items(z: Tensor) -> Tensor:
    """Return (..., n, D) as (batch, n, D) in the dtype it is computed in."""
    return z.to(computing_dtype(z.dtype)).reshape(-1, z.shape[-2], z.shape[-1])


def _forgetful(function: Callable[..., Any], *args: Any) -> Any:
    """Return function(*args), of which the graph keeps the arguments alone."""
    return checkpoint(function, *args, use_reentrant=False, preserve_rng_state=False)


def _sum_over_pairs(term: Term, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the sum over all pairs of a row of x and one of y, both (batch, n, D), of the same item.

    Without y the pairs are those within x, and ``term`` has to be symmetric.
    """
    total = torch.zeros((), dtype=widest_dtype(x.device), device=x.device)
    items = max(1, _TILE**2 // min(x.shape[1], _TILE) ** 2)
    for left, right in zip(x.split(items), (x if y is None else y).split(items), strict=True):
        # Split once: the gradient of one slice is as large as z, that of all these together no larger.
        blocks = left.split(_TILE, dim=1)
        others = blocks if y is None else right.split(_TILE, dim=1)
        for i, block in enumerate(blocks):
            for j, other in enumerate(others):
                if y is not None:
                    total = total + _forgetful(term, block, other, False)
                elif i == j:
                    total = total + _forgetful(term, block, block, True)
                elif i < j:
                    total = total + 2.0 * _forgetful(term, block, other, False)
    return total


# --- Mardia -----------------------------------------------------------------------------------------------


def _standardised(z: Tensor) -> Tensor:
    """Return (batch, n, D) standardised by its mean and covariance, NaN for an item where that is singular.

    In float64, for a covariance squares the condition of z. By a Cholesky factor, as Mardia's measures are the same for
    every root of the covariance, and as the gradient of an eigendecomposition is lost where eigenvalues are equal.
    """
    n = z.shape[1]
    x = z.to(widest_dtype(z.device))
    mean = x.mean(dim=1, keepdim=True)
    centred = x - mean
    covariance = centred.mT @ centred / n
    root = torch.linalg.cholesky_ex(covariance).L
    variances = covariance.diagonal(dim1=-2, dim2=-1)
    # The square of a pivot over the variance is what the columns before leave unexplained of a column. Rounding alone
    # leaves something; the line is where `slicednorm.stats` draws it for eigenvalues. A column that is constant has a
    # variance from the rounding of its mean.
    eps = torch.finfo(x.dtype).eps
    tolerance = max(z.shape[2] * eps, (4.0 * torch.finfo(z.dtype).eps) ** 2)
    unexplained = root.diagonal(dim1=-2, dim2=-1).square() > tolerance * variances
    varying = variances > (64.0 * eps * mean[:, 0]).square()
    regular = (unexplained & varying).all(dim=-1)
    root = torch.where(regular[:, None, None], root, math.nan)
    return torch.linalg.solve_triangular(root.mT, centred, upper=True, left=False).to(z.dtype)


def _mardia_rows(z: Tensor, null: Null, check_finite: bool) -> Tensor:
    """Return the rows, checked, that Mardia's sums are over, (batch, n, D)."""
    if null not in ("standard", "composite"):
        raise ValueError(f"null must be 'standard' or 'composite', got {null!r}")
    check_latent(z, check_finite=check_finite)
    x = _items(z)
    if null == "standard":
        return x
    if z.shape[-2] <= z.shape[-1] + 1:
        raise ValueError(
            f"the composite null needs more than D + 1 rows, got shape {tuple(z.shape)}: with so few, every sample "
            "standardises to the same law; use more rows, fewer columns, or the standard null"
        )
    with no_autocast(x.device):
        x = _forgetful(_standardised, x)
    if check_finite and bool(x.detach().isnan().any()):
        raise ValueError(
            f"the covariance of z of shape {tuple(z.shape)} is singular: some columns are constant or combinations "
            "of others; leave them out, or use the standard null"
        )
    return x


def _cubes(left: Tensor, right: Tensor, same: bool) -> Tensor:
    return (left @ right.mT).pow(3).sum(dtype=widest_dtype(left.device))


def _middles(dim: int) -> list[tuple[int, int]]:
    return [(start, min(start + _COLUMNS, dim)) for start in range(0, dim, _COLUMNS)]


def _third_powers(x: Tensor) -> list[Tensor]:
    """Return Σ_j x_ja x_jb x_jc for all a ≤ b ≤ c, and some more, by blocks of b: (batch, a·b, c)."""
    columns = x.mT.contiguous()
    sums = []
    for start, stop in _middles(x.shape[2]):
        pairs = columns[:, :stop, None] * columns[:, None, start:stop]
        sums.append((pairs.flatten(1, 2) @ columns[:, start:].mT).to(widest_dtype(x.device)))
    return sums


def _orderings(start: int, stop: int, dim: int, like: Tensor) -> Tensor:
    """Return in how many orders a triple occurs, 6, 3 or 1, and 0 unless a ≤ b ≤ c; (a·b, c)."""
    columns = torch.arange(dim, device=like.device)
    a, b, c = columns[:stop, None, None], columns[start:stop, None], columns[start:]
    ties = (a == b).to(like.dtype) + (b == c).to(like.dtype)
    orders = 6.0 - 3.5 * ties + 0.5 * ties * ties
    return torch.where((a <= b) & (b <= c), orders, 0.0).flatten(0, 1)


def _by_moments(x: Tensor) -> Tensor:
    """Return the sum over the items of n²·b1 from the third moments, Σ_abc (Σ_j x_ja x_jb x_jc)²."""
    _, n, dim = x.shape
    total = torch.zeros((), dtype=widest_dtype(x.device), device=x.device)
    rows = max(_LEAST_ROWS, _PRODUCTS // dim**2)
    for items in x.split(max(1, rows // n)):
        sums = None
        for chunk in items.split(rows, dim=1):
            more = _forgetful(_third_powers, chunk)
            sums = more if sums is None else [a + b for a, b in zip(sums, more, strict=True)]
        for (start, stop), block in zip(_middles(dim), sums or (), strict=True):
            total = total + (_orderings(start, stop, dim, block) * block.square()).sum()
    return total


def _takes_moments(n: int, dim: int) -> bool:
    """Say whether b1 is cheaper from third moments: where a stopwatch, forward and backward on one core, says so."""
    return n > 200 + 0.5 * dim**2


def mardia_skewness(z: Tensor, *, null: Null = "standard", check_finite: bool = False) -> Tensor:
    r"""Return Mardia's skewness, differentiable.

    .. math::

        b_1 = \frac{1}{n^2} \sum_{j,k} (z_j^T z_k)^3

    of every item, and its mean over the leading axes. It is 0 for a sample that is symmetric about the origin; its
    mean over samples of N(0, I) is D(D+2)(D+4)/n.

    It costs O(n D³), from third moments, or O(n² D), from tiles of the Gram matrix, whichever is less; memory beyond
    that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : (..., n, D), rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    null : ``"standard"`` for z as it is, or ``"composite"`` for z standardised by its own mean and covariance
        (divisor n), through which the gradient goes: the value does not change with an affine map of z.
    check_finite : look at the values, which waits for the device. Without it the result is not finite where z is not,
        and NaN where the composite null meets a singular covariance.

    Returns
    -------
    0-d tensor, float64 for a z of float64 and float32 otherwise, in units of z to the sixth power (composite: none).

    Raises
    ------
    TypeError
        If z is no tensor of floating-point numbers.
    ValueError
        If the shape does not fit, the composite null meets n ≤ D + 1, or ``null`` is unknown; with ``check_finite``,
        if z holds NaN or infinities or has a singular covariance under the composite null.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530; raw, as
    with the standard null, in Knop et al., "Sliced generative models", arXiv 1901.10417.

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
        cubes = _by_moments(x) if _takes_moments(n, dim) else _sum_over_pairs(_cubes, x)
        return (cubes / (batch * n * n)).to(x.dtype)


def mardia_kurtosis(z: Tensor, *, null: Null = "standard", check_finite: bool = False) -> Tensor:
    r"""Return Mardia's kurtosis, differentiable.

    .. math::

        b_2 = \frac{1}{n} \sum_j \|z_j\|^4

    of every item, and its mean over the leading axes. Its mean over samples of N(0, I) is D(D+2), and what is called
    the normalized kurtosis in arXiv 1901.10417 is b₂ − D(D+2).

    Parameters
    ----------
    z : (..., n, D), rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    null : ``"standard"`` for z as it is, or ``"composite"`` for z standardised by its own mean and covariance
        (divisor n), through which the gradient goes: the value does not change with an affine map of z.
    check_finite : look at the values, which waits for the device. Without it the result is not finite where z is not,
        and NaN where the composite null meets a singular covariance.

    Returns
    -------
    0-d tensor, float64 for a z of float64 and float32 otherwise, in units of z to the fourth power (composite: none).

    Raises
    ------
    TypeError
        If z is no tensor of floating-point numbers.
    ValueError
        If the shape does not fit, the composite null meets n ≤ D + 1, or ``null`` is unknown; with ``check_finite``,
        if z holds NaN or infinities or has a singular covariance under the composite null.

    References
    ----------
    Mardia, "Measures of multivariate skewness and kurtosis with applications", Biometrika 57 (1970), 519-530; raw, as
    with the standard null, in Knop et al., "Sliced generative models", arXiv 1901.10417.

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


# --- Kernels of the squared distance ----------------------------------------------------------------------


def _squared_distances(left: Tensor, right: Tensor, same: bool) -> Tensor:
    """Return ‖x_i − y_j‖² between rows, (batch, rows, rows), infinite between a row and itself.

    A row and itself are no pair, and at infinity a kernel and its derivatives are exactly 0.
    """
    lengths = left.square().sum(dim=-1)[:, :, None] + right.square().sum(dim=-1)[:, None, :]
    squares = lengths.baddbmm_(left, right.mT, alpha=-2.0)
    if same:
        squares = squares.masked_fill(torch.eye(left.shape[1], dtype=torch.bool, device=left.device), math.inf)
    return squares


def _kernel_sum(kernel: Family, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the sum of kernel(‖x_i − y_j‖²) over all pairs, or without y of kernel(‖x_i − x_j‖²) over i ≠ j."""
    dim = x.shape[2]

    def term(left: Tensor, right: Tensor, same: bool) -> Tensor:
        return kernel(_squared_distances(left, right, same), dim, 0).sum(dtype=widest_dtype(left.device))

    # Distances do not depend on the origin, but their rounding does. Nor have they a derivative by it, so that it may
    # pass for a constant. A single row may carry the mean away; the row that is nearest to it lies where most are.
    rows = x.detach()
    nearest = (rows - rows.mean(dim=1, keepdim=True)).square().sum(dim=-1, keepdim=True).argmin(dim=1, keepdim=True)
    origin = rows.gather(1, nearest.expand(-1, -1, dim))
    return _sum_over_pairs(term, x - origin, None if y is None else y - origin)


def _operator(name: str, values: Family, slope: Callable[[int, int], float]) -> Family:
    """Return f_r(s) = values(s, D, r) as an operator with the derivative slope(D, r)·f_(r+1)(s).

    So the gradient keeps s, not every step of a series, and a compiler need not see how coefficients come about.
    Where s is below 0, which it is by rounding alone, value and derivative are those at 0: a clamp in the graph
    would take the gradient between rows close together away.
    """
    schema = "(Tensor s, int dim, int order) -> Tensor"
    operator: Any = torch.library.custom_op(f"slicednorm::{name}", values, mutates_args=(), schema=schema)

    def keep(ctx: Any, inputs: tuple[Tensor, int, int], output: Tensor) -> None:
        s, ctx.dim, ctx.order = inputs
        ctx.save_for_backward(s)

    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (s,) = ctx.saved_tensors
        return gradient * (slope(ctx.dim, ctx.order) * operator(s, ctx.dim, ctx.order + 1)), None, None

    operator.register_fake(lambda s, dim, order: torch.empty_like(s))
    operator.register_autograd(backward, setup_context=keep)
    return operator


# --- Cramer-Wold ------------------------------------------------------------------------------------------


def _kummer_values(s: Tensor, dim: int, order: int) -> Tensor:
    """Return f_r(s) of `slicednorm.distances._kummer`."""
    s = s.clamp(min=0.0)
    if dim == 1:
        return s.neg_().exp_()
    w = s.add_(series_scale(dim)).reciprocal_().mul_(series_scale(dim))
    twice = w.mul(-4.0).add_(2.0)
    coefficients = series(dim, order, max(0.1 * torch.finfo(s.dtype).eps, 1e-15))
    # Clenshaw's recurrence b_j = a_j + 2t b_(j+1) − b_(j+2), for b_j with the signs + + − − in turn: that makes the
    # last term an addition, so that a step takes two passes and no memory.
    latest, before = torch.zeros_like(s), torch.zeros_like(s)
    for j in range(len(coefficients) - 1, 0, -1):
        sign = -1.0 if j % 4 > 1 else 1.0
        before.addcmul_(twice, latest, value=-1.0 if j % 2 else 1.0).add_(sign * coefficients[j])
        latest, before = before, latest
    g = before.addcmul_(twice, latest, value=0.5).add_(coefficients[0])
    for _ in range(order):
        g.mul_(w)
    return g.mul_(w.sqrt_())


_kummer = _operator("kummer", _kummer_values, lambda dim, order: -(1 + 2 * order) / (dim + 2 * order))


def cramer_wold(z: Tensor, *, gamma: float | None = None, check_finite: bool = False) -> Tensor:
    r"""Return the squared Cramer-Wold distance of a sample from N(0, I), differentiable.

    .. math::

        \frac{1}{2\sqrt\pi} \Big[ \frac{1}{n^2 \sqrt\gamma} \sum_{i,j}
        \varphi_D\Big(\frac{\|z_i - z_j\|^2}{4\gamma}\Big)
        + \frac{1}{\sqrt{1 + \gamma}} - \frac{2}{n \sqrt{\gamma + \frac12}} \sum_i
        \varphi_D\Big(\frac{\|z_i\|^2}{2 + 4\gamma}\Big) \Big], \qquad
        \varphi_D(s) = {}_1F_1(\tfrac12; \tfrac D2; -s)

    of every item, and its mean over the leading axes. It is what the mean of the sliced statistic ``cw`` over k
    directions tends to as k → ∞. :math:`\varphi_D` is exact for every D, not its approximation for many columns.

    It costs O(n² D), in tiles: memory beyond that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : (..., n, D), rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    gamma : the variance of the Gaussian that smooths, in units of z²; Silverman's :math:`(4/(3n))^{2/5}` if None.
    check_finite : look at the values, which waits for the device. Without it the result is NaN where z is not finite.

    Returns
    -------
    0-d tensor, float64 for a z of float64 and float32 otherwise, in units of 1/z.

    Raises
    ------
    TypeError
        If z is no tensor of floating-point numbers, or ``gamma`` no number.
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
    x = _items(z)
    with no_autocast(x.device):
        pairs = _kernel_sum(_kummer, x / math.sqrt(4.0 * width)) / (len(x) * n)
        cross = _kummer(x.square().sum(dim=-1) / (2.0 + 4.0 * width), dim, 0).mean(dtype=widest_dtype(x.device))
        # A row and itself add the value at 0, which is 1.
        value = (pairs + 1.0) / n / math.sqrt(width) + (1.0 + width) ** -0.5 - 2.0 * cross / math.sqrt(width + 0.5)
        return (value / (2.0 * math.sqrt(math.pi))).to(x.dtype)


# --- WAE-MMD ----------------------------------------------------------------------------------------------

# s in C_s = 2 D σ² s, as the authors' published code has them.
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


_imq = _operator("imq", _imq_values, lambda dim, order: -1.0 - order)


def mmd_imq(z: Tensor, prior: Tensor, *, check_finite: bool = False) -> Tensor:
    r"""Return the penalty of WAE-MMD, the squared MMD of two samples by inverse multiquadrics, differentiable.

    .. math::

        \frac{1}{n(n-1)} \sum_{i \ne j} \big[ k(z_i, z_j) + k(p_i, p_j) \big] - \frac{2}{n^2} \sum_{i,j} k(z_i, p_j),
        \qquad k(x, y) = \sum_s \frac{C_s}{C_s + \|x - y\|^2}

    of every item, and its mean over the leading axes; :math:`C_s = 2 D s` with s = 0.1, 0.2, 0.5, 1, 2, 5, 10, for
    a prior of unit variance. An unbiased estimate, so that it is negative about half of the time where both samples are
    of one law.

    It costs O(n² D), in tiles: memory beyond that of z does not grow with n², forward or backward.

    Parameters
    ----------
    z : (..., n, D), rows are observations, n ≥ 2, of a floating dtype; float16 and bfloat16 are computed in float32,
        also under autocast. The gradient has the dtype of z.
    prior : a sample of the prior, in the shape of z; it gets a gradient if it asks for one.
    check_finite : look at the values of z, which waits for the device. Without it the result is NaN where they are
        not finite.

    Returns
    -------
    0-d tensor without units, float64 for a z of float64 and float32 otherwise.

    Raises
    ------
    TypeError
        If z or ``prior`` is no tensor of floating-point numbers.
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
    x = _items(z)
    batch, n, _ = x.shape
    with no_autocast(x.device):
        y = prior.to(x.dtype).reshape(x.shape)
        within = _kernel_sum(_imq, x) + _kernel_sum(_imq, y)
        return ((within / (n - 1) - 2.0 * _kernel_sum(_imq, x, y) / n) / (batch * n)).to(x.dtype)
