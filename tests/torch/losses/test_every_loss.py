"""What holds for every loss that is not sliced: gradients, precision, memory, compilation, and its checks."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from torch.autograd import gradcheck, gradgradcheck  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from slicednorm.torch._losses import mardia, pairs  # noqa: E402
from slicednorm.torch.functional import cramer_wold, mardia_kurtosis, mardia_skewness, mmd_imq  # noqa: E402

from .measures import FUNCTIONS, draw, every_function, tensor, value_and_gradient, with_prior  # noqa: E402


@pytest.mark.parametrize(("shape", "tile"), [((50, 3), 16), ((7, 20, 3), 16), ((7, 20, 3), 48), ((2, 3, 33, 4), 32)])
@pytest.mark.parametrize("name", ["skewness", "cramer_wold", "mmd_imq"])
def test_tiles_do_not_change_the_result(name, shape, tile, monkeypatch):
    monkeypatch.setattr(mardia, "_takes_moments", lambda n, dim: False)
    z = tensor(draw(*shape))
    whole = value_and_gradient(FUNCTIONS[name], z)
    monkeypatch.setattr(pairs, "_TILE", tile)
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


# --- Gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [1, 2, 3])
@every_function
def test_gradient_and_second_derivative(function, dim):
    z = tensor(draw(7, dim), gradient=True)
    assert gradcheck(function, (z,))
    assert gradgradcheck(function, (z,))


@pytest.mark.slow
def test_gradients_through_moments_tiles_and_the_prior(monkeypatch):
    monkeypatch.setattr(mardia, "_takes_moments", lambda n, dim: True)
    monkeypatch.setattr(mardia, "_COLUMNS", 1)
    monkeypatch.setattr(pairs, "_TILE", 2)
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
    monkeypatch.setattr(mardia, "_takes_moments", lambda n, dim: moments)
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


@pytest.mark.slow
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
