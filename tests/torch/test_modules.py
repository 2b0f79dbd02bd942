"""Directions that follow the seed, state that is saved, options that reach the distance, and what the losses do."""

import copy
import pickle

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

import slicednorm.torch as losses  # noqa: E402
from slicednorm.torch import SlicedNormalityLoss  # noqa: E402
from slicednorm.torch._random import PRIOR, counted_directions, counted_normal  # noqa: E402
from slicednorm.torch.functional import sliced_distance  # noqa: E402


def numbers(seed, call, stream, count, start=0):
    seed, call = number(seed), number(call)
    return counted_normal(seed, call, stream, (count,), torch.zeros(1), torch.float64, start)


@pytest.fixture
def z(draw):
    return draw(40, 5, 1, dtype=torch.float32)[0]


def number(value):
    return torch.tensor(value, dtype=torch.int64)


@pytest.mark.parametrize("name", DISTANCES)
class TestDirections:
    def test_they_are_new_at_every_call_and_fixed_in_eval(self, z, name):
        loss = SlicedNormalityLoss(name, 10, seed=1)
        assert len({loss(z).item() for _ in range(5)}) == 5
        loss.eval()
        assert len({loss(z).item() for _ in range(3)}) == 1
        assert int(loss.calls) == 5

    def test_they_follow_manual_seed(self, z, name):
        values = []
        for seed in (3, 3, 4):
            torch.manual_seed(seed)
            values.append([SlicedNormalityLoss(name, 10)(z).item() for _ in range(2)])
        assert values[0] == values[1] != values[2]
        assert values[0][0] != values[0][1]  # two of the same program differ

    def test_they_follow_the_seed_of_the_module(self, z, name):
        torch.manual_seed(0)
        one = SlicedNormalityLoss(name, 10, seed=9)
        torch.manual_seed(1)
        other = SlicedNormalityLoss(name, 10, seed=9)
        assert [one(z).item() for _ in range(3)] == [other(z).item() for _ in range(3)]
        assert SlicedNormalityLoss(name, 10, seed=8)(z) != SlicedNormalityLoss(name, 10, seed=9)(z)

    def test_state_goes_on_where_it_stopped(self, z, name, tmp_path):
        loss = SlicedNormalityLoss(name, 10)
        loss(z), loss(z)
        torch.save(loss.state_dict(), tmp_path / "loss.pt")
        assert set(loss.state_dict()) == {"seed", "calls"}
        expected = [loss(z).item() for _ in range(2)]
        resumed = SlicedNormalityLoss(name, 10)
        resumed.load_state_dict(torch.load(tmp_path / "loss.pt", weights_only=True))
        assert [resumed(z).item() for _ in range(2)] == expected
        others = [copy.deepcopy(resumed), pickle.loads(pickle.dumps(resumed))]
        value = resumed(z)
        assert all(other(z) == value for other in others)

    def test_value_is_that_of_the_function(self, z, name):
        loss = SlicedNormalityLoss(name, 10, seed=5)
        value = loss(z)
        directions = counted_directions(number(5), number(1), 10, torch.float32, z)
        prior = None
        if name == "sw":
            prior = counted_normal(number(5), number(1), PRIOR, (40, 5), z, torch.float32)
        assert value == sliced_distance(z, name, directions=directions, prior=prior)

    def test_float64_takes_the_same_directions(self, z, name):
        narrow, wide = (SlicedNormalityLoss(name, 10, seed=5)(latent) for latent in (z, z.double()))
        assert wide.dtype == torch.float64
        assert narrow.item() == pytest.approx(wide.item(), rel=1e-5)


@pytest.mark.parametrize("name", DISTANCES)
def test_functions_of_torch_func_differentiate_it(z, name):
    loss = SlicedNormalityLoss(name, 10, seed=1).eval()
    expected = z.clone().requires_grad_()
    loss(expected).backward()
    torch.testing.assert_close(torch.func.grad(loss)(z), expected.grad)


def test_drawing_leaves_the_default_generator_alone(z):
    loss = SlicedNormalityLoss("sw", 10)
    before = torch.get_rng_state()
    loss(z)
    assert torch.equal(torch.get_rng_state(), before)


class TestCountedNumbers:
    def test_they_are_standard_normal(self):
        x = numbers(11, 2, 1, 200_001).numpy()
        assert scipy_stats.kstest(x, "norm").pvalue > 1e-3
        assert abs(np.corrcoef(x[:-1:2], x[1::2])[0, 1]) < 4.0 / np.sqrt(1e5)

    def test_any_part_is_the_same_numbers(self):
        whole = numbers(11, 2, 1, 1000)
        for start, count in [(0, 1), (1, 2), (7, 500), (998, 2)]:
            part = numbers(11, 2, 1, count, start)
            assert torch.equal(part, whole[start : start + count])

    def test_calls_seeds_and_streams_are_unrelated(self):
        rows = [
            numbers(seed, call, stream, 20_000)
            for seed, call, stream in [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 1), (1, 1, 1), (0, 0, 2), (-1, 5, 1)]
        ]
        correlation = np.corrcoef(torch.stack(rows).numpy()) - np.eye(len(rows))
        assert np.abs(correlation).max() < 5.0 / np.sqrt(20_000)

    def test_directions_are_uniform(self):
        v = counted_directions(number(3), number(1), 20_000, torch.float64, torch.zeros(2, 3))
        torch.testing.assert_close(torch.linalg.vector_norm(v, dim=1), torch.ones(20_000, dtype=torch.float64))
        # Archimedes: a coordinate of a point on the sphere in three dimensions is uniform.
        assert scipy_stats.kstest(v[:, 0].numpy(), "uniform", args=(-1.0, 2.0)).pvalue > 1e-3

    def test_a_device_draws_the_numbers_of_the_cpu(self):
        # What runs on a device, with its tensors left on the CPU.
        from slicednorm.torch import _random

        key = _random._mix(number(42))
        pairs = torch.arange(5, 105)
        ours = _random._normals(torch, key, pairs, torch.float64)
        theirs = _random._normals(np, key.numpy(), pairs.numpy(), np.dtype("float64"))
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one.numpy(), other, rtol=1e-12, atol=1e-14)


class TestOptions:
    @pytest.mark.parametrize("name", DISTANCES)
    def test_log_and_scale(self, z, name):
        plain = SlicedNormalityLoss(name, 10, seed=2)(z)
        assert SlicedNormalityLoss(name, 10, seed=2, log=True)(z) == plain.log()
        assert SlicedNormalityLoss(name, 10, seed=2, scale="n")(z).item() == pytest.approx(40 * plain.item(), rel=1e-6)

    @pytest.mark.parametrize("name", DISTANCES)
    def test_maximum_returns_a_number(self, z, name):
        value = SlicedNormalityLoss(name, 10, seed=2, aggregate="max")(z)
        assert value > SlicedNormalityLoss(name, 10, seed=2)(z)

    @pytest.mark.parametrize("name", ["cvm", "cw", "ep"])
    def test_unbiased(self, z, name):
        assert SlicedNormalityLoss(name, 10, seed=2, unbiased=True)(z) < SlicedNormalityLoss(name, 10, seed=2)(z)

    def test_sigreg(self, z):
        loss = SlicedNormalityLoss("ep", 10, seed=2, scale="n", t_max=3, n_points=17)(z)
        directions = counted_directions(number(2), number(1), 10, torch.float32, z)
        t = torch.linspace(0, 3, 17)
        phases = (z @ directions.T)[..., None] * t
        error = (phases.cos().mean(0) - torch.exp(-t * t / 2)) ** 2 + phases.sin().mean(0) ** 2
        published = 2.0 * 40 * torch.trapezoid(error * torch.exp(-t * t / 2), t, dim=-1).mean()
        assert loss.item() == pytest.approx(published.item(), rel=1e-6)

    @pytest.mark.parametrize(
        ("model", "name"),
        [
            ("SKSAEPenalty", "ks"),
            ("SCvMAEPenalty", "cvm"),
            ("SCFWAEPenalty", "w2"),
            ("SCWAEPenalty", "cw"),
            ("SWAEPenalty", "sw"),
        ],
    )
    def test_the_models_of_the_paper(self, z, model, name):
        penalty = getattr(losses, model)(seed=1)
        assert penalty(z) == SlicedNormalityLoss(name, 50, log=True, seed=1)(z)
        assert SlicedNormalityLoss(model.removesuffix("Penalty").lower(), 50, seed=1).statistic == name
        assert getattr(losses, model)(log=False, scale="n", aggregate="max", seed=1)(z) > 0

    def test_repr_says_how_it_is_set(self):
        loss = SlicedNormalityLoss("ep", 100, scale="n", t_max=3)
        assert repr(loss) == "SlicedNormalityLoss('ep', n_slices=100, scale='n', t_max=3)"


@pytest.mark.parametrize("name", DISTANCES)
def test_a_latent_made_normal_passes_the_matching_test(name):
    torch.manual_seed(0)
    z = torch.rand(512, 8).mul(2.0).sub(1.0).requires_grad_()
    loss = SlicedNormalityLoss(name, 32, seed=1)
    optimiser = torch.optim.Adam([z], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 150)
    start = stats.sliced_test(z, name, n_slices=64, n_resamples=99, rng=5)
    for _ in range(150):
        optimiser.zero_grad()
        loss(z).backward()
        optimiser.step()
        schedule.step()
    end = stats.sliced_test(z, name, n_slices=64, n_resamples=99, rng=5)
    assert start.pvalue == 0.01
    assert end.pvalue > 0.01
