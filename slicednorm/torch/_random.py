"""Standard normal numbers as a function of (seed, call, stream, position) alone: a counter-based generator.

The state of a loss is two integers, which are saved with it. Nothing is drawn from a shared generator. So a call gives
equal numbers on every rank of a group, after a restart, and in a compiled or captured graph, where the device reads
the two integers. The bits are those of SplitMix64, a counter that goes through a mixing function of 64 bits (Steele,
Lea and Flood, OOPSLA 2014). The counter starts at a number that is mixed in this way too. Box and Muller's transform
turns the bits into normal numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._inputs import is_plain

# The streams of a call: its directions and its prior sample are independent.
DIRECTIONS = 1
PRIOR = 2


def _signed(value: int) -> int:
    """Return the int64 that has the lowest 64 bits of an integer."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


_GOLDEN = _signed(0x9E3779B97F4A7C15)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)


def _shift(bits: Any, count: int) -> Any:
    """Return the bits shifted right and filled up with zeros. The shift of an int64 fills up with the sign."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def _mix(bits: Any) -> Any:
    """Return SplitMix64's mixture of each int64, in NumPy or torch. Products wrap around."""
    bits = (bits ^ _shift(bits, 30)) * _FIRST
    bits = (bits ^ _shift(bits, 27)) * _SECOND
    return bits ^ _shift(bits, 31)


def _normals(xp: Any, key: Any, pairs: Any, dtype: Any) -> tuple[Any, Any]:
    """Return the two normal numbers of each pair, of which ``pairs`` are the positions."""
    bits = _mix(key + pairs * _GOLDEN)
    # 32 bits for the radius, which reaches 6.7 standard deviations, and 32 for the angle.
    high, low = _shift(bits, 32), bits & 0xFFFFFFFF
    high, low = (high.astype(dtype), low.astype(dtype)) if xp is np else (high.to(dtype), low.to(dtype))
    radius = xp.sqrt(-2.0 * xp.log((high + 0.5) * 2.0**-32))
    angle = low * (math.pi * 2.0**-31)
    return radius * xp.cos(angle), radius * xp.sin(angle)


def _numbers(
    seed: Tensor, call: Tensor, stream: int, start: int, count: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    """Return standard normal numbers start, …, start + count − 1 of one call and stream, (count,).

    ``seed`` and ``call`` are int64 of one element, on ``device`` or on the CPU.
    """
    first, last = start // 2, (start + count + 1) // 2
    other = _signed(stream * _GOLDEN)
    if seed.device.type == call.device.type == device.type == "cpu":
        state = np.asarray([[int(seed)], [int(call)]])
        key = _mix(_mix(state[0] + other) + state[1] * _GOLDEN)
        pairs = np.arange(first, last)
        numbers = np.stack(_normals(np, key, pairs, np.dtype(str(dtype).removeprefix("torch."))), axis=-1)
        return torch.from_numpy(numbers.reshape(-1)[start - 2 * first :][:count])
    # 0-d tensors on the CPU may be combined with tensors on any device.
    key = _mix(_mix(seed.reshape(()) + other) + call.reshape(()) * _GOLDEN)
    pairs = torch.arange(first, last, device=device)
    return torch.stack(_normals(torch, key, pairs, dtype), dim=-1).view(-1)[start - 2 * first :][:count].clone()


# One operation where it is traced, because products that wrap around are undefined in the C++ of a compiled graph.
_registered = torch.library.custom_op("slicednorm::counted_normal", _numbers, mutates_args=())


@_registered.register_fake
def _(
    seed: Tensor, call: Tensor, stream: int, start: int, count: int, dtype: torch.dtype, device: torch.device
) -> Tensor:
    return torch.empty(count, dtype=dtype, device=device)


def counted_normal(
    seed: Tensor, call: Tensor, stream: int, shape: Sequence[int], like: Tensor, dtype: torch.dtype, start: int = 0
) -> Tensor:
    """Return the numbers of one call and stream from position ``start`` on, on the device of ``like``."""
    draw = _numbers if is_plain(seed) and is_plain(like) else _registered
    return draw(seed, call, stream, start, math.prod(shape), dtype, like.device).view(shape)


def counted_directions(seed: Tensor, call: Tensor, n_slices: int, dtype: torch.dtype, like: Tensor) -> Tensor:
    """Return (k, D) independent unit vectors for a latent (..., D), uniform on the sphere.

    They are equal in every dtype, up to rounding.
    """
    vectors = counted_normal(seed, call, DIRECTIONS, (n_slices, like.shape[-1]), like, widest_dtype(like.device))
    return (vectors / torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)).to(dtype)
