"""What a trained model is asked, and its pictures."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torchvision", reason="torchvision is part of the extra train")
torch = pytest.importorskip("torch")

from click.testing import CliRunner  # noqa: E402
from PIL import Image  # noqa: E402
from slicednorm_cli.main import main  # noqa: E402
from slicednorm_studies.autoencoders import pictures  # noqa: E402
from slicednorm_studies.autoencoders.evaluation import Model, load_model  # noqa: E402
from slicednorm_studies.autoencoders.settings import Settings  # noqa: E402
from slicednorm_studies.autoencoders.training import Place, train  # noqa: E402


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation") / "run"
    settings = Settings("ae", "digits", epochs=2, n_resamples=9, test_rows=50, pictures_every=1).resolved()
    train(settings, folder, Place(threads=1), resume=False, say=lambda text: None)
    return folder


@pytest.fixture
def model(run):
    return load_model(run, device="cpu", say=pytest.fail)


class Network(torch.nn.Module):
    """A network as the FID takes it, whose features are means of quarters of a grey image."""

    num_features = 4
    weights = "test 0123"
    device = torch.device("cpu")

    def forward(self, images):
        return torch.nn.functional.avg_pool2d(images.double()[:, :1] / 255, 4).flatten(1)


def frechet(x, y):
    """The distance of normal laws with the moments of two samples, by the eigenvalues of a product of covariances."""
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    cross = np.sqrt(np.linalg.eigvals(s @ t).real.clip(0)).sum()
    return np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(s) + np.trace(t) - 2 * cross


def test_the_fid_is_that_of_images_of_the_prior_against_test_images(model, monkeypatch, tmp_path):
    pytest.importorskip("torchmetrics", reason="torchmetrics is part of the extra train")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = model.fid(Network(), 300)
    assert (found.n_real, found.n_fake, found.weights) == (300, 300, "test 0123")
    z = torch.randn(300, 8, generator=torch.Generator().manual_seed(4))
    with torch.inference_mode():
        samples = (model.network.decoder(z) * 255).round()
    expected = frechet(Network()(model.images.test[:300]).numpy(), Network()(samples).numpy())
    assert found.value == pytest.approx(expected, rel=1e-4)
    many = model.fid(Network(), 1000)
    assert (many.n_real, many.n_fake) == (360, 1000)  # there are no more test images


def test_evaluate_prints_the_fid_with_its_numbers(run, monkeypatch, tmp_path):
    pytest.importorskip("torchmetrics", reason="torchmetrics is part of the extra train")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(Model, "inception", lambda self, path: Network())
    options = ["--fid-samples", "100", "--slices", "4", "--resamples", "9", "--device", "cpu"]
    result = CliRunner().invoke(main, ["evaluate", str(run), *options])
    assert result.exit_code == 0, result.output
    assert "100 samples of the prior against 100 test images (test 0123)" in result.stdout


def test_pictures_have_the_images_in_their_places(tmp_path):
    images = torch.arange(6, dtype=torch.uint8).mul(40)[:, None, None, None].expand(6, 3, 40, 40)
    pictures.save_grid(tmp_path / "grid.png", images, 3)
    with Image.open(tmp_path / "grid.png") as file:
        grid = np.asarray(file)
    assert grid.shape == (2 * 42 + 2, 3 * 42 + 2, 3)
    middles = [grid[20 + 42 * row, 20 + 42 * column, 0] for row in (0, 1) for column in (0, 1, 2)]
    assert middles == [0, 40, 80, 120, 160, 200]
    assert grid[0, 0, 0] == 255


def test_reconstructions_stand_under_their_images(model, tmp_path):
    path = tmp_path / "reconstructions.png"
    pictures.save_reconstructions(path, model.network, model.images.test, model.compute)
    with Image.open(path) as file:
        grid = np.asarray(file.convert("L"))
    # Digits are enlarged four times; a tile is 32 pixels and 2 between.
    first = grid[2:34:4, 2:34:4]
    assert np.array_equal(first, model.images.test[0, 0].numpy())
    below = grid[36:68:4, 2:34:4].astype(float)
    with torch.inference_mode():
        made = model.network(model.images.test[:1].float() / 255)[1][0, 0].numpy() * 255
    np.testing.assert_allclose(below, made, atol=1.0)


def test_pictures_are_drawn_on_the_way(run):
    names = {path.name for path in (run / "pictures").iterdir()}
    kinds = ("samples", "reconstructions", "latents")
    assert {f"{when}-{kind}.png" for when in ("epoch-0001", "final") for kind in kinds} <= names


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("labelled", [False, True])
def test_latents_of_any_dimension_are_drawn(tmp_path: Path, dim, labelled):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 50) if labelled else None
    pictures.save_latents(tmp_path / "latents.png", rng.standard_normal((50, dim), dtype=np.float32), labels)
    with Image.open(tmp_path / "latents.png") as file:
        assert file.size == (600, 600)
