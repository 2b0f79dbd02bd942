"""Matrix products in the full precision of their dtype, whatever the user allows elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch


def _switches() -> list[Any]:
    """Return the parts of torch that may multiply float32 matrices in less, if each has a switch (since torch 2.9)."""
    parts = [torch.backends.cuda.matmul, getattr(torch.backends.mkldnn, "matmul", None)]
    return [part for part in parts if hasattr(part, "fp32_precision")]


def no_autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return a context in which autocast changes nothing."""
    if device.type == "meta":  # has no autocast
        return nullcontext()
    return torch.autocast(device_type=device.type, enabled=False)


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Keep float32 products in float32: no autocast, no TF32, no bfloat16 passes.

    If projections were rounded to 10 bits, a statistic would change by more than the effects that it is to show.
    """
    # Before torch 2.9 there is one setting for all of them.
    switches = _switches()
    before = [part.fp32_precision for part in switches]
    legacy = None if switches else torch.get_float32_matmul_precision()
    with no_autocast(device):
        try:
            for part in switches:
                part.fp32_precision = "ieee"
            if legacy is not None:
                torch.set_float32_matmul_precision("highest")
            yield
        finally:
            for part, setting in zip(switches, before, strict=True):
                part.fp32_precision = setting
            if legacy is not None:
                torch.set_float32_matmul_precision(legacy)
