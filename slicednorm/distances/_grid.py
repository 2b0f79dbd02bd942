"""Trapezoidal rules for integrals over characteristic functions: their nodes and weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from array_api_compat import device, is_numpy_namespace

from slicednorm.distances._namespace import Array, wide_dtype
from slicednorm.distances._tiles import EPSILON

# Bytes of cosines and sines that are worked on together, so that they stay in the cache.
_BLOCK_BYTES = 2 << 20


@dataclass(frozen=True)
class Grid:
    """A trapezoidal rule: nodes j·step, j = 1..A(2B + 1), A giant steps by B baby steps, under the weight exp(−γt²).

    ``ends`` is the number of the last node, which counts half, and nodes after it do not count; None for a rule over
    the whole line.
    """

    gamma: float
    step: float
    giants: int
    babies: int
    ends: int | None = None

    @property
    def rows(self) -> int:
        """How many rows of cosines and sines a sample needs."""
        return 2 * (self.giants + self.babies)

    def arrays(self, xp: Any, like: Array) -> tuple[Array, Array, Array]:
        """Return the nodes, exp(−t²/2) and the weights 2·step·exp(−γt²), where ``like`` is, in double precision."""
        if is_numpy_namespace(xp):
            return _numpy_arrays(self)
        return self._arrays(xp, wide_dtype(xp, like), device(like))

    def _arrays(self, xp: Any, dtype: Any, place: Any) -> tuple[Array, Array, Array]:
        number = xp.arange(1, self.giants * (2 * self.babies + 1) + 1, dtype=dtype, device=place)
        nodes = self.step * number
        weights = 2.0 * self.step * xp.exp(-self.gamma * nodes * nodes)
        if self.ends is not None:
            last = xp.where(number == self.ends, 0.5 * weights, xp.zeros_like(weights))
            weights = xp.where(number < self.ends, weights, last)
        return nodes, xp.exp(-0.5 * nodes * nodes), weights

    def parts(self, n: int, itemsize: int) -> list[slice]:
        """Cut samples of length n into parts whose cosines and sines fit into the cache."""
        most = max(512, _BLOCK_BYTES // (self.rows * itemsize))
        size = math.ceil(n / math.ceil(n / most))
        return [slice(start, start + size) for start in range(0, n, size)]


@lru_cache(maxsize=256)
def _numpy_arrays(grid: Grid) -> tuple[Array, Array, Array]:
    return grid._arrays(np, np.float64, None)


def _epsilon(gamma: float, n: int, itemsize: int, with_gradient: bool) -> float:
    """Return the height below which a kernel counts as zero.

    The terms of a gradient do not cancel like those of a value, and deserve all the digits of their dtype. In float32
    the mean of n cosines is rounded at 1e-7, and it is squared after most of it, all but some 1/√n, has cancelled: more
    nodes than that noise deserves would only take time. The wider the weight (the smaller γ), the larger the share of
    the integral that lies next to the last node.
    """
    if itemsize > 4:
        return EPSILON
    return 1e-8 if with_gradient else min(1.0, 2.0 * gamma) * min(5e-5, 2e-7 * math.sqrt(n))


def _steps(count: int) -> tuple[int, int]:
    """Return the numbers of giant and baby steps that give ``count`` nodes from the fewest rows."""
    babies = min(range(1, count + 2), key=lambda b: (math.ceil(count / (2 * b + 1)) + b, b))
    return math.ceil(count / (2 * babies + 1)), babies


@lru_cache(maxsize=256)
def make_grid(gamma: float, reach: float, n: int, itemsize: int, with_gradient: bool) -> Grid:
    """Return the grid that integrates samples of size n within ``reach`` of 0 to the precision of their dtype."""
    log_eps = -math.log(_epsilon(gamma, n, itemsize, with_gradient))

    def width(variance: float) -> float:
        return math.sqrt(2.0 * variance * log_eps)

    period = max(2.0 * reach + width(2.0 * gamma), reach + width(1.0 + 2.0 * gamma), width(2.0 + 2.0 * gamma))
    step = 2.0 * math.pi / period
    return Grid(gamma, step, *_steps(math.ceil(math.sqrt(log_eps / gamma) / step)))


@lru_cache(maxsize=16)
def fixed_grid(gamma: float, t_max: float, n_points: int) -> Grid:
    """Return the rule on n_points nodes from 0 to t_max, taken twice for the other half of the line."""
    return Grid(gamma, t_max / (n_points - 1), *_steps(n_points - 1), ends=n_points - 1)
