"""Watching latents while a model trains: how far from normal they are, after every epoch, in milliseconds."""

from slicednorm.monitor._monitor import LatentMonitor, LatentRecord, check_latents

__all__ = ["LatentMonitor", "LatentRecord", "check_latents"]
