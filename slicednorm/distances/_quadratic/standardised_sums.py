"""The squares of S_3 and S_4 of standardised rows: their exact means, and their covariances by degree of harmonics.

S_3 = √(n/6) (1/n) Σ y³ and S_4 = √(n/24) (b2 − 3), b2 the kurtosis of the slice. The moments of b1 = ((1/n) Σ y³)² and
of b2 are Fisher's ("The moments of the distribution for normal samples of measures of departure from normality", Proc.
R. Soc. A 130, 1930).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def _kurtosis_moments(n: float) -> tuple[float, float, float, float]:
    """Return the mean of b2 and its central moments 2, 3 and 4."""
    mean = 3.0 * (n - 1.0) / (n + 1.0)
    variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) ** 2 * (n + 3.0) * (n + 5.0))
    skewness = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
    skewness *= math.sqrt(6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0)))
    tails = 15.0 * n**6 - 36.0 * n**5 - 628.0 * n**4 + 982.0 * n**3 + 5777.0 * n * n - 6402.0 * n + 900.0
    tails *= 36.0 / (n * (n - 3.0) * (n - 2.0) * (n + 7.0) * (n + 9.0) * (n + 11.0) * (n + 13.0))
    return mean, variance, skewness * variance**1.5, (3.0 + tails) * variance * variance


def square_of_sum(order: int, n: int) -> tuple[float, NDArray[np.float64]]:
    """Return the mean of S_l² of standardised rows, l = 3 or 4, and v_0, ..., v_2l.

    The part of degree 4 is a multiple of b2. The rest counts as of degree 2l.

    Examples
    --------
    >>> mean, by_degree = square_of_sum(3, 100)
    >>> round(mean, 6), by_degree[[4, 6]].round(6)
    (0.942036, array([0.406401, 1.620858]))
    """
    centre, variance, third, fourth = _kurtosis_moments(n)
    found = np.zeros(2 * order + 1)
    if order == 3:
        scale = n / 6.0
        of_root = 6.0 * (n - 2.0) / ((n + 1.0) * (n + 3.0))
        tails = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        tails /= (n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0)
        mean, whole = of_root, (tails - 1.0) * of_root**2
        with_kurtosis = 216.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) ** 2 * (n + 3.0) * (n + 5.0) * (n + 7.0))
    else:
        scale, away = n / 24.0, centre - 3.0
        mean = variance + away * away
        whole = fourth + 4.0 * away * third + 4.0 * away**2 * variance - variance**2
        with_kurtosis = third + 2.0 * away * variance
    found[4] = scale**2 * with_kurtosis**2 / variance
    found[2 * order] = scale**2 * whole - found[4]
    return scale * mean, found
