"""The functional form against slicednorm.stats, plain autograd, finite differences and the published SIGReg loss."""

import tracemalloc

import numpy as np
import pytest

from slicednorm import stats
from slicednorm._compiled import expect_sorting
from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402
from slicednorm.torch._sliced import on_cpu, on_device  # noqa: E402
from slicednorm.torch._sliced.settings import Settings  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402

AGGREGATES = ["mean", "max"]
UNBIASED = [name for name, distance in DISTANCES.items() if "unbiased" in distance.options]


def gradient(function, z):
    z = z.detach().clone().requires_grad_()
    value = function(z)
    (slope,) = torch.autograd.grad(value, z)
    return value.detach(), slope


def numpy_statistic(z, name, directions, prior, **options):
    others = {"prior": prior.numpy()} if DISTANCES[name].needs_prior else {}
    return stats.sliced_statistic(z.numpy(), name, directions=directions.numpy(), **others, **options)


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("name", DISTANCES)
class TestParityWithStats:
    @pytest.mark.parametrize(("n", "dim", "k"), [(2, 1, 3), (17, 3, 5), (256, 16, 40), (1001, 128, 20), (4096, 7, 33)])
    def test_float64(self, draw, loss, name, aggregate, n, dim, k):
        z, prior, directions = draw(n, dim, k)
        value = loss(z, name, directions, prior, aggregate=aggregate)
        assert value.dtype == torch.float64
        expected = numpy_statistic(z, name, directions, prior, aggregate=aggregate)
        assert value.item() == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize(("n", "dim", "k"), [(17, 3, 5), (256, 16, 40), (1001, 128, 20), (4096, 64, 64)])
    def test_float32_is_the_float64_value(self, draw, loss, name, aggregate, n, dim, k):
        z, prior, directions = draw(n, dim, k, dtype=torch.float32)
        value = loss(z, name, directions, prior, aggregate=aggregate)
        assert value.dtype == torch.float32
        wide = numpy_statistic(z.double(), name, directions.double(), prior.double(), aggregate=aggregate)
        assert value.item() == pytest.approx(wide, rel=1e-5 if aggregate == "mean" else 1e-4)
        narrow = numpy_statistic(z, name, directions, prior, aggregate=aggregate)
        assert value.item() == pytest.approx(narrow, rel=1e-5 if aggregate == "mean" else 1e-4)

    def test_a_long_sample(self, draw, loss, name, aggregate):
        z, prior, directions = draw(40_000, 3, 6)
        value = loss(z, name, directions, prior, aggregate=aggregate)
        assert value.item() == pytest.approx(
            numpy_statistic(z, name, directions, prior, aggregate=aggregate), rel=1e-10
        )


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("name", DISTANCES)
class TestGradient:
    @pytest.mark.parametrize("fused", [True, False])
    def test_finite_differences(self, draw, loss, name, aggregate, fused):
        z, prior, directions = draw(11, 3, 4)
        z.requires_grad_()

        def function(z):
            return loss(z, name, directions, prior, aggregate=aggregate, fused=fused)

        assert torch.autograd.gradcheck(function, z)
        assert torch.autograd.gradgradcheck(function, z)

    def test_fused_is_plain_autograd(self, draw, loss, name, aggregate):
        z, prior, directions = draw(333, 5, 37)
        value, slope = gradient(lambda z: loss(z, name, directions, prior, aggregate=aggregate), z)
        plain, expected = gradient(lambda z: loss(z, name, directions, prior, aggregate=aggregate, fused=False), z)
        torch.testing.assert_close(value, plain, rtol=1e-12, atol=0.0)
        torch.testing.assert_close(slope, expected, rtol=1e-9, atol=1e-11 * float(expected.abs().max()))

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("degenerate", ["ties", "rows", "constant", "zero", "large"])
    def test_finite_where_it_is_not_defined(self, draw, loss, name, aggregate, dtype, degenerate):
        z, prior, directions = draw(40, 4, 9, dtype=dtype)
        if degenerate == "ties":
            z = z.round()
        elif degenerate == "rows":
            z = z[:8].repeat(5, 1)
        elif degenerate == "constant":
            z[:, 1:3] = 2.5
        elif degenerate == "zero":
            z = torch.zeros_like(z)
        else:
            z = z * 1e4 / z.abs().max()
        for fused in (True, False):
            value, slope = gradient(
                lambda z, fused=fused: loss(z, name, directions, prior, aggregate=aggregate, fused=fused), z
            )
            assert torch.isfinite(value)
            assert torch.isfinite(slope).all()
            assert slope.dtype == dtype

    def test_batches_are_items_on_their_own(self, draw, loss, name, aggregate):
        z, prior, directions = draw(30, 4, 6, batch=(2, 3))
        value, slope = gradient(lambda z: loss(z, name, directions, prior, aggregate=aggregate), z)
        values = []
        for i in range(2):
            for j in range(3):
                one, alone = gradient(
                    lambda z, i=i, j=j: loss(z, name, directions, prior[i, j], aggregate=aggregate), z[i, j]
                )
                values.append(one)
                torch.testing.assert_close(slope[i, j], alone / 6.0, rtol=1e-10, atol=1e-14)
        torch.testing.assert_close(value, torch.stack(values).mean(), rtol=1e-12, atol=0.0)

    def test_layout_does_not_matter(self, draw, loss, name, aggregate):
        z, prior, directions = draw(50, 4, 6)
        turned = z.t().contiguous().t()
        expected = gradient(lambda z: loss(z, name, directions, prior, aggregate=aggregate), z)
        found = gradient(lambda z: loss(z, name, directions, prior, aggregate=aggregate), turned)
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_slice_of_the_maximum_gets_the_whole_gradient(draw, loss, name):
    z, prior, directions = draw(60, 3, 12)
    values = torch.stack([loss(z, name, one[None], prior) for one in directions])
    value, slope = gradient(lambda z: loss(z, name, directions, prior, aggregate="max"), z)
    best = directions[values.argmax()][None]
    _, expected = gradient(lambda z: loss(z, name, best, prior), z)
    assert value.item() == pytest.approx(values.max().item(), rel=1e-13)
    torch.testing.assert_close(slope, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", DISTANCES)
def test_directions_and_prior_get_gradients_of_their_own(draw, loss, name):
    z, prior, directions = draw(40, 3, 5)
    directions.requires_grad_()
    prior.requires_grad_(name == "sw")
    loss(z, name, directions, prior).backward()
    assert directions.grad.abs().max() > 0
    assert name != "sw" or prior.grad.abs().max() > 0


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("name", DISTANCES)
def test_threads_change_nothing_but_rounding(draw, loss, name, threads):
    for n, k, batch in ((700, 100, ()), (70, 9, (90,))):  # by directions, and by items
        z, prior, directions = draw(n, 5, k, batch=batch)
        one, expected = gradient(lambda z, d=directions, p=prior: loss(z, name, d, p), z)
        torch.set_num_threads(threads)
        value, slope = gradient(lambda z, d=directions, p=prior: loss(z, name, d, p), z)
        torch.set_num_threads(1)
        torch.testing.assert_close(value, one, rtol=1e-14, atol=0.0)
        torch.testing.assert_close(slope, expected, rtol=1e-12, atol=1e-14 * float(expected.abs().max()))


@pytest.mark.slow
@pytest.mark.parametrize("name", DISTANCES)
def test_memory_does_not_grow_with_the_number_of_directions(draw, loss, name):
    # 1,000 × 20,000 projections would be 80 MB; NumPy tells tracemalloc what it allocates.
    z, prior, directions = draw(20_000, 4, 1_000, dtype=torch.float32)
    z.requires_grad_()
    # Compiled kernels, where Numba is installed, are loaded before anything is counted: loading takes 60 MB.
    expect_sorting(10_000, 20_000)
    loss(z, name, directions[:2], prior).backward()
    tracemalloc.start()
    try:
        loss(z, name, directions, prior).backward()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50e6


@pytest.mark.parametrize("name", DISTANCES)
def test_autograd_keeps_only_a_gradient_of_the_latent(draw, loss, name):
    z, prior, directions = draw(100, 4, 500)
    z.requires_grad_()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        loss(z, name, directions, prior)
    assert max(kept) <= max(z.numel(), directions.numel())


class TestUnbiased:
    @pytest.mark.parametrize("name", UNBIASED)
    def test_it_is_the_mean_over_pairs_of_different_rows(self, name):
        generator = np.random.default_rng(3)
        y = np.sort(generator.standard_normal(9)) * 1.3
        n = len(y)
        distance = DISTANCES[name]
        # A V-statistic of two points has ((h11 + h22) + 2 h12)/4, one of a doubled point h11: from them the kernel.
        if name == "cw":  # its bandwidth follows from n
            from scipy.stats import norm

            gamma = distance.spectrum.gamma(n)

            def between(a, b):
                return (
                    norm.pdf(a - b, scale=np.sqrt(2 * gamma))
                    + norm.pdf(0.0, scale=np.sqrt(2 + 2 * gamma))
                    - norm.pdf(a, scale=np.sqrt(1 + 2 * gamma))
                    - norm.pdf(b, scale=np.sqrt(1 + 2 * gamma))
                )
        else:

            def between(a, b):
                pair = float(distance.value(np.sort([a, b])))
                own = [float(distance.value(np.asarray([c, c]))) for c in (a, b)]
                return 2.0 * pair - 0.5 * sum(own)

        expected = sum(between(a, b) for i, a in enumerate(y) for j, b in enumerate(y) if i != j) / (n * (n - 1))
        z, directions = torch.from_numpy(y)[:, None], torch.ones(1, 1, dtype=torch.float64)
        value = sliced_distance(z, name, directions=directions, unbiased=True)
        assert value.item() == pytest.approx(expected, rel=1e-10, abs=1e-13)

    @pytest.mark.parametrize("fused", [True, False])
    @pytest.mark.parametrize("name", UNBIASED)
    def test_gradient(self, draw, loss, name, fused):
        for scale in (1.0, 30.0):
            z, _, directions = draw(12, 3, 4)
            z = (scale * z).requires_grad_()
            function = lambda z, d=directions: loss(z, name, d, unbiased=True, fused=fused)  # noqa: E731
            assert torch.autograd.gradcheck(function, z)

    @pytest.mark.parametrize(("n", "batches"), [(16, 20_000), (64, 5_000)])
    @pytest.mark.parametrize("name", UNBIASED)
    def test_it_is_smallest_at_scale_one(self, name, n, batches):
        y = np.sort(np.random.default_rng(0).standard_normal((batches, n)))
        scales = np.linspace(0.9, 1.1, 9)
        fine = np.linspace(0.9, 1.1, 2001)

        def best(unbiased):
            means = [DISTANCES[name].value(scale * y, unbiased=unbiased).mean() for scale in scales]
            return fine[np.polyval(np.polyfit(scales, means, 4), fine).argmin()]

        assert abs(best(True) - 1.0) < 0.01
        assert best(False) < 0.99


class TestSigreg:
    @staticmethod
    def published(z, directions):
        """SIGReg as its authors have it, times n: 17 points to t = 3."""
        t = torch.linspace(0.0, 3.0, 17, dtype=z.dtype)
        weights = torch.full((17,), 2.0 * 3.0 / 16.0, dtype=z.dtype)
        weights[[0, -1]] *= 0.5
        target = torch.exp(-0.5 * t**2)
        phases = (z @ directions.T)[..., None] * t
        error = (phases.cos().mean(-3) - target) ** 2 + phases.sin().mean(-3) ** 2
        return ((error @ (weights * target)) * z.shape[-2]).mean()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("batch", [(), (3,)])
    def test_it_is_ep_on_seventeen_points(self, draw, dtype, batch):
        z, _, directions = draw(300, 8, 25, dtype=dtype, batch=batch)
        published, expected = gradient(lambda z: self.published(z, directions), z)
        options = {"directions": directions, "t_max": 3, "n_points": 17}
        value, slope = gradient(lambda z: sliced_distance(z, "ep", **options), z)
        assert 300 * value.item() == pytest.approx(published.item(), rel=1e-6)
        torch.testing.assert_close(300 * slope, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))

    def test_either_option_alone_takes_the_other_of_sigreg(self, draw):
        z, _, directions = draw(50, 3, 4)
        both = sliced_distance(z, "ep", directions=directions, t_max=3.0, n_points=17)
        assert sliced_distance(z, "ep", directions=directions, t_max=3.0) == both
        assert sliced_distance(z, "ep", directions=directions, n_points=17) == both

    def test_the_whole_integral_is_near_it_under_the_null(self, draw):
        z, _, directions = draw(2000, 8, 200)
        rule = sliced_distance(z, "ep", directions=directions, t_max=3, n_points=17)
        whole = sliced_distance(z, "ep", directions=directions)
        assert 0.002 < abs(rule / whole - 1.0) < 0.03

    def test_many_points_far_out_are_the_whole_integral(self, draw):
        z, _, directions = draw(100, 3, 5)
        rule = sliced_distance(z, "ep", directions=directions, t_max=9.0, n_points=200)
        assert rule.item() == pytest.approx(sliced_distance(z, "ep", directions=directions).item(), rel=1e-10)


@pytest.mark.parametrize("name", ["ad", "cvm", "w2", "ks"])
def test_float32_keeps_its_digits_in_a_long_sample(name):
    # The textbook sum of Anderson-Darling has an error of sd 0.5 in n·d here, and is negative in one of 13 samples.
    for seed in range(8):
        y = torch.randn(65_536, 1, generator=torch.Generator().manual_seed(seed))
        narrow = sliced_distance(y, name, directions=torch.ones(1, 1))
        wide = sliced_distance(y.double(), name, directions=torch.ones(1, 1))
        assert narrow > 0
        assert narrow.item() == pytest.approx(wide.item(), rel=1e-4)


class TestDevice:
    """The path of other devices, run on the CPU."""

    @pytest.mark.parametrize("scale", [1.0, 30.0])
    @pytest.mark.parametrize("with_gradient", [True, False])
    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("name", DISTANCES)
    def test_it_is_the_path_of_the_cpu(self, draw, name, dtype, with_gradient, scale, monkeypatch):
        monkeypatch.setattr(on_device, "_CHUNK", 3000)
        monkeypatch.setattr(on_device, "_CHUNK_SPECTRAL", 1000)
        z, prior, directions = draw(90, 4, 17, dtype=dtype, batch=(2,))
        z = scale * z
        prior = prior if name == "sw" else None
        settings = Settings(name)
        values, slopes = on_device.sweep(z, prior, directions, settings, with_gradient)
        others = None if prior is None else prior.numpy()
        expected, gradients = on_cpu.sweep(z.numpy(), others, directions.numpy(), settings, with_gradient)
        bound = 1e-11 if dtype == torch.float64 else 1e-4
        np.testing.assert_allclose(values.numpy(), expected, rtol=bound)
        assert (slopes is not None) == with_gradient
        if with_gradient:
            np.testing.assert_allclose(slopes.numpy(), gradients, rtol=bound, atol=bound * np.abs(gradients).max())

    @pytest.mark.parametrize("name", DISTANCES)
    def test_the_host_never_waits(self, name):
        # Tensors on "meta" hold no values: whatever asks for one fails, and a copy of host data is noticed.
        from torch.utils._python_dispatch import TorchDispatchMode

        class Watch(TorchDispatchMode):
            def __torch_dispatch__(self, func, types, args=(), kwargs=None):
                devices = {a.device.type for a in args if isinstance(a, torch.Tensor) and a.dim() > 0}
                assert devices <= {"meta"}, func
                return func(*args, **(kwargs or {}))

        with Watch():
            z = torch.empty(2, 90, 4, device="meta")
            directions = torch.empty(17, 4, device="meta")
            prior = torch.empty_like(z) if name == "sw" else None
            for unbiased in {False, "unbiased" in DISTANCES[name].options}:
                for with_gradient in (True, False):
                    settings = Settings(name, unbiased=unbiased)
                    values, _ = on_device.sweep(z, prior, directions, settings, with_gradient)
                    assert values.shape == (2, 17)

    def test_nor_does_a_whole_loss(self):
        for name in DISTANCES:
            for options in ({}, {"aggregate": "max"}):
                loss = SlicedNormalityLoss(name, 12, seed=1, log=True, **options).to("meta")
                z = torch.empty(90, 4, device="meta", requires_grad=True)
                loss(z).backward()
                assert z.grad.shape == z.shape
