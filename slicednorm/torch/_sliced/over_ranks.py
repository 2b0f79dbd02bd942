"""The distance of a batch that is spread over the ranks of a process group, and its gradient by a rank's own part.

Distances between characteristic functions need the sums over the whole batch at the nodes of their rule: k numbers a
node are added up over the ranks. The others need whole sorted slices: the latent is gathered, or its projections where
they are fewer numbers, every rank takes its share of the directions, and what they found is added up.

Ranks tell each other once how many rows they hold, because shapes depend on it; the host waits for that.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from array_api_compat import torch as xp
from torch import Tensor

from slicednorm.distances import _spectral
from slicednorm.distances._distance import Spectrum
from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._random import PRIOR, counted_normal
from slicednorm.torch._sliced.gradient import along, of_one_slice, slices, sweep
from slicednorm.torch._sliced.on_device import project
from slicednorm.torch._sliced.task import Task

# An operation takes names, not groups.
_groups: dict[str, Any] = {}

# How far sums of directions may differ on different devices.
_SAME = 1e-5

# Values of one chunk of projections in the sums at the nodes.
_CHUNK = 1 << 20


def group_name(group: Any) -> str:
    """Return the name under which an operation finds a process group again."""
    if dist.is_available() and group is dist.GroupMember.NON_GROUP_MEMBER:
        raise ValueError("process_group is one that this rank is not a member of; call the loss on its members only")
    if not (dist.is_available() and isinstance(group, dist.ProcessGroup)):
        raise TypeError(f"process_group must be a torch.distributed process group or None, got {type(group).__name__}")
    name = str(group.group_name)
    _groups[name] = group
    return name


def _group_of(name: str) -> Any:
    if name not in _groups:
        raise RuntimeError(
            f"process group {name!r} is not known in this process; make the loss here, not in another process"
        )
    return _groups[name]


@torch.library.custom_op("slicednorm::share_state", mutates_args={"state"})
def share_state(state: Tensor, device: torch.device, group: str) -> None:
    """Give every rank the state of the group's first, by way of the device that the group talks on."""
    moved = state.to(device)
    known = _group_of(group)
    dist.broadcast(moved, src=dist.get_global_rank(known, 0), group=known)
    state.copy_(moved)


@share_state.register_fake
def _(state: Tensor, device: torch.device, group: str) -> None:
    return None


@dataclass(frozen=True)
class Ranks:
    """Who holds how many rows of the batch."""

    group: Any
    rank: int
    sizes: tuple[int, ...]
    reach: float

    @classmethod
    def of_table(cls, group: Any, rank: int, table: list[list[float]]) -> Ranks:
        """Take in what each rank says: its rows, batches, D, k, settings, sum of directions, and reach.

        What must be alike is compared here, before anything is exchanged that would hang or mix up rows.
        """
        for other, row in enumerate(table):
            if row[0] < 0:
                raise RuntimeError(f"rank {other} refused its part of the batch; see its own message")
            if row[1:4] != table[0][1:4]:
                raise ValueError(
                    "ranks must agree on everything but the number of rows: rank 0 has (batches, D, k) = "
                    f"{tuple(map(int, table[0][1:4]))}, rank {other} {tuple(map(int, row[1:4]))}"
                )
            if row[4] != table[0][4]:
                raise ValueError(
                    "ranks must agree on statistic, options, dtype and whether a gradient is wanted: "
                    f"rank {other} differs from rank 0"
                )
            if abs(row[5] - table[0][5]) > _SAME * max(1.0, abs(row[5])):
                raise ValueError(
                    f"ranks must use the same directions: those of rank {other} differ from those of rank 0; give "
                    "every rank the same seed (or none) and call the loss alike"
                )
        sizes = tuple(int(row[0]) for row in table)
        if sum(sizes) < 2:
            raise ValueError(f"z must have at least 2 rows over all ranks, got {sum(sizes)}")
        return cls(group, rank, sizes, max(row[6] for row in table))

    @property
    def total(self) -> int:
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

    def share(self, count: int) -> slice:
        """Return this rank's share of so many directions."""
        ranks = len(self.sizes)
        return slice(count * self.rank // ranks, count * (self.rank + 1) // ranks)


def meet(z: Tensor, directions: Tensor, task: Task, name: str, with_gradient: bool, refused: bool) -> Ranks:
    """Exchange the shapes, and how far the projections reach where that decides the form.

    A rank that has ``refused`` its part says so, for the others would wait for it.
    """
    group = _group_of(name)
    reach = 0.0
    if task.distance.spectrum is not None and not refused:
        reach = max(float(project(z, part).abs().max()) for part in directions.split(_chunk_of(z)))
    settings = zlib.crc32(repr((task, with_gradient, str(z.dtype))).encode())
    # Weighted, so that directions in another order differ.
    weights = torch.arange(1, directions.numel() + 1, dtype=widest_dtype(z.device), device=z.device)
    sum_of_directions = float(directions.to(weights.dtype).flatten() @ weights.sin())
    rows = -1 if refused else z.shape[1]
    facts = [rows, z.shape[0], z.shape[2], directions.shape[0], settings, sum_of_directions, reach]
    mine = torch.tensor(facts, dtype=torch.float64).to(z.device)
    parts = [torch.empty_like(mine) for _ in range(dist.get_world_size(group))]
    dist.all_gather(parts, mine, group=group)
    return Ranks.of_table(group, dist.get_rank(group), torch.stack(parts).tolist())


def _chunk_of(z: Tensor) -> int:
    return max(1, _CHUNK // (z.shape[0] * z.shape[1]))


def _by_sums(
    z: Tensor, directions: Tensor, task: Task, ranks: Ranks, grid: _spectral.Grid, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) and the sum of their gradients by the own rows, from sums over all rows."""
    unbiased = bool(task.options["unbiased"])
    values = []
    gradient = torch.zeros_like(z) if with_gradient else None
    for part in directions.split(_chunk_of(z)):
        y = project(z, part)
        sums = ranks.add(_spectral.node_sums(xp, y, grid))
        values.append(_spectral.value_of_sums(xp, sums, ranks.total, grid, unbiased))
        if gradient is not None:
            gradient += _spectral.gradient_of_sums(xp, y, sums, ranks.total, grid, unbiased).mT @ part
    assert task.distance.spectrum is not None
    scale = task.distance.spectrum.scale
    return scale * torch.cat(values, dim=-1), None if gradient is None else scale * gradient


def _by_latents(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the same from the gathered latent and this rank's share of the directions."""
    whole, others = (None if sample is None else ranks.gather(sample.mT).mT.contiguous() for sample in (z, prior))
    assert whole is not None
    share = ranks.share(directions.shape[0])
    values = torch.zeros(z.shape[0], directions.shape[0], dtype=widest_dtype(z.device), device=z.device)
    gradient = torch.zeros_like(whole) if with_gradient else None
    if share.stop > share.start:
        found, slope = sweep(whole, others, directions[share], task, with_gradient)
        values[:, share] = found
        gradient = slope if with_gradient else None
    ranks.add(values)
    return values, None if gradient is None else ranks.add(gradient)[:, ranks.mine]


def _by_projections(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the same from the gathered projections, which are fewer numbers than the latent."""
    items, count = z.shape[0], directions.shape[0]
    whole, others = (None if sample is None else ranks.gather(project(sample, directions)) for sample in (z, prior))
    assert whole is not None
    share = ranks.share(count)
    values = torch.zeros(items, count, dtype=widest_dtype(z.device), device=z.device)
    slopes = torch.zeros_like(whole)
    if share.stop > share.start:
        taken = whole[:, share].reshape(-1, ranks.total)
        other = None if others is None else others[:, share].reshape(-1, ranks.total)
        values[:, share] = slices(taken, other, task, with_gradient).view(items, -1)
        slopes[:, share] = taken.view(items, -1, ranks.total)
    ranks.add(values)
    return values, ranks.add(slopes)[..., ranks.mine].mT @ directions if with_gradient else None


def _sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, task: Task, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of the whole batch and Σ_j ∂d_j/∂z by the own rows, by the way that fits."""
    spectrum = task.distance.spectrum
    grid = None if spectrum is None else _grid(spectrum, task, ranks, z.element_size())
    if grid is not None:
        return _by_sums(z, directions, task, ranks, grid, with_gradient)
    gathered = _by_projections if directions.shape[0] < z.shape[2] else _by_latents
    return gathered(z, prior, directions, task, ranks, with_gradient)


def _grid(spectrum: Spectrum, task: Task, ranks: Ranks, itemsize: int) -> _spectral.Grid | None:
    """Return the rule for the whole batch, None where it reaches too far for one."""
    grid = spectrum.grid(task.options)
    if grid is None and ranks.reach <= _spectral.FAR:
        reach = float(max(3, math.ceil(ranks.reach)))
        grid = _spectral.make_grid(spectrum.gamma(ranks.total), reach, ranks.total, itemsize, with_gradient=True)
    return grid


def _draw_prior(state: Tensor, z: Tensor, ranks: Ranks) -> Tensor:
    """Return the own rows of the prior sample of the whole batch: those that one process would have drawn."""
    items, n, dim = z.shape
    firsts = [(item * ranks.total + ranks.mine.start) * dim for item in range(items)]
    return torch.stack([counted_normal(state[0], state[1], PRIOR, (n, dim), z, z.dtype, first) for first in firsts])


def value_and_gradient(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    task: Task,
    with_gradient: bool,
    ranks: Ranks,
    state: Tensor | None,
) -> tuple[Tensor, Tensor | None, int]:
    """Return the distance of the whole batch, (items,), its gradient by the own rows, and how many rows all have.

    ``state`` is (seed, call) from which a prior sample is drawn where one is needed and none is given.
    """
    if task.distance.needs_prior and prior is None:
        assert state is not None
        prior = _draw_prior(state, z, ranks)
    if task.aggregate == "mean":
        values, gradient = _sweep(z, prior, directions, task, ranks, with_gradient)
        if gradient is not None:
            gradient = gradient / directions.shape[0]
        return values.mean(-1).to(z.dtype), gradient, ranks.total
    values, _ = _sweep(z, prior, directions, task, ranks, with_gradient=False)
    best = values.argmax(-1)
    value = values.gather(-1, best[:, None])[:, 0].to(z.dtype)
    if not with_gradient:
        return value, None, ranks.total
    chosen = directions[best]
    y, *others = (ranks.gather(along(sample, chosen)) for sample in (z, prior) if sample is not None)
    return value, of_one_slice(y, others, chosen, task, ranks.mine).to(z.dtype), ranks.total
