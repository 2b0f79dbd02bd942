"""Checks of latents, directions and options, each with one clear line about what is wrong."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import Tensor

from slicednorm.directions import UNIT_TOLERANCE


def is_plain(tensor: Tensor) -> bool:
    """Return whether a tensor holds values now: nothing is traced, and it is not a stand-in for a tensor."""
    return not torch.compiler.is_compiling() and type(tensor) in (Tensor, torch.nn.Parameter)


def whole_number(value: Any, name: str, *, or_none: bool = False) -> int:
    """Return a whole number of any kind as an int, or raise a TypeError that names the argument."""
    if not isinstance(value, bool):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(f"{name} must be a whole number{' or None' if or_none else ''}, got {value!r}")


def check_switches(**switches: Any) -> None:
    """Raise a TypeError unless every argument is True or False."""
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, got {value!r}")


def check_latent(z: Tensor, *, check_finite: bool = False, least_rows: int = 2, name: str = "z") -> None:
    """Raise unless z is a latent: real floating point, of shape (..., n, D), n ≥ ``least_rows``, D ≥ 1.

    ``check_finite`` checks the values too, which waits for the device. ``name`` is the name of z in a message.

    Raises
    ------
    TypeError
        If z is not a tensor or does not hold floating-point numbers.
    ValueError
        If the shape does not fit, or values are not finite and ``check_finite`` is asked for.
    """
    if not isinstance(z, Tensor):
        raise TypeError(
            f"{name} must be a torch tensor, got {type(z).__name__}; convert it with torch.as_tensor({name})"
        )
    if z.layout != torch.strided:
        raise TypeError(f"{name} must be a dense tensor, got layout {z.layout}; convert it with {name}.to_dense()")
    if not z.dtype.is_floating_point:
        remedy = "pass real and imaginary parts as columns" if z.dtype.is_complex else f"convert it with {name}.float()"
        raise TypeError(f"{name} must hold floating-point numbers, got dtype {z.dtype}; {remedy}")
    if z.dim() < 2:
        raise ValueError(f"{name} must have shape (..., n, D), got {tuple(z.shape)}; {name}[:, None] makes one column")
    if z.shape[-2] < least_rows or 0 in z.shape:
        rows = f"{least_rows} row{'s' if least_rows > 1 else ''}"
        raise ValueError(f"{name} must have at least {rows} and 1 column in every batch, got shape {tuple(z.shape)}")
    if check_finite:
        check_finite_values(z)


def check_finite_values(z: Tensor) -> None:
    """Raise a ValueError if z holds NaN or infinities, which waits for the device."""
    finite = torch.isfinite(z.detach())
    if not bool(finite.all()):
        where = tuple(torch.nonzero(~finite)[0].tolist())
        raise ValueError(
            f"z of shape {tuple(z.shape)} and dtype {z.dtype} holds {int((~finite).sum())} values that are not "
            f"finite, the first at {where}"
        )


def check_unit_rows(directions: Tensor) -> None:
    """Raise a ValueError unless every direction (k, D) has length 1, which waits for the device."""
    lengths = torch.linalg.vector_norm(directions.detach().double(), dim=-1)
    worst = int((lengths - 1.0).abs().nan_to_num(nan=torch.inf).argmax())
    if not abs(float(lengths[worst]) - 1.0) <= UNIT_TOLERANCE:
        raise ValueError(
            f"directions must have rows of length 1, row {worst} has {float(lengths[worst]):.6g}; divide by the lengths"
            + (", in float32" if directions.dtype.itemsize < 4 else "")
        )


def check_values(z: Tensor, directions: Tensor | None, check_finite: bool) -> None:
    """Check the values where that does not wait for a device, and elsewhere if ``check_finite`` asks for it."""
    if check_finite:
        check_finite_values(z)
    if directions is not None and (check_finite or directions.device.type == "cpu"):
        check_unit_rows(directions)


def check_directions(directions: Tensor, z: Tensor) -> None:
    """Raise unless directions are (k, D) floating-point numbers on the device of z (..., n, D); not their lengths."""
    check_companion(directions, z, "directions")
    if directions.dim() != 2 or directions.shape[0] < 1 or directions.shape[1] != z.shape[-1]:
        raise ValueError(
            f"directions must have shape (k, {z.shape[-1]}) for z of shape {tuple(z.shape)}, "
            f"got {tuple(directions.shape)}"
        )


def check_companion(other: Tensor, z: Tensor, name: str, of: str = "z") -> None:
    """Raise unless a tensor goes with z: real floating-point numbers, on the device of z.

    ``name`` and ``of`` are the names of the two in a message.
    """
    if not isinstance(other, Tensor):
        raise TypeError(
            f"{name} must be a torch tensor, got {type(other).__name__}; convert it with torch.as_tensor({name})"
        )
    if not other.dtype.is_floating_point:
        raise TypeError(f"{name} must hold floating-point numbers, got dtype {other.dtype}")
    if other.device != z.device:
        raise ValueError(f"{name} must be on the device of {of}, {z.device}, got {other.device}; move it there")


def check_prior(prior: Tensor, z: Tensor, name: str = "prior", of: str = "z") -> None:
    """Raise unless a sample of the prior has the shape of z and is on its device.

    ``name`` and ``of`` are the names of the two in a message.
    """
    check_companion(prior, z, name, of)
    if prior.shape != z.shape:
        raise ValueError(f"{name} must have the shape of {of}, {tuple(z.shape)}, got {tuple(prior.shape)}")
