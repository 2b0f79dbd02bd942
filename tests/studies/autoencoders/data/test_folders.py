"""Data sets are found by their names, where they are said to be looked for, and are never written to."""

import os
import subprocess
import sys

import pytest
from slicednorm_studies.autoencoders.settings import DATA

from ._files import refusal, write_mnist

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
from slicednorm_studies.autoencoders.data import published


def test_the_names_are_known_without_torch():
    code = "import sys; from slicednorm_studies.autoencoders import data; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_name_is_answered_with_the_known_ones():
    message = refusal("minst")
    assert "'minst'" in message
    assert all(name in message for name in DATA)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "celeba"])
def test_a_data_folder_that_is_none_is_an_error_and_no_download(tmp_path, monkeypatch, name):
    (tmp_path / "file").touch()
    monkeypatch.setattr(published, "download_url", None)
    for folder in (tmp_path / "nowhere", tmp_path / "file"):
        assert str(folder) in refusal(name, folder)
        assert "--data-dir" in refusal(name, folder)
        monkeypatch.setenv("SLICEDNORM_DATA", str(folder))
        assert "SLICEDNORM_DATA" in refusal(name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(data, mnist):
    folder = write_mnist(data, mnist)
    (folder / "t10k-images-idx3-ubyte").chmod(0)
    assert str(folder / "t10k-images-idx3-ubyte") in refusal("mnist", data)
    data.chmod(0)
    assert str(data) in refusal("mnist", data)
    data.chmod(0o700)


def test_a_folder_in_the_place_of_a_file_is_named(data, mnist):
    folder = write_mnist(data, mnist)
    (folder / "t10k-images-idx3-ubyte").unlink()
    (folder / "t10k-images-idx3-ubyte").mkdir()
    assert str(folder / "t10k-images-idx3-ubyte") in refusal("mnist", data)
