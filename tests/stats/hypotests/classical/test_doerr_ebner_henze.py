"""Dörr, Ebner and Henze's two tests, against their integrals and far from everything."""

import math
from typing import Any

import numpy as np
import pytest

from slicednorm.stats import doerr_ebner_henze, doerr_ebner_henze_double
from tests.stats.hypotests.classical.grids import over_gaussian
from tests.stats.hypotests.samples import skewed, standardised


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("dim", "a"), [(1, 0.25), (2, 1.0), (3, 2.0)])
def test_the_integral(null: str, dim: int, a: float) -> None:
    x = skewed(30, dim)
    y = x if null == "standard" else standardised(x)
    lengths = np.sum(y**2, axis=-1)

    def square(t: np.ndarray) -> np.ndarray:
        radii = np.sum(t**2, axis=-1)
        difference = np.exp(1j * t @ y.T) @ lengths / len(y) + (radii - dim) * np.exp(-radii / 2)
        return np.abs(difference) ** 2

    expected = len(y) / dim**2 * over_gaussian(square, dim, a)
    ours = doerr_ebner_henze(x, a, null=null, n_resamples=1)
    assert ours.statistic == pytest.approx(expected, rel=1e-8)
    assert ours.beta == a


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("dim", "a"), [(1, 0.5), (2, 1.0), (3, 2.0)])
def test_the_integral_of_the_double_estimation(null: str, dim: int, a: float) -> None:
    x = skewed(30, dim)
    y = x if null == "standard" else standardised(x)
    lengths = np.sum(y**2, axis=-1)

    def square(t: np.ndarray) -> np.ndarray:
        both = lengths + np.sum(t**2, axis=-1, keepdims=True) - dim
        return np.abs(np.mean(both * np.exp(1j * t @ y.T), axis=-1)) ** 2

    expected = len(y) / dim**2 * over_gaussian(square, dim, a)
    ours = doerr_ebner_henze_double(x, a, null=null, n_resamples=1)
    assert ours.statistic == pytest.approx(expected, rel=1e-8)
    assert ours.beta == a


def test_far_apart_in_many_columns_it_is_mardias_kurtosis() -> None:
    x = np.random.default_rng(0).standard_normal((300, 80))
    kurtosis = np.mean(np.sum(standardised(x) ** 2, axis=-1) ** 2)
    assert doerr_ebner_henze(x, n_resamples=1).statistic == pytest.approx(kurtosis / 80**2, rel=1e-6)
    assert doerr_ebner_henze_double(x, n_resamples=1).statistic == pytest.approx((kurtosis + 160) / 80**2, rel=1e-6)


@pytest.mark.parametrize(
    ("a", "error"), [(0.0, ValueError), (101.0, ValueError), (math.nan, ValueError), ("1", TypeError)]
)
def test_a(a: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="a must be"):
        doerr_ebner_henze(skewed(20, 2), a)
    with pytest.raises(error, match="a must be"):
        doerr_ebner_henze_double(skewed(20, 2), a)
