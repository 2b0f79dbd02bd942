"""torch.compile without a graph break, with the numbers of eager mode; CUDA graphs where there is a GPU."""

import shutil

import pytest

from slicednorm.distances import DISTANCES

torch = pytest.importorskip("torch", reason="torch is an extra")

from slicednorm.torch import SlicedNormalityLoss  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _fresh_compiler():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def step(function, z):
    z = z.detach().clone().requires_grad_()
    value = function(z)
    value.backward()
    return value.detach(), z.grad


@pytest.mark.parametrize("aggregate", ["mean", "max"])
@pytest.mark.parametrize("name", DISTANCES)
def test_the_function(draw, loss, name, aggregate):
    z, prior, directions = draw(40, 5, 7)

    def function(z):
        return loss(z, name, directions, prior, aggregate=aggregate)

    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    for one, other in zip(step(compiled, z), step(function, z), strict=True):
        assert torch.equal(one, other)


@pytest.mark.filterwarnings("ignore:.*of a Tensor that is not a leaf Tensor:UserWarning")  # dynamo looks at it
def test_the_plain_form_stays_outside(draw, loss):
    z, _, directions = draw(40, 5, 7)

    def function(z):
        return 2.0 * loss(z, "cw", directions, fused=False)

    compiled = torch.compile(function, backend="aot_eager")
    for one, other in zip(step(compiled, z), step(function, z), strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", DISTANCES)
def test_the_module(draw, name, training):
    z, _, _ = draw(40, 5, 1)
    eager, other = (SlicedNormalityLoss(name, 12, seed=3, log=True).train(training) for _ in range(2))
    compiled = torch.compile(other, fullgraph=True, backend="aot_eager")
    for _ in range(3):
        expected, found = step(eager, z), step(compiled, z)
        assert torch.equal(found[0], expected[0])
        assert torch.equal(found[1], expected[1])
    assert int(eager.calls) == int(other.calls) == (3 if training else 0)


@pytest.mark.filterwarnings("ignore:Skipping serialization of skipfiles:UserWarning")  # of torch 2.6's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler")
def test_inductor_in_a_training_step(draw):
    z, _, _ = draw(64, 6, 1, dtype=torch.float32)
    layer = torch.nn.Linear(6, 6)
    losses = [SlicedNormalityLoss("cw", 12, seed=3), SlicedNormalityLoss("cvm", 12, seed=3, unbiased=True)]
    others = [SlicedNormalityLoss("cw", 12, seed=3), SlicedNormalityLoss("cvm", 12, seed=3, unbiased=True)]

    def function(latent, some):
        latent = layer(latent)
        return sum(one(latent) for one in some)

    compiled = torch.compile(function, fullgraph=True)
    for _ in range(2):
        expected, found = step(lambda x: function(x, losses), z), step(lambda x: compiled(x, others), z)
        torch.testing.assert_close(found[0], expected[0], rtol=1e-5, atol=0.0)
        torch.testing.assert_close(found[1], expected[1], rtol=1e-3, atol=1e-6)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", DISTANCES)
class TestCuda:
    def test_it_is_the_cpu(self, draw, name):
        z, _, _ = draw(500, 8, 1, dtype=torch.float32)
        here = step(SlicedNormalityLoss(name, 32, seed=3), z)
        there = step(SlicedNormalityLoss(name, 32, seed=3), z.cuda())
        torch.testing.assert_close(there[0].cpu(), here[0], rtol=1e-4, atol=0.0)
        torch.testing.assert_close(there[1].cpu(), here[1], rtol=1e-2, atol=1e-3 * float(here[1].abs().max()))

    def test_a_captured_graph_draws_anew_at_every_replay(self, draw, name):
        z, _, _ = draw(256, 8, 1, dtype=torch.float32)
        still = z.cuda().requires_grad_()
        loss = SlicedNormalityLoss(name, 32, seed=3).cuda()
        expected = SlicedNormalityLoss(name, 32, seed=3).cuda()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                torch.autograd.grad(loss(still), still)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            value = loss(still)
        for _ in range(2):
            expected(still)
        for _ in range(3):
            graph.replay()
            torch.testing.assert_close(value, expected(still), rtol=1e-5, atol=0.0)
