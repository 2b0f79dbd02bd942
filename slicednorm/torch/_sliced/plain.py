"""The plain form of the sliced distance: project, sort, compare, aggregate, each an operation that autograd knows."""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._precision import no_autocast
from slicednorm.torch._sliced.on_device import project
from slicednorm.torch._sliced.settings import Settings


def plain_distance(z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings) -> Tensor:
    """Return the sliced distance of z (..., n, D), which can be differentiated any number of times.

    All projections are kept for the backward pass. The directions and the prior sample get a gradient too.
    """
    dtype = computing_dtype(z.dtype)
    distance = settings.distance
    with no_autocast(z.device):
        samples = [project(sample.to(dtype), directions.to(dtype)) for sample in (z, prior) if sample is not None]
        if distance.needs_sorted:
            samples = [torch.sort(sample, dim=-1).values for sample in samples]
        values = distance.value(*samples, **settings.options)
        return (values.mean(-1) if settings.aggregate == "mean" else values.max(-1).values).mean()
