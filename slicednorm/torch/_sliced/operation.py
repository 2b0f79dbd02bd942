"""The sliced distance as one operation that autograd and torch.compile know, value and gradient together."""

from __future__ import annotations

import contextlib
from typing import Any

import torch
from torch import Tensor

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._inputs import check_values, is_plain
from slicednorm.torch._precision import full_precision
from slicednorm.torch._sliced import over_ranks
from slicednorm.torch._sliced.gradient import value_and_gradient
from slicednorm.torch._sliced.plain import unfused
from slicednorm.torch._sliced.task import make_task


def _compute(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    statistic: str,
    aggregate: str,
    unbiased: bool,
    t_max: float | None,
    n_points: int | None,
    with_gradient: bool,
    trusted: bool,
    check_finite: bool,
    group: str | None,
    state: Tensor | None,
) -> tuple[Tensor, Tensor, int]:
    """Return the distance of z (..., n, D), its gradient by z (empty unless asked for), and n.

    With the name of a process group the distance and n are those of the whole batch over its ranks. ``trusted``
    directions are not looked at.
    """
    dtype = computing_dtype(z.dtype)
    task = make_task(statistic, aggregate, unbiased, t_max, n_points)
    try:
        check_values(z, None if trusted else directions, check_finite)
    except ValueError:
        if group is not None:
            # The others would wait for this rank; they are told.
            items = z.detach().reshape(-1, *z.shape[-2:])
            with contextlib.suppress(RuntimeError):
                over_ranks.meet(items, directions.detach(), task, group, with_gradient, refused=True)
        raise
    sample, vectors = z.detach().to(dtype).reshape(-1, *z.shape[-2:]), directions.detach().to(dtype)
    other = None if prior is None else prior.detach().to(dtype).reshape(sample.shape)
    # On the CPU NumPy multiplies, but for what ranks exchange.
    plain = z.device.type == "cpu" and group is None
    with torch.no_grad(), contextlib.nullcontext() if plain else full_precision(z.device):
        if group is None:
            n = z.shape[-2]
            values, gradient = value_and_gradient(sample, other, vectors, task, with_gradient)
        else:
            ranks = over_ranks.meet(sample, vectors, task, group, with_gradient, refused=False)
            values, gradient, n = over_ranks.value_and_gradient(
                sample, other, vectors, task, with_gradient, ranks, state
            )
        if gradient is None:
            gradient = sample.new_empty(0)
        else:
            gradient = (gradient if len(values) == 1 else gradient / len(values)).view(z.shape)
    return values.mean(), gradient, n


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    z, prior, directions, *settings, _, _, _, group, _ = inputs
    ctx.task = make_task(*settings)
    ctx.group = group
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1], z, directions, *([] if prior is None else [prior]))


def _backward(ctx: Any, of_value: Tensor | None, *_: Any) -> tuple[Any, ...]:
    gradient, z, directions, *prior = ctx.saved_tensors
    nothing = (None,) * 12
    if of_value is None:
        return (None, *nothing)
    if not torch.is_grad_enabled():
        return ((of_value * gradient).to(z.dtype), *nothing)
    # Someone will differentiate the gradient: it has to be one that autograd knows how it came about.
    if ctx.group is not None:
        raise RuntimeError("second derivatives are not available over a process group; leave process_group out")
    value = unfused(z, prior[0] if prior else None, directions, ctx.task)
    (derivative,) = torch.autograd.grad(value, z, of_value, create_graph=True)
    return (derivative, *nothing)


class _Eager(torch.autograd.Function):
    """The operation of eager mode: it costs a fifth of what calling a registered one does."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, Tensor, int]:
        return _compute(*arguments)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        ctx.mark_non_differentiable(output[1])
        _setup_context(ctx, inputs, output)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        return _backward(ctx, *slopes)


@torch.library.custom_op(
    "slicednorm::sliced_distance",
    mutates_args=(),
    schema="(Tensor z, Tensor? prior, Tensor directions, str statistic, str aggregate, bool unbiased, float? t_max, "
    "int? n_points, bool with_gradient, bool trusted, bool check_finite, str? group, Tensor? state) "
    "-> (Tensor, Tensor, Tensor)",
)
def _registered(*arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Compute with the arguments of `_compute`; the number of rows as a tensor."""
    value, gradient, n = _compute(*arguments)
    return value, gradient, torch.full((), n, dtype=value.dtype, device=value.device)


@_registered.register_fake
def _(z: Tensor, prior: Any, directions: Any, *settings: Any) -> tuple[Tensor, Tensor, Tensor]:
    with_gradient = settings[5]
    dtype = computing_dtype(z.dtype)
    gradient = torch.empty(z.shape if with_gradient else (0,), dtype=dtype, device=z.device)
    return z.new_empty((), dtype=dtype), gradient, z.new_empty((), dtype=dtype)


_registered.register_autograd(_backward, setup_context=_setup_context)


def fused(z: Tensor, *arguments: Any) -> tuple[Tensor, Tensor | int]:
    """Return the distance of z and the number of rows, with the arguments of `_compute`."""
    value, _, n = (_Eager.apply if is_plain(z) else _registered)(z, *arguments)
    return value, n
