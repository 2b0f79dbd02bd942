"""Where a function of one variable crosses a value."""

from __future__ import annotations

from collections.abc import Callable


def crossing(too_low: Callable[[float], bool], low: float, high: float) -> float:
    """Return the t from which on ``too_low(t)`` is false, above ``low``, by bisection to rounding.

    ``high`` is a first guess of a value above it. The tail of a null distribution is nearly exponential: sixty
    evaluations of a fraction of a millisecond are cheaper than a method that must know its slope.

    Examples
    --------
    >>> round(crossing(lambda t: t * t < 2.0, 0.0, 1.0), 12)
    1.414213562373
    """
    first = low
    while too_low(high):
        low, high = high, high + 2.0 * (high - first)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high) or high - low <= 1e-13 * abs(high):
            break
        low, high = (middle, high) if too_low(middle) else (low, middle)
    return 0.5 * (low + high)
