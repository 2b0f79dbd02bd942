"""Mardia's measures in torch against those of `slicednorm.stats`."""

import numpy as np
import pytest

from slicednorm import stats

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch._losses import mardia  # noqa: E402
from slicednorm.torch.functional import mardia_kurtosis, mardia_skewness  # noqa: E402

from .measures import FUNCTIONS, draw, tensor, value_and_gradient  # noqa: E402


@pytest.mark.slow
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("n", "dim"), [(3, 1), (50, 2), (300, 1), (500, 20), (700, 37), (60, 37), (1300, 60)])
def test_mardia_is_that_of_stats(n, dim, null):
    x = draw(n, dim)
    expected = stats.mardia(x, null=null, method=None)
    assert mardia_skewness(tensor(x), null=null).item() == pytest.approx(expected.skewness, rel=1e-11)
    assert mardia_kurtosis(tensor(x), null=null).item() == pytest.approx(expected.kurtosis, rel=1e-12)


@pytest.mark.parametrize("shape", [(5, 2), (300, 7), (40, 16), (90, 33), (4, 30, 5)])
def test_both_ways_to_the_skewness_agree(shape, monkeypatch):
    z = tensor(draw(*shape))
    monkeypatch.setattr(mardia, "_PRODUCTS", 1 << 12)
    monkeypatch.setattr(mardia, "_LEAST_ROWS", 16)
    results = []
    for moments in (True, False):
        monkeypatch.setattr(mardia, "_takes_moments", lambda n, dim, moments=moments: moments)
        results.append(value_and_gradient(mardia_skewness, z))
    torch.testing.assert_close(*results, rtol=1e-11, atol=1e-13)


def test_composite_mardia_does_not_change_with_an_affine_map():
    x = draw(200, 5)
    moved = x @ np.random.default_rng(1).standard_normal((5, 5)) * 1e-3 + 7.0
    for function in (FUNCTIONS["composite skewness"], FUNCTIONS["composite kurtosis"]):
        assert function(tensor(moved)).item() == pytest.approx(function(tensor(x)).item(), rel=1e-9)


@pytest.mark.parametrize("function", [mardia_skewness, mardia_kurtosis])
def test_mardia_refuses(function):
    with pytest.raises(ValueError, match="null must be 'standard' or 'composite', got 'normal'"):
        function(tensor(draw(9, 2)), null="normal")
    with pytest.raises(ValueError, match=r"more than D \+ 1 rows, got shape \(4, 3\)"):
        function(tensor(draw(4, 3)), null="composite")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("function", [mardia_skewness, mardia_kurtosis])
def test_a_singular_covariance_has_no_composite_value(function, dtype):
    x = draw(3, 20, 3)
    x[1, :, 2] = x[1, :, 0] - 2.0 * x[1, :, 1]
    constant = draw(20, 3)
    constant[:, 0] = 1000.1
    for z in (tensor(x, dtype), tensor(constant, dtype)):
        assert function(z, null="composite").isnan()
        with pytest.raises(ValueError, match=r"covariance of z of shape .* is singular"):
            function(z, null="composite", check_finite=True)
    assert function(tensor(x[[0, 2]], dtype), null="composite", check_finite=True).isfinite()
