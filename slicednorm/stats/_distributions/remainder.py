"""What is left of a mean and a variance when the terms that matter have been found."""

from __future__ import annotations

import numpy as np

from slicednorm.distances._quadratic.form import Floats
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

# The remainder is a sum of so many equal terms at least: nearly normal.
_DEGREES = 1000.0


def with_remainder(weights: Floats, degrees: Floats, mean: float, var: float) -> WeightedChi2:
    """Return the distribution with a mean and a variance, whose missing part is spread over many small terms."""
    left = var - 2.0 * float(degrees @ weights**2)
    if left > 1e-9 * var:
        small = np.sqrt(left / (2.0 * _DEGREES))
        small = min(small, 0.1 * float(weights.max()))
        weights = np.append(weights, small)
        degrees = np.append(degrees, left / (2.0 * small * small))
    return WeightedChi2(weights, degrees, mean - float(weights @ degrees))
