"""Gauss and Legendre's rule, computed when it is first used: its nodes are eigenvalues, and imports should be quick."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]


@cache
def legendre_rule(order: int) -> tuple[Array, Array]:
    """Return the nodes on [−1, 1] and the weights of the rule of an order; they are shared, and not to be changed."""
    # NumPy's takes the eigenvalues of a full matrix, by all threads that BLAS finds.
    from scipy.special import roots_legendre

    nodes, weights = roots_legendre(order)
    return np.asarray(nodes), np.asarray(weights)
