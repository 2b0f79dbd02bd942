"""Matrix products in the full precision of their dtype, whatever the user allows elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


def _switches() -> list[Any]:
    """Return the parts of torch that may multiply float32 matrices in less than float32."""
    return [torch.backends.cuda.matmul, torch.backends.mkldnn.matmul]


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Keep float32 products in float32: no autocast, no TF32, no bfloat16 passes.

    A projection rounded to 10 bits moves a statistic by more than what it has to tell.
    """
    # torch 2.9 gave each part a switch of its own; before that one setting ruled them all.
    switches = [part for part in _switches() if hasattr(part, "fp32_precision")]
    before = [part.fp32_precision for part in switches]
    legacy = None if switches else torch.get_float32_matmul_precision()
    with torch.autocast(device_type=device.type, enabled=False):
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
