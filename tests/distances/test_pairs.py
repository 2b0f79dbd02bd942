"""Means over all pairs of standardised rows against moments that are known, and harmonics against integrals."""

import math

import numpy as np
import pytest
from scipy import special

from slicednorm.distances import get_distance
from slicednorm.distances._quadratic.degrees import DEGREES, in_powers, legendre, legendre_means
from slicednorm.distances._quadratic.form import covariance, reduced
from slicednorm.distances._quadratic.pairs import PairKernel, _half_line, _orthonormal, standardised_moments
from slicednorm.distances._quadratic.standardised_sums import square_of_sum

# (n, E, Var) of Pearson's kurtosis b2 of n normal values (Fisher, 1930).
KURTOSIS = [
    (n, 3.0 * (n - 1) / (n + 1), 24.0 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5)))
    for n in (5, 20, 100, 5_000)
]


def nothing(y):
    return np.zeros_like(y)


@pytest.mark.parametrize(("n", "mean", "variance"), KURTOSIS)
def test_kurtosis_as_a_mean_over_pairs(n, mean, variance):
    """Σ_ij (y_i − y_j)⁴ = 2n²b2 + 6n² for standardised rows, all of it of degree 4."""
    found, by_degree = standardised_moments(PairKernel(lambda y: y**4, nothing, 0.0), n)
    assert found == pytest.approx(n * (2.0 * mean + 6.0), rel=1e-6)
    assert by_degree.sum() == pytest.approx(4.0 * n * n * variance, rel=1e-6)
    assert by_degree[4] == pytest.approx(by_degree.sum(), rel=1e-9)


@pytest.mark.parametrize(("n", "mean", "variance"), KURTOSIS)
def test_kurtosis_as_a_mean_over_rows(n, mean, variance):
    found, by_degree = standardised_moments(PairKernel(nothing, lambda y: -0.5 * y**4, 1.0), n)
    assert found == pytest.approx(n * (mean + 1.0), rel=1e-6)
    assert by_degree[4] == pytest.approx(n * n * variance, rel=1e-6)
    # What pairs and rows say together: 2n b2 − 2n b2.
    _, by_degree = standardised_moments(PairKernel(lambda y: y**4, lambda y: y**4, 0.0), n)
    assert by_degree.sum() < 1e-6 * n * n


def standardised(count, n, rng):
    y = rng.standard_normal((count, n))
    y -= y.mean(axis=1, keepdims=True)
    return y / np.sqrt(np.mean(y * y, axis=1, keepdims=True))


@pytest.mark.parametrize("n", [6, 20])
def test_smooth_kernel_by_simulation(n):
    """Along one direction, and along two: the standardised rows of the second are those of the first, turned."""
    rng = np.random.default_rng(1)
    count, cosine = 60_000, 0.8

    def values(y):
        pairs = np.exp(-((y[:, :, np.newaxis] - y[:, np.newaxis]) ** 2)).sum(axis=(1, 2))
        return pairs / n - 2.0 * np.cos(y).sum(axis=1) + 0.3 * n

    mean, by_degree = standardised_moments(PairKernel(lambda y: np.exp(-y * y), np.cos, 0.3), n)
    y = standardised(count, n, rng)
    z = rng.standard_normal((count, n))
    z -= z.mean(axis=1, keepdims=True)
    z -= np.mean(z * y, axis=1, keepdims=True) * y
    z /= np.sqrt(np.mean(z * z, axis=1, keepdims=True))
    one, other = values(y), values(cosine * y + math.sqrt(1.0 - cosine**2) * z)
    assert abs(one.mean() - mean) < 4.0 * one.std() / math.sqrt(count)
    products = (one - one.mean()) ** 2, (one - one.mean()) * (other - other.mean())
    expected = by_degree.sum(), by_degree @ legendre(cosine, n - 1)
    for product, value in zip(products, expected, strict=True):
        assert abs(product.mean() - value) < 4.0 * product.std() / math.sqrt(count)


@pytest.mark.parametrize("dimensions", [4, 19, 99, 4_999])
def test_polynomials_are_orthonormal(dimensions):
    y, weights = _half_line(dimensions)
    found = _orthonormal(y, dimensions)[: min(40, dimensions)]
    for parity in (0, 1):
        some = found[parity::2]
        np.testing.assert_allclose((some * weights) @ some.T, np.eye(len(some)), atol=1e-6)


@pytest.mark.parametrize("dim", [1, 2, 5, 30])
@pytest.mark.parametrize("n", [70, 500])
def test_means_of_legendre_polynomials(dim, n):
    found = legendre_means(dim, n, DEGREES)
    if dim == 1:
        cosines, weights = np.array([1.0]), np.array([1.0])
    elif dim == 2:
        cosines, weights = np.cos(np.pi * (np.arange(400) + 0.5) / 400), np.full(400, 1 / 400)
    else:
        cosines, weights = special.roots_gegenbauer(200, 0.5 * dim - 1.0)
        weights = weights / weights.sum()
    expected = sum(weight * legendre(x, n - 1) for x, weight in zip(cosines, weights, strict=True))
    np.testing.assert_allclose(found[::2], expected[::2], atol=1e-10)
    assert not found[1::2].any()


@pytest.mark.parametrize("n", [70, 500])
def test_powers_of_legendre_polynomials(n):
    by_degree = np.random.default_rng(1).random(DEGREES + 4) * 0.6 ** np.arange(DEGREES + 4)
    powers = in_powers(by_degree, n)
    np.testing.assert_array_equal(powers[DEGREES + 1 :], by_degree[DEGREES + 1 :])
    for x in (-0.9, 0.0, 0.3, 1.0):
        value = np.polynomial.polynomial.polyval(x, powers[: DEGREES + 1])
        assert value == pytest.approx(by_degree[: DEGREES + 1] @ legendre(x, n - 1), rel=1e-9)


# By the regression of n·d on the symmetric polynomials of degree 4 and 6 of standardised values, 400,000 samples:
# v_4 over Σ c_p, and v_6 over c_6. Those of ep are known.
SHARES = {
    ("cvm", 50): (0.0114, 1.217),
    ("cvm", 200): (0.0029, 1.046),
    ("ad", 100): (0.0118, 1.063),
    ("ep", 100): (0.0173, 1.066),
    ("cw", 50): (0.0107, 1.261),
    ("w2", 100): (0.1597, 1.565),
    ("w2", 1_000): (0.0431, 1.289),
}


@pytest.mark.parametrize(("name", "n"), SHARES)
def test_covariance_by_degree(name, n):
    form = get_distance(name).quadratic
    chaos = covariance(reduced(form.matrix(n), "composite"))
    powers = form.excess("composite", n)
    powers[: len(chaos)] += chaos
    total = chaos.sum() + form.beyond("composite", n)
    # The fourth degree by what directions of very many columns have in common, where the sixth is nothing.
    cosines = np.array([0.05, 0.1, 0.15, 0.2])
    values = np.polynomial.polynomial.polyval(cosines, powers)
    basis = np.stack([legendre(x, n - 1)[[4, 6, 8, 10]] for x in cosines])
    fourth, sixth, _, _ = np.linalg.solve(basis, values)
    assert fourth / total == pytest.approx(SHARES[name, n][0], rel=0.1, abs=5e-4)
    assert sixth / chaos[6] == pytest.approx(SHARES[name, n][1], rel=0.04)


@pytest.mark.parametrize(("order", "n"), [(3, 8), (3, 40), (4, 40)])
def test_squares_of_sums_by_simulation(order, n):
    rng = np.random.default_rng(5)
    count, cosine = 100_000, 0.9
    y, z = standardised(count, n, rng), standardised(count, n, rng)
    z -= np.mean(z * y, axis=1, keepdims=True) * y
    z /= np.sqrt(np.mean(z * z, axis=1, keepdims=True))

    def values(y):
        sums = np.mean(y**3, axis=1) if order == 3 else np.mean(y**4, axis=1) - 3.0
        return n / math.factorial(order) * sums**2

    mean, by_degree = square_of_sum(order, n)
    one, other = values(y), values(cosine * y + math.sqrt(1.0 - cosine**2) * z)
    assert abs(one.mean() - mean) < 4.0 * one.std() / math.sqrt(count)
    products = (one - one.mean()) ** 2, (one - one.mean()) * (other - other.mean())
    expected = by_degree.sum(), by_degree @ legendre(cosine, n - 1)[: 2 * order + 1]
    for product, value in zip(products, expected, strict=True):
        assert abs(product.mean() - value) < 4.0 * product.std() / math.sqrt(count)
