"""Kernels of the squared distance between rows, and their sums over all pairs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._losses.pairs import sum_over_pairs

# f_r(s) for (s, D, r): a function and its derivatives of order r, up to a factor.
Family: TypeAlias = Callable[[Tensor, int, int], Tensor]


def _squared_distances(left: Tensor, right: Tensor, same: bool) -> Tensor:
    """Return ‖x_i − y_j‖² between rows, (batch, rows, rows), infinite between a row and itself.

    A row and itself are not a pair. At infinity a kernel and its derivatives are exactly 0.
    """
    lengths = left.square().sum(dim=-1)[:, :, None] + right.square().sum(dim=-1)[:, None, :]
    squares = lengths.baddbmm_(left, right.mT, alpha=-2.0)
    if same:
        squares = squares.masked_fill(torch.eye(left.shape[1], dtype=torch.bool, device=left.device), math.inf)
    return squares


def kernel_sum(kernel: Family, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the sum of kernel(‖x_i − y_j‖²) over all pairs, or without y of kernel(‖x_i − x_j‖²) over i ≠ j."""
    dim = x.shape[2]

    def term(left: Tensor, right: Tensor, same: bool) -> Tensor:
        return kernel(_squared_distances(left, right, same), dim, 0).sum(dtype=widest_dtype(left.device))

    # Distances do not depend on the origin, but their rounding does. They have no derivative by it, so it may be taken
    # for a constant. A single row may pull the mean away. The row that is nearest to the mean lies where most rows are.
    rows = x.detach()
    nearest = (rows - rows.mean(dim=1, keepdim=True)).square().sum(dim=-1, keepdim=True).argmin(dim=1, keepdim=True)
    origin = rows.gather(1, nearest.expand(-1, -1, dim))
    return sum_over_pairs(term, x - origin, None if y is None else y - origin)


def kernel_operator(name: str, values: Family, slope: Callable[[int, int], float]) -> Family:
    """Return f_r(s) = values(s, D, r) as an operator with the derivative slope(D, r)·f_(r+1)(s).

    So autograd keeps s, not every step of a series, and a compiler need not see how the coefficients are computed.
    Rounding may put s below 0. Value and derivative are then those at 0. A clamp in the graph would remove the gradient
    between rows that are close together.
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
