"""Henze and Jiménez-Gamero's test, against its integral and its limit."""

import math
from typing import Any

import numpy as np
import pytest

from slicednorm.stats import henze_jimenez_gamero
from slicednorm.stats._sample.errors import SampleError
from tests.stats.hypotests.classical.grids import over_gaussian
from tests.stats.hypotests.samples import skewed, standardised


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("dim", "beta"), [(1, 5.0), (2, 4.0), (3, 8.0)])
def test_the_integral(null: str, dim: int, beta: float) -> None:
    x = skewed(30, dim)
    y = x if null == "standard" else standardised(x)

    def square(t: np.ndarray) -> np.ndarray:
        return (np.exp(t @ y.T).mean(axis=-1) - np.exp(np.sum(t**2, axis=-1) / 2)) ** 2

    expected = len(y) * beta ** (-dim / 2) * over_gaussian(square, dim, beta)
    ours = henze_jimenez_gamero(x, beta, null=null, n_resamples=1)
    assert ours.statistic == pytest.approx(expected, rel=1e-7)
    assert ours.beta == beta


def test_the_limit_of_large_beta() -> None:
    """96 β³ β^(D/2) T tends to n times 2b1 and 3 of Mori, Rohatgi and Szekely's measure."""
    x = skewed(60, 3)
    y = standardised(x)
    products, lengths = y @ y.T, np.sum(y**2, axis=-1)
    limit = (2 * np.sum(products**3) + 3 * lengths @ products @ lengths) / 60
    half, whole = (96 * beta**4.5 * henze_jimenez_gamero(x, beta, n_resamples=1).statistic for beta in (50.0, 100.0))
    assert 2 * whole - half == pytest.approx(limit, rel=0.01)


@pytest.mark.parametrize(
    ("beta", "error"), [(1.0, ValueError), (101.0, ValueError), (math.nan, ValueError), ("5", TypeError)]
)
def test_beta(beta: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="beta must be"):
        henze_jimenez_gamero(skewed(20, 2), beta)


def test_how_far_out_a_row_may_be() -> None:
    """exp(‖x‖²/β) of it is just within float64, and then beyond."""
    x = np.random.default_rng(0).standard_normal((40, 2))
    x[3] = math.sqrt(1.5 * 705.0), 0.0
    assert 1e300 < henze_jimenez_gamero(x, null="standard", n_resamples=9, rng=0).statistic < math.inf
    x[3] = math.sqrt(1.5 * 720.0), 0.0
    with pytest.raises(SampleError, match=r"henze_jimenez_gamero of x of shape \(40, 2\) overflows float64.* row 3"):
        henze_jimenez_gamero(x, null="standard", n_resamples=9, rng=0)


@pytest.mark.parametrize(("dim", "beta"), [(800, 1.5), (300, 1.01), (310, 100.0)])
def test_columns_with_which_it_is_beyond_float64(dim: int, beta: float) -> None:
    x = np.random.default_rng(0).standard_normal((dim + 20, dim))
    with pytest.raises(SampleError, match=f"constant of {beta:.3g} is beyond float64 in normal samples of shape"):
        henze_jimenez_gamero(x, beta)
    assert math.isfinite(henze_jimenez_gamero(x[:, :100], beta, null="standard", n_resamples=9, rng=0).pvalue)
