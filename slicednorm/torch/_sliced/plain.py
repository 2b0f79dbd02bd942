"""The plain differentiable form: project, sort, compare, aggregate, each an operation that autograd knows."""

from __future__ import annotations

import torch
from torch import Tensor

from slicednorm.torch._dtypes import computing_dtype
from slicednorm.torch._precision import no_autocast
from slicednorm.torch._sliced.on_device import project
from slicednorm.torch._sliced.task import Task


def unfused(z: Tensor, prior: Tensor | None, directions: Tensor, task: Task) -> Tensor:
    """Return the sliced distance of z (..., n, D), differentiable any number of times.

    It keeps all projections for the backward pass. Also the directions and the prior sample get a gradient.
    """
    dtype = computing_dtype(z.dtype)
    distance = task.distance
    with no_autocast(z.device):
        samples = [project(sample.to(dtype), directions.to(dtype)) for sample in (z, prior) if sample is not None]
        if distance.needs_sorted:
            samples = [torch.sort(sample, dim=-1).values for sample in samples]
        values = distance.value(*samples, **task.options)
        return (values.mean(-1) if task.aggregate == "mean" else values.max(-1).values).mean()
