"""The statistics of `slicednorm.stats` as differentiable losses: functions in `functional`, modules here."""

try:
    import torch as _torch  # noqa: F401
except ImportError as _error:
    raise ImportError(f"slicednorm.torch needs torch ({_error}); pip install 'slicednorm[torch]'") from None

from slicednorm.torch import functional
from slicednorm.torch.modules import (
    SCFWAEPenalty,
    SCvMAEPenalty,
    SCWAEPenalty,
    SKSAEPenalty,
    SlicedNormalityLoss,
    SWAEPenalty,
)

__all__ = [
    "SCFWAEPenalty",
    "SCWAEPenalty",
    "SCvMAEPenalty",
    "SKSAEPenalty",
    "SWAEPenalty",
    "SlicedNormalityLoss",
    "functional",
]
