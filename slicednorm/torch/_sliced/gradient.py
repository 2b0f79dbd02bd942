"""The sliced distance of a latent and its gradient, found together.

The gradient by the projections is known in closed form. So value and gradient by z come from one pass, in which only a
chunk of the (k, n) projections exists at a time. Memory does not grow with the number of directions.
"""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._sliced import on_cpu, on_device
from slicednorm.torch._sliced.settings import Settings


def _array(tensor: Tensor) -> NDArray[Any]:
    """Return a tensor on the CPU as an array that shares its memory."""
    return tensor.detach().numpy()


def sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of items z (items, n, D), and Σ_j ∂d_j/∂z, (items, n, D), if asked for."""
    if z.device.type != "cpu":
        return on_device.sweep(z, prior, directions, settings, with_gradient)
    others = None if prior is None else _array(prior)
    values, gradient = on_cpu.sweep(_array(z), others, _array(directions), settings, with_gradient)
    return torch.from_numpy(values), None if gradient is None else torch.from_numpy(gradient)


def slices(y: Tensor, prior: Tensor | None, settings: Settings, with_gradient: bool) -> Tensor:
    """Return the distances (rows,) of projections y (rows, n).

    y and prior are overwritten; ``with_gradient`` leaves the gradient in y.
    """
    if y.device.type != "cpu":
        return on_device.slices(y, prior, settings, with_gradient)
    others = None if prior is None else _array(prior)
    return torch.from_numpy(on_cpu.slices(_array(y), others, settings, with_gradient))


def value_and_gradient(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the sliced distance of every item, (items,), and its gradient by z, (items, n, D), if asked for.

    z and prior are (items, n, D) and directions (k, D), all in the computing dtype.
    """
    if settings.aggregate == "mean":
        values, gradient = sweep(z, prior, directions, settings, with_gradient)
        if gradient is not None:
            gradient /= directions.shape[0]
        return values.mean(-1).to(z.dtype), gradient
    values, _ = sweep(z, prior, directions, settings, with_gradient=False)
    best = values.argmax(-1)
    value = values.gather(-1, best[:, None])[:, 0].to(z.dtype)
    if not with_gradient:
        return value, None
    y, *others = (along(sample, directions[best]) for sample in (z, prior) if sample is not None)
    return value, of_one_slice(y, others, directions[best], settings).to(z.dtype)


def along(z: Tensor, chosen: Tensor) -> Tensor:
    """Return the projections (items, n) of each item on a direction of its own, (items, D), in double precision."""
    return torch.einsum("ind,id->in", z.to(widest_dtype(z.device)), chosen.to(widest_dtype(z.device))).contiguous()


def of_one_slice(
    y: Tensor, others: list[Tensor], chosen: Tensor, settings: Settings, mine: slice = slice(None)
) -> Tensor:
    """Return the gradient by z (items, n, D) of the distance of one slice y (items, n) of each item.

    The gradient of the maximum is that of the slice that attains it, or of the first such slice. A single slice costs
    next to nothing, so it is computed in double precision. With ``mine`` it is the gradient by those rows alone,
    where the slice is of the whole batch and a rank holds a part of it.
    """
    slices(y, others[0] if others else None, settings, with_gradient=True)
    return y[:, mine, None] * chosen[:, None, :]
