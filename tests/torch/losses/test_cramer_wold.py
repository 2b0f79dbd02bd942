"""The Cramer-Wold distance in torch against its double sum, its slices, and functions of many digits."""

import math

import numpy as np
import pytest
from scipy import special

from slicednorm.distances import DISTANCES
from slicednorm.distances.cw import bandwidth

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch._losses.cramer_wold import kummer  # noqa: E402
from slicednorm.torch.functional import cramer_wold  # noqa: E402

from .measures import draw, squares, tensor  # noqa: E402

# ₁F₁(½ + r; D/2 + r; −s) for (D, r, s): mpmath with 40 digits.
KUMMER = {
    (2, 0, 10000000000.0): 5.6418958356186103e-6,
    (2, 1, 40.0): 0.0022740897015373562,
    (3, 0, 9.999999717180685e-10): 0.99999999966666668,
    (3, 2, 25.0): 0.0010634723090695525,
    (5, 0, 36.5): 0.21701982244221596,
    (8, 1, 1000000.0): 7.2215995883620472e-9,
    (64, 0, 10000000000.0): 5.5902593643553515e-5,
    (64, 1, 5840000000.0): 4.0083225566126346e-13,
    (65, 1, 37.0): 0.32244938461865651,
    (300, 0, 75000000.0): 0.0014106731908989661,
    (2000, 0, 900.0): 0.7254152022457904,
    (2000, 1, 100000.0): 0.00098483759707170916,
    (100000, 0, 300000.0): 0.37796239033743199,
}


def cramer_wold_pairs(x, gamma):
    n, dim = x.shape

    def phi(s):
        return np.exp(-s) if dim == 1 else special.hyp1f1(0.5, dim / 2.0, -s)

    between = phi(squares(x, x) / (4.0 * gamma)).sum() / n**2 / math.sqrt(gamma)
    cross = phi(np.sum(x**2, axis=-1) / (2.0 + 4.0 * gamma)).sum() / n / math.sqrt(gamma + 0.5)
    return (between + 1.0 / math.sqrt(1.0 + gamma) - 2.0 * cross) / (2.0 * math.sqrt(math.pi))


@pytest.mark.parametrize("gamma", [None, 0.05, 3])
@pytest.mark.parametrize(("n", "dim"), [(2, 1), (40, 2), (100, 3), (60, 8), (150, 64), (30, 301)])
def test_cramer_wold_is_its_double_sum(n, dim, gamma):
    x = draw(n, dim)
    expected = cramer_wold_pairs(x, bandwidth(n) if gamma is None else gamma)
    assert cramer_wold(tensor(x), gamma=gamma).item() == pytest.approx(expected, rel=1e-11, abs=1e-14)


def test_cramer_wold_of_one_column_is_the_sliced_statistic():
    x = draw(90, 1)
    assert cramer_wold(tensor(x)).item() == pytest.approx(float(DISTANCES["cw"].value(x[:, 0])), rel=1e-10)


def test_cramer_wold_is_the_mean_of_cw_over_directions():
    x = draw(60, 4) * [0.5, 1.0, 1.0, 1.6]
    v = np.random.default_rng(1).standard_normal((20_000, 4))
    slices = DISTANCES["cw"].value(v / np.linalg.norm(v, axis=1, keepdims=True) @ x.T)
    error = slices.std() / math.sqrt(len(slices))
    assert error < 0.01 * slices.mean()
    assert slices.mean() == pytest.approx(cramer_wold(tensor(x)).item(), abs=4.0 * error)


@pytest.mark.parametrize(
    ("gamma", "error", "message"),
    [
        (0.0, ValueError, "gamma must be positive and finite, got 0.0"),
        (math.nan, ValueError, "gamma must be positive and finite, got nan"),
        ("silverman", TypeError, "gamma must be a number, got str"),
    ],
)
def test_gamma_is_checked(gamma, error, message):
    with pytest.raises(error, match=message):
        cramer_wold(tensor(draw(9, 2)), gamma=gamma)


# --- The confluent hypergeometric function ----------------------------------------------------------------


@pytest.mark.parametrize(("dim", "order", "s"), KUMMER)
def test_kummer_is_that_of_many_digits(dim, order, s):
    expected = KUMMER[dim, order, s]
    assert kummer(tensor([s]), dim, order).item() == pytest.approx(expected, rel=2e-13)
    in_float32 = kummer(tensor([s], torch.float32), dim, order).item()
    assert in_float32 == pytest.approx(expected, rel=16 * 2.0**-23)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 8, 13, 20, 64, 129])
def test_kummer_is_that_of_scipy(dim, order):
    s = np.concatenate([[0.0], np.logspace(-9, 3, 200), np.linspace(0.0, 2.0 * dim + 30.0, 200)]).astype(np.float32)
    wide = s.astype(np.float64)
    expected = np.exp(-wide) if dim == 1 else special.hyp1f1(0.5 + order, 0.5 * dim + order, -wide)
    np.testing.assert_allclose(kummer(tensor(wide), dim, order), expected, rtol=1e-11)
    in_float32 = kummer(tensor(s, torch.float32), dim, order)
    np.testing.assert_allclose(in_float32, expected, rtol=16 * 2.0**-23, atol=1e-37)


def test_kummer_in_closed_form():
    s = np.logspace(-8, 8, 500)
    bessel = kummer(tensor(s), 2, 0)
    np.testing.assert_allclose(bessel, special.ive(0, s / 2.0), rtol=1e-12)
    root = np.sqrt(s)
    error_function = kummer(tensor(s), 3, 0)
    np.testing.assert_allclose(error_function, math.sqrt(math.pi) / 2.0 * special.erf(root) / root, rtol=1e-12)
