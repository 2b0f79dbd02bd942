"""Null distributions of statistics of all pairs: exact cumulants at few rows, the limit, the size of tests."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.distances import get_distance
from slicednorm.distances._quadratic.form import reduced
from slicednorm.stats._distributions.all_pairs import pairs_law
from slicednorm.stats._distributions.gram import gram_law
from slicednorm.stats._distributions.sphere import sphere_law, whole_sphere_law
from slicednorm.stats._hypotests.classical import CLASSICAL
from slicednorm.stats._hypotests.classical.bhep import with_beta
from slicednorm.stats._hypotests.classical.constant import Constant
from tests.stats.distributions.dense import cosines_of
from tests.stats.hypotests.classical.every import WITH_FORMULA, values_of

NULLS = ("standard", "composite")


def null_values(name, null, n, dim, count, seed):
    rng = np.random.default_rng(seed)
    return np.concatenate([values_of(name, rng.standard_normal((500, n, dim)), null) for _ in range(count // 500)])


def law_of(name, n, dim, null):
    return pairs_law(CLASSICAL[name].form, n, dim, null)


# --- The limit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", ["cvm", "ep"])
def test_the_whole_circle(name, null):
    """720 directions with equal angles are all directions of the plane, but for orders that do not matter."""
    matrix = reduced(get_distance(name).quadratic.matrix(500), null)
    angles = np.pi * np.arange(720) / 720
    some = gram_law(matrix, cosines_of(np.stack([np.cos(angles), np.sin(angles)], axis=1)))
    law = whole_sphere_law(matrix, 2)
    assert law.mean() == pytest.approx(some.mean(), rel=1e-5)
    x = law.mean() + law.std() * np.array([-0.5, 1.0, 3.0, 6.0])
    np.testing.assert_allclose(law.sf(x), some.sf(x), rtol=5e-3)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("dim", [3, 20])
def test_the_whole_sphere_is_that_of_very_many_directions(dim, null):
    matrix = reduced(get_distance("cvm").quadratic.matrix(500), null)
    law, many = whole_sphere_law(matrix, dim), sphere_law(matrix, dim, 10**9, orthogonal=False)
    x = law.mean() + law.std() * np.array([-0.5, 1.0, 3.0, 6.0])
    np.testing.assert_allclose(law.sf(x), many.sf(x), rtol=2e-3)


@pytest.mark.parametrize("null", NULLS)
def test_one_dimension_has_two_directions(null):
    matrix = reduced(get_distance("cvm").quadratic.matrix(500), null)
    law, one = whole_sphere_law(matrix, 1), gram_law(matrix, np.ones((1, 1)))
    x = law.mean() + law.std() * np.array([-0.5, 1.0, 3.0, 6.0])
    np.testing.assert_allclose(law.sf(x), one.sf(x), rtol=1e-3)


@pytest.mark.parametrize(("dim", "beta"), [(1, 1.0), (2, 0.5), (5, 1.0), (10, 1.0), (3, 2.0)])
def test_limiting_moments_of_bhep(dim, beta):
    """Those of Henze and Zirkler (1990), theorem 2.2, for both parameters estimated."""
    law = pairs_law(with_beta(CLASSICAL["bhep"], Constant(beta)).form, 10**7, dim, "composite")
    square = beta**2
    a, w = 1.0 + 2.0 * square, (1.0 + square) * (1.0 + 3.0 * square)
    mean = 1.0 - a ** (-dim / 2) * (1.0 + dim * square / a + dim * (dim + 2) * square**2 / (2.0 * a**2))
    variance = (
        2.0 * (1.0 + 4.0 * square) ** (-dim / 2)
        + 2.0 * a**-dim * (1.0 + 2.0 * dim * square**2 / a**2 + 3.0 * dim * (dim + 2) * square**4 / (4.0 * a**4))
        - 4.0 * w ** (-dim / 2) * (1.0 + 3.0 * dim * square**2 / (2 * w) + dim * (dim + 2) * square**4 / (2.0 * w**2))
    )
    assert law.mean() == pytest.approx(mean, rel=1e-5)
    assert law.var() == pytest.approx(variance, rel=1e-5)


# --- At n rows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_FORMULA)
@pytest.mark.parametrize(("n", "dim"), [(5, 1), (6, 2), (8, 4)])
def test_three_exact_cumulants_under_the_standard_null(name, n, dim):
    count = 20_000
    values, law = null_values(name, "standard", n, dim, count, seed=1), law_of(name, n, dim, "standard")
    centred = values - law.mean()
    for power, expected in ((1, 0.0), (2, law.var()), (3, law.cumulant(3))):
        powers = centred**power
        assert abs(powers.mean() - expected) < 4.0 * powers.std() / math.sqrt(count)


@pytest.mark.parametrize("name", WITH_FORMULA)
@pytest.mark.parametrize(("n", "dim"), [(8, 1), (10, 2), (12, 5), (30, 12)])
def test_exact_mean_and_variance_under_the_composite_null(name, n, dim):
    count = 20_000 if n < 20 else 10_000
    values, law = null_values(name, "composite", n, dim, count, seed=2), law_of(name, n, dim, "composite")
    centred = values - law.mean()
    for power, expected in ((1, 0.0), (2, law.var())):
        powers = centred**power
        assert abs(powers.mean() - expected) < 4.0 * powers.std() / math.sqrt(count)


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", WITH_FORMULA)
@pytest.mark.parametrize(("n", "dim"), [(100, 1), (100, 3), (150, 8)])
def test_size(name, null, n, dim):
    count = 2_000
    pvalues = law_of(name, n, dim, null).sf(null_values(name, null, n, dim, count, seed=3))
    assert scipy_stats.kstest(pvalues, "uniform").pvalue > 1e-3
    for level, allowed in ((0.05, 0.04), (0.01, 0.08)):
        error = 3.5 * math.sqrt(level * (1.0 - level) / count)
        assert abs(np.mean(pvalues <= level) - level) < allowed * level + error


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", WITH_FORMULA)
def test_the_same_whatever_was_computed_before(name, null):
    first = law_of(name, 150, 4, null)
    pairs_law.cache_clear()
    again = law_of(name, 150, 4, null)
    np.testing.assert_array_equal(first.weights, again.weights)
    np.testing.assert_array_equal(first.degrees, again.degrees)
    assert first.shift == again.shift
