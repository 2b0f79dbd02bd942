"""What a one-dimensional distance to the standard normal law is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slicednorm.distances._namespace import Array


@dataclass(frozen=True)
class Distance:
    """A distance d_S(Y, N(0, 1)) of one-dimensional samples, and how to call it.

    Attributes
    ----------
    name : the statistic's name, as users write it.
    title : its name in words.
    model : the autoencoder of arXiv 1901.10417 whose penalty it is (an alias of the name), or None.
    value : ``value(y)`` or ``value(y, prior)``: samples of shape (..., n) to distances of shape (...).
    value_and_gradient : the same arguments to the pair of d, (...), and ∂d/∂y, (..., n).
    needs_sorted : whether y (and the prior sample) must be sorted in ascending order along the last axis.
    needs_prior : whether it compares with a sample of the prior, of the shape of y.
    source : where the formula comes from.
    options : the keyword arguments that both functions take, such as ``unbiased`` for the U-statistic form.
    weight : for a distance between characteristic functions, ``weight(n)`` is the γ of its weight exp(−γt²) for
        samples of size n, and ``scale`` what the weighted integral is multiplied with; None for the others.
    """

    name: str
    title: str
    model: str | None
    value: Callable[..., Array]
    value_and_gradient: Callable[..., tuple[Array, Array]]
    needs_sorted: bool
    source: str
    needs_prior: bool = False
    options: frozenset[str] = frozenset()
    weight: Callable[[int], float] | None = None
    scale: float = 1.0

    def gradient(self, *arguments: Array, **options: Any) -> Array:
        """Return ∂d/∂y alone."""
        return self.value_and_gradient(*arguments, **options)[1]
