"""The statistics of `slicednorm.stats` as differentiable losses: functions in `functional`, modules here."""

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
