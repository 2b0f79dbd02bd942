"""Slices on a device, by torch's own operations: shapes and work follow from the shapes of the input alone.

Nothing is copied to the device and nothing read back, so that the host never waits and a graph can be captured. (It
runs on the CPU as well, which the tests use.)
"""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._sliced.task import Task

# Values of one chunk of projections. The distances between characteristic functions hold some dozens of rows for each.
_CHUNK = 1 << 24
_CHUNK_SPECTRAL = 1 << 20


def project(z: Tensor, directions: Tensor) -> Tensor:
    """Return the projections (items, k, n) of items z (items, n, D): a sample lies in one run, which sorts fastest."""
    return torch.matmul(directions, z.mT)


def slices(y: Tensor, prior: Tensor | None, task: Task, with_gradient: bool) -> Tensor:
    """Return the distances (rows,) of projections (rows, n), which are used up: y then holds the gradient."""
    distance = task.distance
    order = None
    taken = y
    if distance.needs_sorted:
        taken, order = torch.sort(y, dim=-1)
    arguments = (taken,) if prior is None else (taken, torch.sort(prior, dim=-1).values)
    if not with_gradient:
        return distance.value(*arguments, **task.options).to(widest_dtype(y.device))
    values, slope = distance.value_and_gradient(*arguments, **task.options)
    if order is None:
        y.copy_(slope)
    else:
        y.scatter_(-1, order, slope)
    return values.to(widest_dtype(y.device))


def sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    items, n, _ = z.shape
    count = directions.shape[0]
    budget = _CHUNK if task.distance.needs_sorted else _CHUNK_SPECTRAL
    per_item = max(1, min(count, budget // n))
    per_chunk = max(1, min(items, budget // (n * per_item)))
    values = torch.empty(items, count, dtype=widest_dtype(z.device), device=z.device)
    gradient = torch.zeros_like(z, memory_format=torch.contiguous_format) if with_gradient else None
    for first in range(0, items, per_chunk):
        some = slice(first, min(first + per_chunk, items))
        for start in range(0, count, per_item):
            part = slice(start, min(start + per_item, count))
            y = project(z[some], directions[part])
            others = None if prior is None else project(prior[some], directions[part]).view(-1, n)
            values[some, part] = slices(y.view(-1, n), others, task, with_gradient).view(y.shape[:2])
            if gradient is not None:
                gradient[some] += y.mT @ directions[part]
    return values, gradient
