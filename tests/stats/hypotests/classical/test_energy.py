"""The energy test, against R."""

import math
from importlib import import_module

import numpy as np
import pytest
from scipy import special

from slicednorm.stats import energy, henze_zirkler
from tests.reference import read
from tests.stats.hypotests.classical.every import PEERS
from tests.stats.hypotests.samples import skewed

energy_module = import_module("slicednorm.stats._hypotests.classical.energy")


@pytest.mark.parametrize("name", PEERS)
def test_energy(name: str) -> None:
    theirs = PEERS[name]["energy (R energy 1.7-11, covariance with n-1)"]["statistic"]
    assert energy(read(name), n_resamples=1).statistic == pytest.approx(theirs, rel=1e-9)


WITH_PVALUES = sorted(name for name in PEERS if "energy_test_20000_replicates (R energy)" in PEERS[name])


@pytest.mark.parametrize("name", WITH_PVALUES)
def test_energy_pvalue(name: str) -> None:
    theirs, ours = PEERS[name]["energy_test_20000_replicates (R energy)"], energy(read(name), rng=1)
    assert ours.method == ("analytic" if ours.n >= 100 else "monte carlo")
    error = 0.02 * ours.pvalue if ours.pvalue_stderr is None else ours.pvalue_stderr
    assert abs(ours.pvalue - theirs["p_value"]) < 4.0 * math.hypot(error, theirs["mc_se"])


@pytest.mark.parametrize("dim", [1, 2, 3, 7, 60])
def test_mean_distance(dim: int) -> None:
    squares = np.concatenate([[0.0], np.geomspace(1e-9, 500.0, 50)])
    expected = energy_module.mean_norm(dim) * special.hyp1f1(-0.5, dim / 2, -squares / 2)
    np.testing.assert_allclose(energy_module.mean_distance(squares, dim), expected, rtol=1e-12)
    far = energy_module.mean_distance(np.asarray([1e20, 1e200]), dim)
    np.testing.assert_allclose(far, [1e10, 1e100], rtol=1e-9)


def test_sequential() -> None:
    x = np.random.default_rng(1).standard_normal((30, 2))
    result = energy(x, method="sequential", rng=2)
    assert result.method == "sequential"
    assert result.n_resamples == len(result.null_distribution) < 999


def test_progress_and_seeds() -> None:
    seen: list[tuple[int, int]] = []
    x = skewed(60, 5)
    by_chance = energy(x, n_resamples=150, progress=lambda *at: seen.append(at))
    assert seen[-1] == (150, 150)
    again = energy(x, n_resamples=150, rng=by_chance.seed)
    np.testing.assert_array_equal(again.null_distribution, by_chance.null_distribution)
    generator = np.random.default_rng(0)
    henze_zirkler(x, rng=generator)  # nothing is drawn without replicates
    assert generator.random() == np.random.default_rng(0).random()
