"""Sliced Wasserstein to a sample of the prior: (1/n) Σ (y_(i) − z_(i))²."""

from slicednorm.distances._distance import Distance
from slicednorm.distances._namespace import Array, array_namespace


def value(y: Array, prior: Array) -> Array:
    """Return d_S of sorted samples y (..., n) to sorted samples of the prior of the same shape.

    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]), np.asarray([-1.0, 0.5, 1.0]))).__round__(6)
    0.083333
    """
    xp = array_namespace(y, prior)
    residual = y - prior
    return xp.vecdot(residual, residual) / y.shape[-1]


def value_and_gradient(y: Array, prior: Array) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_(i) = (2/n)(y_(i) − z_(i))."""
    xp = array_namespace(y, prior)
    residual = y - prior
    return xp.vecdot(residual, residual) / y.shape[-1], (2.0 / y.shape[-1]) * residual


DISTANCE = Distance(
    name="sw",
    title="Wasserstein to a sample",
    notices="scale and tails, with the noise of a fresh normal sample",
    model="swae",
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=True,
    needs_prior=True,
    source="Kolouri et al., Sliced-Wasserstein autoencoder, arXiv 1804.01947",
)
