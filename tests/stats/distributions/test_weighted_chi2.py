"""Sums of weighted χ² variables against scipy, closed forms and mixtures."""

import math

import numpy as np
import pytest
from scipy import special
from scipy import stats as scipy_stats

from slicednorm.stats._distributions.weighted_chi2 import WeightedChi2

TAILS = np.array([0.999, 0.99, 0.9, 0.5, 0.1, 0.01, 1e-3, 1e-6, 1e-10, 1e-30, 1e-100, 1e-300])

# Few and many terms, weights close together and far apart, degrees below 1.
SUMS = {
    "two exponentials": ([1.0, 0.3], [2.0, 2.0]),
    "three": ([1.0, 0.5, 0.25], [1.0, 1.0, 1.0]),
    "far apart": ([1.0, 0.1, 0.01], [1.0, 3.0, 10.0]),
    "close together": ([1.0, 0.999], [1.0, 5.0]),
    "fractions": ([1.0, 0.7, 0.5], [0.3, 2.2, 8.7]),
    "many small": ([1.0, 0.05], [0.5, 400.0]),
    "hardly dominating": ([1.0, 0.999], [0.01, 5.0]),
    "hardly dominating, far tail": ([1.0, 0.9], [0.01, 1.0]),
}


def mixture_sf(x, weights, degrees, terms=6000):
    """P(T > x) as Robbins and Pitman have it: in units of the least weight T is a mixture of χ² variables.

    All terms are positive, so that the tail keeps its relative accuracy.
    """
    least = min(weights)
    shares = np.array([1.0])
    for weight, degree in zip(weights, degrees, strict=True):
        if weight > least:
            part = scipy_stats.nbinom.pmf(np.arange(terms), 0.5 * degree, least / weight)
            shares = part if len(shares) == 1 else np.convolve(shares, part)[:terms]
    degrees_of_terms = sum(degrees) + 2.0 * np.arange(len(shares))
    return np.array([shares @ scipy_stats.chi2.sf(value / least, degrees_of_terms) for value in x])


# --- One χ² variable ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("degrees", [0.3, 1.0, 2.0, 3.0, 7.5, 30.0, 400.0, 1e5])
def test_one_term_is_scipys_chi2(degrees):
    law, exact = WeightedChi2([1.0], [degrees]), scipy_stats.chi2(degrees)
    x = exact.isf(TAILS)
    np.testing.assert_allclose(law.isf(TAILS), x, rtol=1e-9)
    np.testing.assert_allclose(law.sf(x), exact.sf(x), rtol=1e-9)
    np.testing.assert_allclose(law.cdf(x), exact.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.pdf(x), exact.pdf(x), rtol=1e-9)


@pytest.mark.parametrize("degrees", [1.0, 2.0, 7.5, 400.0])
def test_the_lower_tail_is_scipys_chi2(degrees):
    law, exact = WeightedChi2([1.0], [degrees]), scipy_stats.chi2(degrees)
    x = exact.ppf(TAILS[:-2])
    np.testing.assert_allclose(law.cdf(x), exact.cdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.pdf(x), exact.pdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.ppf(TAILS[:7]), x[:7], rtol=1e-9)


@pytest.mark.parametrize("q", [1e-10, 1e-30])
def test_quantiles_far_below(q):
    assert WeightedChi2([1.0], [2.0]).ppf(q) == pytest.approx(scipy_stats.chi2(2).ppf(q), rel=1e-9, abs=0.0)


def test_factor_and_constant():
    law, exact = WeightedChi2([0.25], [3.0], shift=-2.0), scipy_stats.chi2(3, loc=-2.0, scale=0.25)
    x = exact.isf(TAILS[:-3])
    np.testing.assert_allclose(law.isf(TAILS[:-3]), x, rtol=1e-9)
    np.testing.assert_allclose(law.sf(x), exact.sf(x), rtol=1e-9)
    np.testing.assert_allclose(law.pdf(x), exact.pdf(x), rtol=1e-9)
    assert law.support() == (-2.0, math.inf)


# --- Several ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", [0.3, 0.9, 0.999, 0.01])
def test_two_exponentials_in_closed_form(second):
    """P(a E₁ + b E₂ > t) = (a e^(−t/a) − b e^(−t/b))/(a − b), a = 2λ₁ and b = 2λ₂."""
    law = WeightedChi2([second, 1.0], [2.0, 2.0])
    a, b = 2.0, 2.0 * second
    x = np.array([0.5, 2.0, 7.0, 30.0, 230.0, 463.0, 900.0])
    tail = np.exp(-x / a) * (a - b * np.exp(-x * (1.0 / b - 1.0 / a))) / (a - b)
    np.testing.assert_allclose(law.sf(x), tail, rtol=1e-9)
    assert tail[-2] < 2e-100 / (1.0 - second)
    density = np.exp(-x / a) * -np.expm1(-x * (1.0 / b - 1.0 / a)) / (a - b)
    np.testing.assert_allclose(law.pdf(x), density, rtol=1e-9)
    np.testing.assert_allclose(law.isf(tail), x, rtol=1e-9)


@pytest.mark.parametrize("name", SUMS)
def test_sums_are_mixtures(name):
    weights, degrees = SUMS[name]
    law = WeightedChi2(weights, degrees)
    x = law.mean() + law.std() * np.array([-1.5, -1.0, -0.5, 0.0, 0.01, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    x = x[x > 0.0]
    exact = mixture_sf(x, weights, degrees)
    np.testing.assert_allclose(law.sf(x), exact, rtol=1e-9)
    np.testing.assert_allclose(law.logsf(x), np.log(exact), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(law.cdf(x)[:3], 1.0 - exact[:3], rtol=1e-9)


@pytest.mark.parametrize(("degree", "others", "second"), [(1e-3, 30.0, 0.5), (1e-3, 30.0, 0.3), (1e-4, 10.0, 0.7)])
def test_weights_that_hardly_dominate(degree, others, second):
    """The saddlepoint comes close to a singularity that has hardly any strength."""
    law = WeightedChi2([1.0, second], [degree, others])
    x = law.mean() + law.std() * np.array([2.0, 4.0, 8.0, 12.0, 16.0, 24.0, 32.0])
    np.testing.assert_allclose(law.sf(x), mixture_sf(x, [1.0, second], [degree, others]), rtol=1e-6)


@pytest.mark.xfail(strict=True, reason="sf is 0 where it is 8.8e-28: the saddlepoint is too near to the singularity")
def test_a_weight_of_a_millionth_of_a_degree():
    law = WeightedChi2([1.0, 0.7], [1e-6, 10.0])
    x = law.mean() + 32.0 * law.std()
    assert law.sf(x) == pytest.approx(mixture_sf([x], [1.0, 0.7], [1e-6, 10.0])[0], rel=1e-3, abs=0.0)


@pytest.mark.parametrize("seed", range(6))
def test_many_weights_of_very_different_size(seed):
    rng = np.random.default_rng([40, seed])
    count = int(rng.integers(5, 60))
    weights, degrees = 10.0 ** rng.uniform(-6.0, 0.0, count), 10.0 ** rng.uniform(-3.0, 3.0, count)
    law = WeightedChi2(weights, degrees, shift=float(rng.normal()))
    x = law.mean() + law.std() * np.linspace(-1.5, 32.0, 68)
    tails = law.logsf(x)
    inside = x > law.support()[0]
    assert np.all(np.isfinite(tails))
    assert np.all(tails[~inside] == 0.0)
    # Strictly, wherever the lower tail is not below rounding.
    assert np.all(np.diff(tails) <= 0.0)
    assert np.all(np.diff(tails[law.cdf(x) > 1e-12]) < 0.0)
    # Its slope is the hazard, which the density tells in another way.
    some = x[34::6]
    step = 1e-4 * law.std()
    slope = (law.logsf(some + step) - law.logsf(some - step)) / (2.0 * step)
    np.testing.assert_allclose(law.pdf(some) / law.sf(some), -slope, rtol=1e-5)


def test_the_density_is_the_slope_and_has_the_area_one():
    law = WeightedChi2([1.0, 0.6, 0.2], [3.0, 2.5, 9.0], shift=1.0)
    step = 0.1
    x = 1.0 + step * np.arange(801)
    density = law.pdf(x)
    assert step * density.sum() == pytest.approx(1.0, abs=1e-7)
    assert step * (x * density).sum() == pytest.approx(law.mean(), rel=1e-7)
    assert step * ((x - law.mean()) ** 2 * density).sum() == pytest.approx(law.var(), rel=1e-6)
    assert step * density[x <= 8.0][:-1].sum() + 0.5 * step * law.pdf(8.0) == pytest.approx(law.cdf(8.0), abs=2e-4)


def test_the_order_of_terms_and_their_splitting_do_not_matter():
    one = WeightedChi2([0.2, 1.0, 0.5], [4.0, 1.0, 2.0])
    other = WeightedChi2([1.0, 0.5, 0.5, 0.2, 0.2], [1.0, 1.0, 1.0, 3.0, 1.0])
    assert one.weights.tolist() == [1.0, 0.5, 0.2]
    assert one.degrees.tolist() == [1.0, 2.0, 4.0]
    x = [1.0, 2.8, 10.0, 60.0]
    np.testing.assert_allclose(other.sf(x), one.sf(x), rtol=1e-10)
    assert WeightedChi2([2.0, 1.0]).degrees.tolist() == [1.0, 1.0]


def test_weights_that_change_no_digit_become_part_of_the_constant():
    law = WeightedChi2([1.0, 1e-14], [1.0, 5e12], shift=2.0)
    assert len(law.weights) == 1
    assert law.mean() == pytest.approx(3.05, rel=1e-15)
    assert law.support()[0] == pytest.approx(2.05, rel=1e-15)


# --- Moments, and distributions made from one -------------------------------------------------------------


def test_moments():
    weights, degrees = np.array([1.0, 0.5, 0.1]), np.array([1.0, 3.0, 20.0])
    law = WeightedChi2(weights, degrees, shift=-1.0)
    assert law.mean() == pytest.approx(1.0 + 1.5 + 2.0 - 1.0)
    assert law.var() == pytest.approx(2.0 * (1.0 + 0.75 + 0.2))
    assert law.std() == pytest.approx(math.sqrt(law.var()))
    # The cumulants of χ²_ν are 2^(r−1) (r−1)! ν.
    assert law.cumulant(1) == law.mean()
    assert law.cumulant(3) == pytest.approx(8.0 * float(degrees @ weights**3))
    assert law.cumulant(4) == pytest.approx(48.0 * float(degrees @ weights**4))
    # As the slopes of the generating function at 0, for a factor that moves them all.
    assert law.scaled(3.0).cumulant(4) == pytest.approx(81.0 * law.cumulant(4))
    assert repr(law).startswith("WeightedChi2(mean=3.5, std=1.97")


def test_scaled():
    law = WeightedChi2([1.0, 0.5], [1.0, 3.0], shift=-1.0)
    small = law.scaled(1e-3)
    x = np.array([0.0, 1.5, 20.0])
    np.testing.assert_allclose(small.sf(1e-3 * x), law.sf(x), rtol=1e-11)
    np.testing.assert_allclose(small.isf([0.05, 1e-9]), 1e-3 * law.isf([0.05, 1e-9]), rtol=1e-11)
    assert small.mean() == pytest.approx(1e-3 * law.mean())
    assert small.var() == pytest.approx(1e-6 * law.var(), rel=1e-12, abs=0.0)


def test_shifted():
    law = WeightedChi2([1.0, 0.5], [1.0, 3.0], shift=-1.0)
    found = law.shifted_to(10.0)
    assert found.mean() == pytest.approx(10.0, rel=1e-14)
    assert found.var() == law.var()
    np.testing.assert_allclose(found.sf(np.array([9.0, 12.0, 60.0])), law.sf(np.array([0.5, 3.5, 51.5])), rtol=1e-10)


@pytest.mark.parametrize("fewer", [False, True])
@pytest.mark.parametrize(("mean", "var"), [(5.0, 7.0), (-3.0, 0.02), (2.5, 4.5)])
def test_stretched(fewer, mean, var):
    law = WeightedChi2([1.0, 0.5, 0.1], [1.0, 3.0, 20.0], shift=-1.0)
    found = law.stretched(mean, var, fewer=fewer)
    assert found.mean() == pytest.approx(mean, rel=1e-12)
    assert found.var() == pytest.approx(var, rel=1e-12)
    skewness = found.cumulant(3) / found.std() ** 3 / (law.cumulant(3) / law.std() ** 3)
    if fewer:
        # Fewer and larger terms: Σ νλ stays, and the skewness grows as the deviation does.
        assert found.support()[0] == pytest.approx(mean - (1.0 + 1.5 + 2.0))
        assert skewness == pytest.approx(found.std() / law.std())
    else:
        assert skewness == pytest.approx(1.0)
        # The shape stays as it is.
        z = np.array([-1.0, 0.0, 3.0, 12.0])
        np.testing.assert_allclose(found.sf(mean + z * found.std()), law.sf(law.mean() + z * law.std()), rtol=1e-9)


def test_a_distribution_is_not_changed_by_those_made_from_it():
    law = WeightedChi2([1.0, 0.5], [1.0, 3.0])
    before = law.sf(4.0)
    law.scaled(2.0)
    law.stretched(9.0, 9.0, fewer=True)
    assert law.sf(4.0) == before
    with pytest.raises(ValueError, match="read-only"):
        law.weights[0] = 2.0


# --- Edges ------------------------------------------------------------------------------------------------


def test_at_and_beyond_the_ends_of_the_support():
    law = WeightedChi2([1.0, 0.3], [2.0, 1.0], shift=-0.7)
    x = [-math.inf, -5.0, -0.7, math.inf, math.nan]
    np.testing.assert_array_equal(law.sf(x), [1.0, 1.0, 1.0, 0.0, math.nan])
    np.testing.assert_array_equal(law.cdf(x), [0.0, 0.0, 0.0, 1.0, math.nan])
    np.testing.assert_array_equal(law.logsf(x), [0.0, 0.0, 0.0, -math.inf, math.nan])
    np.testing.assert_array_equal(law.pdf(x[:4]), [0.0, 0.0, 0.0, 0.0])
    assert math.isnan(law.pdf(math.nan))
    # Just inside: P(T ≤ c + ε) = ε^(3/2)/(√λ₂ 2^(3/2) Γ(5/2)) to first order, with the degrees 2 + 1.
    near = 1e-6
    first = near**1.5 / (math.sqrt(0.3) * 2.0**1.5 * special.gamma(2.5))
    assert law.cdf(-0.7 + near) == pytest.approx(first, rel=1e-5, abs=0.0)
    assert law.sf(-0.7 + near) == pytest.approx(1.0, abs=1e-8)


def test_quantiles_at_and_beyond_0_and_1():
    law = WeightedChi2([1.0, 0.3], [2.0, 1.0], shift=-0.7)
    q = [0.0, 1.0, -0.1, 1.1, math.nan]
    np.testing.assert_array_equal(law.isf(q), [math.inf, -0.7, math.nan, math.nan, math.nan])
    np.testing.assert_array_equal(law.ppf(q), [-0.7, math.inf, math.nan, math.nan, math.nan])
    # The least positive double.
    assert law.logsf(law.isf(5e-324)) == pytest.approx(math.log(5e-324), rel=1e-12)


@pytest.mark.parametrize("name", ["three", "fractions", "many small", "hardly dominating"])
def test_quantiles_undo_probabilities(name):
    law = WeightedChi2(*SUMS[name], shift=0.4)
    q = np.array([0.99, 0.5, 0.25, 0.05, 1e-3, 1e-9, 1e-60])
    np.testing.assert_allclose(law.sf(law.isf(q)), q, rtol=1e-9)
    np.testing.assert_allclose(law.cdf(law.ppf(q[:5])), q[:5], rtol=1e-9)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (1, 0, 2)])
@pytest.mark.parametrize("name", ["sf", "cdf", "pdf", "logsf", "isf", "ppf"])
def test_arrays_keep_their_shapes(name, shape):
    law = WeightedChi2([1.0, 0.3], [2.0, 1.0])
    x = np.linspace(0.1, 0.9, int(np.prod(shape, dtype=int))).reshape(shape)
    found = getattr(law, name)(x)
    assert np.shape(found) == shape
    assert found.dtype == np.float64
    one_by_one = [getattr(law, name)(float(value)) for value in x.ravel()]
    np.testing.assert_array_equal(np.ravel(found), one_by_one)


def test_integers_and_lists():
    law = WeightedChi2(1, 2)
    np.testing.assert_allclose(law.sf([1, 2]), np.exp([-0.5, -1.0]), rtol=1e-12)


def test_logarithms_do_not_underflow():
    law = WeightedChi2([1.0, 0.3], [2.0, 2.0])
    x = np.array([1e3, 1e4, 1e6, 1e9])
    # In closed form, see above.
    np.testing.assert_allclose(law.logsf(x), -0.5 * x - math.log(0.7), rtol=1e-12)
    np.testing.assert_array_equal(law.sf(x[1:]), 0.0)
    assert law.sf(1e3) == pytest.approx(math.exp(-500.0) / 0.7, rel=1e-9, abs=0.0)


@pytest.mark.parametrize("x", [1e18, 1e100, 1e300])
def test_beyond_all_samples(x):
    law = WeightedChi2([1.0, 0.3], [2.0, 2.0])
    assert law.logsf(x) == pytest.approx(-0.5 * x, rel=1e-9)
    assert law.sf(x) == 0.0


def test_next_to_the_constant():
    assert WeightedChi2([1.0], [1.0]).sf(1e-200) == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), r"of one length, got shapes \(0,\) and \(0,\)"),
        (([[1.0]],), r"of one length, got shapes \(1, 1\)"),
        (([1.0, 2.0], [1.0]), r"of one length, got shapes \(2,\) and \(1,\)"),
        (([1.0, 0.0],), "must be positive"),
        (([1.0, -1.0],), "must be positive"),
        (([1.0], [0.0]), "must be positive"),
        (([math.nan],), "must be finite"),
        (([math.inf],), "must be finite"),
        (([1.0], [math.inf]), "must be finite"),
        (([1.0], [1.0], math.nan), "must be finite"),
    ],
)
def test_bad_weights(arguments, message):
    with pytest.raises(ValueError, match=message):
        WeightedChi2(*arguments)


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_a_factor_must_be_positive(factor):
    with pytest.raises(ValueError, match="must be positive"):
        WeightedChi2([1.0]).scaled(factor)
