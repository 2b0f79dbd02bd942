"""What a one-dimensional distance to the standard normal law is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from slicednorm.distances._grid import Grid
from slicednorm.distances._large_n import LargeN
from slicednorm.distances._namespace import Array


@dataclass(frozen=True)
class Spectrum:
    """What is to be known of a distance between characteristic functions to add up its sums over parts of a sample.

    Attributes
    ----------
    gamma : callable
        ``gamma(n)`` is the γ of the weight exp(−γt²) for samples of size n.
    scale : float
        What the weighted integral is multiplied with.
    grid : callable
        ``grid(options)`` is the rule that options prescribe, None for the whole integral.
    """

    gamma: Callable[[int], float]
    scale: float
    grid: Callable[[dict[str, Any]], Grid | None]


@dataclass(frozen=True)
class Distance:
    """A distance d_S(Y, N(0, 1)) of one-dimensional samples, and how to call it.

    Attributes
    ----------
    name : str
        The statistic's name, as users write it.
    title : str
        Name in words.
    sensitive_to : str
        What it is sensitive to, in a few words.
    model : str or None
        The autoencoder of arXiv 1901.10417 whose penalty it is (an alias of the name), or None.
    value : callable
        ``value(y)`` or ``value(y, prior)``: samples of shape (..., n) to distances of shape (...).
    value_and_gradient : callable
        ``value_and_gradient(y)`` or ``value_and_gradient(y, prior)``: the pair of d, of shape (...), and ∂d/∂y, of
        shape (..., n).
    needs_sorted : bool
        Whether y (and the prior sample) must be sorted in ascending order along the last axis.
    needs_prior : bool
        Whether it compares with a sample of the prior, of the shape of y.
    source : str
        Where the formula comes from.
    options : frozenset of str
        The keyword arguments that both functions take, such as ``unbiased`` for the U-statistic form.
    spectrum : Spectrum or None
        What a distance between characteristic functions is an integral of; None for the others.
    order : float
        The power for which n^order·d of normal samples has a law that converges as n grows: 1, but ½ of a distance that
        is a maximum.
    large_n : LargeN
        What changes in that law between one n and a larger one; nothing, of most.
    ascent : tuple of callable
        What is climbed to a direction in its place, if its own gradient leads nowhere: smooth functions that return the
        same pair as ``value_and_gradient``, of the same samples, each climbed from where the last has ended.
    without_prior : Distance or None
        Of a distance that needs a prior sample, the one that compares with the law itself: what is climbed and reported
        in its place, without the noise of that sample.

    Raises
    ------
    ValueError
        If it needs a prior sample and there is no ``without_prior``, or the other way round.
    """

    name: str
    title: str
    sensitive_to: str
    model: str | None
    value: Callable[..., Array]
    value_and_gradient: Callable[..., tuple[Array, Array]]
    needs_sorted: bool
    source: str
    needs_prior: bool = False
    options: frozenset[str] = frozenset()
    spectrum: Spectrum | None = None
    order: float = 1.0
    large_n: LargeN = field(default_factory=LargeN)
    ascent: tuple[Callable[[Array], tuple[Array, Array]], ...] = ()
    without_prior: Distance | None = None

    def __post_init__(self) -> None:
        if self.needs_prior != (self.without_prior is not None):
            raise ValueError(f"{self.name}: without_prior goes with needs_prior, and needs_prior with it")

    def gradient(self, *arguments: Array, **options: Any) -> Array:
        """Return ∂d/∂y alone.

        Parameters
        ----------
        *arguments
            Arguments of ``value_and_gradient``.
        **options
            Options of ``value_and_gradient``.

        Returns
        -------
        ndarray or torch.Tensor of shape (..., n)
            The gradient.
        """
        return self.value_and_gradient(*arguments, **options)[1]
