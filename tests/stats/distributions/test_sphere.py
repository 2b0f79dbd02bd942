"""The law over drawn directions against that of their cosines, and what it is made of against integrals."""

import math

import numpy as np
import pytest
from scipy import special

from slicednorm.directions import random_directions
from slicednorm.distances import get_distance
from slicednorm.distances._quadratic.form import reduced
from slicednorm.stats._distributions.gram import gram_law
from slicednorm.stats._distributions.sphere import (
    drawn_power_means,
    gauss_nodes,
    harmonic_share,
    multiplicity,
    power_means,
    sphere_law,
)
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from tests.stats.distributions.dense import cosines_of

NULLS = ("standard", "composite")


def form(name, null):
    return reduced(get_distance(name).quadratic.matrix(500), null)


# --- Harmonics --------------------------------------------------------------------------------------------


def over_cosines(function, dim):
    """The mean of a function of the cosine of two independent directions, exact for polynomials of degree 199."""
    if dim == 2:
        return float(np.mean(function(np.cos(np.pi * (np.arange(100) + 0.5) / 100))))
    nodes, weights = special.roots_jacobi(100, 0.5 * (dim - 3), 0.5 * (dim - 3))
    return float(weights @ function(nodes) / weights.sum())


def zonal(degree, dim):
    """Legendre's polynomial of D dimensions, 1 at 1."""
    if dim == 2:
        return lambda t: np.cos(degree * np.arccos(t))
    alpha = 0.5 * dim - 1.0
    return lambda t: special.eval_gegenbauer(degree, alpha, t) / special.eval_gegenbauer(degree, alpha, 1.0)


@pytest.mark.parametrize("dim", [2, 3, 4, 5, 20, 64, 500])
def test_powers_are_sums_of_harmonics(dim):
    """t^l = Σ_d a_ld N_d P_d(t), which is 1 at t = 1."""
    for order in range(13):
        degrees = range(order % 2, order + 1, 2)
        terms = {d: multiplicity(d, dim) * harmonic_share(np.array([float(order)]), d, dim)[0] for d in degrees}
        assert sum(terms.values()) == pytest.approx(1.0, rel=1e-10)
        for cosine in (-0.9, 0.3):
            total = sum(term * zonal(d, dim)(np.array(cosine)) for d, term in terms.items())
            assert total == pytest.approx(cosine**order, abs=1e-8)


@pytest.mark.parametrize("dim", [2, 3, 5, 20])
def test_shares_are_means_over_the_sphere(dim):
    for order, degree in [(1, 1), (2, 0), (2, 2), (3, 1), (4, 0), (4, 2), (5, 5), (9, 3), (12, 6)]:
        found = harmonic_share(np.array([float(order)]), degree, dim)[0]
        expected = over_cosines(lambda t, p=order, d=degree: t**p * zonal(d, dim)(t), dim)
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-15)
    assert harmonic_share(np.array([1.0]), 1, dim)[0] == pytest.approx(1.0 / dim, rel=1e-12)


def test_multiplicities():
    assert [multiplicity(degree, 2) for degree in range(5)] == [1, 2, 2, 2, 2]
    assert [multiplicity(degree, 3) for degree in range(5)] == [1, 3, 5, 7, 9]
    assert [multiplicity(degree, 4) for degree in range(5)] == [1, 4, 9, 16, 25]
    for dim in (2, 7, 64, 300):
        # Symmetric matrices without a trace.
        assert multiplicity(2, dim) == dim * (dim + 1) // 2 - 1
        # Homogeneous polynomials of a degree are those harmonics times powers of the radius.
        assert sum(multiplicity(degree, dim) for degree in (0, 2, 4, 6)) == math.comb(dim + 5, 6)


# --- Means of powers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [2, 3, 5, 20, 300])
def test_power_means_are_integrals(dim):
    found = power_means(dim, 40)
    assert found.shape == (41,)
    expected = [over_cosines(lambda t, p=power: t**p, dim) for power in range(41)]
    np.testing.assert_allclose(found[::2], expected[::2], rtol=1e-9)
    np.testing.assert_array_equal(found[1::2], 0.0)


@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
@pytest.mark.parametrize(("dim", "k"), [(3, 7), (3, 12), (2, 5), (5, 4), (4, 1)])
def test_power_means_of_drawn_directions(kind, dim, k):
    """Full blocks, and blocks that are cut."""
    powers, count = np.array([2, 4, 6, 8]), 1_000
    drawn = [cosines_of(random_directions(k, dim, kind, rng=[4, seed])) for seed in range(count)]
    means = np.array([[np.mean(cosines**power) for power in powers] for cosines in drawn])
    found = drawn_power_means(dim, k, kind == "orthogonal", 8)
    assert found[0] == 1.0
    error = np.std(means, axis=0) / np.sqrt(count)
    np.testing.assert_array_less(np.abs(means.mean(axis=0) - found[powers]), 4.0 * error + 1e-12)
    assert np.all(error < 0.01)


# --- A quadrature with given moments ----------------------------------------------------------------------


def moments_of(nodes, weights, count):
    return np.array([np.sum(weights * nodes**power) for power in range(count)])


@pytest.mark.parametrize(
    ("nodes", "weights"),
    [
        ([2.0], [3.0]),
        ([1.0, 3.0], [1.0, 1.0]),
        ([0.01, 0.3, 1.0], [90.0, 4.0, 1.0]),
        ([1e-9, 2e-9, 7e-9, 9e-9], [5.0, 4.0, 3.0, 1.0]),
    ],
)
def test_nodes_that_are_known(nodes, weights):
    nodes, weights = np.array(nodes), np.array(weights)
    found, shares = gauss_nodes(moments_of(nodes, weights, 2 * len(nodes)))
    np.testing.assert_allclose(found, nodes, rtol=1e-9)
    np.testing.assert_allclose(shares, weights, rtol=1e-8)


def test_more_moments_than_nodes():
    """It ends where the moments are exhausted."""
    nodes, weights = np.array([1.0, 3.0]), np.array([4.0, 0.5])
    found, shares = gauss_nodes(moments_of(nodes, weights, 14))
    order = np.argsort(-shares)[:2]
    np.testing.assert_allclose(np.sort(found[order]), nodes, rtol=1e-8)
    assert shares.sum() == pytest.approx(4.5, rel=1e-9)
    assert np.all(np.delete(shares, order) < 1e-3)


def test_nodes_of_known_quadratures():
    """Legendre's, of which the moments are 1/(i + 1) on (0, 1), and Laguerre's, i!."""
    x, w = np.polynomial.legendre.leggauss(5)
    found, shares = gauss_nodes(1.0 / np.arange(1.0, 11.0))
    np.testing.assert_allclose(found, 0.5 * (x + 1.0), rtol=1e-8)
    np.testing.assert_allclose(shares, 0.5 * w, rtol=1e-8)
    found, shares = gauss_nodes(np.array([math.factorial(power) for power in range(8)], np.float64))
    x, w = np.polynomial.laguerre.laggauss(4)
    np.testing.assert_allclose(found, x, rtol=1e-8)
    np.testing.assert_allclose(shares, w, rtol=1e-8)


# --- The law ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", ["cvm", "w2"])
@pytest.mark.parametrize("dim", [2, 5, 64])
def test_the_whole_sphere(name, null, dim):
    """With directions without end there is no luck: N_d times the eigenvalues of √(a_ld a_md) B_lm."""
    matrix = form(name, null)
    orders = np.arange(1.0, len(matrix) + 1.0)
    weights, degrees = [], []
    for degree in range(len(matrix) + 1):
        at = (orders >= max(degree, 1)) & ((orders - degree) % 2 == 0)
        if not at.any():
            continue
        root = np.sqrt(harmonic_share(orders[at], degree, dim))
        values = np.linalg.eigvalsh(np.multiply.outer(root, root) * matrix[np.ix_(at, at)])
        weights.append(values)
        degrees.append(np.full(len(values), multiplicity(degree, dim)))
    values, counts = np.concatenate(weights), np.concatenate(degrees)
    kept = values > 1e-9 * values.max()
    # Those left out are many, and as good as constant.
    exact = WeightedChi2(values[kept], counts[kept], np.trace(matrix) - float(values[kept] @ counts[kept]))
    x = exact.mean() + exact.std() * np.array([-1.0, 0.0, 1.0, 2.0, 4.0, 8.0])
    for orthogonal in (False, True):
        found = sphere_law(matrix, dim, 10**12, orthogonal)
        assert found.mean() == pytest.approx(exact.mean(), rel=1e-9)
        assert found.std() == pytest.approx(exact.std(), rel=1e-6)
        np.testing.assert_allclose(found.sf(x), exact.sf(x), rtol=1e-3)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", ["cvm", "ep"])
@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
@pytest.mark.parametrize("dim", [2, 5, 20, 64])
def test_drawn_directions_by_their_cosines(name, null, kind, dim):
    """Within the luck of 512 directions."""
    matrix = form(name, null)
    law = sphere_law(matrix, dim, 512, kind == "orthogonal")
    drawn = gram_law(matrix, cosines_of(random_directions(512, dim, kind, rng=1)))
    assert drawn.mean() == pytest.approx(law.mean(), rel=1e-5)
    assert drawn.std() == pytest.approx(law.std(), rel=0.01)
    # P-values of about .1, .01 and .001.
    x = law.mean() + law.std() * np.array([1.3, 2.8, 4.5])
    tails = law.sf(x)
    assert tails[1] < 0.03
    np.testing.assert_array_less(np.abs(drawn.sf(x) / tails - 1.0), [0.02, 0.05, 0.1])


@pytest.mark.parametrize(("dim", "k"), [(200, 600), (300, 450), (300, 601), (600, 550), (600, 600)])
def test_few_orthogonal_blocks(dim, k):
    """Also where the last block is cut, or the only one."""
    matrix = form("cvm", "standard")
    law = sphere_law(matrix, dim, k, orthogonal=True)
    drawn = gram_law(matrix, cosines_of(random_directions(k, dim, "orthogonal", rng=1)))
    x = law.mean() + 2.55 * law.std()
    assert 0.005 < law.sf(x) < 0.02
    assert law.sf(x) == pytest.approx(drawn.sf(x), rel=0.02)


@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
@pytest.mark.parametrize("name", ["cvm", "w2"])
@pytest.mark.parametrize("dim", [2, 5])
def test_the_skewness_of_fewer_directions(name, kind, dim):
    """tr C² and tr C³ against those of six draws."""
    matrix = form(name, "standard")
    law = sphere_law(matrix, dim, 200, kind == "orthogonal")
    drawn = [gram_law(matrix, cosines_of(random_directions(200, dim, kind, rng=[3, seed]))) for seed in range(6)]
    for order in (2, 3):
        found = np.array([each.cumulant(order) for each in drawn])
        error = 4.0 * found.std() / np.sqrt(len(found))
        assert law.cumulant(order) == pytest.approx(found.mean(), rel=0.02, abs=error)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", ["cvm", "ad", "w2", "sw", "ep", "cw"])
@pytest.mark.parametrize(("dim", "k"), [(2, 513), (7, 4096), (64, 1024), (200, 8192)])
@pytest.mark.parametrize("orthogonal", [False, True])
def test_mean_and_variance(name, null, dim, k, orthogonal):
    """tr B, and 2 Σ B_lm² E ρ^(l+m)."""
    matrix = form(name, null)
    law = sphere_law(matrix, dim, k, orthogonal)
    orders = np.arange(1, len(matrix) + 1)
    means = drawn_power_means(dim, k, orthogonal, 2 * len(matrix))
    assert law.mean() == pytest.approx(np.trace(matrix), rel=1e-9)
    assert law.var() == pytest.approx(2.0 * np.sum(matrix**2 * means[np.add.outer(orders, orders)]), rel=1e-9)


def test_more_directions_leave_less_noise():
    """The standard deviation falls to that of the whole sphere, the faster the more evenly they are drawn."""
    matrix = form("cvm", "standard")
    whole = sphere_law(matrix, 10, 10**12, False).std()
    iid, orthogonal = ([sphere_law(matrix, 10, k, even).std() for k in (600, 2_400, 9_600)] for even in (False, True))
    assert iid[0] > iid[1] > iid[2] > whole
    assert all(one > other > whole for one, other in zip(iid, orthogonal, strict=True))
    # The variance beyond that of the sphere falls as 1/k.
    excess = np.square(iid) - whole**2
    np.testing.assert_allclose(excess[:-1] / excess[1:], 4.0, rtol=1e-3)
