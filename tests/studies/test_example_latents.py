"""The latents that the repository ships, and the script that makes them."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from slicednorm.stats import mardia, sliced_test

SHIPPED = Path(__file__).parents[2] / "docs" / "examples" / "mnist_scwae.npy"


def test_shipped_latents_are_near_to_normal_and_told_apart():
    x = np.load(SHIPPED, allow_pickle=False)
    assert x.shape == (2000, 20)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x.mean(axis=0), 0.0, atol=0.35)
    np.testing.assert_allclose(x.std(axis=0), 1.0, atol=0.25)
    assert 30 < mardia(x).skewness < 80
    assert sliced_test(x, "cvm", n_slices=64, n_resamples=99, rng=0).pvalue == 0.01


def test_the_script_writes_the_latents_of_a_run(tmp_path):
    pytest.importorskip("torchvision", reason="torchvision is part of the extra train")
    from slicednorm_cli.main import main as slicednorm
    from slicednorm_studies.example_latents import main

    run = str(tmp_path / "run")
    train = ["train", "--data", "digits", "--epochs", "1", "--resamples", "9", "--device", "cpu", "--out", run]
    assert CliRunner().invoke(slicednorm, train).exit_code == 0
    latents = str(tmp_path / "latents.npy")
    assert CliRunner().invoke(slicednorm, ["encode", run, "--device", "cpu", "-o", latents]).exit_code == 0
    result = CliRunner().invoke(main, [run, "--out", str(tmp_path / "x.npy"), "--count", "40"])
    assert result.exit_code == 0, result.output
    assert np.array_equal(np.load(tmp_path / "x.npy"), np.load(latents)[:40])
