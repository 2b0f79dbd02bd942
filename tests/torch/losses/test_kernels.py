"""The kernels of the squared distance as operators."""

import math

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch._losses.cramer_wold import kummer  # noqa: E402
from slicednorm.torch._losses.mmd import imq  # noqa: E402

from .measures import draw, tensor  # noqa: E402


def test_kernels_below_zero_and_at_infinity():
    s = tensor([-1e-3, 0.0, math.inf], gradient=True)
    for operator, slope in ((kummer, -1.0 / 3.0), (imq, None)):
        values = operator(s, 3, 0)
        (gradient,) = torch.autograd.grad(values.sum(), s)
        assert values[0] == values[1]
        assert gradient[0] == gradient[1] < 0.0
        assert values[2] == gradient[2] == 0.0
        if slope is not None:
            assert gradient[0].item() == pytest.approx(slope, rel=1e-12)


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")  # what opcheck itself does
@pytest.mark.parametrize("operator", [kummer, imq], ids=["kummer", "imq"])
def test_operators_are_registered_as_torch_wants_them(operator):
    s = tensor(draw(4, 3) ** 2, gradient=True)
    torch.library.opcheck(operator, (s, 5, 0))
    assert operator(torch.empty(4, 3, device="meta"), 5, 1).shape == (4, 3)  # no value is looked at
