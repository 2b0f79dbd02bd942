"""Sums over all pairs of rows, tile by tile.

The graph keeps the rows alone. The backward pass computes a tile again when its gradient is due, so memory does not
grow with n², forward or backward. Sums over tiles are float64, because the distance of a nearly normal sample is a
small difference of such sums.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from slicednorm.torch._dtypes import computing_dtype, widest_dtype

# The part of a sum that two blocks of rows (batch, rows, D) add, and whether they are one block, paired with itself.
Term: TypeAlias = Callable[[Tensor, Tensor, bool], Tensor]

# Side of a tile of the matrix of all pairs. Small items of a batch share a tile: as many as it has entries for.
_TILE = 1024


def as_items(z: Tensor) -> Tensor:
    """Return (..., n, D) as (batch, n, D) in the dtype it is computed in."""
    return z.to(computing_dtype(z.dtype)).reshape(-1, z.shape[-2], z.shape[-1])


def recomputed(function: Callable[..., Any], *args: Any) -> Any:
    """Return function(*args). The graph keeps the arguments, and the backward pass calls the function again."""
    return checkpoint(function, *args, use_reentrant=False, preserve_rng_state=False)


def sum_over_pairs(term: Term, x: Tensor, y: Tensor | None = None) -> Tensor:
    """Return the sum over all pairs of a row of x and one of y, both (batch, n, D), of the same item.

    Without y the pairs are those within x, and ``term`` has to be symmetric.
    """
    total = torch.zeros((), dtype=widest_dtype(x.device), device=x.device)
    items = max(1, _TILE**2 // min(x.shape[1], _TILE) ** 2)
    for left, right in zip(x.split(items), (x if y is None else y).split(items), strict=True):
        # Split once: the gradient of one slice is as large as z, and that of the whole split is no larger.
        blocks = left.split(_TILE, dim=1)
        others = blocks if y is None else right.split(_TILE, dim=1)
        for i, block in enumerate(blocks):
            for j, other in enumerate(others):
                if y is not None:
                    total = total + recomputed(term, block, other, False)
                elif i == j:
                    total = total + recomputed(term, block, block, True)
                elif i < j:
                    total = total + 2.0 * recomputed(term, block, other, False)
    return total
