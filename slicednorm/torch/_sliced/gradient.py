"""From a latent to its distance and the gradient of that, without holding the projections.

The gradient by the projections is known in closed form, so value and gradient by z are found together, and of the
(k, n) projections only a chunk exists at a time: memory does not grow with the number of directions.
"""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._sliced import on_cpu, on_device
from slicednorm.torch._sliced.task import Task


def _array(tensor: Tensor | None) -> object:
    return None if tensor is None else tensor.detach().numpy()


def sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    if z.device.type != "cpu":
        return on_device.sweep(z, prior, directions, task, with_gradient)
    values, gradient = on_cpu.sweep(_array(z), _array(prior), _array(directions), task, with_gradient)  # type: ignore[arg-type]
    return torch.from_numpy(values), None if gradient is None else torch.from_numpy(gradient)


def slices(y: Tensor, prior: Tensor | None, task: Task, with_gradient: bool) -> Tensor:
    """Return the distances (rows,) of projections (rows, n), which are used up: y then holds the gradient."""
    if y.device.type != "cpu":
        return on_device.slices(y, prior, task, with_gradient)
    return torch.from_numpy(on_cpu.slices(_array(y), _array(prior), task, with_gradient))  # type: ignore[arg-type]


def value_and_gradient(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the sliced distance of every item, (items,), and its gradient by z, (items, n, D), if asked for.

    z and prior are (items, n, D) and directions (k, D), all in the computing dtype.
    """
    if task.aggregate == "mean":
        values, gradient = sweep(z, prior, directions, task, with_gradient)
        if gradient is not None:
            gradient /= directions.shape[0]
        return values.mean(-1).to(z.dtype), gradient
    values, _ = sweep(z, prior, directions, task, with_gradient=False)
    best = values.argmax(-1)
    value = values.gather(-1, best[:, None])[:, 0].to(z.dtype)
    if not with_gradient:
        return value, None
    y, *others = (along(sample, directions[best]) for sample in (z, prior) if sample is not None)
    return value, of_one_slice(y, others, directions[best], task).to(z.dtype)


def along(z: Tensor, chosen: Tensor) -> Tensor:
    """Return the projections (items, n) of each item on a direction of its own, (items, D), in double precision."""
    return torch.einsum("ind,id->in", z.to(widest_dtype(z.device)), chosen.to(widest_dtype(z.device))).contiguous()


def of_one_slice(y: Tensor, others: list[Tensor], chosen: Tensor, task: Task, mine: slice = slice(None)) -> Tensor:
    """Return the gradient by z (items, n, D) of the distance of one slice y (items, n) of each item.

    The gradient of the maximum is that of the slice that attains it, the first of equals. A single slice costs nothing,
    so it is taken in double precision. Of a slice of the whole batch a rank takes its own rows, ``mine``.
    """
    slices(y, others[0] if others else None, task, with_gradient=True)
    return y[:, mine, None] * chosen[:, None, :]
