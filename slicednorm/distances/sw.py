"""Sliced Wasserstein to a sample of the prior: (1/n) Σ (y_(i) − z_(i))²."""

from slicednorm.distances import w2
from slicednorm.distances._distance import Distance
from slicednorm.distances._large_n import LargeN, Series
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._quadratic.degrees import Falling, Standardised
from slicednorm.distances._quadratic.wasserstein import Spread, wasserstein_form


def value(y: Array, prior: Array) -> Array:
    """Return d_S of sorted samples y (..., n) to sorted samples of the prior of the same shape.

    Examples
    --------
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


# For two samples the limit is twice that of `w2`; the rest is fitted as in `w2`.
_LIMIT = Series(scale=2.0, standard=(-0.32448, 2.48996, 1.62132), composite=(-0.43279, -0.50070, 2.80092), missing=0.78)

DISTANCE = Distance(
    name="sw",
    title="Wasserstein to a sample",
    sensitive_to="scale and tails, with the noise of a fresh normal sample",
    model="swae",
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=True,
    needs_prior=True,
    source="Kolouri et al., Sliced-Wasserstein autoencoder, arXiv 1804.01947",
    large_n=LargeN(series=_LIMIT),
    quadratic=wasserstein_form(
        2.0,
        _LIMIT,
        standard=Spread(Falling(0.077, 0.28), {4: 1.0}),
        composite=Standardised(
            whole=Falling(0.44, 0.328, 41.0),
            fourth=Falling(0.2155, 0.75, 90.0),
            sixth=Falling(0.5, 0.32),
            eighth=Falling(0.13, 0.1),
            to_sample=True,
        ),
    ),
    without_prior=w2.DISTANCE,
)
