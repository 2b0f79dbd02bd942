"""Every floating-point input, inside and outside autocast, and whatever precision products are allowed elsewhere."""

import pytest

from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402


@pytest.mark.parametrize("aggregate", ["mean", "max"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", DISTANCES)
def test_half_precision_is_computed_in_float32(draw, loss, name, fused, dtype, aggregate):
    z, prior, directions = draw(300, 6, 20, dtype=torch.float32)
    narrow = z.to(dtype).requires_grad_()
    options = {"fused": fused, "aggregate": aggregate}
    value = loss(narrow, name, directions, prior, **options)
    assert value.dtype == torch.float32
    value.backward()
    wide = narrow.detach().float().requires_grad_()
    expected = loss(wide, name, directions, prior, **options)
    expected.backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    assert narrow.grad.dtype == dtype
    assert torch.isfinite(narrow.grad).all()
    torch.testing.assert_close(narrow.grad, wide.grad.to(dtype))


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", DISTANCES)
def test_autocast_does_not_reach_in(draw, loss, name, fused):
    z, prior, directions = draw(200, 64, 20, dtype=torch.float32)
    z.requires_grad_()
    expected = loss(z, name, directions, prior, fused=fused)
    (slope,) = torch.autograd.grad(expected, z)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(z, name, directions, prior, fused=fused)
        module = SlicedNormalityLoss(name, 20, seed=1)(z)
        if fused:  # torch itself casts the products of a backward pass that is called in here
            (found,) = torch.autograd.grad(value, z, retain_graph=True)
            assert torch.equal(found, slope)
    (found,) = torch.autograd.grad(value, z)
    assert value == expected
    assert torch.equal(found, slope)
    assert module == SlicedNormalityLoss(name, 20, seed=1)(z)


@pytest.fixture
def _products_in_bfloat16():
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision("highest")


@pytest.mark.usefixtures("_products_in_bfloat16")
def test_reduced_products_do_not_reach_in():
    from slicednorm.torch._precision import full_precision

    before = torch.get_float32_matmul_precision()
    a, b = torch.randn(256, 256), torch.randn(256, 256)
    with full_precision(torch.device("cpu")):
        inside = a @ b
    assert torch.get_float32_matmul_precision() == before == "medium"
    torch.set_float32_matmul_precision("highest")
    assert torch.equal(inside, a @ b)
