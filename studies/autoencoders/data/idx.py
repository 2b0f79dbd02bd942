"""MNIST and Fashion-MNIST, from their idx files: unpacked, or as they are published, which need not be unpacked."""

from __future__ import annotations

import gzip
import math
import os
import struct
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets import MNIST, FashionMNIST

from ..errors import StudyError
from .folders import listing, roots
from .images import Images
from .published import Published, fetch, read_published

_DATASETS = {"mnist": MNIST, "fashion-mnist": FashionMNIST}


def _parsed(content: bytes, path: Path, dimensions: int) -> Tensor:
    """Return the array of bytes that an idx file holds."""
    header = struct.Struct(f">4B{dimensions}I")
    kind, shape = content[:4], ()
    if len(content) >= header.size and kind == bytes([0, 0, 8, dimensions]):
        shape = header.unpack_from(content)[4:]
        if 0 not in shape and len(content) == header.size + math.prod(shape):
            return torch.from_numpy(np.frombuffer(content, np.uint8, offset=header.size).reshape(shape).copy())
    raise StudyError(
        f"{path}: is damaged ({len(content):,} bytes are not an idx file of {dimensions} dimensions, shape "
        f"{shape or 'unknown'}); delete it and run again"
    )


def _read(folder: Path, file: Published, dimensions: int) -> Tensor:
    packed = folder / file.name
    unpacked = packed.with_suffix("")
    if unpacked.exists():
        return _parsed(unpacked.read_bytes(), unpacked, dimensions)
    return _parsed(gzip.decompress(read_published(packed, file.md5)), packed, dimensions)


def _is_complete(folder: Path, files: list[Published]) -> bool:
    present = listing(folder)
    return all(file.name in present or file.name.removesuffix(".gz") in present for file in files)


def load(name: str, data_dir: str | os.PathLike[str] | None) -> Images:
    """Return ``"mnist"`` or ``"fashion-mnist"``."""
    dataset = _DATASETS[name]
    layout = f"{dataset.__name__}/raw"
    files = [Published(file, tuple(dataset.mirrors), md5) for file, md5 in dataset.resources]
    folders = [root / layout for root in roots(data_dir)]
    folder = next((folder for folder in folders if _is_complete(folder, files)), None)
    if folder is None:
        folder = folders[-1]
        fetch(name, files, folders, layout)
    # torchvision's order: images before labels, those for training first.
    train, train_labels, test, test_labels = (
        _read(folder, file, dimensions) for file, dimensions in zip(files, (3, 1, 3, 1), strict=True)
    )
    if (len(train), len(test)) != (len(train_labels), len(test_labels)) or train.shape[1:] != test.shape[1:]:
        raise StudyError(
            f"{folder}: its files do not belong together (images {tuple(train.shape)} and {tuple(test.shape)}, "
            f"{len(train_labels)} and {len(test_labels)} labels); delete them and run again"
        )
    return Images(name, train.unsqueeze(1), test.unsqueeze(1), train_labels.long(), test_labels.long())
