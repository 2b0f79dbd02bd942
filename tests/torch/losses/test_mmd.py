"""The penalty of WAE-MMD in torch against its double sum."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch.functional import mmd_imq  # noqa: E402

from .measures import draw, squares, tensor  # noqa: E402


def mmd_pairs(x, y):
    n, dim = x.shape

    def kernel(d):
        return sum(2.0 * dim * s / (2.0 * dim * s + d) for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))

    apart = ~np.eye(n, dtype=bool)
    within = kernel(squares(x, x))[apart].sum() + kernel(squares(y, y))[apart].sum()
    return within / (n * (n - 1)) - 2.0 * kernel(squares(x, y)).mean()


@pytest.mark.parametrize(("n", "dim"), [(2, 1), (50, 2), (120, 20)])
def test_mmd_is_its_double_sum(n, dim):
    x, y = draw(n, dim), draw(n, dim, seed=1)
    assert mmd_imq(tensor(x), tensor(y)).item() == pytest.approx(mmd_pairs(x, y), rel=1e-11, abs=1e-14)


def test_the_prior_is_checked():
    z = tensor(draw(9, 2))
    with pytest.raises(ValueError, match=r"prior must have the shape of z, \(9, 2\), got \(8, 2\)"):
        mmd_imq(z, z[:8])
    with pytest.raises(TypeError, match="prior must be a torch tensor, got NoneType"):
        mmd_imq(z, None)
    assert mmd_imq(z, z.float()).dtype == torch.float64
    assert mmd_imq(z.float(), z).dtype == torch.float32
