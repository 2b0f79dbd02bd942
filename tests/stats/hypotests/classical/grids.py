"""Integrals over N(0, 1/(2a)) in a few dimensions."""

from collections.abc import Callable

import numpy as np


def over_gaussian(function: Callable[[np.ndarray], np.ndarray], dim: int, a: float) -> float:
    """(a/π)^(D/2) ∫ f(t) exp(−a‖t‖²) dt by a product of Gauss and Hermite's rules; f takes points (count, D)."""
    points, weights = np.polynomial.hermite.hermgauss(200 if dim == 1 else 64)
    grid = np.stack(np.meshgrid(*[points / np.sqrt(a)] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    products = np.stack(np.meshgrid(*[weights / np.sqrt(np.pi)] * dim, indexing="ij"), axis=-1).reshape(-1, dim)
    return float(np.sum(np.prod(products, axis=-1) * function(grid)))
