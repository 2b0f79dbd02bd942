"""The sliced distance as one operation that autograd and torch.compile know, value and gradient together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from slicednorm.torch import _distributed, _engine
from slicednorm.torch._inputs import check_values, computing_dtype
from slicednorm.torch._precision import full_precision
from slicednorm.torch._task import make_task
from slicednorm.torch._unfused import unfused


@torch.library.custom_op("slicednorm::sliced_distance", mutates_args=())
def sliced_distance_op(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    statistic: str,
    aggregate: str,
    unbiased: bool,
    t_max: float | None,
    n_points: int | None,
    with_gradient: bool,
    check_finite: bool,
    group: str | None,
    state: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distance of every item of z (items, n, D), its gradient by z (empty unless asked for), and n.

    With the name of a process group the distance and n are those of the whole batch over its ranks.
    """
    dtype = computing_dtype(z.dtype)
    check_values(z, directions, check_finite)
    task = make_task(statistic, aggregate, unbiased, t_max, n_points)
    total = z.shape[1]
    with full_precision(z.device), torch.no_grad():
        sample, vectors = z.detach().to(dtype), directions.detach().to(dtype)
        other = None if prior is None else prior.detach().to(dtype)
        if group is None:
            value, gradient = _engine.value_and_gradient(sample, other, vectors, task, with_gradient)
        else:
            value, gradient, total = _distributed.value_and_gradient(
                sample, other, vectors, task, with_gradient, group, state
            )
    nothing = z.new_empty(0, dtype=dtype)
    return value, nothing if gradient is None else gradient, torch.full((), total, dtype=dtype, device=z.device)


@sliced_distance_op.register_fake
def _(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    statistic: str,
    aggregate: str,
    unbiased: bool,
    t_max: float | None,
    n_points: int | None,
    with_gradient: bool,
    check_finite: bool,
    group: str | None,
    state: Tensor | None,
) -> tuple[Tensor, Tensor, Tensor]:
    dtype = computing_dtype(z.dtype)
    gradient = torch.empty(z.shape if with_gradient else (0,), dtype=dtype, device=z.device)
    return z.new_empty(z.shape[:1], dtype=dtype), gradient, z.new_empty((), dtype=dtype)


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    z, prior, directions, *settings, _, _, group, _ = inputs
    ctx.task = make_task(*settings)
    ctx.group = group
    ctx.save_for_backward(output[1], z, directions, *([] if prior is None else [prior]))


def _backward(ctx: Any, of_values: Tensor | None, *_: Any) -> tuple[Any, ...]:
    gradient, z, directions, *prior = ctx.saved_tensors
    nothing = (None,) * 11
    if of_values is None:
        return (None, *nothing)
    if not torch.is_grad_enabled():
        return ((of_values[:, None, None] * gradient).to(z.dtype), *nothing)
    # Someone will differentiate the gradient: it has to be one that autograd knows how it came about.
    if ctx.group is not None:
        raise RuntimeError("second derivatives are not available over a process group; leave process_group out")
    values = unfused(z, prior[0] if prior else None, directions, ctx.task)
    (derivative,) = torch.autograd.grad(values, z, of_values, create_graph=True)
    return (derivative, *nothing)


sliced_distance_op.register_autograd(_backward, setup_context=_setup_context)
