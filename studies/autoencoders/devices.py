"""Where and in which precision the networks are computed.

Importing this module does not import torch: the command line's help names the devices without it.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import StudyError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str) -> torch.device:
    """Return the device of a name; ``auto`` is the first of cuda, mps and cpu that there is.

    Raises
    ------
    StudyError
        If there is no such device here.
    """
    if name not in DEVICES:
        raise StudyError(f"unknown device {name!r}; the devices are {', '.join(DEVICES)}")
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(device for device, here in there.items() if here)
    if not there[name]:
        raise StudyError(f"no {name} device here (torch {torch.__version__} finds none); use --device cpu")
    # torchrun tells each process on a machine which of its devices to take.
    return torch.device(name, int(os.environ.get("LOCAL_RANK", "0")) if name == "cuda" else None)


@dataclass(frozen=True)
class Compute:
    """A device, and whether the networks are computed in bfloat16 there."""

    device: torch.device
    amp: bool = False

    def precision(self) -> AbstractContextManager[Any]:
        """Return the context in which the networks are called."""
        import torch

        context: AbstractContextManager[Any] = torch.autocast(self.device.type, torch.bfloat16, enabled=self.amp)
        return context
