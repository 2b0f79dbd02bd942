"""The cumulant generating function of a sum of weighted χ² variables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slicednorm.stats._distributions.contour import Complex


@dataclass(frozen=True)
class WeightedSum:
    """K(s) = shift·s − ½ Σ ν log(1 − 2λs), and its derivatives."""

    weights: NDArray[np.float64]
    degrees: NDArray[np.float64]
    shift: float

    @property
    def singularity(self) -> float:
        return 0.5 / float(self.weights[0])

    def value(self, s: Complex) -> Complex:
        terms = np.log1p(-2.0 * np.multiply.outer(s, self.weights))
        return np.asarray(self.shift * s - 0.5 * (terms @ self.degrees))

    def slope(self, s: float) -> float:
        return self.shift + float(np.sum(self.degrees * self.weights / (1.0 - 2.0 * s * self.weights)))

    def curvature(self, s: float) -> float:
        return 2.0 * float(np.sum(self.degrees * (self.weights / (1.0 - 2.0 * s * self.weights)) ** 2))
