"""Normalised Hermite polynomials h_l = He_l/√l!, and integrals over them by the trapezoidal rule.

All integrands fall off at least like a normal density and are analytic around the real line, so that the rule is exact
to rounding.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from slicednorm.distances._quadratic.form import Floats

STEP = 0.04
NODES = STEP * np.arange(-250, 251)
DENSITY = np.exp(-0.5 * NODES * NODES) / math.sqrt(2.0 * math.pi)
ORDER = 64


@lru_cache(maxsize=1)
def tail() -> Floats:
    """Return Φ(−|x|) at the nodes, with full relative accuracy in both tails."""
    from scipy import special  # a test that needs no null distribution does not wait for it

    return np.asarray(special.ndtr(-np.abs(NODES)))


@lru_cache(maxsize=4)
def hermite(order: int) -> Floats:
    """Return h_0, ..., h_order at the nodes."""
    found = np.empty((order + 1, len(NODES)))
    found[0] = 1.0
    found[1] = NODES
    for l in range(1, order):  # noqa: E741 the order, as in the formulas
        found[l + 1] = (NODES * found[l] - math.sqrt(l) * found[l - 1]) / math.sqrt(l + 1)
    found.flags.writeable = False
    return found


def coefficients(values: Floats, order: int) -> Floats:
    """Return ∫ f h_l φ for l = 1..order from the values of f at the nodes."""
    return np.asarray(hermite(order)[1:] @ (values * DENSITY * STEP))


@lru_cache(maxsize=4)
def indicators(order: int) -> Floats:
    """Return E[1(Y ≤ x) h_l(Y)] = −φ(x) h_{l−1}(x)/√l at the nodes, for l = 1..order."""
    found = -DENSITY * hermite(order)[:order] / np.sqrt(np.arange(1, order + 1))[:, np.newaxis]
    found.flags.writeable = False
    return found
