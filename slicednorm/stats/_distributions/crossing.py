"""Where a function of one variable crosses 0."""

from __future__ import annotations

import math
from collections.abc import Callable


def crossing(excess: Callable[[float], float], low: float, high: float) -> float:
    """Return the t above ``low`` at which an increasing ``excess(t)`` is 0, to rounding.

    ``high`` is a first guess of a value above it. ``excess`` may be infinite at ``low`` and near it, as the logarithm
    of a probability is: the interval is halved until it is finite at both ends, and then Brent's method takes a
    quarter of the evaluations that bisection would.

    Examples
    --------
    >>> round(crossing(lambda t: t * t - 2.0, 0.0, 1.0), 12)
    1.414213562373
    """
    from scipy import optimize

    first = low
    while excess(high) < 0.0:
        low, high = high, high + 2.0 * (high - first)
    for _ in range(200):
        if math.isfinite(excess(low)) and math.isfinite(excess(high)):
            return float(optimize.brentq(excess, low, high, xtol=math.ulp(0.0), rtol=1e-13, maxiter=1000))
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)
