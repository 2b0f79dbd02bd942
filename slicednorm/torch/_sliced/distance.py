"""The sliced distance of a latent that has been checked, in its fused or its plain form."""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._inputs import check_values
from slicednorm.torch._sliced.operation import fused_distance
from slicednorm.torch._sliced.plain import plain_distance
from slicednorm.torch._sliced.settings import Settings


@torch.compiler.disable
def _checked_plain(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, check_finite: bool
) -> Tensor:
    """Return the plain form. A compiled program calls it without looking inside."""
    check_values(z, directions, check_finite)
    return plain_distance(z, prior, directions, settings)


def distance_and_rows(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    settings: Settings,
    *,
    fused: bool = True,
    trusted: bool = False,
    check_finite: bool = False,
    group: str | None = None,
    state: Tensor | None = None,
) -> tuple[Tensor, Tensor | int]:
    """Return the sliced distance of arguments with the right types and shapes, and the number of rows.

    Without ``fused`` it is the plain form. ``trusted`` directions are known to have length 1. ``group`` names a process
    group. Its ranks draw their parts of a prior sample from ``state`` = (seed, call) if no prior sample is given.
    """
    if not fused:
        return _checked_plain(z, prior, directions, settings, check_finite), z.shape[-2]
    with_gradient = z.requires_grad and torch.is_grad_enabled()
    return fused_distance(
        z,
        prior,
        directions,
        settings,
        with_gradient=with_gradient,
        trusted=trusted,
        check_finite=check_finite,
        group=group,
        state=state,
    )
