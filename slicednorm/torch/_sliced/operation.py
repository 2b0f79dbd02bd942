"""The sliced distance as one operation for autograd and torch.compile, which finds value and gradient together."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import torch
from torch import Tensor

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._inputs import check_values, is_plain
from slicednorm.torch._precision import full_precision
from slicednorm.torch._sliced import over_processes
from slicednorm.torch._sliced.gradient import value_and_gradient
from slicednorm.torch._sliced.plain import plain_distance
from slicednorm.torch._sliced.processes import meet
from slicednorm.torch._sliced.settings import Aggregate, Settings


class Arguments(NamedTuple):
    """The arguments of the operation, in the order of its schema.

    A schema has tensors, numbers and strings alone. That is why the settings are spread out here.
    """

    z: Tensor
    prior: Tensor | None
    directions: Tensor
    statistic: str
    aggregate: Aggregate
    unbiased: bool
    t_max: float | None
    n_points: int | None
    with_gradient: bool
    trusted: bool
    check_finite: bool
    group: str | None
    state: Tensor | None

    @property
    def settings(self) -> Settings:
        """The settings of the loss."""
        return Settings(self.statistic, self.aggregate, self.unbiased, self.t_max, self.n_points)


_SCHEMA = (
    "(Tensor z, Tensor? prior, Tensor directions, str statistic, str aggregate, bool unbiased, float? t_max, "
    "int? n_points, bool with_gradient, bool trusted, bool check_finite, str? group, Tensor? state) "
    "-> (Tensor, Tensor, Tensor)"
)

# Only z has a gradient.
_NONE_FOR_THE_OTHERS = (None,) * (len(Arguments._fields) - 1)


def _check(given: Arguments) -> None:
    """Raise if values are not what they have to be."""
    try:
        check_values(given.z, None if given.trusted else given.directions, given.check_finite)
    except ValueError:
        if given.group is not None:
            # The other ranks would wait for this one. They are told.
            items = given.z.detach().reshape(-1, *given.z.shape[-2:])
            with contextlib.suppress(RuntimeError):
                meet(
                    items,
                    given.directions.detach(),
                    given.settings,
                    given.group,
                    given.with_gradient,
                    refused=True,
                )
        raise


def _compute(given: Arguments) -> tuple[Tensor, Tensor, int]:
    """Return the distance of z (..., n, D), its gradient by z (empty unless asked for), and n.

    With the name of a process group the distance and n are those of the whole batch over its ranks. ``trusted``
    directions are not checked.
    """
    _check(given)
    z, settings = given.z, given.settings
    dtype = computing_dtype(z.dtype)
    sample = z.detach().to(dtype).reshape(-1, *z.shape[-2:])
    directions = given.directions.detach().to(dtype)
    prior = None if given.prior is None else given.prior.detach().to(dtype).reshape(sample.shape)
    # On the CPU NumPy multiplies. torch does where ranks exchange something.
    by_numpy = z.device.type == "cpu" and given.group is None
    with torch.no_grad(), contextlib.nullcontext() if by_numpy else full_precision(z.device):
        if given.group is None:
            n = z.shape[-2]
            values, gradient = value_and_gradient(sample, prior, directions, settings, given.with_gradient)
        else:
            ranks = meet(sample, directions, settings, given.group, given.with_gradient, refused=False)
            n = ranks.total
            values, gradient = over_processes.value_and_gradient(
                sample, prior, directions, settings, given.with_gradient, ranks, given.state
            )
        if gradient is None:
            gradient = sample.new_empty(0)
        else:
            gradient = (gradient if len(values) == 1 else gradient / len(values)).view(z.shape)
    return values.mean(), gradient, n


def _setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
    given = Arguments(*inputs)
    ctx.settings = given.settings
    ctx.group = given.group
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1], given.z, given.directions, given.prior)


def _backward(ctx: Any, of_value: Tensor | None, *_: Any) -> tuple[Tensor | None, ...]:
    gradient, z, directions, prior = ctx.saved_tensors
    if of_value is None:
        return (None, *_NONE_FOR_THE_OTHERS)
    if not torch.is_grad_enabled():
        return ((of_value * gradient).to(z.dtype), *_NONE_FOR_THE_OTHERS)
    # The gradient is to be differentiated itself, so it must be built from operations that autograd can differentiate.
    if ctx.group is not None:
        raise RuntimeError("second derivatives are not available over a process group; leave process_group out")
    value = plain_distance(z, prior, directions, ctx.settings)
    (derivative,) = torch.autograd.grad(value, z, of_value, create_graph=True)
    return (derivative, *_NONE_FOR_THE_OTHERS)


class _Eager(torch.autograd.Function):
    """The operation in eager mode, where a call costs a fifth of a call of the registered one."""

    @staticmethod
    def forward(*arguments: Any) -> tuple[Tensor, Tensor, int]:
        return _compute(Arguments(*arguments))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
        ctx.mark_non_differentiable(output[1])
        _setup_context(ctx, inputs, output)

    @staticmethod
    def backward(ctx: Any, *slopes: Any) -> Any:
        return _backward(ctx, *slopes)


@torch.library.custom_op("slicednorm::sliced_distance", mutates_args=(), schema=_SCHEMA)
def _registered(*arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distance, its gradient, and the number of rows as a tensor."""
    value, gradient, n = _compute(Arguments(*arguments))
    return value, gradient, torch.full((), n, dtype=value.dtype, device=value.device)


@_registered.register_fake
def _(*arguments: Any) -> tuple[Tensor, Tensor, Tensor]:
    given = Arguments(*arguments)
    z, dtype = given.z, computing_dtype(given.z.dtype)
    gradient = torch.empty(z.shape if given.with_gradient else (0,), dtype=dtype, device=z.device)
    return z.new_empty((), dtype=dtype), gradient, z.new_empty((), dtype=dtype)


_registered.register_autograd(_backward, setup_context=_setup_context)


def fused_distance(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    settings: Settings,
    *,
    with_gradient: bool,
    trusted: bool,
    check_finite: bool,
    group: str | None,
    state: Tensor | None,
) -> tuple[Tensor, Tensor | int]:
    """Return the distance of z and the number of rows."""
    arguments = Arguments(z, prior, directions, *settings, with_gradient, trusted, check_finite, group, state)
    value, _, n = (_Eager.apply if is_plain(z) else _registered)(*arguments)
    return value, n
