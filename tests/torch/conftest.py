"""Latents, directions and samples of the prior that the tests of the losses share."""

import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")


@pytest.fixture(autouse=True)
def _one_thread():
    """Keep torch to one thread: the tests run in several processes already."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def unit_rows(generator, k, dim, dtype=torch.float64):
    return torch.nn.functional.normalize(torch.randn(k, dim, dtype=dtype, generator=generator), dim=-1)


@pytest.fixture
def draw():
    """Return a function that draws (z, prior, directions) of given shapes."""

    def function(n, dim, k, *, seed=0, dtype=torch.float64, batch=()):
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(*batch, n, dim, dtype=dtype, generator=generator)
        prior = torch.randn(*batch, n, dim, dtype=dtype, generator=generator)
        return z, prior, unit_rows(generator, k, dim, dtype)

    return function


@pytest.fixture
def loss():
    """Return `sliced_distance` called with a prior sample where the statistic needs one."""
    from slicednorm.distances import get_distance
    from slicednorm.torch.functional import sliced_distance

    def function(z, statistic, directions, prior=None, **options):
        if get_distance(statistic).needs_prior:
            options["prior"] = prior
        return sliced_distance(z, statistic, directions=directions, **options)

    return function
