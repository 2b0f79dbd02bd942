"""The law over given directions against all eigenvalues of the block matrix, and where these are known."""

import numpy as np
import pytest

from slicednorm.directions import random_directions
from slicednorm.distances import get_distance
from slicednorm.distances._quadratic.form import reduced
from slicednorm.stats._distributions.gram import _spectrum, gram_law, power_means
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from tests.stats.distributions.dense import cosines_of, dense_law

NAMES = ("cvm", "ep", "w2")
NULLS = ("standard", "composite")


def form(name, null, n=200):
    return reduced(get_distance(name).quadratic.matrix(n), null)


def assert_same(found, exact, rtol, far=None):
    """Probabilities within rtol down to 1e-3, and within ``far`` to 12 standard deviations."""
    assert found.mean() == pytest.approx(exact.mean(), rel=2e-5)
    assert found.std() == pytest.approx(exact.std(), rel=1e-6)
    x = exact.mean() + exact.std() * np.array([-1.2, -0.3, 1.0, 2.0, 3.0, 6.0, 12.0])
    tails, expected = found.sf(x), exact.sf(x)
    near = expected >= 1e-3
    assert np.count_nonzero(near) >= 4
    assert expected[-1] < 1e-4
    np.testing.assert_allclose(tails[near], expected[near], rtol=rtol)
    np.testing.assert_allclose(tails, expected, rtol=rtol if far is None else far)


# --- All eigenvalues --------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dim", "k"), [(1, 1), (2, 8), (3, 8), (20, 8), (20, 1)])
def test_few_directions(name, null, dim, k):
    cosines = cosines_of(random_directions(k, dim, rng=3))
    assert_same(gram_law(form(name, null), cosines), dense_law(form(name, null), cosines), rtol=2e-5)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", NAMES)
def test_orthonormal_directions_are_independent(name, null):
    """The eigenvalues are those of B over k, each k times."""
    matrix, k = form(name, null), 5
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 1e-12 * values.max()]
    exact = WeightedChi2(values / k, np.full(len(values), float(k)))
    for directions in (np.eye(k), random_directions(k, k, "orthogonal", rng=2)):
        found = gram_law(matrix, cosines_of(directions))
        assert_same(found, exact, rtol=1e-6)
        np.testing.assert_allclose(found.weights[:k], values.max() / k, rtol=1e-9)
        assert found.weights[k] < 0.999 * found.weights[0]


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", NAMES)
def test_directions_that_are_repeated_or_turned_round_add_nothing(name, null):
    matrix, directions = form(name, null), random_directions(4, 3, rng=5)
    once = gram_law(matrix, cosines_of(directions))
    signs = np.array([1.0, -1.0, 1.0])[:, np.newaxis, np.newaxis]
    again = gram_law(matrix, cosines_of((signs * directions).reshape(-1, 3)))
    assert_same(again, once, rtol=2e-5)
    alone = gram_law(matrix, np.ones((1, 1)))
    assert_same(gram_law(matrix, np.ones((6, 6))), alone, rtol=2e-5)
    assert once.std() < 0.9 * alone.std()


def test_one_direction_is_b_itself():
    matrix = form("w2", "standard")
    values = np.linalg.eigvalsh(matrix)[::-1]
    found = gram_law(matrix, np.ones((1, 1)))
    np.testing.assert_allclose(found.weights[:12], values[:12], rtol=1e-9)
    np.testing.assert_array_equal(found.degrees[:12], 1.0)


# --- The largest eigenvalues, and a quadrature for the others ---------------------------------------------


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dim", [3, 20])
def test_more_components_than_are_computed(name, null, dim):
    """80 directions have eigenvalues in the thousands, of which the largest matter."""
    matrix, cosines = form(name, null), cosines_of(random_directions(80, dim, rng=6))
    found, exact = gram_law(matrix, cosines), dense_law(matrix, cosines, least=1e-6)
    assert_same(found, exact, rtol=0.01, far=0.1)
    assert len(found.weights) < 0.9 * len(exact.weights)


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("dim", [3, 20])
def test_many_directions(null, dim):
    matrix, cosines = form("ep", null), cosines_of(random_directions(300, dim, rng=6))
    found, exact = gram_law(matrix, cosines), dense_law(matrix, cosines, least=1e-5)
    assert_same(found, exact, rtol=0.01, far=0.04)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", NAMES)
def test_directions_around_a_circle(name, null):
    """All rotations of the circle leave the block matrix as it is: Fourier's transform has its eigenvalues, in pairs.

    301 is odd, so that no two directions differ by the sign alone.
    """
    matrix, k = form(name, null), 301
    angles = 2.0 * np.pi * np.arange(k) / k
    orders = np.arange(1, len(matrix) + 1)[:, np.newaxis]
    waves = np.maximum(np.fft.fft(np.cos(angles) ** orders, axis=1).real, 0.0).T / k
    values = np.linalg.eigvalsh(np.sqrt(waves)[:, :, np.newaxis] * matrix * np.sqrt(waves)[:, np.newaxis, :]).ravel()
    exact = WeightedChi2(values[values > 1e-12 * values.max()])
    found = gram_law(matrix, cosines_of(np.stack([np.cos(angles), np.sin(angles)], axis=1)))
    assert_same(found, exact, rtol=2e-3)
    np.testing.assert_allclose(found.weights[:2], exact.weights[0], rtol=1e-4)


def test_many_directions_of_few_different_ones():
    """A matrix of low rank, whose Krylov space is soon exhausted."""
    matrix, directions = form("cvm", "standard"), random_directions(10, 4, rng=7)
    once = gram_law(matrix, cosines_of(directions))
    assert_same(gram_law(matrix, cosines_of(np.tile(directions, (30, 1)))), once, rtol=2e-3)


def test_eigenvalues_that_rounding_makes_negative():
    """How many there are of those depends on the processor."""
    rows = np.random.default_rng(1).standard_normal((500, 20))
    values, counts = _spectrum(rows @ rows.T / 500.0 - 1e-6 * np.eye(500))
    exact = np.linalg.eigvalsh(rows.T @ rows / 500.0)
    np.testing.assert_allclose(values[-20:], exact, rtol=1e-5)
    np.testing.assert_array_equal(counts[-20:], 1.0)


def test_many_orthonormal_directions():
    """All eigenvalues are equal, 500 of them, more than a block of vectors can tell apart."""
    matrix, k = form("cvm", "standard"), 500
    values = np.linalg.eigvalsh(matrix)
    values = values[values > 1e-12 * values.max()]
    exact = WeightedChi2(values / k, np.full(len(values), float(k)))
    assert_same(gram_law(matrix, np.eye(k)), exact, rtol=0.01, far=0.1)


def test_the_answer_depends_on_the_directions_alone():
    matrix, cosines = form("cvm", "standard"), cosines_of(random_directions(300, 3, rng=8))
    first = gram_law(matrix, cosines)
    np.random.default_rng(0).standard_normal(10)
    second = gram_law(matrix, cosines.copy())
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.degrees, second.degrees)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", ["cvm", "ad", "w2", "sw", "ep", "cw"])
@pytest.mark.parametrize("k", [1, 7, 60, 200])
def test_mean_and_variance_are_exact(name, null, k):
    """tr B, and the mean over pairs of directions of their covariance 2 Σ B_lm² ρ^(l+m)."""
    matrix, cosines = form(name, null), cosines_of(random_directions(k, 5, rng=9))
    law = gram_law(matrix, cosines)
    squares, covariances = matrix * matrix, np.zeros_like(cosines)
    for power in range(2 * len(matrix), 1, -1):
        # Horner's rule: the entries with l + m = power lie on an antidiagonal.
        antidiagonal = np.trace(squares[:, ::-1], offset=len(matrix) + 1 - power)
        covariances = (covariances + 2.0 * antidiagonal) * cosines
    covariances *= cosines
    assert law.mean() == pytest.approx(np.trace(matrix), rel=1e-6)
    assert law.var() == pytest.approx(np.mean(covariances), rel=1e-6)
    assert np.mean(np.diag(covariances)) == pytest.approx(2.0 * np.sum(squares), rel=1e-9)


# --- Means of powers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "dim"), [(1, 1), (2, 2), (30, 2), (30, 3), (200, 3), (200, 50)])
def test_power_means(k, dim):
    cosines = cosines_of(random_directions(k, dim, rng=1))
    found = power_means(cosines, 130)
    assert found.shape == (131,)
    np.testing.assert_allclose(found, [np.mean(cosines**power) for power in range(131)], rtol=1e-10, atol=1e-12)


def test_power_means_of_opposite_directions():
    found = power_means(np.array([[1.0, -1.0], [-1.0, 1.0]]), 5)
    np.testing.assert_array_equal(found, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0])
