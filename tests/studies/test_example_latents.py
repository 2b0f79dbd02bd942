"""The latents that the repository ships, and the script that makes them."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_studies.example_latents import main

from slicednorm.stats import sliced_test

SHIPPED = Path(__file__).parents[2] / "docs" / "examples" / "mnist_pca20.npy"


def write_images(folder: Path, images: np.ndarray, magic: int = 2051) -> None:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    header = np.asarray([magic, *images.shape], ">i4").tobytes()
    (raw / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(header + images.astype(np.uint8).tobytes()))


def test_shipped_latents_are_standardised_uncorrelated_and_not_normal():
    x = np.load(SHIPPED, allow_pickle=False)
    assert x.shape == (2000, 20)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(x.T.astype(float) @ x / 2000, np.eye(20), atol=1e-4)
    assert sliced_test(x, "cvm", n_slices=64, n_resamples=99, rng=0).pvalue == 0.01


def test_the_script_makes_the_shipped_latents(tmp_path):
    data = os.environ.get("SLICEDNORM_DATA")
    if not data:
        pytest.skip("SLICEDNORM_DATA names no folder with MNIST")
    result = CliRunner().invoke(main, [data, "--out", str(tmp_path / "x.npy")])
    assert result.exit_code == 0, result.output
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), np.load(SHIPPED), atol=2e-4)


def test_the_script_on_images_of_its_own(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 6))
    write_images(tmp_path, images)
    result = CliRunner().invoke(main, [str(tmp_path), "--out", str(tmp_path / "x.npy"), "--count", "40", "--dim", "3"])
    assert result.exit_code == 0, result.output
    x = np.load(tmp_path / "x.npy")
    flat = images[:40].reshape(40, -1) / 255.0
    values = np.linalg.eigvalsh(np.cov(flat.T, bias=True))[::-1]
    explained = np.square(np.corrcoef(np.column_stack([x, flat]).T)[:3, 3:])
    assert x.shape == (40, 3)
    np.testing.assert_allclose((explained * flat.var(axis=0)).sum(axis=1), values[:3], rtol=1e-4)


def test_the_script_refuses_another_file(tmp_path):
    write_images(tmp_path, np.zeros((4, 2, 2)), magic=2049)
    result = CliRunner().invoke(main, [str(tmp_path), "--out", str(tmp_path / "x.npy")])
    assert result.exit_code == 1
    assert "begins with 2049, not 2051" in result.output
