"""What changes in the distribution of n^order·d of normal samples from n₀ rows to n.

That distribution converges, but an error that is small relative to the spread of one slice is not small relative to
that of a mean of many. A distance says here what is left of the error at a thousand rows; `slicednorm.stats` corrects
it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from slicednorm.distances._namespace import Array

# The first term of a series under each null, which decides its tail: the first two terms are location and scale, which
# are estimated under the composite null.
_FIRST_TERM = {"standard": 1, "composite": 3}


@dataclass(frozen=True)
class Series:
    """A limit of n·d of the form scale·Σ (Z_j² − 1)/j plus a mean that grows; n rows have the terms up to j ≈ log n.

    Attributes
    ----------
    scale : float
        The factor of the terms.
    standard, composite : tuple of float
        (a, b, c) for either null: the mean of n·d is scale·log(log n + a) + b + c/(log n + a)².
    missing : float
        The c in the variance scale²·2/(log n + c) that n·d of one slice lacks at n rows.
    """

    scale: float
    standard: tuple[float, float, float]
    composite: tuple[float, float, float]
    missing: float

    def mean(self, null: str, n: int) -> float:
        """Return the mean of n·d under a null."""
        a, b, c = self.composite if null == "composite" else self.standard
        shifted = math.log(n) + a
        return self.scale * math.log(shifted) + b + c / shifted**2

    def missing_variance(self, n: int) -> float:
        """Return by how much the variance of n·d of one slice is below its limit."""
        return self.scale**2 * 2.0 / (math.log(n) + self.missing)

    def tail_rate(self, null: str) -> float:
        """Return λ of the tail exp(−λt) of the limit, which is that of its first term."""
        return 0.5 * _FIRST_TERM[null] / self.scale


@dataclass(frozen=True)
class LargeN:
    """What is corrected when replicates of n₀ rows stand for samples of n rows; by default nothing.

    Attributes
    ----------
    shift : callable or None
        ``shift(n₀, n)`` is what the mean of n^order·d gains from n₀ rows to n, under either null.
    series : Series or None
        The limit of a distance that lacks some of its terms at any n; then there is no ``shift``.
    value_for : callable or None
        ``value_for(n)``, for a distance whose formula depends on n, computes the value of samples of any size by the
        formula for n rows.
    """

    shift: Callable[[int, int], float] | None = None
    series: Series | None = None
    value_for: Callable[[int], Callable[..., Array]] | None = None
