"""The processes that train one model together, one or as many as ``torchrun`` started."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """The process among those that train together.

    Attributes
    ----------
    rank, count : int
        Number of this process, counted from 0, and number of processes.
    group : torch.distributed.ProcessGroup or None
        Process group of these; None for a process on its own.
    """

    rank: int = 0
    count: int = 1
    group: Any = None

    @property
    def first(self) -> bool:
        """Whether it is this process that writes files and speaks."""
        return self.rank == 0

    def mine(self, rows: Tensor) -> Tensor:
        """Return the part of a whole batch's rows that falls to this process, in their order."""
        return rows.tensor_split(self.count)[self.rank]

    def whole(self, part: Tensor) -> Tensor:
        """Return the rows of all processes as one batch; the gradient reaches this process's own rows alone."""
        if self.group is None:
            return part
        counts = [torch.zeros((), dtype=torch.int64, device=part.device) for _ in range(self.count)]
        dist.all_gather(counts, torch.tensor(len(part), device=part.device), group=self.group)
        sizes = [int(count) for count in counts]
        # Gathering needs equal shapes.
        padded = part.new_zeros((max(sizes), *part.shape[1:]))
        padded[: len(part)] = part.detach()
        parts = [torch.empty_like(padded) for _ in range(self.count)]
        dist.all_gather(parts, padded, group=self.group)
        rows = [rows[:size] for rows, size in zip(parts, sizes, strict=True)]
        rows[self.rank] = part
        return torch.cat(rows)

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over the processes."""
        if self.group is None:
            return values
        values = values.clone()
        dist.all_reduce(values, group=self.group)
        return values

    def agree(self, *flags: bool) -> tuple[bool, ...]:
        """Return which flags are up in any process."""
        if self.group is None:
            return flags
        votes = torch.tensor([float(flag) for flag in flags], device=self._device())
        dist.all_reduce(votes, op=dist.ReduceOp.MAX, group=self.group)
        return tuple(bool(vote) for vote in votes.tolist())

    def meet(self) -> None:
        """Wait for the others."""
        self.agree(False)

    def share(self, value: T) -> T:
        """Return what the first process has, in all of them."""
        if self.group is None:
            return value
        held = [value]
        dist.broadcast_object_list(held, src=0, group=self.group, device=self._device())
        return held[0]

    def _device(self) -> torch.device:
        return torch.device("cuda" if dist.get_backend(self.group) == "nccl" else "cpu")


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """Join the processes that torchrun started, for the length of the block; a process on its own has none to join.

    They can join only once: torchrun's store remembers those that have met.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Processes(dist.get_rank(), count, dist.group.WORLD)
    finally:
        # A DistributedDataParallel is a cycle of references that holds the group. Its threads must end here: one that
        # is still there when the interpreter ends crashes it.
        gc.collect()
        dist.destroy_process_group()
