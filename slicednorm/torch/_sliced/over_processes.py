"""The distance of a batch that is spread over the ranks of a process group, and its gradient by a rank's own rows.

Distances between characteristic functions need sums over the whole batch at the nodes of their rule. These sums, k
numbers for each node, are added up over the ranks. The other distances need whole sorted slices. For them the ranks
gather the latent, or its projections where those are fewer numbers. Then each rank computes its share of the
directions, and the results are added up.
"""

from __future__ import annotations

import math

import torch
from array_api_compat import torch as xp
from torch import Tensor

from slicednorm.distances import _spectral
from slicednorm.distances._distance import Spectrum
from slicednorm.distances._grid import Grid, make_grid
from slicednorm.torch._dtypes import widest_dtype
from slicednorm.torch._random import PRIOR, counted_normal
from slicednorm.torch._sliced.gradient import along, of_one_slice, slices, sweep
from slicednorm.torch._sliced.on_device import project
from slicednorm.torch._sliced.processes import Ranks, directions_per_chunk
from slicednorm.torch._sliced.settings import Settings


def _by_sums(
    z: Tensor, directions: Tensor, settings: Settings, ranks: Ranks, grid: Grid, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) and the sum of their gradients by the own rows, from sums over all rows."""
    values = []
    gradient = torch.zeros_like(z) if with_gradient else None
    for part in directions.split(directions_per_chunk(z)):
        y = project(z, part)
        sums = ranks.add(_spectral.node_sums(xp, y, grid))
        values.append(_spectral.value_of_sums(xp, sums, ranks.total, grid, settings.unbiased))
        if gradient is not None:
            slope = _spectral.gradient_of_sums(xp, y, sums, ranks.total, grid, settings.unbiased)
            gradient += slope.mT @ part
    spectrum = settings.distance.spectrum
    assert spectrum is not None
    return spectrum.scale * torch.cat(values, dim=-1), None if gradient is None else spectrum.scale * gradient


def _by_latents(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances and the sum of their gradients by the own rows, from the gathered latent."""
    whole, others = (None if sample is None else ranks.gather(sample.mT).mT.contiguous() for sample in (z, prior))
    assert whole is not None
    share = ranks.share(directions.shape[0])
    values = torch.zeros(z.shape[0], directions.shape[0], dtype=widest_dtype(z.device), device=z.device)
    gradient = torch.zeros_like(whole) if with_gradient else None
    if share.stop > share.start:
        found, slope = sweep(whole, others, directions[share], settings, with_gradient)
        values[:, share] = found
        gradient = slope if with_gradient else None
    ranks.add(values)
    return values, None if gradient is None else ranks.add(gradient)[:, ranks.mine]


def _by_projections(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances and the sum of their gradients by the own rows, from the gathered projections."""
    items, count = z.shape[0], directions.shape[0]
    whole, others = (None if sample is None else ranks.gather(project(sample, directions)) for sample in (z, prior))
    assert whole is not None
    share = ranks.share(count)
    values = torch.zeros(items, count, dtype=widest_dtype(z.device), device=z.device)
    slopes = torch.zeros_like(whole)
    if share.stop > share.start:
        taken = whole[:, share].reshape(-1, ranks.total)
        other = None if others is None else others[:, share].reshape(-1, ranks.total)
        values[:, share] = slices(taken, other, settings, with_gradient).view(items, -1)
        slopes[:, share] = taken.view(items, -1, ranks.total)
    ranks.add(values)
    return values, ranks.add(slopes)[..., ranks.mine].mT @ directions if with_gradient else None


def _sweep(
    z: Tensor, prior: Tensor | None, directions: Tensor, settings: Settings, ranks: Ranks, with_gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the distances (items, k) of the whole batch, and Σ_j ∂d_j/∂z by the own rows, if asked for."""
    spectrum = settings.distance.spectrum
    grid = None if spectrum is None else _grid(spectrum, settings, ranks, z.element_size())
    if grid is not None:
        return _by_sums(z, directions, settings, ranks, grid, with_gradient)
    fewer_projections = directions.shape[0] < z.shape[2]
    gathered = _by_projections if fewer_projections else _by_latents
    return gathered(z, prior, directions, settings, ranks, with_gradient)


def _grid(spectrum: Spectrum, settings: Settings, ranks: Ranks, itemsize: int) -> Grid | None:
    """Return the rule of integration for the whole batch, None if the batch reaches too far for one."""
    grid = spectrum.grid(settings.options)
    if grid is None and ranks.reach <= _spectral.FAR:
        reach = float(max(3, math.ceil(ranks.reach)))
        grid = make_grid(spectrum.gamma(ranks.total), reach, ranks.total, itemsize, with_gradient=True)
    return grid


def _draw_prior(state: Tensor, z: Tensor, ranks: Ranks) -> Tensor:
    """Return the own rows of the prior sample of the whole batch, as a single process would draw them."""
    items, n, dim = z.shape
    firsts = [(item * ranks.total + ranks.mine.start) * dim for item in range(items)]
    return torch.stack([counted_normal(state[0], state[1], PRIOR, (n, dim), z, z.dtype, first) for first in firsts])


def value_and_gradient(
    z: Tensor,
    prior: Tensor | None,
    directions: Tensor,
    settings: Settings,
    with_gradient: bool,
    ranks: Ranks,
    state: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """Return the distance of every item of the whole batch, (items,), and its gradient by the own rows, if asked for.

    ``state`` is (seed, call). The prior sample is drawn from it if one is needed and none is given.
    """
    if settings.distance.needs_prior and prior is None:
        assert state is not None
        prior = _draw_prior(state, z, ranks)
    if settings.aggregate == "mean":
        values, gradient = _sweep(z, prior, directions, settings, ranks, with_gradient)
        if gradient is not None:
            gradient = gradient / directions.shape[0]
        return values.mean(-1).to(z.dtype), gradient
    values, _ = _sweep(z, prior, directions, settings, ranks, with_gradient=False)
    best = values.argmax(-1)
    value = values.gather(-1, best[:, None])[:, 0].to(z.dtype)
    if not with_gradient:
        return value, None
    chosen = directions[best]
    y, *others = (ranks.gather(along(sample, chosen)) for sample in (z, prior) if sample is not None)
    return value, of_one_slice(y, others, chosen, settings, ranks.mine).to(z.dtype)
