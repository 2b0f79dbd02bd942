"""Mardia's measures, the Cramer-Wold distance and the penalty of WAE-MMD in torch, against their double sums."""

import math

import numpy as np
import pytest
from scipy import special

torch = pytest.importorskip("torch", reason="torch is an extra")

from torch.autograd import gradcheck, gradgradcheck  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from slicednorm.distances import DISTANCES  # noqa: E402
from slicednorm.distances.cw import bandwidth  # noqa: E402
from slicednorm.stats._mardia import mardia  # noqa: E402
from slicednorm.torch import _multivariate  # noqa: E402
from slicednorm.torch._multivariate import cramer_wold, mardia_kurtosis, mardia_skewness, mmd_imq  # noqa: E402


def with_prior(z):
    """mmd_imq against a sample of its own shape that is the same every time."""
    prior = torch.randn(z.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return mmd_imq(z, prior.to(z.dtype))


FUNCTIONS = {
    "skewness": mardia_skewness,
    "kurtosis": mardia_kurtosis,
    "composite skewness": lambda z: mardia_skewness(z, null="composite"),
    "composite kurtosis": lambda z: mardia_kurtosis(z, null="composite"),
    "cramer_wold": cramer_wold,
    "mmd_imq": with_prior,
}
every_function = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)

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


def draw(*shape, seed=0):
    """A sample that is not quite normal."""
    rng = np.random.default_rng([seed, *shape])
    return rng.standard_normal(shape) + 0.2 * rng.standard_exponential(shape) - 0.1


def tensor(x, dtype=torch.float64, gradient=False):
    return torch.tensor(x, dtype=dtype, requires_grad=gradient)


def value_and_gradient(function, z):
    z = z.detach().requires_grad_()
    value = function(z)
    value.backward()
    return value.detach(), z.grad


def squares(x, y):
    return np.sum((x[:, None] - y[None]) ** 2, axis=-1)


def cramer_wold_pairs(x, gamma):
    n, dim = x.shape

    def phi(s):
        return np.exp(-s) if dim == 1 else special.hyp1f1(0.5, dim / 2.0, -s)

    between = phi(squares(x, x) / (4.0 * gamma)).sum() / n**2 / math.sqrt(gamma)
    cross = phi(np.sum(x**2, axis=-1) / (2.0 + 4.0 * gamma)).sum() / n / math.sqrt(gamma + 0.5)
    return (between + 1.0 / math.sqrt(1.0 + gamma) - 2.0 * cross) / (2.0 * math.sqrt(math.pi))


def mmd_pairs(x, y):
    n, dim = x.shape

    def kernel(d):
        return sum(2.0 * dim * s / (2.0 * dim * s + d) for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))

    apart = ~np.eye(n, dtype=bool)
    within = kernel(squares(x, x))[apart].sum() + kernel(squares(y, y))[apart].sum()
    return within / (n * (n - 1)) - 2.0 * kernel(squares(x, y)).mean()


# --- Values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("n", "dim"), [(3, 1), (50, 2), (300, 1), (500, 20), (700, 37), (60, 37), (1300, 60)])
def test_mardia_is_that_of_stats(n, dim, null):
    x = draw(n, dim)
    expected = mardia(x, null=null)
    assert mardia_skewness(tensor(x), null=null).item() == pytest.approx(expected.skewness, rel=1e-11)
    assert mardia_kurtosis(tensor(x), null=null).item() == pytest.approx(expected.kurtosis, rel=1e-12)


@pytest.mark.parametrize("shape", [(5, 2), (300, 7), (40, 16), (90, 33), (4, 30, 5)])
def test_both_ways_to_the_skewness_agree(shape, monkeypatch):
    z = tensor(draw(*shape))
    monkeypatch.setattr(_multivariate, "_PRODUCTS", 1 << 12)
    monkeypatch.setattr(_multivariate, "_LEAST_ROWS", 16)
    results = []
    for moments in (True, False):
        monkeypatch.setattr(_multivariate, "_takes_moments", lambda n, dim, moments=moments: moments)
        results.append(value_and_gradient(mardia_skewness, z))
    torch.testing.assert_close(*results, rtol=1e-11, atol=1e-13)


def test_composite_mardia_does_not_change_with_an_affine_map():
    x = draw(200, 5)
    moved = x @ np.random.default_rng(1).standard_normal((5, 5)) * 1e-3 + 7.0
    for function in (FUNCTIONS["composite skewness"], FUNCTIONS["composite kurtosis"]):
        assert function(tensor(moved)).item() == pytest.approx(function(tensor(x)).item(), rel=1e-9)


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


@pytest.mark.parametrize(("n", "dim"), [(2, 1), (50, 2), (120, 20)])
def test_mmd_is_its_double_sum(n, dim):
    x, y = draw(n, dim), draw(n, dim, seed=1)
    assert mmd_imq(tensor(x), tensor(y)).item() == pytest.approx(mmd_pairs(x, y), rel=1e-11, abs=1e-14)


@pytest.mark.parametrize(("shape", "tile"), [((50, 3), 16), ((7, 20, 3), 16), ((7, 20, 3), 48), ((2, 3, 33, 4), 32)])
@pytest.mark.parametrize("name", ["skewness", "cramer_wold", "mmd_imq"])
def test_tiles_do_not_change_the_result(name, shape, tile, monkeypatch):
    monkeypatch.setattr(_multivariate, "_takes_moments", lambda n, dim: False)
    z = tensor(draw(*shape))
    whole = value_and_gradient(FUNCTIONS[name], z)
    monkeypatch.setattr(_multivariate, "_TILE", tile)
    torch.testing.assert_close(value_and_gradient(FUNCTIONS[name], z), whole, rtol=1e-10, atol=1e-14)


@every_function
def test_leading_axes_are_averaged_over(function):
    z = tensor(draw(2, 3, 20, 4))
    if function is with_prior:
        prior = tensor(draw(2, 3, 20, 4, seed=1))
        together = mmd_imq(z, prior)
        alone = [mmd_imq(z[i, j], prior[i, j]) for i in range(2) for j in range(3)]
    else:
        together = function(z)
        alone = [function(z[i, j]) for i in range(2) for j in range(3)]
    assert together.shape == ()
    torch.testing.assert_close(together, torch.stack(alone).mean(), rtol=1e-12, atol=0.0)


# --- The confluent hypergeometric function ----------------------------------------------------------------


@pytest.mark.parametrize(("dim", "order", "s"), KUMMER)
def test_kummer_is_that_of_many_digits(dim, order, s):
    expected = KUMMER[dim, order, s]
    assert _multivariate._kummer(tensor([s]), dim, order).item() == pytest.approx(expected, rel=2e-13)
    in_float32 = _multivariate._kummer(tensor([s], torch.float32), dim, order).item()
    assert in_float32 == pytest.approx(expected, rel=16 * 2.0**-23)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 8, 13, 20, 64, 129])
def test_kummer_is_that_of_scipy(dim, order):
    s = np.concatenate([[0.0], np.logspace(-9, 3, 200), np.linspace(0.0, 2.0 * dim + 30.0, 200)]).astype(np.float32)
    wide = s.astype(np.float64)
    expected = np.exp(-wide) if dim == 1 else special.hyp1f1(0.5 + order, 0.5 * dim + order, -wide)
    np.testing.assert_allclose(_multivariate._kummer(tensor(wide), dim, order), expected, rtol=1e-11)
    in_float32 = _multivariate._kummer(tensor(s, torch.float32), dim, order)
    np.testing.assert_allclose(in_float32, expected, rtol=16 * 2.0**-23, atol=1e-37)


def test_kummer_in_closed_form():
    s = np.logspace(-8, 8, 500)
    bessel = _multivariate._kummer(tensor(s), 2, 0)
    np.testing.assert_allclose(bessel, special.ive(0, s / 2.0), rtol=1e-12)
    root = np.sqrt(s)
    error_function = _multivariate._kummer(tensor(s), 3, 0)
    np.testing.assert_allclose(error_function, math.sqrt(math.pi) / 2.0 * special.erf(root) / root, rtol=1e-12)


def test_kernels_below_zero_and_at_infinity():
    s = tensor([-1e-3, 0.0, math.inf], gradient=True)
    for operator, slope in ((_multivariate._kummer, -1.0 / 3.0), (_multivariate._imq, None)):
        values = operator(s, 3, 0)
        (gradient,) = torch.autograd.grad(values.sum(), s)
        assert values[0] == values[1]
        assert gradient[0] == gradient[1] < 0.0
        assert values[2] == gradient[2] == 0.0
        if slope is not None:
            assert gradient[0].item() == pytest.approx(slope, rel=1e-12)


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # what opcheck itself does
@pytest.mark.parametrize("operator", [_multivariate._kummer, _multivariate._imq], ids=["kummer", "imq"])
def test_operators_are_registered_as_torch_wants_them(operator):
    s = tensor(draw(4, 3) ** 2, gradient=True)
    torch.library.opcheck(operator, (s, 5, 0))
    assert operator(torch.empty(4, 3, device="meta"), 5, 1).shape == (4, 3)  # no value is looked at


# --- Gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2, 3])
@every_function
def test_gradient_and_second_derivative(function, dim):
    z = tensor(draw(7, dim), gradient=True)
    assert gradcheck(function, (z,))
    assert gradgradcheck(function, (z,))


def test_gradients_through_moments_tiles_and_the_prior(monkeypatch):
    monkeypatch.setattr(_multivariate, "_takes_moments", lambda n, dim: True)
    monkeypatch.setattr(_multivariate, "_COLUMNS", 1)
    monkeypatch.setattr(_multivariate, "_TILE", 2)
    z, prior = tensor(draw(2, 3, 2), gradient=True), tensor(draw(2, 3, 2, seed=1), gradient=True)
    for function, inputs in ((mardia_skewness, (z,)), (cramer_wold, (z,)), (mmd_imq, (z, prior))):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)


def test_the_gradient_of_equal_rows():
    x = draw(40, 3)
    x[1] = x[0]
    for function in FUNCTIONS.values():
        _, gradient = value_and_gradient(function, tensor(x))
        step = 1e-5
        for row in (0, 1):
            up, down = x.copy(), x.copy()
            up[row, 0] += step
            down[row, 0] -= step
            difference = (function(tensor(up)) - function(tensor(down))).item() / (2.0 * step)
            assert gradient[row, 0].item() == pytest.approx(difference, rel=1e-5, abs=1e-8)


# --- Precision --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, 30.0])
@pytest.mark.parametrize(("n", "dim"), [(60, 1), (500, 2), (300, 20), (1500, 20)])
@every_function
def test_float32_is_right_in_float32(function, n, dim, shift):
    x = (np.random.default_rng([n, dim]).standard_normal((n, dim)) + shift).astype(np.float32)
    narrow, narrow_gradient = value_and_gradient(function, tensor(x, torch.float32))
    wide, gradient = value_and_gradient(function, tensor(x))
    assert narrow.dtype == narrow_gradient.dtype == torch.float32
    assert wide.dtype == gradient.dtype == torch.float64
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-4)
    assert (narrow_gradient - gradient).abs().max() < 1e-4 * gradient.abs().max()


@pytest.mark.parametrize("name", ["composite skewness", "composite kurtosis", "mmd_imq"])
def test_where_z_lies_does_not_cost_digits(name):
    x = draw(200, 3).astype(np.float32)
    far = tensor(x + np.float32(4096.0))
    if name == "mmd_imq":
        prior = tensor(draw(200, 3, seed=1).astype(np.float32) + np.float32(4096.0))
        wide, narrow = mmd_imq(far, prior), mmd_imq(far.float(), prior.float())
    else:
        wide, narrow = FUNCTIONS[name](far), FUNCTIONS[name](far.float())
    assert narrow.item() == pytest.approx(wide.item(), rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@every_function
def test_half_precision_is_computed_in_float32(function, dtype):
    z = tensor(draw(100, 3), dtype)
    value, gradient = value_and_gradient(function, z)
    expected, wide = value_and_gradient(function, z.float())
    assert value.dtype == torch.float32
    assert gradient.dtype == dtype
    if function is not with_prior:  # whose prior is rounded too
        assert value == expected
        torch.testing.assert_close(gradient, wide.to(dtype), rtol=0.0, atol=0.0)


@every_function
def test_autocast_changes_nothing(function):
    z = tensor(draw(300, 4), torch.float32)
    outside = value_and_gradient(function, z)
    leaf = z.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = function(leaf)
    value.backward()
    torch.testing.assert_close((value.detach(), leaf.grad), outside, rtol=0.0, atol=0.0)


# --- Memory and compilation -------------------------------------------------------------------------------


class Largest(TorchDispatchMode):
    """The most elements of any tensor that an operator returns."""

    def __init__(self):
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        sizes = [leaf.numel() for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        self.numel = max([self.numel, *sizes])
        return result


@pytest.mark.parametrize(
    ("name", "moments"),
    [("skewness", True), ("skewness", False), ("composite skewness", True), ("cramer_wold", False), ("mmd_imq", False)],
)
def test_no_matrix_of_all_pairs(name, moments, monkeypatch):
    monkeypatch.setattr(_multivariate, "_takes_moments", lambda n, dim: moments)
    z = torch.randn(3000, 20, requires_grad=True)
    kept = []

    def keep(saved):
        kept.append(saved.numel())
        return saved

    with Largest() as forward, torch.autograd.graph.saved_tensors_hooks(keep, lambda saved: saved):
        value = FUNCTIONS[name](z)
    with Largest() as backward:
        value.backward()
    assert 10_000 < forward.numel <= 1 << 21
    assert 10_000 < backward.numel <= 1 << 21
    assert max(kept) <= z.numel()


@pytest.mark.parametrize("name", ["skewness", "kurtosis", "composite skewness", "cramer_wold", "mmd_imq"])
def test_one_graph_under_compile(name):
    def of_its_own_rows(z):
        return mmd_imq(z, z.detach().flip(-1))

    function = of_its_own_rows if name == "mmd_imq" else FUNCTIONS[name]
    torch.compiler.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    for shape in ((2, 30, 3), (2, 41, 4)):  # sizes that change become symbols
        z = tensor(draw(*shape))
        expected = value_and_gradient(function, z)
        torch.testing.assert_close(value_and_gradient(compiled, z), expected, rtol=1e-12, atol=1e-14)


# --- Bad input --------------------------------------------------------------------------------------------


@every_function
def test_z_is_checked(function):
    for z, error, message in (
        (np.zeros((4, 2)), TypeError, "z must be a torch tensor, got ndarray"),
        (torch.zeros(4, 2, dtype=torch.int64), TypeError, "floating-point numbers, got dtype torch.int64"),
        (torch.zeros(4), ValueError, r"shape \(\.\.\., n, D\), got \(4,\)"),
        (torch.zeros(1, 2), ValueError, r"at least 2 rows .* got shape \(1, 2\)"),
    ):
        with pytest.raises(error, match=message):
            (lambda z: mmd_imq(z, z))(z) if function is with_prior else function(z)


@pytest.mark.parametrize("function", [mardia_skewness, mardia_kurtosis, cramer_wold])
def test_values_are_looked_at_if_asked_for(function):
    z = tensor(draw(9, 2))
    z[3, 1] = math.nan
    assert function(z).isnan()
    with pytest.raises(ValueError, match=r"1 values that are not finite, the first at \(3, 1\)"):
        function(z, check_finite=True)


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


def test_the_prior_is_checked():
    z = tensor(draw(9, 2))
    with pytest.raises(ValueError, match=r"prior must have the shape of z, \(9, 2\), got \(8, 2\)"):
        mmd_imq(z, z[:8])
    with pytest.raises(TypeError, match="prior must be a torch tensor, got NoneType"):
        mmd_imq(z, None)
    assert mmd_imq(z, z.float()).dtype == torch.float64
    assert mmd_imq(z.float(), z).dtype == torch.float32
