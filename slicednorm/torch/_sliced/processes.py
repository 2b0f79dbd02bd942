"""The ranks of a process group: what they tell each other about their parts of a batch, and how they exchange tensors.

At every call the ranks tell each other how many rows they hold, because shapes depend on it. The host waits for that.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor

from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._sliced.on_device import project
from slicednorm.torch._sliced.settings import Settings

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

# An operation takes the name of a group, not the group.
_groups: dict[str, ProcessGroup] = {}

# How far sums of directions may differ on different devices.
_SAME = 1e-5

# Values of one chunk of projections.
_CHUNK = 1 << 20

# The number of rows of a rank that refused its part.
_REFUSED = -1


def group_name(group: ProcessGroup) -> str:
    """Return the name under which an operation finds a process group again."""
    if dist.is_available() and group is dist.GroupMember.NON_GROUP_MEMBER:
        raise ValueError("process_group is one that this rank is not a member of; call the loss on its members only")
    if not (dist.is_available() and isinstance(group, dist.ProcessGroup)):
        raise TypeError(f"process_group must be a torch.distributed process group or None, got {type(group).__name__}")
    name = str(group.group_name)
    _groups[name] = group
    return name


def _group_of(name: str) -> ProcessGroup:
    if name not in _groups:
        raise RuntimeError(
            f"process group {name!r} is not known in this process; make the loss here, not in another process"
        )
    return _groups[name]


@torch.library.custom_op("slicednorm::share_state", mutates_args={"state"})
def share_state(state: Tensor, device: torch.device, group: str) -> None:
    """Give every rank the state of the group's first rank, by way of the device on which the group communicates."""
    moved = state.to(device)
    known = _group_of(group)
    dist.broadcast(moved, src=dist.get_global_rank(known, 0), group=known)
    state.copy_(moved)


@share_state.register_fake
def _(state: Tensor, device: torch.device, group: str) -> None:
    return None


class Facts(NamedTuple):
    """What a rank tells the others about its part of the batch. All are numbers, because they travel in one tensor.

    Attributes
    ----------
    rows : float
        How many rows it holds, −1 if it refused its part.
    batches, dim, n_slices : float
        The other sizes.
    settings : float
        A checksum of the settings, the dtype, and whether a gradient is wanted.
    directions : float
        A weighted sum of the directions.
    reach : float
        The largest projection, where the form of the distance depends on it, otherwise 0.
    """

    rows: float
    batches: float
    dim: float
    n_slices: float
    settings: float
    directions: float
    reach: float

    @property
    def sizes(self) -> tuple[int, int, int]:
        """The sizes on which the ranks must agree."""
        return int(self.batches), int(self.dim), int(self.n_slices)


def _check_agreement(facts: Sequence[Facts]) -> None:
    """Raise if the ranks differ in what must agree, before anything is exchanged that would hang or mix up rows."""
    first = facts[0]
    for rank, other in enumerate(facts):
        if other.rows == _REFUSED:
            raise RuntimeError(f"rank {rank} refused its part of the batch; see its own message")
        if other.sizes != first.sizes:
            raise ValueError(
                "ranks must agree on everything but the number of rows: rank 0 has (batches, D, k) = "
                f"{first.sizes}, rank {rank} {other.sizes}"
            )
        if other.settings != first.settings:
            raise ValueError(
                "ranks must agree on statistic, options, dtype and whether a gradient is wanted: "
                f"rank {rank} differs from rank 0"
            )
        if abs(other.directions - first.directions) > _SAME * max(1.0, abs(other.directions)):
            raise ValueError(
                f"ranks must use the same directions: those of rank {rank} differ from those of rank 0; give "
                "every rank the same seed (or none) and call the loss alike"
            )


@dataclass(frozen=True)
class Ranks:
    """Which rank holds how many rows of the batch.

    Attributes
    ----------
    group : torch.distributed.ProcessGroup
        The process group.
    rank : int
        Number of this rank in it.
    sizes : tuple of int
        How many rows each rank holds.
    reach : float
        The largest projection on any rank, see `Facts`.
    """

    group: ProcessGroup
    rank: int
    sizes: tuple[int, ...]
    reach: float

    @classmethod
    def of_facts(cls, group: ProcessGroup, rank: int, facts: Sequence[Facts]) -> Ranks:
        """Return the ranks of a group from what each of them tells, or raise if they do not agree."""
        _check_agreement(facts)
        sizes = tuple(int(each.rows) for each in facts)
        if sum(sizes) < 2:
            raise ValueError(f"z must have at least 2 rows over all ranks, got {sum(sizes)}")
        return cls(group, rank, sizes, max(each.reach for each in facts))

    @property
    def total(self) -> int:
        """The number of rows of the whole batch."""
        return sum(self.sizes)

    @property
    def mine(self) -> slice:
        """The rows of the whole batch that this rank holds."""
        start = sum(self.sizes[: self.rank])
        return slice(start, start + self.sizes[self.rank])

    def add(self, tensor: Tensor) -> Tensor:
        """Return the sum over the ranks, in place."""
        dist.all_reduce(tensor, group=self.group)
        return tensor

    def gather(self, part: Tensor) -> Tensor:
        """Return the parts (..., rows) of all ranks, joined along the last axis."""
        # Ranks exchange tensors of one shape.
        padded = part.new_zeros(*part.shape[:-1], max(self.sizes))
        padded[..., : part.shape[-1]] = part
        parts = [torch.empty_like(padded) for _ in self.sizes]
        dist.all_gather(parts, padded, group=self.group)
        return torch.cat([found[..., :size] for found, size in zip(parts, self.sizes, strict=True)], dim=-1)

    def share(self, n_slices: int) -> slice:
        """Return which of the directions are this rank's to compute."""
        ranks = len(self.sizes)
        return slice(n_slices * self.rank // ranks, n_slices * (self.rank + 1) // ranks)


def directions_per_chunk(z: Tensor) -> int:
    """Return along how many directions z (items, n, D) is projected at a time."""
    return max(1, _CHUNK // (z.shape[0] * z.shape[1]))


def _facts(z: Tensor, directions: Tensor, settings: Settings, with_gradient: bool, refused: bool) -> Facts:
    """Return what this rank tells the others."""
    reach = 0.0
    if settings.distance.spectrum is not None and not refused:
        chunks = directions.split(directions_per_chunk(z))
        reach = max(float(project(z, part).abs().max()) for part in chunks)
    # Weighted, so that the same directions in another order have another sum.
    weights = torch.arange(1, directions.numel() + 1, dtype=widest_dtype(z.device), device=z.device)
    return Facts(
        rows=_REFUSED if refused else z.shape[1],
        batches=z.shape[0],
        dim=z.shape[2],
        n_slices=directions.shape[0],
        settings=zlib.crc32(repr((settings, with_gradient, str(z.dtype))).encode()),
        directions=float(directions.to(weights.dtype).flatten() @ weights.sin()),
        reach=reach,
    )


def meet(z: Tensor, directions: Tensor, settings: Settings, group: str, with_gradient: bool, *, refused: bool) -> Ranks:
    """Exchange with the other ranks what each holds of the batch, and return the ranks.

    A rank that has ``refused`` its part says so here, because the others would wait for it.
    """
    known = _group_of(group)
    facts = _facts(z, directions, settings, with_gradient, refused)
    mine = torch.tensor(facts, dtype=torch.float64).to(z.device)
    parts = [torch.empty_like(mine) for _ in range(dist.get_world_size(known))]
    dist.all_gather(parts, mine, group=known)
    told = [Facts(*each) for each in torch.stack(parts).tolist()]
    return Ranks.of_facts(known, dist.get_rank(known), told)
