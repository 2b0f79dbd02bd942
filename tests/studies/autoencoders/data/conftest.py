"""Folders for the tests of the data sets, and a small MNIST.

torchvision is imported in the fixtures: without it the test modules skip themselves.
"""

from pathlib import Path
from urllib.error import URLError

import numpy as np
import platformdirs
import pytest

from ._files import IDX, md5, packed


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """The cache folder of each test, which has no network either."""
    from slicednorm_studies.autoencoders.data import published

    def no_network(*args, **kwargs):
        raise URLError("no network here")

    monkeypatch.delenv("SLICEDNORM_DATA", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(published, "download_url", no_network)
    return tmp_path / "cache" / "slicednorm" / "data"


@pytest.fixture
def data(tmp_path) -> Path:
    """A folder of the user's."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def mnist(monkeypatch) -> dict[str, bytes]:
    """A small MNIST: its unpacked files, published with their own MD5s."""
    from torchvision.datasets import MNIST

    rng = np.random.default_rng(0)
    files = {}
    for name, shape in IDX.items():
        header = bytes([0, 0, 8, len(shape)]) + np.asarray(shape, ">u4").tobytes()
        files[name] = header + rng.integers(0, 10 if len(shape) == 1 else 256, shape, dtype=np.uint8).tobytes()
    resources = [(f"{name}.gz", md5(packed(content))) for name, content in files.items()]
    monkeypatch.setattr(MNIST, "resources", resources)
    monkeypatch.setattr(MNIST, "mirrors", ["http://first.example/", "http://second.example/"])
    return files
