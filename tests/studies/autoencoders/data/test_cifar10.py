"""CIFAR-10 is read from its folder or its archive; nothing is unpickled but what was published."""

import gzip
import io
import os
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest
from slicednorm_studies.autoencoders.data import load_images

from ._files import Site, contents, md5, refusal

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from slicednorm_studies.autoencoders.data import published
from torchvision.datasets import CIFAR10


@pytest.fixture
def cifar(monkeypatch) -> dict[str, bytes]:
    """A small CIFAR-10: its batches, published with their own MD5s, and the archive of them."""
    rng = np.random.default_rng(1)
    batches = {}
    for name in ("data_batch_1", "data_batch_2", "test_batch"):
        batch = {"data": rng.integers(0, 256, (4, 3072), dtype=np.uint8), "labels": rng.integers(0, 10, 4).tolist()}
        batches[name] = pickle.dumps(batch)
    publish(monkeypatch, batches)
    return batches


def publish(monkeypatch, batches: dict[str, bytes]) -> None:
    listed = [[name, md5(content)] for name, content in batches.items()]
    monkeypatch.setattr(CIFAR10, "train_list", listed[:-1])
    monkeypatch.setattr(CIFAR10, "test_list", listed[-1:])
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive(batches)))


def archive(batches: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file, tarfile.open(fileobj=file, mode="w") as tar:
        folder = tarfile.TarInfo("cifar-10-batches-py")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in {"readme.html": b"", **batches}.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def write_cifar(root: Path, batches: dict[str, bytes]) -> Path:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


def check_cifar(images, batches: dict[str, bytes]) -> None:
    first, second, last = (pickle.loads(content) for content in batches.values())
    assert images.train.shape == (8, 3, 32, 32)
    assert images.train.dtype == images.test.dtype == torch.uint8
    assert images.train.is_contiguous()
    np.testing.assert_array_equal(images.train.flatten(1), np.concatenate([first["data"], second["data"]]))
    np.testing.assert_array_equal(images.test.flatten(1), last["data"])
    assert images.train_labels.tolist() == first["labels"] + second["labels"]
    assert images.test_labels.tolist() == last["labels"]
    assert images.test_labels.dtype == torch.int64


@pytest.mark.parametrize("is_packed", [False, True])
def test_cifar10_is_read_from_its_folder_or_its_archive(data, cache, cifar, is_packed):
    if is_packed:
        (data / "cifar-10-python.tar.gz").write_bytes(archive(cifar))
    else:
        write_cifar(data, cifar)
    before = contents(data)
    check_cifar(load_images("cifar10", data), cifar)
    assert contents(data) == before
    assert not cache.exists()


def test_cifar10_is_downloaded_to_the_cache_once(data, cache, cifar, monkeypatch):
    site = Site({CIFAR10.url: archive(cifar)})
    monkeypatch.setattr(published, "download_url", site)
    for _ in range(2):
        check_cifar(load_images("cifar10", data), cifar)
    assert site.asked == [CIFAR10.url]
    assert list(contents(cache)) == [cache / "cifar-10-python.tar.gz"]
    assert contents(data) == {}


class Trap:
    """What makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("is_packed", [False, True])
def test_nothing_is_unpickled_but_what_was_published(tmp_path, data, cifar, is_packed, monkeypatch):
    trapped = cifar | {"data_batch_2": pickle.dumps(Trap(tmp_path / "sprung"))}
    if is_packed:
        path = data / "cifar-10-python.tar.gz"
        path.write_bytes(archive(trapped))
    else:
        path = write_cifar(data, trapped) / "data_batch_2"
    message = refusal("cifar10", data)
    assert f"{path}: is damaged" in message
    assert "delete it and run again" in message
    assert not (tmp_path / "sprung").exists()
    publish(monkeypatch, trapped)
    with pytest.raises(TypeError):  # the trap is one: what is published is unpickled
        load_images("cifar10", data)
    assert (tmp_path / "sprung").exists()


def test_an_incomplete_cifar10_is_not_there(data, cache, cifar):
    (write_cifar(data, cifar) / "test_batch").unlink()
    message = refusal("cifar10", data)
    for part in (data, cache, "cifar-10-python.tar.gz", "cifar-10-batches-py", "no network here"):
        assert str(part) in message
    write_cifar(cache, cifar)
    check_cifar(load_images("cifar10", data), cifar)
