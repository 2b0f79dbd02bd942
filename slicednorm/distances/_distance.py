"""What a one-dimensional distance to the standard normal law is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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
    gradient : the same arguments to ∂d/∂y, of shape (..., n).
    needs_sorted : whether y (and the prior sample) must be sorted in ascending order along the last axis.
    needs_prior : whether it compares with a sample of the prior, of the shape of y.
    source : where the formula comes from.
    """

    name: str
    title: str
    model: str | None
    value: Callable[..., Array]
    gradient: Callable[..., Array]
    needs_sorted: bool
    source: str
    needs_prior: bool = False
