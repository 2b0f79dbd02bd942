"""What makes up a one-dimensional distance to the standard normal distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from slicednorm.distances._grid import Grid
from slicednorm.distances._large_n import LargeN
from slicednorm.distances._namespace import Array
from slicednorm.distances._quadratic.form import Quadratic


@dataclass(frozen=True)
class Spectrum:
    """What it takes to add up the sums of a distance between characteristic functions over parts of a sample.

    Attributes
    ----------
    gamma : callable
        ``gamma(n)`` is the γ of the weight exp(−γt²) for samples of size n.
    scale : float
        The factor of the weighted integral.
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
        The autoencoder of arXiv 1901.10417 that has it as its penalty (an alias of the name), or None.
    value : callable
        ``value(y)`` or ``value(y, prior)``: the distances d, of shape (...), of samples of shape (..., n).
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
        The power for which the distribution of n^order·d of normal samples converges as n grows: 1, or ½ for a distance
        that is a maximum.
    large_n : LargeN
        What changes in that distribution from one n to a larger one; nothing for most distances.
    quadratic : Quadratic or None
        The distance as a quadratic form in Hermite sums, from which its null distribution is computed; None where it is
        none.
    ascent : tuple of callable
        What is climbed instead in the search for a direction, if the distance's own gradient leads nowhere: smooth
        functions with the arguments and results of ``value_and_gradient``, each climbed from where the one before has
        ended.
    without_prior : Distance or None
        For a distance that needs a prior sample, the distance to the normal distribution itself, without the noise of
        that sample: it is climbed and reported instead in the search for a direction.

    Raises
    ------
    ValueError
        If it needs a prior sample and has no ``without_prior``, or the other way round.
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
    quadratic: Quadratic | None = None
    ascent: tuple[Callable[[Array], tuple[Array, Array]], ...] = ()
    without_prior: Distance | None = None

    def __post_init__(self) -> None:
        if self.needs_prior != (self.without_prior is not None):
            raise ValueError(f"{self.name}: without_prior goes with needs_prior, and needs_prior with it")

    def gradient(self, *arguments: Array, **options: Any) -> Array:
        """Return the gradient ∂d/∂y alone.

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
