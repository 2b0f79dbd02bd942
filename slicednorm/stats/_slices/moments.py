"""The first four moments of every slice, computed in the pass that computes the distances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm.distances import Distance


def _power_mean(power: int) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    def value(y: NDArray[Any]) -> NDArray[np.float64]:
        found = y
        for _ in range(power - 1):
            found = found * y
        return np.asarray(np.mean(found, axis=-1, dtype=np.float64))

    return value


def _no_gradient(*arguments: Any) -> Any:
    raise NotImplementedError


# They go where distances go: functions of projections in any order.
MOMENTS = tuple(
    Distance(
        name=f"moment {power}",
        title=f"mean of y^{power}",
        sensitive_to="",
        model=None,
        value=_power_mean(power),
        value_and_gradient=_no_gradient,
        needs_sorted=False,
        source="",
    )
    for power in (1, 2, 3, 4)
)


def hermite_sums(moments: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return S_l = √n (1/n) Σ He_l(y_i)/√l!, l = 1..4, from the means of y, y², y³ and y⁴.

    Parameters
    ----------
    moments : ndarray of shape (4, k)
        The moments of every slice.
    n : int
        Number of rows.
    """
    m1, m2, m3, m4 = moments
    return np.sqrt(n) * np.stack(
        [
            m1,
            (m2 - 1.0) / np.sqrt(2.0),
            (m3 - 3.0 * m1) / np.sqrt(6.0),
            (m4 - 6.0 * m2 + 3.0) / np.sqrt(24.0),
        ]
    )
