"""CIFAR-10, from its folder or from the archive as it is published, which need not be unpacked.

Its batches are pickles. Only bytes whose MD5 is the published one are unpickled: the very bytes that were hashed, not a
file that is opened a second time.
"""

from __future__ import annotations

import io
import os
import pickle
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets import CIFAR10

from .folders import listing, roots
from .images import Images
from .published import Published, fetch, read_published


def _from_folder(folder: Path) -> dict[str, bytes]:
    return {name: read_published(folder / name, md5) for name, md5 in CIFAR10.train_list + CIFAR10.test_list}


def _from_archive(path: Path) -> dict[str, bytes]:
    content = read_published(path, CIFAR10.tgz_md5)
    batches = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                batches[PurePosixPath(member.name).name] = file.read()
    return batches


def _find(root: Path, archive: str) -> dict[str, bytes] | None:
    """Return the batches by name, all of them checked; None if they are not in this folder."""
    folder = root / CIFAR10.base_folder
    if listing(folder).issuperset(name for name, _ in CIFAR10.train_list + CIFAR10.test_list):
        return _from_folder(folder)
    return _from_archive(root / archive) if archive in listing(root) else None


def _tensors(checked: list[bytes]) -> tuple[Tensor, Tensor]:
    """Return the images and the labels of batches."""
    batches = [pickle.loads(batch, encoding="latin1") for batch in checked]
    images = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
    labels = np.concatenate([batch["labels"] for batch in batches]).astype(np.int64)
    return torch.from_numpy(images), torch.from_numpy(labels)


def load(data_dir: str | os.PathLike[str] | None) -> Images:
    """Return CIFAR-10."""
    archive = Published(CIFAR10.filename, (CIFAR10.url.removesuffix(CIFAR10.filename),), CIFAR10.tgz_md5)
    folders = roots(data_dir)
    batches = next((found for folder in folders if (found := _find(folder, archive.name)) is not None), None)
    if batches is None:
        fetch("cifar10", [archive], folders, CIFAR10.base_folder)
        batches = _from_archive(folders[-1] / archive.name)
    train, train_labels = _tensors([batches[name] for name, _ in CIFAR10.train_list])
    test, test_labels = _tensors([batches[name] for name, _ in CIFAR10.test_list])
    return Images("cifar10", train, test, train_labels, test_labels)
