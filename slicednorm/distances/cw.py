"""Cramer-Wold: (1/n²) Σ_ij N(y_i − y_j; 2γ) + N(0; 2 + 2γ) − (2/n) Σ_i N(y_i; 1 + 2γ).

N(x; v) is the normal density with variance v, γ = (4/(3n))^(2/5) Silverman's bandwidth. It is the squared L²
distance between the sample and N(0, 1), both smoothed by N(0; γ), and by Parseval 1/(2π) of the weighted
distance between characteristic functions of `_spectral`. The unbiased form leaves out the pairs i = j.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from slicednorm.distances import _spectral
from slicednorm.distances._distance import Distance, Spectrum
from slicednorm.distances._large_n import LargeN
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._quadratic.spectral import spectral_form

_SCALE = 0.5 / math.pi


def bandwidth(n: int) -> float:
    """Return γ = (4/(3n))^(2/5), Silverman's rule for a normal sample of size n."""
    return float((4.0 / (3.0 * n)) ** 0.4)


def value(y: Array, *, unbiased: bool = False, gamma: float | None = None) -> Array:
    """Return d_S of samples y (..., n) in any order; ``gamma`` replaces the bandwidth of n.

    Examples
    --------
    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.001042
    """
    gamma = bandwidth(y.shape[-1]) if gamma is None else gamma
    return _SCALE * _spectral.weighted(array_namespace(y), y, gamma, unbiased=unbiased)[0]


def value_and_gradient(y: Array, *, unbiased: bool = False) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_i, in the order of y."""
    found: Any = _spectral.weighted(
        array_namespace(y), y, bandwidth(y.shape[-1]), unbiased=unbiased, with_gradient=True
    )
    return _SCALE * found[0], _SCALE * found[1]


def _value_for(n: int) -> Callable[..., Array]:
    """Return `value` with the bandwidth of n rows, for samples of any size."""
    return partial(value, gamma=bandwidth(n))


DISTANCE = Distance(
    name="cw",
    title="Cramer-Wold",
    sensitive_to="smoothed densities; clusters and gaps",
    model="scwae",
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=False,
    source="arXiv 1901.10417 (SCWAE); Tabor et al., Cramer-Wold AutoEncoder, arXiv 1805.09235",
    options=frozenset({"unbiased"}),
    spectrum=Spectrum(gamma=bandwidth, scale=_SCALE, grid=lambda options: None),
    large_n=LargeN(value_for=_value_for),
    quadratic=spectral_form(bandwidth, _SCALE),
)
