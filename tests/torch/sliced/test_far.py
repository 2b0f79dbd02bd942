"""Latents far from the prior: the value, and its derivative by a common shift and a common scale, are exact.

Losses in use that integrate a characteristic function on a fixed rule are periodic: shifted by 33.5 a latent looks
normal to them, and at 30 they push it the wrong way.
"""

import math

import pytest

from slicednorm.distances import DISTANCES
from slicednorm.distances.cw import bandwidth

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch._sliced import on_device  # noqa: E402
from slicednorm.torch._sliced.settings import Settings  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402

PLACES = {
    "near": (0.0, 1.0),
    "shift-10": (10.0, 1.0),
    "shift-30": (30.0, 1.0),
    "shift-33.5": (33.5, 1.0),
    "shift-1000": (1000.0, 1.0),
    "scale-30": (0.0, 30.0),
    "scale-1000": (0.0, 1000.0),
}


class LogNdtr(torch.autograd.Function):
    """log Φ with the hazard for its derivative, where torch's own gives 64,930 instead of 10,000."""

    @staticmethod
    def forward(ctx, y):
        ctx.save_for_backward(y)
        return torch.special.log_ndtr(y)

    @staticmethod
    def backward(ctx, slope):
        (y,) = ctx.saved_tensors
        return slope * math.sqrt(2.0 / math.pi) / torch.special.erfcx(-y / math.sqrt(2.0))


def textbook(name, y, prior):
    """The definitions, on all pairs where there are pairs, in float64."""
    n = y.shape[-1]
    if name in ("cw", "ep"):
        gamma = bandwidth(n) if name == "cw" else 0.5

        def kernel(x, variance):
            return torch.exp(-x * x / (2.0 * variance)) * math.sqrt(2.0 * math.pi / variance)

        pairs = kernel(y[:, :, None] - y[:, None, :], 2.0 * gamma).mean((1, 2))
        value = pairs + math.sqrt(math.pi / (1.0 + gamma)) - 2.0 * kernel(y, 1.0 + 2.0 * gamma).mean(1)
        return (value / (2.0 * math.pi) if name == "cw" else value).mean()
    y = torch.sort(y, dim=-1).values
    i = torch.arange(1, n + 1, dtype=torch.float64)
    u = torch.special.ndtr(y)
    if name == "ks":
        return torch.maximum(i / n - u, u - (i - 1) / n).amax(-1).mean()
    if name == "cvm":
        return (((u - (2 * i - 1) / (2 * n)) ** 2).mean(-1) + 1 / (12 * n * n)).mean()
    if name == "w2":
        inner = torch.special.ndtri(torch.arange(1, n, dtype=torch.float64) / n)
        density = torch.nn.functional.pad(torch.exp(-0.5 * inner**2) / math.sqrt(2.0 * math.pi), (1, 1))
        means = -n * torch.diff(density)
        return (((y - means) ** 2).mean(-1) + 1 - (means**2).mean()).mean()
    if name == "sw":
        return ((y - torch.sort(prior, dim=-1).values) ** 2).mean()
    return (-1 - ((2 * i - 1) * (LogNdtr.apply(y) + LogNdtr.apply(-y.flip(-1)))).mean(-1) / n).mean()


def check(name, z, prior, directions, value, slope):
    """Compare value and slope of a latent with the textbook form and its derivatives."""
    shift = torch.zeros((), dtype=torch.float64, requires_grad=True)
    scale = torch.ones((), dtype=torch.float64, requires_grad=True)
    wide = z.double()
    exact = textbook(name, directions.double() @ (scale * wide + shift).T, directions.double() @ prior.double().T)
    exact.backward()
    assert value.item() == pytest.approx(exact.item(), rel=1e-4)
    terms = slope.double()
    # A sum of many numbers of either sign is known no better than they are written down.
    digits, least = (1e-15, 1e-300) if z.dtype == torch.float64 else (2e-8, 1e-37)
    for found, expected in [(terms, shift.grad), (terms * wide, scale.grad)]:
        floor = max(least, digits * float(found.abs().sum()))
        assert found.sum().item() == pytest.approx(expected.item(), rel=1e-4, abs=floor)
        if abs(expected.item()) > floor:
            assert math.copysign(1.0, found.sum().item()) == math.copysign(1.0, expected.item())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("path", ["fused", "unfused", "device"])
def test_value_and_derivatives(draw, name, place, dtype, path):
    shift, scale = PLACES[place]
    z, prior, directions = draw(150, 6, 12, seed=4)
    z, prior, directions = (scale * z + shift).to(dtype), prior.to(dtype), directions.to(dtype)
    if path == "device":
        others = prior[None] if name == "sw" else None
        values, slopes = on_device.sweep(z[None], others, directions, Settings(name), True)
        value, slope = values.mean(), slopes[0] / len(directions)
    else:
        z.requires_grad_()
        options = {"prior": prior} if name == "sw" else {}
        value = sliced_distance(z, name, directions=directions, fused=path == "fused", **options)
        (slope,) = torch.autograd.grad(value, z)
        z = z.detach()
    if path != "fused" and name == "ks" and place == "scale-1000" and dtype == torch.float32:
        # A device projects in float32 whatever the values are: the density at the one point of each slice
        # that counts is then right to 1e-4 only, and slices of either sign nearly cancel.
        assert value.item() == pytest.approx(textbook(name, directions.double() @ z.double().T, None).item(), rel=1e-4)
        return
    check(name, z, prior, directions, value, slope)


@pytest.mark.parametrize("name", ["w2", "ad", "sw"])
def test_what_has_a_gradient_far_out_pulls_back(draw, loss, name):
    for shift in (10.0, 30.0, 33.5, 1000.0):
        z, prior, directions = draw(64, 4, 32)
        z = (z + shift).requires_grad_()
        loss(z, name, directions, prior).backward()
        assert (z.grad.mean(0) > 0).all()


@pytest.mark.parametrize("name", ["ep", "cw"])
def test_a_latent_shifted_by_the_period_of_coarse_sums_does_not_look_normal(draw, loss, name):
    z, _, directions = draw(256, 1, 1)
    near, far = (loss(z + shift, name, torch.ones_like(directions)) for shift in (0.0, 33.5))
    assert far > 10 * near
    rule = {"t_max": 3, "n_points": 17} if name == "ep" else None
    if rule:  # which the published rule does not notice
        coarse = [loss(z + shift, name, torch.ones_like(directions), **rule) for shift in (0.0, 32 * math.pi / 3.0)]
        assert coarse[1].item() == pytest.approx(coarse[0].item(), rel=1e-6)


def test_half_of_the_slices_far_and_half_near(draw, loss):
    z, _, _ = draw(80, 2, 1)
    z[:, 1] *= 500.0
    directions = torch.eye(2, dtype=torch.float64)
    for name in ("cw", "ep"):
        z.requires_grad_()
        both = loss(z, name, directions, fused=False)
        apart = [loss(z, name, one[None]) for one in directions]
        torch.testing.assert_close(both, torch.stack(apart).mean(), rtol=1e-10, atol=0.0)
        (slope,) = torch.autograd.grad(both, z, retain_graph=True)
        (fused,) = torch.autograd.grad(loss(z, name, directions), z)
        torch.testing.assert_close(slope, fused, rtol=1e-8, atol=1e-13)
