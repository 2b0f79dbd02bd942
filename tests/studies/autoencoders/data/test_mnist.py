"""MNIST and Fashion-MNIST are read whole or not at all, packed or not, and nothing is written beside them."""

import pytest
from slicednorm_studies.autoencoders.data import load_images

from ._files import IDX, contents, expected_bytes, loaded_bytes, packed, refusal, write_mnist

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from torchvision.datasets import MNIST, FashionMNIST


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mnist_is_read_packed_or_not_and_nothing_is_written(data, cache, mnist, suffix):
    write_mnist(data, mnist, suffix)
    before = contents(data)
    images = load_images("mnist", data)
    assert images.name == "mnist"
    assert images.train.shape == (12, 1, 5, 4)
    assert images.train.dtype == torch.uint8
    assert images.train.is_contiguous()
    assert images.train_labels.dtype == torch.int64
    assert loaded_bytes(images) == expected_bytes(mnist)
    assert contents(data) == before
    assert not cache.exists()


def test_fashion_mnist_is_another_folder(data, mnist, monkeypatch):
    write_mnist(data, mnist, ".gz", "FashionMNIST")
    monkeypatch.setattr(FashionMNIST, "resources", MNIST.resources)
    assert loaded_bytes(load_images("fashion-mnist", data)) == expected_bytes(mnist)
    assert "mnist is not in" in refusal("mnist", data)


def test_the_folder_given_comes_before_the_environment_and_the_cache_last(tmp_path, data, cache, mnist, monkeypatch):
    def mean() -> float:
        return load_images("mnist").train.float().mean().item()

    def constant(value: int) -> dict[str, bytes]:
        name = next(iter(IDX))
        return mnist | {name: mnist[name][:16] + bytes([value]) * 240}

    write_mnist(cache, constant(1))
    assert mean() == 1
    monkeypatch.setenv("SLICEDNORM_DATA", "")
    assert mean() == 1
    monkeypatch.setenv("SLICEDNORM_DATA", str(data))
    assert mean() == 1  # the folder has no MNIST
    write_mnist(data, constant(2))
    assert mean() == 2
    write_mnist(tmp_path / "given", constant(3))
    assert load_images("mnist", str(tmp_path / "given")).train.float().mean() == 3


def test_a_packed_file_with_another_md5_is_named(data, mnist):
    folder = write_mnist(data, mnist, ".gz")
    path = folder / "train-labels-idx1-ubyte.gz"
    path.write_bytes(packed(mnist["train-labels-idx1-ubyte"][:-1] + b"\0"))
    message = refusal("mnist", data)
    assert str(path) in message
    assert "delete it and run again" in message


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: content[:7],
        lambda content: b"",
        lambda content: b"\0\0\x09" + content[3:],
        lambda content: content[:4] + b"\xff" * 4 + content[8:],
        lambda content: content[:4] + b"\0" * 4 + content[8:],
    ],
    ids=["truncated", "longer", "half a header", "empty", "signed", "huge", "no images"],
)
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
def test_a_damaged_unpacked_file_is_named(data, mnist, name, damage):
    folder = write_mnist(data, mnist | {name: damage(mnist[name])})
    message = refusal("mnist", data)
    assert f"{folder / name}: is damaged" in message
    assert "delete it and run again" in message


def test_as_many_labels_as_images(data, mnist):
    folder = write_mnist(data, mnist | {"t10k-labels-idx1-ubyte": mnist["train-labels-idx1-ubyte"]})
    message = refusal("mnist", data)
    assert str(folder) in message
    assert "12 labels" in message


def test_without_data_or_network_the_error_says_where_and_what(data, cache, mnist):
    message = refusal("mnist", data)
    for part in (data / "MNIST" / "raw", cache / "MNIST" / "raw", "no network here", "--data-dir", *IDX):
        assert str(part) in message
    assert MNIST.mirrors[0] in message
    assert contents(cache) == {}
