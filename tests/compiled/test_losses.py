"""The CPU losses with compiled kernels: the same values and gradients, bit for bit."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="numba is an extra")
pytest.importorskip("torch", reason="torch is an extra")

import torch

from slicednorm.torch._sliced.order import sort_with_order
from slicednorm.torch.functional import sliced_distance

SORTED = ("ks", "cvm", "w2", "ad", "sw")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", SORTED)
@pytest.mark.parametrize(("n", "k", "ties"), [(1500, 7, False), (1500, 7, True), (20_000, 5, False)])
def test_both_paths_give_the_same_bits(monkeypatch, dtype, name, n, k, ties):
    torch.manual_seed(0)
    z = torch.randn(n, 3, dtype=dtype)
    z = torch.round(z, decimals=1) if ties else z
    directions = torch.nn.functional.normalize(torch.randn(k, 3, dtype=dtype))
    directions = torch.eye(3, dtype=dtype) if ties else directions
    prior = torch.randn(n, 3, dtype=dtype) if name == "sw" else None
    found = []
    for setting in ("0", "1"):
        monkeypatch.setenv("SLICEDNORM_COMPILED", setting)
        leaf = z.clone().requires_grad_()
        loss = sliced_distance(leaf, name, directions=directions, prior=prior)
        found.append(
            (
                loss.detach(),
                *torch.autograd.grad(loss, leaf),
                sliced_distance(z, name, directions=directions, prior=prior),
            )
        )
    for one, two in zip(*found, strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_order_is_that_of_numpy(monkeypatch, dtype):
    rng = np.random.default_rng(0)
    for y in (rng.standard_normal((3, 4000)), np.round(rng.standard_normal((3, 4000)), 1)):
        found = []
        for setting in ("0", "1"):
            monkeypatch.setenv("SLICEDNORM_COMPILED", setting)
            found.append(sort_with_order(y.astype(dtype)))
        np.testing.assert_array_equal(found[0], found[1])


def test_a_step_says_what_it_will_sort(monkeypatch):
    said = []
    monkeypatch.setattr("slicednorm.torch._sliced.on_cpu.expect_sorting", lambda rows, n: said.append((rows, n)))
    z = torch.randn(3, 40, 2, requires_grad=True)
    for name in ("cvm", "ep"):
        sliced_distance(z, name, directions=torch.eye(2)).backward()
    assert said == [(6, 40)]
