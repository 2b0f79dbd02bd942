"""Watching latents while a model trains: how far from normal they are, after every epoch, in milliseconds."""

from slicednorm.monitor._look import check_latents
from slicednorm.monitor._monitor import LatentMonitor
from slicednorm.monitor._record import LatentRecord

__all__ = ["LatentMonitor", "LatentRecord", "check_latents"]
