"""The dtypes in which a latent is computed, and in which its sums are taken."""

from __future__ import annotations

import torch

from slicednorm.distances._namespace import has_float64


def computing_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the dtype that values of a dtype are computed in: float32 or wider."""
    return torch.float64 if dtype == torch.float64 else torch.float32


def widest_dtype(device: torch.device) -> torch.dtype:
    """Return the widest dtype of a device, in which sums are taken.

    `slicednorm.distances._namespace.wide_dtype` asks the same question about an array and falls back on the array's
    own dtype. Here a latent in half precision must not lead to sums in half precision.
    """
    return torch.float64 if has_float64(device) else torch.float32
