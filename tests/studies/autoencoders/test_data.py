"""Data sets are found where they are said to be looked for, are read whole or not at all, and are never written to."""

import gzip
import hashlib
import http.server
import io
import os
import pickle
import socket
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from urllib.error import URLError

import numpy as np
import platformdirs
import pytest
from slicednorm_studies.autoencoders.data import load_images
from slicednorm_studies.autoencoders.errors import StudyError
from slicednorm_studies.autoencoders.settings import DATA

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from PIL import Image
from sklearn.datasets import load_digits
from slicednorm_studies.autoencoders.data import faces, published
from torchvision.datasets import CIFAR10, MNIST, FashionMNIST
from torchvision.datasets.utils import download_url
from torchvision.transforms import CenterCrop, Compose, Resize

REAL = os.environ.get("SLICEDNORM_DATA")
IDX = {
    "train-images-idx3-ubyte": (12, 5, 4),
    "train-labels-idx1-ubyte": (12,),
    "t10k-images-idx3-ubyte": (6, 5, 4),
    "t10k-labels-idx1-ubyte": (6,),
}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(name: str, data_dir: Path | None = None) -> str:
    """Return the message of the error, one line of it."""
    with pytest.raises(StudyError) as caught:
        load_images(name, data_dir)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """The cache folder of each test, which has no network either."""

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


# --- Names and folders ------------------------------------------------------------------------------------


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


# --- digits -----------------------------------------------------------------------------------------------


def test_digits_are_those_of_scikit_learn_each_once():
    images = load_images("digits")
    assert images.train.shape == (1437, 1, 8, 8)
    assert images.test.shape == (360, 1, 8, 8)
    assert images.train.dtype == images.test.dtype == torch.uint8
    assert images.train_labels.dtype == images.test_labels.dtype == torch.int64
    both = torch.cat([images.train, images.test]).flatten(1)
    labels = torch.cat([images.train_labels, images.test_labels])
    found = sorted((label, *row) for label, row in zip(labels.tolist(), both.tolist(), strict=True))
    source = load_digits()
    expected = np.rint(source.data / 16 * 255).astype(int).tolist()
    assert found == sorted((label, *row) for label, row in zip(source.target.tolist(), expected, strict=True))


def test_digits_are_divided_at_random_but_always_alike():
    first, second = load_images("digits"), load_images("digits")
    assert torch.equal(first.test, second.test)
    assert torch.bincount(first.test_labels).min() > 20
    source = torch.from_numpy(load_digits().target)
    assert not torch.equal(first.test_labels, source[:360])
    assert not torch.equal(first.test_labels, source[-360:])


# --- MNIST ------------------------------------------------------------------------------------------------


@pytest.fixture
def mnist(monkeypatch) -> dict[str, bytes]:
    """A small MNIST: its unpacked files, published with their own MD5s."""
    rng = np.random.default_rng(0)
    files = {}
    for name, shape in IDX.items():
        header = bytes([0, 0, 8, len(shape)]) + np.asarray(shape, ">u4").tobytes()
        files[name] = header + rng.integers(0, 10 if len(shape) == 1 else 256, shape, dtype=np.uint8).tobytes()
    resources = [(f"{name}.gz", md5(packed(content))) for name, content in files.items()]
    monkeypatch.setattr(MNIST, "resources", resources)
    monkeypatch.setattr(MNIST, "mirrors", ["http://first.example/", "http://second.example/"])
    return files


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def write_mnist(root: Path, files: dict[str, bytes], suffix: str = "", dataset: str = "MNIST") -> Path:
    folder = root / dataset / "raw"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(packed(content) if suffix else content)
    return folder


def expected_bytes(files: dict[str, bytes]) -> list[bytes]:
    return [content[4 * (1 + len(IDX[name])) :] for name, content in files.items()]


def loaded_bytes(images) -> list[bytes]:
    parts = (images.train, images.train_labels.byte(), images.test, images.test_labels.byte())
    return [part.numpy().tobytes() for part in parts]


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


# --- Downloads --------------------------------------------------------------------------------------------


class Site:
    """A network that holds some files, in the place of torchvision's ``download_url``."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.asked: list[str] = []

    def __call__(self, url: str, root: str, filename: str, md5: str) -> None:
        self.asked.append(url)
        print("torchvision may print")
        if url not in self.files:
            raise URLError("no such file")
        (Path(root) / filename).write_bytes(self.files[url])


def test_a_download_goes_to_the_cache_once(data, cache, mnist, monkeypatch, capsys):
    site = Site({f"http://first.example/{name}.gz": packed(content) for name, content in mnist.items()})
    monkeypatch.setattr(published, "download_url", site)
    for _ in range(2):
        assert loaded_bytes(load_images("mnist", data)) == expected_bytes(mnist)
    assert site.asked == list(site.files)
    assert sorted(path.name for path in contents(cache)) == sorted(f"{name}.gz" for name in IDX)
    assert contents(data) == {}
    output = capsys.readouterr()
    assert output.out == ""
    assert "http://first.example/train-images-idx3-ubyte.gz" in output.err


def test_only_what_is_missing_is_downloaded_from_a_mirror_that_has_it(cache, mnist, monkeypatch):
    missing = "t10k-images-idx3-ubyte.gz"
    (write_mnist(cache, mnist, ".gz") / missing).unlink()
    site = Site({f"http://second.example/{missing}": packed(mnist[missing.removesuffix(".gz")])})
    monkeypatch.setattr(published, "download_url", site)
    assert loaded_bytes(load_images("mnist")) == expected_bytes(mnist)
    assert site.asked == [f"http://first.example/{missing}", f"http://second.example/{missing}"]


@pytest.fixture
def real_download(monkeypatch):
    """Torchvision's own download, for servers on this machine."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(published, "download_url", download_url)


@pytest.fixture
def server(mnist, real_download, monkeypatch):
    """Files served on this machine by path, and where."""
    files: dict[str, bytes] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(files[self.path])))
            self.end_headers()
            self.wfile.write(files[self.path])

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{served.server_port}/"])
        yield files
        served.shutdown()
        thread.join()


def test_a_download_by_torchvision(mnist, server, capsys):
    server.update({f"/{name}.gz": packed(content) for name, content in mnist.items()})
    assert loaded_bytes(load_images("mnist")) == expected_bytes(mnist)
    assert capsys.readouterr().out == ""


def test_a_corrupted_download_is_not_kept(mnist, server, cache):
    server.update({f"/{name}.gz": packed(content) for name, content in mnist.items()})
    server["/train-labels-idx1-ubyte.gz"] = packed(b"a page that says that the file has moved")
    message = refusal("mnist")
    assert "corrupted" in message
    assert str(cache) in message
    assert [path.name for path in contents(cache)] == ["train-images-idx3-ubyte.gz"]


def test_a_silent_server_is_not_waited_for(mnist, real_download, monkeypatch):
    monkeypatch.setattr(published, "_SILENCE", 0.1)
    before = socket.getdefaulttimeout()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{silent.getsockname()[1]}/"])
        assert "timed out" in refusal("mnist")
    assert socket.getdefaulttimeout() == before


def test_a_cache_that_cannot_be_written_is_named(cache, mnist, monkeypatch):
    cache.parent.parent.mkdir()
    cache.parent.touch()
    monkeypatch.setattr(published, "download_url", Site({}))
    assert str(cache) in refusal("mnist")


# --- CIFAR-10 ---------------------------------------------------------------------------------------------


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


# --- CelebA -----------------------------------------------------------------------------------------------


def noise(seed: int, width: int = 178, height: int = 218) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def write_faces(folder: Path, count: int = 30) -> Path:
    """Write grey images of one value each: 1.png is 1 everywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    for value in range(count):
        Image.new("L", (20, 24), value).save(folder / f"{value:03}.png")
    return folder


def values(faces) -> list[int]:
    """Return the value of every image, which has but one."""
    assert (faces.amin((1, 2, 3)) == faces.amax((1, 2, 3))).all()
    return faces[:, 0, 0, 0].tolist()


@pytest.fixture
def no_decoding(monkeypatch):
    def fail(*args):
        raise AssertionError("decoded again")

    def forbid():
        monkeypatch.setattr(faces, "_face", fail)

    return forbid


@pytest.mark.parametrize("size", [(178, 218), (89, 109), (300, 100), (31, 64), (10, 500)])
def test_faces_are_cropped_and_resized_as_torchvision_does(data, size):
    width, height = size
    for seed in range(20):
        noise(seed, width, height).save(data / f"{seed:02}.png")
    images = load_images("celeba", data)
    side = min(round(140 / 178 * width), height)
    transform = Compose([CenterCrop(side), Resize((64, 64))])
    expected = {np.asarray(transform(noise(seed, width, height))).transpose(2, 0, 1).tobytes() for seed in range(20)}
    assert images.train.shape == (18, 3, 64, 64)
    assert images.test.shape == (2, 3, 64, 64)
    assert {face.numpy().tobytes() for part in (images.train, images.test) for face in part} == expected


def test_faces_are_bytes_without_labels_and_may_be_written_to(data):
    images = load_images("celeba", write_faces(data))
    assert images.train.dtype == torch.uint8
    assert images.train.is_contiguous()
    assert images.train_labels is None
    assert images.test_labels is None
    images.train[:] = 255  # of this process alone
    assert 255 not in values(load_images("celeba", data).train)


@pytest.mark.parametrize("inside", ["celeba/img_align_celeba", "img_align_celeba", "."])
def test_a_tenth_of_the_faces_is_for_testing_wherever_they_are(data, inside):
    write_faces(data / inside)
    before = contents(data)
    images = load_images("celeba", data)
    train, test = values(images.train), values(images.test)
    assert len(test) == 3
    assert sorted(train + test) == list(range(30))
    assert test == values(load_images("celeba", data).test)
    assert contents(data) == before


def test_the_split_does_not_hang_on_the_folder(tmp_path):
    first = load_images("celeba", write_faces(tmp_path / "a"))
    second = load_images("celeba", write_faces(tmp_path / "b"))
    assert values(first.test) == values(second.test)


@pytest.mark.parametrize("given", ["", "celeba", "celeba/img_align_celeba"])
def test_the_partition_of_celeba(data, given):
    write_faces(data / "celeba" / "img_align_celeba")
    lines = [f"{value:03}.png {value % 3}" for value in range(29)] + ["099.png 0"]  # neither is there for the other
    (data / "celeba" / "list_eval_partition.txt").write_text("\n".join(lines) + "\n")
    images = load_images("celeba", data / given)
    assert values(images.train) == list(range(0, 29, 3))
    assert values(images.test) == list(range(2, 29, 3))


@pytest.mark.parametrize("text", ["000.png 0\n001.png 3\n", "000.png 0\n001.png\n", "000.png 0\n\0\xff\n"])
def test_a_line_of_the_partition_that_is_none(data, text):
    write_faces(data / "img_align_celeba")
    (data / "list_eval_partition.txt").write_bytes(text.encode("latin1"))
    message = refusal("celeba", data)
    assert str(data / "list_eval_partition.txt") in message
    assert "line 2" in message


def test_a_partition_that_leaves_nothing_to_test(data):
    write_faces(data / "img_align_celeba")
    (data / "list_eval_partition.txt").write_text("".join(f"{value:03}.png 0\n" for value in range(30)))
    message = refusal("celeba", data)
    assert str(data / "list_eval_partition.txt") in message
    assert "30 of the images" in message


def test_what_is_taken_for_an_image(data):
    write_faces(data, 18)
    (data / "017.png").rename(data / "017.PNG")
    Image.new("RGB", (20, 24), (100, 100, 100)).save(data / "a.JPG")
    Image.new("RGB", (20, 24), (101, 101, 101)).save(data / "b.jpeg")
    Image.new("RGBA", (20, 24), (102, 102, 102, 0)).save(data / "c.png")
    Image.new("P", (20, 24), 0).save(data / "d.png")
    for name in (".hidden.png", "._000.png", "notes.txt", "000.png.part", "Thumbs.db"):
        (data / name).write_text("not an image")
    (data / "folder.png").mkdir()
    images = load_images("celeba", data)
    assert sorted(values(torch.cat([images.train, images.test]))) == sorted([*range(18), 100, 101, 102, 0])


def test_faces_are_written_in_their_order(data, monkeypatch):
    monkeypatch.setattr(faces, "_BLOCK", 2)
    monkeypatch.setattr(faces, "_HELD", 7)
    write_faces(data / "img_align_celeba")
    (data / "list_eval_partition.txt").write_text("".join(f"{value:03}.png {value // 10}\n" for value in range(30)))
    images = load_images("celeba", data)
    assert values(images.train) == list(range(10))
    assert values(images.test) == list(range(20, 30))


def test_faces_are_decoded_once(data, no_decoding):
    write_faces(data)
    first = load_images("celeba", data)
    no_decoding()
    second = load_images("celeba", data)
    assert torch.equal(first.train, second.train)
    assert torch.equal(first.test, second.test)


@pytest.mark.parametrize("what", ["replaced", "touched", "added"])
def test_faces_that_changed_are_decoded_again(data, what):
    write_faces(data)
    before = values(load_images("celeba", data).train)
    path = data / ("030.png" if what == "added" else "004.png")
    if what != "touched":
        Image.new("L", (20, 24), 200).save(path)
    os.utime(path, ns=(0, 1))
    images = load_images("celeba", data)
    after = sorted(values(torch.cat([images.train, images.test])))
    assert (
        after
        == {
            "replaced": [*range(4), *range(5, 30), 200],
            "touched": list(range(30)),
            "added": [*range(30), 200],
        }[what]
    )
    assert len(before) == 27


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b"", lambda b: b[:50], lambda b: b"PK" + b[2:]])
def test_a_damaged_cache_is_made_anew(data, cache, damage):
    expected = values(load_images("celeba", write_faces(data)).train)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    np.testing.assert_array_equal(np.load(path, allow_pickle=False)[:27, 0, 0, 0], expected)
    path.unlink()  # not written in place: it may still be mapped
    path.write_bytes(damage(whole))
    assert values(load_images("celeba", data).train) == expected
    assert list(contents(cache).values()) == [whole]


@pytest.mark.parametrize("damage", [lambda b: b[:60], lambda b: b"", lambda b: b"<html>" + b, lambda b: b[:-30]])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_face_that_cannot_be_decoded_is_named_and_nothing_cached(data, cache, damage, suffix):
    write_faces(data)
    buffer = io.BytesIO()
    noise(0).save(buffer, "PNG" if suffix == "png" else "JPEG")
    path = data / f"011.{suffix}"
    path.write_bytes(damage(buffer.getvalue()))
    message = refusal("celeba", data)
    assert f"{path}: cannot be decoded" in message
    assert contents(cache) == {}
    path.unlink()
    load_images("celeba", data)


def test_grey_of_sixteen_bits_is_not_clipped_to_white(data):
    write_faces(data)
    Image.fromarray(np.full((24, 20), 1000, np.uint16)).save(data / "011.png")
    message = refusal("celeba", data)
    assert str(data / "011.png") in message
    assert "8 bits" in message


def test_a_handful_of_images_is_not_celeba(data):
    write_faces(data, 19)
    message = refusal("celeba", data)
    assert f"{data}: holds only 19 images" in message
    assert "--data-dir" in message


def test_celeba_is_not_downloaded(data, cache, monkeypatch):
    monkeypatch.setattr(published, "download_url", None)
    message = refusal("celeba", data)
    for part in (data, cache, "img_align_celeba.zip", "CelebA home page", "--data-dir"):
        assert str(part) in message


def test_faces_that_cannot_be_cached(data, cache):
    write_faces(data)
    cache.parent.parent.mkdir()
    cache.parent.touch()
    message = refusal("celeba", data)
    assert f"{cache}: the prepared images cannot be written there" in message


# --- The real ones ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "inside", "mean"),
    [("mnist", "MNIST/raw", 33.3184), ("cifar10", "cifar-10-batches-py", 120.7076)],
)
def test_the_real_data(name, inside, mean):
    if not REAL or not (Path(REAL) / inside).is_dir():
        pytest.skip(f"SLICEDNORM_DATA names no folder with {inside}")
    images = load_images(name, REAL)
    assert len(images.train) == len(images.train_labels) == {"mnist": 60_000, "cifar10": 50_000}[name]
    assert len(images.test) == len(images.test_labels) == 10_000
    assert images.train.double().mean().item() == pytest.approx(mean, abs=1e-3)
    assert torch.bincount(images.test_labels).tolist() == (
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] if name == "mnist" else [1000] * 10
    )


def test_the_real_faces():
    folder = Path(REAL or "") / "celeba" / "img_align_celeba"
    if not REAL or not folder.is_dir():
        pytest.skip("SLICEDNORM_DATA names no folder with celeba/img_align_celeba")
    _, pictures = faces._find(REAL)
    assert len(pictures) >= 10_000
    face = faces._face(folder / next(iter(pictures)))
    assert face.shape == (3, 64, 64)
    assert 10 < face.std() < 128
