"""Epps-Pulley: ``∫ |φ_n(t) − exp(−t²/2)|² exp(−t²/2) dt``, φ_n the empirical characteristic function.

``t_max`` and ``n_points`` replace the integral by the trapezoidal rule on n_points nodes from 0 to t_max, taken twice:
with 3 and 17 this is the SIGReg loss of LeJEPA (arXiv 2511.08544) over n. That rule is periodic in y.
"""

from __future__ import annotations

import numbers

from slicednorm.distances import _spectral
from slicednorm.distances._distance import Distance, Spectrum
from slicednorm.distances._grid import Grid, fixed_grid
from slicednorm.distances._namespace import Array, array_namespace
from slicednorm.distances._quadratic.spectral import spectral_form

_GAMMA = 0.5


def grid_for(t_max: float | None, n_points: int | None) -> Grid | None:
    """Return the rule that the options ask for, None for the whole integral; SIGReg's 3 or 17 replaces a missing one.

    Raises
    ------
    TypeError
        If t_max is not a number or n_points not a whole number.
    ValueError
        If t_max is not positive and finite, or there are fewer than two points.
    """
    if t_max is None and n_points is None:
        return None
    t_max, n_points = 3.0 if t_max is None else t_max, 17 if n_points is None else n_points
    if isinstance(t_max, bool) or not isinstance(t_max, numbers.Real):
        raise TypeError(f"t_max must be a number or None, got {t_max!r}")
    if isinstance(n_points, bool) or not isinstance(n_points, numbers.Integral):
        raise TypeError(f"n_points must be a whole number or None, got {n_points!r}")
    t_max, n_points = float(t_max), int(n_points)
    if not 0.0 < t_max < float("inf"):
        raise ValueError(f"t_max must be positive and finite, got {t_max}")
    if n_points < 2:
        raise ValueError(f"n_points must be at least 2, got {n_points}")
    return fixed_grid(_GAMMA, t_max, n_points)


def value(y: Array, *, unbiased: bool = False, t_max: float | None = None, n_points: int | None = None) -> Array:
    """Return d_S of samples y (..., n) in any order; n times it is the statistic of Epps and Pulley.

    Examples
    --------
    >>> import numpy as np
    >>> float(value(np.asarray([-1.0, 0.0, 1.0]))).__round__(6)
    0.011687
    """
    grid = grid_for(t_max, n_points)
    return _spectral.weighted(array_namespace(y), y, _GAMMA, grid=grid, unbiased=unbiased)[0]


def value_and_gradient(
    y: Array, *, unbiased: bool = False, t_max: float | None = None, n_points: int | None = None
) -> tuple[Array, Array]:
    """Return d_S and ∂d/∂y_i, in the order of y."""
    grid = grid_for(t_max, n_points)
    return _spectral.weighted(array_namespace(y), y, _GAMMA, grid=grid, unbiased=unbiased, with_gradient=True)


DISTANCE = Distance(
    name="ep",
    title="Epps-Pulley",
    sensitive_to="characteristic functions; smooth departures",
    model=None,
    value=value,
    value_and_gradient=value_and_gradient,
    needs_sorted=False,
    source="Epps and Pulley, Biometrika 70 (1983)",
    options=frozenset({"unbiased", "t_max", "n_points"}),
    spectrum=Spectrum(
        gamma=lambda n: _GAMMA,
        scale=1.0,
        grid=lambda options: grid_for(options.get("t_max"), options.get("n_points")),
    ),
    quadratic=spectral_form(lambda n: _GAMMA, 1.0),
)
