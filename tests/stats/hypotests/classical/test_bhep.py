"""Henze and Zirkler's test and BHEP, against R and Python."""

import math
import pickle
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from scipy import stats

from slicednorm.stats import bhep, henze_zirkler
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.constant import Constant
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from tests.reference import read
from tests.stats.hypotests.classical.every import FLOAT64, PEERS, null_values
from tests.stats.hypotests.samples import skewed, standardised

bhep_module = import_module("slicednorm.stats._hypotests.classical.bhep")
henze_zirkler_module = import_module("slicednorm.stats._hypotests.classical.henze_zirkler")


# Limiting laws are compared where they do not hold as well.
@pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
@pytest.mark.parametrize("name", PEERS)
def test_henze_zirkler(name: str) -> None:
    ours = henze_zirkler(read(name), method="asymptotic")
    mvn = PEERS[name]["henze_zirkler (R MVN 6.3)"]
    pingouin = PEERS[name]["henze_zirkler (pingouin 0.7.0)"]
    assert ours.statistic == pytest.approx(mvn["statistic"], rel=1e-9)
    assert ours.statistic == pytest.approx(pingouin["HZ"], rel=1e-9)
    assert ours.pvalue == pytest.approx(mvn["p_value"], rel=1e-9)
    assert ours.method == "asymptotic"


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("beta", [0.5, 1.0, 3.0])
def test_bhep(name: str, beta: float) -> None:
    ours = bhep(read(name), beta, n_resamples=1)
    assert ours.statistic == pytest.approx(PEERS[name][f"bhep_beta_{beta:g} (R mnt 1.3)"]["statistic"], rel=1e-6)
    assert ours.beta == beta


@pytest.mark.slow
def test_lognormal_law_holds_where_it_should() -> None:
    values = null_values("henze_zirkler", 400, 2, 1_000, seed=1)
    rows = Rows(np.empty((400, 2)), FLOAT64)
    p = np.asarray([henze_zirkler_module._lognormal_tail(value, rows) for value in values])
    for level in (0.05, 0.5):
        assert abs(np.mean(p <= level) - level) < 4.0 * math.sqrt(level * (1 - level) / 1_000) + 0.01
    assert henze_zirkler_module._lognormal_tail(0.0, rows) == 1.0
    assert henze_zirkler_module._lognormal_tail(math.inf, rows) == 0.0


def test_henze_zirkler_of_a_known_law_is_bhep() -> None:
    x = skewed(50, 3)
    one = henze_zirkler(x, null="standard", n_resamples=99, rng=4)
    other = bhep(x, one.beta, null="standard", n_resamples=99, rng=4)
    assert one.beta == pytest.approx((7 * 50 / 4) ** (1 / 7) / math.sqrt(2), rel=1e-12)
    assert (one.statistic, one.pvalue) == (other.statistic, other.pvalue)


def test_bhep_travels_with_its_beta() -> None:
    test = replace(CLASSICAL["bhep"], statistic=bhep_module._Statistic(Constant(2.0)))
    copy = pickle.loads(pickle.dumps(test))
    rows = Rows(skewed(20, 2), FLOAT64)
    assert copy.statistics(rows, None, "standard") == test.statistics(rows, None, "standard")


@pytest.mark.parametrize("h", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("dim", [1, 3])
def test_the_quadratic_distance_of_a_normal_kernel(h: float, dim: int) -> None:
    """(1/n) Σ K(x_i, x_j) of the kernel N(x − y; 0, h²I), centred by N(0, I) as Markatou and Saraceno do."""
    x = skewed(25, dim)
    y = standardised(x)

    def density(z: np.ndarray, variance: float) -> float:
        return float(stats.multivariate_normal.pdf(z, np.zeros(dim), variance))

    total = 0.0
    for one in y:
        for other in y:
            total += density(one - other, h**2) - density(one, h**2 + 1) - density(other, h**2 + 1)
            total += density(np.zeros(dim), h**2 + 2)
    ours = bhep(x, 1 / h, n_resamples=1).statistic
    assert ours == pytest.approx((2 * math.pi * h**2) ** (dim / 2) * total / 25, rel=1e-9)


X = np.random.default_rng(0).standard_normal((20, 3))


@pytest.mark.parametrize(
    ("beta", "error"),
    [(0.0, ValueError), (1e-3, ValueError), (1e200, ValueError), (math.nan, ValueError), ("1", TypeError)],
)
def test_beta(beta: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="beta must be"):
        bhep(X, beta)


@pytest.mark.parametrize("beta", [bhep_module._LEAST_BETA, bhep_module._MOST_BETA])
def test_the_ends_of_beta(beta: float) -> None:
    """At the least, T is that of sums in twice the digits to one in twenty."""
    x = skewed(60, 3)
    rows = Rows(x[None], FLOAT64)
    (ours,) = bhep_module.with_beta(bhep_module.BHEP, Constant(beta)).statistics(rows, estimated(rows), "composite")
    if beta == bhep_module._LEAST_BETA:
        assert bhep(x, beta, n_resamples=1).statistic == ours
    y = estimated(rows)(x[None])[0].astype(np.longdouble)
    square, n, dim = np.longdouble(beta) ** 2, *y.shape
    pairs = np.exp(-0.5 * square * ((y[:, None] - y) ** 2).sum(axis=-1)).sum()
    singles = np.exp(-0.5 * square / (1 + square) * (y**2).sum(axis=-1)).sum()
    half = np.longdouble(dim) / 2
    theirs = pairs / n - 2 * (1 + square) ** -half * singles + n * (1 + 2 * square) ** -half
    assert 0.0 < ours == pytest.approx(float(theirs), rel=0.05)


@pytest.mark.parametrize(("n", "dim"), [(300, 120), (1_700, 1_600)])
def test_columns_among_which_henze_zirkler_does_not_vary(n: int, dim: int) -> None:
    """p would be 0.5 for any sample, and a division by zero where the variance underflows."""
    x = np.random.default_rng(0).standard_normal((n, dim))
    with pytest.raises(SampleError, match=rf"is the same for all samples of shape \({n}, {dim}\)"):
        henze_zirkler(x)


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("n", "dim", "beta"), [(200, 80, 1.0), (60, 45, 2.0), (120, 70, 1.0)])
def test_shapes_for_which_bhep_is_always_the_same(null: str, n: int, dim: int, beta: float) -> None:
    """Far groups had p = 1, and a message recommended it."""
    x = np.random.default_rng(0).standard_normal((n, dim))
    x[::2] += 50.0
    with pytest.raises(SampleError, match="is the same for all samples") as caught:
        bhep(x, beta, null=null, n_resamples=19, rng=0)
    assert "use energy, cramer_wold or mardia" in str(caught.value)
    bhep(x[:, : dim // 2], beta, null=null, n_resamples=19, rng=0)
