"""Slices on a device, by torch's own operations.

Shapes and work depend on the shapes of the input alone. Nothing is copied to the device and nothing is read back, so
that the host never waits and a graph can be captured. The tests run this code on the CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._sliced.settings import Settings

# Values of one chunk of projections. Distances between characteristic functions need dozens of values for each of them.
_CHUNK = 1 << 24
_CHUNK_SPECTRAL = 1 << 20


def project(z: Tensor, directions: Tensor) -> Tensor:
    """Return the projections (items, k, n) of items z (items, n, D).

    The values of a slice are contiguous, which is the fastest to sort.
    """
    return torch.matmul(directions, z.mT)


def slices(y: Tensor, prior: Tensor | None, settings: Settings, with_gradient: bool) -> Tensor:
    """Return the distances (rows,) of projections y (rows, n). ``with_gradient`` leaves the gradient in y."""
    distance = settings.distance
    order = None
    taken = y
    if distance.needs_sorted:
        taken, order = torch.sort(y, dim=-1)
    arguments = (taken,) if prior is None else (taken, torch.sort(prior, dim=-1).values)
    if not with_gradient:
        return distance.value(*arguments, **settings.options).to(widest_dtype(y.device))
    values, slope = distance.value_and_gradient(*arguments, **settings.options)
    if order is None:
        y.copy_(slope)
    else:
        y.scatter_(-1, order, slope)
    return values.to(widest_dtype(y.device))


def sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    items, n, _ = z.shape
    count = directions.shape[0]
    budget = _CHUNK if settings.distance.needs_sorted else _CHUNK_SPECTRAL
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
            values[some, part] = slices(y.view(-1, n), others, settings, with_gradient).view(y.shape[:2])
            if gradient is not None:
                gradient[some] += y.mT @ directions[part]
    return values, gradient
