"""Distances as quadratic forms: their matrices, their laws along one direction, and what n rows change.

In one dimension the limits of n·cvm and n·ad are classical, with weights 1/(π² j²) and 1/(j (j + 1)).
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special
from scipy import stats as scipy_stats

from slicednorm.distances import get_distance
from slicednorm.distances._quadratic import standardised, wasserstein
from slicednorm.distances._quadratic.form import covariance, reduced
from slicednorm.distances._quadratic.hermite import NODES
from slicednorm.stats._distributions.slices import Slices, slices_law
from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2
from slicednorm.stats._null.sliced import null_slices

QUADRATIC = ("cvm", "ad", "ep", "cw", "w2", "sw")
NULLS = ("standard", "composite")
FOREVER = 10**9
ONE = Slices(np.ones((1, 1)), "iid")


def form(name):
    return get_distance(name).quadratic


def law_of(name, null, n):
    """The law of n·d along one direction."""
    return slices_law(get_distance(name), n, null, ONE).scaled(float(n))


def variance(name, null, n):
    """The variance of n·d of one slice, as the form has it."""
    quadratic = form(name)
    inside = float(covariance(reduced(quadratic.matrix(n), null)).sum() + quadratic.excess(null, n).sum())
    return inside + quadratic.beyond(null, n)


def hermite_functions(y, most):
    found = [np.ones_like(y), y]
    for order in range(1, most):
        found.append((y * found[-1] - np.sqrt(order) * found[-2]) / np.sqrt(order + 1))
    return np.array(found)


# --- The matrix -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cvm", "ad"])
@pytest.mark.parametrize(("left", "right"), [(1, 1), (2, 2), (1, 3), (2, 4), (5, 9), (20, 22), (64, 64)])
def test_entries_by_their_definition(name, left, right):
    """∫ φ² h_{l−1} h_{m−1} w/√(lm), w the density of Φ(X) dX, or that over Φ(1 − Φ)."""

    def integrand(x):
        h = hermite_functions(np.array(x), 64)
        weight = scipy_stats.norm.pdf(x) ** 3
        if name == "ad":
            weight /= special.ndtr(x) * special.ndtr(-x)
        return float(h[left - 1] * h[right - 1] * weight) / math.sqrt(left * right)

    expected = 2.0 * integrate.quad(integrand, 0.0, 9.0, epsabs=1e-12, epsrel=1e-9, limit=400)[0]
    matrix = form(name).matrix(100)
    assert matrix[left - 1, right - 1] == pytest.approx(expected, rel=1e-8, abs=1e-11)


def test_entries_in_closed_form():
    assert form("cvm").matrix(50)[0, 0] == pytest.approx(1.0 / (2.0 * math.pi * math.sqrt(3.0)), rel=1e-12)
    assert form("cvm").matrix(50)[1, 1] == pytest.approx(1.0 / (12.0 * math.pi * math.sqrt(3.0)), rel=1e-12)
    # ∫ t² exp(−(1 + γ)t²) dt, and the product of the orders 1 and 3, i^(1−3) ∫ t⁴ exp(−(1 + γ)t²)/√6 dt.
    for name, scale, gamma in [("ep", 1.0, 0.5), ("cw", 0.5 / math.pi, (4.0 / 300.0) ** 0.4)]:
        matrix = form(name).matrix(100)
        assert matrix[0, 0] == pytest.approx(0.5 * scale * math.sqrt(math.pi) * (1.0 + gamma) ** -1.5, rel=1e-12)
        fourth = 0.75 * math.sqrt(math.pi) * (1.0 + gamma) ** -2.5
        assert matrix[0, 2] == pytest.approx(-scale * fourth / math.sqrt(6.0), rel=1e-12)
        assert matrix[0, 1] == 0.0


@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize("n", [50, 300, 100_000])
def test_matrices_are_positive_and_do_not_mix_parities(name, n):
    matrix = form(name).matrix(n)
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-12, atol=1e-15)
    odd = np.add.outer(np.arange(len(matrix)), np.arange(len(matrix))) % 2 == 1
    np.testing.assert_allclose(matrix[odd], 0.0, atol=1e-12)
    assert np.linalg.eigvalsh(matrix)[0] > -1e-10 * np.linalg.norm(matrix, 2)
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 0] = 1.0
    np.testing.assert_array_equal(reduced(matrix, "standard"), matrix)
    left = reduced(matrix, "composite")
    np.testing.assert_array_equal(left[2:, 2:], matrix[2:, 2:])
    assert not left[:2].any()
    assert not left[:, :2].any()


@pytest.mark.parametrize(("name", "rtol"), [("ep", 5e-5), ("cw", 1e-3)])
def test_a_sample_is_its_hermite_sums(name, rtol):
    """n·d = Σ_lm B_lm S_l S_m for each sample, whether normal or not, up to the orders that are left out."""
    n = 100
    matrix = form(name).matrix(n)
    rng = np.random.default_rng(12)
    y = np.stack([rng.standard_normal(n), 1.3 * rng.standard_normal(n) + 0.4, rng.uniform(-1.7, 1.7, n)])
    sums = hermite_functions(y, len(matrix))[1:].sum(axis=2) / math.sqrt(n)
    exact = n * get_distance(name).value(y)
    missing = form(name).mean("standard", n) - np.trace(matrix)
    np.testing.assert_allclose(np.einsum("ls,lm,ms->s", sums, matrix, sums) + missing, exact, rtol=rtol)


@pytest.mark.parametrize("name", ["cvm", "ad"])
def test_normal_samples_are_their_hermite_sums(name):
    """What the orders beyond 64 leave is as large as the trace and the variance that are missing."""
    n, quadratic = 200, form(name)
    y = np.sort(np.random.default_rng(13).standard_normal((2_000, n)), axis=1)
    sums = hermite_functions(y, 64)[1:].sum(axis=2) / math.sqrt(n)
    exact = n * get_distance(name).value(y)
    left = exact - np.einsum("ls,lm,ms->s", sums, quadratic.matrix(n), sums)
    error = left.std() / math.sqrt(len(left))
    assert left.mean() == pytest.approx(quadratic.mean("standard", n) - np.trace(quadratic.matrix(n)), abs=4.0 * error)
    assert left.std() < 0.12 * exact.std()
    # As small a matrix leaves more.
    few = exact - np.einsum("ls,lm,ms->s", sums[:4], quadratic.matrix(n)[:4, :4], sums[:4])
    assert few.std() > 2.0 * left.std()


def test_the_wasserstein_matrix_is_the_second_part_of_hoeffding():
    """B_lm = (n/2) E[n·w2 h_l(y₁) h_m(y₂)], at 10 rows, from pairs of rows."""
    n, count = 10, 60_000
    y = np.sort(np.random.default_rng(3).standard_normal((count, n)), axis=1)
    h = hermite_functions(y, 3)[1:]
    sums = h.sum(axis=2)
    pairs = np.einsum("ls,ms->lms", sums, sums) - np.einsum("lsi,msi->lms", h, h)
    matrix = form("w2").matrix(n)
    # The form itself has that mean exactly; without it less is left to chance.
    known = np.einsum("ls,lm,ms->s", sums, matrix[:3, :3], sums) / n
    left = n * get_distance("w2").value(y) - known
    found = 0.5 * (left - left.mean()) * pairs / (n - 1.0)
    error = found.std(axis=2) / math.sqrt(count)
    np.testing.assert_array_less(np.abs(found.mean(axis=2)), 4.0 * error)
    assert np.max(error) < 0.02 * matrix[0, 0]


@pytest.mark.parametrize("n", [50, 200, 3_000])
def test_the_wasserstein_weight_is_a_binomial_mean(n):
    """A_n = −n² E[I((J + 2)/n) − 2 I((J + 1)/n) + I(J/n)], I = φ(Q), by scipy's binomial distribution."""
    isoperimetric = scipy_stats.norm.pdf(scipy_stats.norm.ppf(np.arange(n + 1) / n))
    second = -(float(n) ** 2) * np.diff(isoperimetric, 2)
    found = wasserstein.weight_of(n)
    for at in (100, 150, 200, 245, 250, 275, 325):
        exact = scipy_stats.binom.pmf(np.arange(n - 1), n - 2, special.ndtr(NODES[at])) @ second
        assert found[at] == pytest.approx(exact, rel=5e-4)


def test_wasserstein_matrices_tend_to_the_diagonal():
    limit = np.diag(1.0 / np.arange(1.0, 9.0))
    off = [np.abs(form("w2").matrix(n)[:8, :8] - limit) for n in (100, 10_000, 10**6, FOREVER)]
    assert np.max(off[-1][:5, :5]) < 2e-5
    assert np.max(off[-1]) < 2e-3
    assert all(np.max(after) < np.max(before) for before, after in pairwise(off))
    np.testing.assert_array_equal(form("sw").matrix(500), 2.0 * form("w2").matrix(500))
    # At few rows the higher orders are missing.
    fewer = np.diag(form("w2").matrix(50)) * np.arange(1.0, 65.0)
    assert 0.9 < fewer[0] < 1.0
    assert fewer[20] < 0.5


# --- Along one direction ----------------------------------------------------------------------------------


def smirnov_sf(x, poles, product):
    """P(Σ Z_j²/μ_j > x) as an alternating series of integrals between the poles μ₁, μ₂; μ₃, μ₄; ... .

    (1/π) Σ_k (−1)^(k+1) ∫ exp(−xy/2)/(y √|∏(1 − y/μ_j)|) dy, whose ends take a quadrature of Chebyshev's.
    """
    turn = np.cos(np.pi * (np.arange(4_000) + 0.5) / 4_000)
    total = 0.0
    for number, (low, high) in enumerate(zip(poles[::2], poles[1::2], strict=True)):
        y = 0.5 * (low + high) + 0.5 * (high - low) * turn
        part = np.exp(-0.5 * x * (y - poles[0])) / y * np.sqrt((y - low) * (high - y) / np.abs(product(y)))
        total += (-1) ** number * float(np.mean(part))
    return math.exp(-0.5 * x * poles[0]) * total


J = np.arange(1.0, 41.0)
LIMITS = {
    "cvm": lambda x: smirnov_sf(x, (np.pi * J) ** 2, lambda y: np.sin(np.sqrt(y)) / np.sqrt(y)),
    "ad": lambda x: smirnov_sf(x, J * (J + 1.0), lambda y: np.cos(0.5 * np.pi * np.sqrt(1.0 + 4.0 * y)) / (np.pi * y)),
}


def test_the_series_of_cvm_is_that_of_scipy_and_smirnov():
    """That the law is compared with what is right."""
    for x, tail in {0.34730: 0.10, 0.46136: 0.05, 0.74346: 0.01, 1.16786: 0.001}.items():
        assert LIMITS["cvm"](x) == pytest.approx(tail, rel=1e-4)
    grid = special.ndtri((np.arange(100_000) + 0.5) / 100_000)
    for shift in (0.003, 0.006, 0.01):
        found = scipy_stats.cramervonmises(grid + shift, "norm")
        assert LIMITS["cvm"](found.statistic) == pytest.approx(found.pvalue, rel=1e-4)


def test_the_series_of_ad_is_that_of_marsaglia_and_marsaglia():
    """Their adinf (J. Stat. Softw. 9, 2004), right to 3e-5. The 1% point of older tables, 3.857, is too small."""

    def adinf(z):
        if z < 2.0:
            low = [2.00012, 0.247105, -0.0649821, 0.0347962, -0.011672, 0.00168691]
            return math.exp(-1.2337141 / z) / math.sqrt(z) * np.polynomial.polynomial.polyval(z, low)
        high = [1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146]
        return math.exp(-math.exp(np.polynomial.polynomial.polyval(z, high)))

    for z in (0.3, 0.7738, 1.5, 1.933, 2.4924, 3.8781, 5.0):
        assert 1.0 - LIMITS["ad"](z) == pytest.approx(adinf(z), abs=4e-5)
    assert LIMITS["ad"](2.4924) == pytest.approx(0.05, abs=5e-6)
    assert LIMITS["ad"](3.8781) == pytest.approx(0.01, abs=1e-6)


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_in_one_dimension(name):
    law, exact = law_of(name, "standard", FOREVER), LIMITS[name]
    for tail in (0.99, 0.9, 0.5, 0.1, 0.05, 0.01):
        assert exact(law.isf(tail)) == pytest.approx(tail, rel=2e-3)
    for tail in (1e-3, 1e-6, 1e-10):
        assert exact(law.isf(tail)) == pytest.approx(tail, rel=1e-2, abs=0.0)
    weights = 1.0 / ((np.pi * J) ** 2 if name == "cvm" else J * (J + 1.0))
    np.testing.assert_allclose(law.weights[:4], weights[:4], rtol=1e-3)
    assert law.mean() == pytest.approx(1.0 / 6.0 if name == "cvm" else 1.0, rel=1e-12)
    limit = 1.0 / 45.0 if name == "cvm" else 2.0 * (math.pi**2 - 9.0) / 3.0
    assert law.var() == pytest.approx(limit, rel=1e-8)


def estimated_law(name, count=500):
    """The limit with location and scale estimated, by eigenvalues of the covariance of what is left of the process."""
    u = (np.arange(count) + 0.5) / count
    x = special.ndtri(u)
    density = scipy_stats.norm.pdf(x)
    kernel = np.minimum.outer(u, u) - np.multiply.outer(u, u)
    kernel -= np.multiply.outer(density, density) + 0.5 * np.multiply.outer(x * density, x * density)
    if name == "ad":
        kernel /= np.sqrt(np.multiply.outer(u * (1.0 - u), u * (1.0 - u)))
    values = np.linalg.eigvalsh(kernel / count)
    # Those after the first fifty are as good as constant.
    return WeightedChi2(values[-50:], shift=float(values[:-50].sum()))


# Table 4.7 of D'Agostino and Stephens, "Goodness-of-Fit Techniques" (1986), for n → ∞: known neither mean nor variance.
ESTIMATED = {
    "cvm": {0.25: 0.074, 0.15: 0.091, 0.10: 0.104, 0.05: 0.126, 0.025: 0.148, 0.01: 0.179},
    "ad": {0.10: 0.631, 0.05: 0.752, 0.025: 0.873, 0.01: 1.035, 0.005: 1.159},
}


@pytest.mark.parametrize("name", ESTIMATED)
def test_stephens_critical_values(name):
    """To a unit of their last digit."""
    law, exact = law_of(name, "composite", FOREVER), estimated_law(name)
    for level, value in ESTIMATED[name].items():
        assert law.isf(level) == pytest.approx(value, abs=1e-3)
        assert exact.isf(level) == pytest.approx(value, abs=1e-3)


@pytest.mark.parametrize("name", ESTIMATED)
def test_the_limit_with_estimated_parameters(name):
    law, exact = law_of(name, "composite", FOREVER), estimated_law(name)
    assert law.mean() == pytest.approx(exact.mean(), rel=1e-3)
    assert law.std() == pytest.approx(exact.std(), rel=5e-3)
    np.testing.assert_allclose(law.weights[:4], exact.weights[:4], rtol=5e-3)
    x = exact.isf([0.5, 0.1, 0.01, 1e-3])
    np.testing.assert_allclose(law.sf(x), [0.5, 0.1, 0.01, 1e-3], rtol=0.02)
    assert law.sf(exact.isf(1e-6)) == pytest.approx(1e-6, rel=0.06, abs=0.0)


@pytest.mark.parametrize("name", ESTIMATED)
def test_the_variance_with_estimated_parameters(name):
    assert law_of(name, "composite", FOREVER).var() == pytest.approx(estimated_law(name).var(), rel=2e-3)


@pytest.mark.parametrize("n", [100, 1_000])
def test_scipys_pvalues(n):
    """Of samples on a grid that are moved, at which scipy has a correction of order 1/n of its own."""
    law, seen = slices_law(get_distance("cvm"), n, "standard", ONE), []
    for shift in (0.08, 0.11, 0.15, 0.2, 0.25, 0.3, 0.35):
        y = special.ndtri((np.arange(n) + 0.5) / n) + shift * math.sqrt(100.0 / n)
        exact = scipy_stats.cramervonmises(y, "norm")
        assert get_distance("cvm").value(y) == pytest.approx(exact.statistic / n, rel=1e-10)
        assert law.sf(exact.statistic / n) == pytest.approx(exact.pvalue, rel=0.03)
        seen.append(exact.pvalue)
    assert max(seen) > 0.5
    assert min(seen) < 1.5e-3


# --- What n rows change -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [50, 100, 1_000, 10**6])
def test_exact_moments_of_the_standard_null(n):
    assert form("cvm").mean("standard", n) == pytest.approx(1.0 / 6.0, rel=1e-12)
    assert form("ad").mean("standard", n) == pytest.approx(1.0, rel=1e-12)
    assert variance("cvm", "standard", n) == pytest.approx((4.0 * n - 3.0) / (180.0 * n), rel=1e-8)
    limit = 2.0 * (math.pi**2 - 9.0) / 3.0
    assert variance("ad", "standard", n) == pytest.approx(limit + (10.0 - math.pi**2) / n, rel=1e-8)


@pytest.mark.parametrize("name", ["ep", "cw"])
@pytest.mark.parametrize("n", [50, 100, 1_000])
def test_moments_of_the_kernel(name, n):
    """n·d = (1/n) Σ_ij h(y_i, y_j): mean E h(Y, Y), variance (Var h(Y, Y))/n + 2(1 − 1/n) E h(Y, Y')²."""
    gamma, scale = (0.5, 1.0) if name == "ep" else ((4.0 / (3.0 * n)) ** 0.4, 0.5 / math.pi)
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights /= weights.sum()

    def smoothed(x, more):
        """∫ cos(tx) exp(−(γ + more/2)t²) dt."""
        width = gamma + 0.5 * more
        return scale * math.sqrt(math.pi / width) * np.exp(-0.25 * x * x / width)

    # cos(t(x − y)) − (cos tx + cos ty) exp(−t²/2) + exp(−t²).
    kernel = smoothed(np.subtract.outer(nodes, nodes), 0.0) + smoothed(0.0, 2.0)
    kernel -= np.add.outer(smoothed(nodes, 1.0), smoothed(nodes, 1.0))
    own = np.diag(kernel)
    mean = weights @ own
    if name == "ep":
        assert get_distance("ep").value(nodes) == pytest.approx(kernel.mean(), rel=1e-9)
    assert form(name).mean("standard", n) == pytest.approx(mean, rel=1e-9)
    expected = (weights @ own**2 - mean**2) / n + 2.0 * (1.0 - 1.0 / n) * (weights @ kernel**2 @ weights)
    assert variance(name, "standard", n) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize("null", NULLS)
def test_nothing_jumps_where_it_is_found_in_another_way(name, null):
    quadratic = form(name)
    for n in (149, 150, 999, 1_000):
        here, there = (quadratic.mean(null, each) for each in (n, n + 1))
        assert abs(there / here - 1.0) < 0.6 / n
        before, after = (variance(name, null, each) for each in (n, n + 1))
        assert abs(after / before - 1.0) < 0.9 / n


@pytest.mark.parametrize("name", QUADRATIC)
@pytest.mark.parametrize("null", NULLS)
def test_the_law_of_one_direction_has_these_moments(name, null):
    law = law_of(name, null, 150)
    assert law.mean() == pytest.approx(form(name).mean(null, 150), rel=1e-9)
    assert law.var() == pytest.approx(variance(name, null, 150), rel=1e-9)


COSINES = (1.0, 0.9, 0.5, 0.0)
COUNT = 12_000


@pytest.fixture(scope="module", params=NULLS)
def simulated(request):
    """n·d of null samples of 100 rows along four directions, with their cosines to the first, (COUNT, 6, 4)."""
    directions = np.array([[cosine, math.sqrt(1.0 - cosine**2)] for cosine in COSINES])
    distances = [get_distance(name) for name in QUADRATIC]
    root, batch = np.random.SeedSequence(5), 2_000
    found = [
        null_slices(distances, directions, 100, request.param, root, range(start, start + batch))
        for start in range(0, COUNT, batch)
    ]
    return request.param, 100.0 * np.concatenate(found)


@pytest.mark.parametrize("name", QUADRATIC)
def test_means_and_covariances_of_100_rows(simulated, name):
    """Means to about .7%, variances to 2%, which is less than what 100 rows change for w2 and sw."""
    null, values = simulated
    values = values[:, QUADRATIC.index(name)]
    quadratic = form(name)
    mean = quadratic.mean(null, 100)
    averages = values.mean(axis=1)
    error = averages.std() / math.sqrt(COUNT)
    assert averages.mean() == pytest.approx(mean, abs=4.0 * error)
    assert error < 0.01 * mean
    coefficients, excess = covariance(reduced(quadratic.matrix(100), null)), quadratic.excess(null, 100)
    for other, cosine in enumerate(COSINES):
        expected = np.polyval(coefficients[::-1], cosine) + np.polyval(excess[::-1], cosine)
        products = (values[:, 0] - mean) * (values[:, other] - mean)
        if cosine == 1.0:
            products = np.mean((values - mean) ** 2, axis=1)
            expected += quadratic.beyond(null, 100)
            assert expected == pytest.approx(variance(name, null, 100), rel=1e-9)
        error = products.std() / math.sqrt(COUNT)
        assert products.mean() == pytest.approx(expected, abs=4.0 * error)
        assert error < 0.03 * variance(name, null, 100)


@pytest.mark.parametrize(("name", "null"), [("cvm", "standard"), ("w2", "composite")])
def test_tails_of_100_rows(name, null):
    """Along 64,000 directions; standardised rows give w2 a skewness that more of the same variance would not."""
    root = np.random.SeedSequence(9)
    distances, directions = [get_distance(name)], np.eye(4)
    values = np.concatenate(
        [null_slices(distances, directions, 100, null, root, range(at, at + 2_000)) for at in range(0, 16_000, 2_000)]
    )
    law = slices_law(get_distance(name), 100, null, ONE)
    for level, off in [(0.5, 0.03), (0.1, 0.04), (0.05, 0.08), (0.01, 0.16), (0.001, 0.35)]:
        assert np.mean(values >= law.isf(level)) == pytest.approx(level, rel=off)


@pytest.mark.parametrize("n", [5, 20, 100])
def test_one_standardised_row(n):
    """y √(n − 2)/√(n − 1 − y²) has Student's distribution (Thompson, 1935)."""
    x = np.array([0.0, 0.3, 1.0, 1.9])
    exact = scipy_stats.t(n - 2).sf(x * np.sqrt((n - 2.0) / (n - 1.0 - x * x)))
    np.testing.assert_allclose(standardised.above(x, n), exact, rtol=1e-10)
    np.testing.assert_array_equal(standardised.above(np.array([np.sqrt(n - 1.0), 30.0]), n), 0.0)


@pytest.mark.parametrize("n", [5, 8, 40])
def test_two_standardised_rows(n):
    y = np.random.default_rng(n).standard_normal((60_000, n))
    y = (y - y.mean(axis=1, keepdims=True)) / y.std(axis=1, keepdims=True)
    x = np.array([0.0, 0.4, 1.0, 1.5])
    # Of the pairs of a sample those that are both above.
    count = np.count_nonzero(y[:, :, np.newaxis] > x, axis=1)
    pairs = count * (count - 1.0) / (n * (n - 1.0))
    error = pairs.std(axis=0) / np.sqrt(len(pairs))
    np.testing.assert_array_less(np.abs(standardised.both_above(x, n) - pairs.mean(axis=0)), 4.0 * error + 1e-9)


def test_estimation_takes_the_orders_1_and_2():
    """The mean falls by B₁₁ + B₂₂ in the limit."""
    for name in ("cvm", "ad", "ep"):
        quadratic = form(name)
        gone = np.trace(quadratic.matrix(10**7)[:2, :2])
        difference = quadratic.mean("standard", 10**7) - quadratic.mean("composite", 10**7)
        assert difference == pytest.approx(gone, rel=1e-5)
