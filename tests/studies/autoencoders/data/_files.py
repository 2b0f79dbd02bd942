"""What the tests of the data sets share: small files of MNIST, a site that serves files, and what a refusal says."""

import gzip
import hashlib
from pathlib import Path
from urllib.error import URLError

import pytest
from slicednorm_studies.autoencoders.data import load_images
from slicednorm_studies.autoencoders.errors import StudyError

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
