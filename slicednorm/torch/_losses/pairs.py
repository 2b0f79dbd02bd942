"""Sums over all pairs of rows, tile by tile.

The graph keeps the rows alone: a tile is computed again when its gradient is due, so memory does not grow with n² in
either direction. What is summed over tiles is summed in float64, for the distances are small differences of such sums
where a sample is near to normal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from slicednorm.torch._dtypes import computing_dtype, widest_dtype

# The part of a sum from two blocks of rows (batch, rows, D), and whether they are one block, paired with itself.
Term: TypeAlias = Callable[[Tensor, Tensor, bool], Tensor]

# Side of a tile of the matrix of all pairs; of small items of a batch, as many make a tile as have its entries.
_TILE = 1024


def as_items(z: Tensor) -> Tensor:
    """Return (..., n, D) as (batch, n, D) in the dtype it is computed in."""
    return z.to(computing_dtype(z.dtype)).reshape(-1, z.shape[-2], z.shape[-1])


def recomputed(function: Callable[..., Any], *args: Any) -> Any:
    """Return function(*args), of which the graph keeps the arguments alone."""
    return checkpoint(function, *args, use_reentrant=False, preserve_rng_state=False)


def sum_over_pairs(term: Term, x: Tensor, y: Tensor | None = None) -> Tensor:
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
                    total = total + recomputed(term, block, other, False)
                elif i == j:
                    total = total + recomputed(term, block, block, True)
                elif i < j:
                    total = total + 2.0 * recomputed(term, block, other, False)
    return total
