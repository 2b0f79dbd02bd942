"""Henze and Visagie's test, against its integral and its limit."""

import math
from typing import Any

import numpy as np
import pytest

from slicednorm.stats import henze_visagie
from slicednorm.stats._sample.errors import SampleError
from tests.stats.hypotests.classical.grids import over_gaussian
from tests.stats.hypotests.samples import skewed, standardised


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("dim", "gamma"), [(1, 5.0), (2, 2.0), (3, 10.0)])
def test_the_integral(null: str, dim: int, gamma: float) -> None:
    x = skewed(30, dim)
    y = x if null == "standard" else standardised(x)

    def square(t: np.ndarray) -> np.ndarray:
        weights = np.exp(t @ y.T)
        return np.sum((weights @ y / len(y) - t * weights.mean(axis=-1, keepdims=True)) ** 2, axis=-1)

    expected = 16 * gamma**2 * len(y) * over_gaussian(square, dim, gamma)
    ours = henze_visagie(x, gamma, null=null, n_resamples=1)
    assert ours.statistic == pytest.approx(expected, rel=1e-9)
    assert ours.beta == gamma


def test_the_limit_of_large_gamma() -> None:
    """n times 2b1 and Mori, Rohatgi and Szekely's measure; what is left goes with 1/γ."""
    x = skewed(60, 3)
    y = standardised(x)
    products, lengths = y @ y.T, np.sum(y**2, axis=-1)
    limit = (2 * np.sum(products**3) + lengths @ products @ lengths) / 60
    half, whole = (henze_visagie(x, gamma, n_resamples=1).statistic for gamma in (50.0, 100.0))
    assert 2 * whole - half == pytest.approx(limit, rel=0.01)
    assert abs(whole / limit - 1) > 0.02


@pytest.mark.parametrize(
    ("gamma", "error"), [(1.0, ValueError), (101.0, ValueError), (math.nan, ValueError), ("5", TypeError)]
)
def test_gamma(gamma: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="gamma must be"):
        henze_visagie(skewed(20, 2), gamma)


def test_how_far_out_a_row_may_be() -> None:
    """exp(‖x‖²/γ) of it is just within float64, and then beyond."""
    x = np.random.default_rng(0).standard_normal((40, 2))
    x[3] = math.sqrt(5 * 690.0), 0.0
    assert 1e300 < henze_visagie(x, null="standard", n_resamples=9, rng=0).statistic < math.inf
    x[3] = math.sqrt(5 * 712.0), 0.0
    with pytest.raises(SampleError, match=r"henze_visagie of x of shape \(40, 2\) overflows float64.* row 3"):
        henze_visagie(x, null="standard", n_resamples=9, rng=0)


def test_columns_with_which_it_is_beyond_float64() -> None:
    x = np.random.default_rng(0).standard_normal((1_000, 900))
    with pytest.raises(
        SampleError, match=r"constant of 1.5 is beyond float64 in normal samples of shape \(1000, 900\)"
    ):
        henze_visagie(x, 1.5)
    assert math.isfinite(henze_visagie(x, 5.0, null="standard", n_resamples=1).statistic)
