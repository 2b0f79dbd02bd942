"""The networks and the penalties: the paper's shapes, and whose gradient goes where."""

import pytest

torch = pytest.importorskip("torch")

from slicednorm_studies.autoencoders.methods import METHODS  # noqa: E402
from slicednorm_studies.autoencoders.networks import Encoding, build_network  # noqa: E402
from slicednorm_studies.autoencoders.processes import Processes  # noqa: E402
from slicednorm_studies.autoencoders.settings import MODELS, SLICED_MODELS, Settings  # noqa: E402

from slicednorm.torch import functional  # noqa: E402

SHAPES = {
    "mnist": ((1, 28, 28), 20),
    "fashion-mnist": ((1, 28, 28), 20),
    "cifar10": ((3, 32, 32), 64),
    "celeba": ((3, 64, 64), 64),
    "digits": ((1, 8, 8), 8),
}


@pytest.mark.parametrize("gaussian", [False, True])
@pytest.mark.parametrize("data", SHAPES)
def test_images_become_latents_and_images_again(data, gaussian):
    shape, dim = SHAPES[data]
    network = build_network(data, dim, gaussian=gaussian, seed=0)
    noise = torch.zeros(3, dim) if gaussian else None
    encoding, made = network(torch.rand(3, *shape), noise)
    assert encoding.z.shape == (3, dim)
    assert made.shape == (3, *shape)
    assert bool((made > 0).all() & (made < 1).all())


def sizes(module):
    return [tuple(p.shape) for p in module.parameters() if p.dim() > 1]


def test_the_networks_of_the_paper():
    mnist = build_network("mnist", 20, gaussian=False, seed=0)
    assert sizes(mnist.trunk) + sizes(mnist.head) == [(200, 784), (200, 200), (200, 200), (20, 200)]
    assert sizes(mnist.decoder) == [(200, 20), (200, 200), (200, 200), (784, 200)]
    cifar = build_network("cifar10", 64, gaussian=False, seed=0)
    convolutions = [(3, 3, 2, 2), (32, 3, 2, 2), (32, 32, 2, 2), (32, 32, 2, 2)]
    assert sizes(cifar.trunk) + sizes(cifar.head) == [*convolutions, (128, 8192), (64, 128)]
    back = [(32, 32, 2, 2), (32, 32, 2, 2), (32, 32, 3, 3), (3, 32, 2, 2)]
    assert sizes(cifar.decoder) == [(128, 64), (8192, 128), *back]
    celeba = build_network("celeba", 64, gaussian=False, seed=0)
    convolutions = [(32, 3, 4, 4), (32, 32, 4, 4), (64, 32, 4, 4), (64, 64, 4, 4)]
    assert sizes(celeba.trunk) + sizes(celeba.head) == [*convolutions, (1024, 1024), (256, 1024), (64, 256)]


def test_weights_are_a_function_of_the_seed_and_nobody_else_is_disturbed():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    one, same, other = (build_network("digits", 8, gaussian=False, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.head.weight, same.head.weight)
    assert not torch.equal(one.head.weight, other.head.weight)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(2)
    z, log_variance, noise = (torch.randn(40, 5, generator=generator) for _ in range(3))
    return Encoding(z.requires_grad_(), z, log_variance.requires_grad_()), noise


def penalty_of(name):
    return METHODS[name].penalty(Settings(model=name, n_slices=16), Processes())


@pytest.mark.parametrize("name", SLICED_MODELS)
def test_the_papers_penalties_are_logarithms_of_sliced_distances(batch, name):
    encoding, noise = batch
    penalty = penalty_of(name)
    value = penalty(encoding, noise)
    many = torch.nn.functional.normalize(torch.randn(4000, 5, generator=torch.Generator().manual_seed(3)), dim=1)
    prior = torch.randn(40, 5, generator=torch.Generator().manual_seed(4)) if name == "swae" else None
    expected = functional.sliced_distance(encoding.z, name, directions=many, prior=prior).log()
    assert value.item() == pytest.approx(expected.item(), abs=0.5)
    assert penalty(encoding, noise).item() != value.item()  # fresh directions


def test_the_baselines_are_the_losses_of_the_package(batch):
    encoding, noise = batch
    expected = {
        "ae": torch.zeros(()),
        "vae": functional.gaussian_kl(encoding.mean, encoding.log_variance),
        "wae-mmd": functional.mmd_imq(encoding.z, noise),
        "cwae": functional.cramer_wold(encoding.z).log(),
    }
    for name, value in expected.items():
        torch.testing.assert_close(penalty_of(name)(encoding, noise), value)


def test_every_model_has_a_method():
    assert set(METHODS) == set(MODELS)
