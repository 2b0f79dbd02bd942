"""P-values of 1e-20 against importance sampling of whole samples."""

import numpy as np
import pytest
from scipy import optimize, special

from slicednorm.distances import get_distance
from slicednorm.stats._distributions.slices import Slices, slices_law

LEVEL = 1e-20
GRID = np.linspace(0.0, 1.0, 20_001)
MIDDLES = 0.5 * (GRID[1:] + GRID[:-1])

# The leading eigenfunctions of the two kernels, of u = Φ(y): far out a sample looks like one that is tilted along them.
LEADING = {
    "cvm": lambda u: np.sqrt(2.0) * np.cos(np.pi * u),
    "ad": lambda u: np.sqrt(3.0) * (1.0 - 2.0 * u),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n"), [("cvm", 5_000), ("ad", 5_000), ("cvm", 20_000)])
def test_a_tiny_pvalue_is_that_of_tilted_samples(name, n):
    distance, leading = get_distance(name), LEADING[name]
    critical = slices_law(distance, n, "standard", Slices(np.ones((1, 1)), None)).isf(LEVEL)
    along = leading(MIDDLES)

    def tilted(theta):
        density = np.exp(theta * along)
        return np.concatenate([[0.0], np.cumsum(density) / density.sum()])

    def far(theta):
        u = np.interp((np.arange(n) + 0.5) / n, tilted(theta), GRID)
        return float(distance.value(special.ndtri(u))) - critical

    theta = optimize.brentq(far, 1e-3, 1.0)
    cdf, log_scale = tilted(theta), n * np.log(np.mean(np.exp(theta * along)))
    rng = np.random.default_rng([7, n])
    weights = np.zeros(3_000)
    for index in range(len(weights)):
        u = np.interp(rng.random(n), cdf, GRID)
        u = u if rng.random() < 0.5 else 1.0 - u
        if distance.value(np.sort(special.ndtri(u))) >= critical:
            total = theta * float(leading(u).sum())
            weights[index] = np.exp(log_scale - np.logaddexp(total, -total) + np.log(2.0))
    ratio, error = weights.mean() / LEVEL, weights.std() / np.sqrt(len(weights)) / LEVEL
    assert error < 0.1
    assert abs(ratio - 1.0) < 0.1 + 2.0 * error
