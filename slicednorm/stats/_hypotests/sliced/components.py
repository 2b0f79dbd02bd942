"""What the orders of Hermite's polynomials contribute to a sliced statistic: which moments are off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance
from slicednorm.distances._quadratic.degrees import in_powers
from slicednorm.distances._quadratic.form import FIRST_ORDER, Floats, covariance, reduced
from slicednorm.distances._quadratic.hermite import ORDER, coefficients, hermite
from slicednorm.distances._quadratic.standardised_sums import square_of_sum
from slicednorm.stats._distributions.slices import Slices, quadratic_law
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._results import Result
from slicednorm.stats._types import Null

NAMES = ("location", "scale", "skewness", "kurtosis")


@dataclass(frozen=True, repr=False)
class Component(Result):
    """One part of a statistic.

    Attributes
    ----------
    name : {"location", "scale", "skewness", "kurtosis", "rest"}
        Which moments it looks at: the first (``"location"``), the second (``"scale"``, correlations as well), the
        third, the fourth, or all others.
    share : float
        Its share of the statistic; the shares add up to 1. Products with higher orders, which may be negative, belong
        to the rest. If they make it negative, it counts as 0, and shares are of the sum of the others.
    expected : float
        Its expected share for normal samples: its own expectation over that of the statistic.
    pvalue : float
        The p-value of this part alone, from its limiting distribution with the variance that it has at n rows. It is 1
        for what the composite null estimates.
    """

    name: str
    share: float
    expected: float
    pvalue: float


class Components(Mapping[str, Component]):
    """The parts of a statistic by name.

    Parameters
    ----------
    parts : list of Component
        The parts, in their order.

    Examples
    --------
    >>> parts = Components([Component("location", 0.9, 0.5, 0.01), Component("rest", 0.1, 0.5, 0.4)])
    >>> parts["location"].share, parts.largest.name
    (0.9, 'location')
    """

    def __init__(self, parts: list[Component]) -> None:
        self._parts = {part.name: part for part in parts}

    def __getitem__(self, name: str) -> Component:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        shown = ", ".join(f"{part.name} {part.share:.0%} (p = {part.pvalue:.2g})" for part in self._parts.values())
        return f"Components({shown})"

    @property
    def sentence(self) -> str:
        """What the parts contribute, in words; without what the composite null estimates."""
        words = [
            f"{'the rest' if part.name == 'rest' else part.name} {100 * part.share:.0f}% "
            + ("(p < 1e-300)" if part.pvalue == 0.0 else f"(p = {part.pvalue:.2g})")
            for part in self._parts.values()
            if part.expected > 0.0
        ]
        return f"Of the statistic, {', '.join(words[:-1])} and {words[-1]}." if len(words) > 1 else ""

    @property
    def largest(self) -> Component:
        """The part with the smallest p-value; among equals, the one with the largest share."""
        return min(self._parts.values(), key=lambda part: (part.pvalue, -part.share))


def has_parts(distance: Distance) -> bool:
    """Return whether a statistic has such parts: that of a sample and its prior sample has those of both."""
    return distance.quadratic is not None and not distance.needs_prior


def _order_law(order: int, n: int, null: Null, slices: Slices) -> WeightedChi2:
    """Return the null distribution of the mean of S_l² over the slices, with its mean and variance at n rows."""
    single = np.zeros((order, order))
    single[-1, -1] = 1.0
    if null == "composite":
        mean, by_degree = square_of_sum(order, n)
        excess = in_powers(by_degree, n)
        excess[2 * order] -= 2.0
        return quadratic_law(single, excess, slices, fewer=True).shifted_to(mean)
    squares = coefficients(hermite(ORDER)[order] ** 2, 2 * order) ** 2
    excess = np.concatenate([[0.0], squares])
    excess[2 * order] -= 2.0
    # Var S_l² at n rows is that of n rows' h_l².
    return quadratic_law(single, excess / n, slices, fewer=True)


def components(
    distance: Distance, sums: NDArray[np.float64], statistic: float, n: int, null: Null, slices: Slices
) -> Components:
    """Return the parts of a statistic that is quadratic in Hermite sums.

    Parameters
    ----------
    distance : Distance
        The distance.
    sums : ndarray of shape (4, k)
        S_1..S_4 of every slice.
    statistic : float
        The mean of the distance over the slices.
    n : int
        Number of rows.
    null : {"standard", "composite"}
        Null hypothesis.
    slices : Slices
        The directions.
    """
    form = distance.quadratic
    assert form is not None
    matrix, mean = reduced(form.matrix(n), null), form.mean(null, n)
    total = n * statistic
    low = matrix[:4, :4]
    lower, pivots = _unit_lower(low)
    # Σ_lm B_lm S_l S_m = Σ_l d_l (S_l + Σ_{m>l} L_ml S_m)²: no part is negative.
    parts = pivots * np.mean((lower.T @ sums) ** 2, axis=1)
    means = np.ones(4)
    if null == "composite":
        means[2:] = [square_of_sum(order, n)[0] for order in (3, 4)]
    expected = pivots * np.sum(lower**2 * means[:, np.newaxis], axis=0)
    rest, expected_rest = total - float(parts.sum()), mean - float(expected.sum())
    whole = float(parts.sum()) + max(0.0, rest)
    found = []
    for index, name in enumerate(NAMES):
        if index + 1 < FIRST_ORDER[null]:
            found.append(Component(name, 0.0, 0.0, 1.0))
            continue
        pvalue = float(_order_law(index + 1, n, null, slices).sf(float(np.mean(sums[index] ** 2))))
        found.append(Component(name, float(parts[index]) / whole, float(expected[index]) / mean, pvalue))
    high = matrix.copy()
    high[:4, :4] = 0.0
    own = high.copy()
    own[:4] = 0.0
    own[:, :4] = 0.0
    # The products of low with high orders have the mean 0; they add to the variance.
    law = quadratic_law(own, covariance(high) - covariance(own), slices).shifted_to(expected_rest)
    found.append(Component("rest", max(0.0, rest) / whole, expected_rest / mean, float(law.sf(rest))))
    return Components(found)


def _unit_lower(matrix: Floats) -> tuple[Floats, Floats]:
    """Return L and d with L diag(d) L' the matrix, L unit lower triangular; zero rows stay zero."""
    left = matrix.copy()
    lower, pivots = np.eye(len(left)), np.zeros(len(left))
    for at in range(len(left)):
        pivots[at] = left[at, at]
        if pivots[at] > 0.0:
            lower[:, at] = left[:, at] / pivots[at]
            left -= pivots[at] * np.multiply.outer(lower[:, at], lower[:, at])
    return lower, pivots
