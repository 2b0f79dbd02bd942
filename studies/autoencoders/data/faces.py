"""CelebA's aligned faces: cropped and resized once to the 64×64 pixels that the paper has, then read from the cache."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from slicednorm._runtime.files import replacing

from ..errors import StudyError
from .folders import cache_folder, roots
from .images import Images, random_split

# The paper's crop, and the width of the images it is taken from; smaller images are cropped in proportion.
_CROP, _WIDTH = 140, 178
_SIDE = 64
_SHAPE = (3, _SIDE, _SIDE)

# Raise it with every change of how an image is prepared: what is in the cache is then prepared again.
_PREPARATION = 1

_ALIGNED = "img_align_celeba"
_PARTITION = "list_eval_partition.txt"
_SUFFIXES = (".jpg", ".jpeg", ".png")
_LEAST = 20

# How many images a thread decodes at a time, and how many are decoded before they are written.
_BLOCK, _HELD = 64, 8192

# What tells whether an image is the one that was prepared: its size in bytes and when it was written.
Stamp = tuple[int, int]


def _pictures(folder: Path) -> dict[str, Stamp]:
    """Return the images in a folder by name; none if the folder does not exist."""
    found = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                is_picture = entry.name.lower().endswith(_SUFFIXES) and not entry.name.startswith(".")
                if is_picture and entry.is_file():
                    status = entry.stat()
                    found[entry.name] = (status.st_size, status.st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return dict(sorted(found.items()))


def _find(data_dir: str | os.PathLike[str] | None) -> tuple[Path, dict[str, Stamp]]:
    """Return the folder of the images, and the images in the order of their names."""
    places = roots(data_dir)
    for folder in (folder for place in places for folder in (place / "celeba" / _ALIGNED, place / _ALIGNED, place)):
        pictures = _pictures(folder)
        if len(pictures) >= _LEAST:
            return folder, pictures
        if pictures:
            raise StudyError(
                f"{folder}: holds only {len(pictures)} images, fewer than {_LEAST}; "
                "name the folder of all faces with --data-dir"
            )
    raise StudyError(
        f"celeba is not in {' or '.join(map(str, places))} (no images there, in {_ALIGNED} or in celeba/{_ALIGNED}) "
        f"and is not downloaded automatically; get {_ALIGNED}.zip from the CelebA home page "
        f"(http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html), unpack it as FOLDER/celeba/{_ALIGNED}/*.jpg and name "
        "FOLDER with --data-dir"
    )


# --- Which are for training -------------------------------------------------------------------------------


def _partition(path: Path) -> dict[str, str] | None:
    """Return the part of every image by CelebA's own partition; None if that file is missing."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    parts = {}
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if len(fields) != 2 or fields[1] not in ("0", "1", "2"):
            raise StudyError(
                f"{path}: line {number} is not a file name and 0 (train), 1 (valid) or 2 (test); "
                "get the file again, or move it away to split at random"
            )
        parts[fields[0]] = fields[1]
    return parts


def _split(folder: Path, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Divide the images as CelebA's partition does; a tenth is for testing where there is none."""
    path = folder.parent / _PARTITION
    parts = _partition(path) if folder.name == _ALIGNED else None
    if parts is None:
        train, test = random_split(len(names), round(len(names) / 10))
        return [names[i] for i in train], [names[i] for i in test]
    first, last = ([name for name in names if parts.get(name) == part] for part in "02")
    if not (first and last):
        raise StudyError(
            f"{path}: puts {len(first)} of the images in {folder} into the training set and {len(last)} into the test "
            "set; complete the folder, or move the file away to split at random"
        )
    return first, last


# --- Preparation ------------------------------------------------------------------------------------------


def _face(path: Path) -> NDArray[np.uint8]:
    """Return the middle of an image as (3, 64, 64)."""
    try:
        with Image.open(path, formats=["JPEG", "PNG"]) as image:
            if image.mode.startswith(("I", "F")):
                raise ValueError("its grey has more than 8 bits")  # which Pillow would clip, to white
            width, height = image.size
            side = min(round(_CROP / _WIDTH * width), height)
            left, top = round((width - side) / 2), round((height - side) / 2)
            middle = image.crop((left, top, left + side, top + side)).convert("RGB")
    except Exception as error:  # a decoder may raise anything for bytes that are no image
        reason = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise StudyError(f"{path}: cannot be decoded as JPEG or PNG ({reason}); replace or remove it") from None
    return np.asarray(middle.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def _block(folder: Path, names: Sequence[str]) -> NDArray[np.uint8]:
    return np.stack([_face(folder / name) for name in names])


def _header(count: int) -> bytes:
    """Return the header of the cached ``.npy`` file of ``count`` faces."""
    buffer = io.BytesIO()
    npy.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": (count, *_SHAPE)})
    return buffer.getvalue()


def _slices(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _prepare(path: Path, folder: Path, names: Sequence[str]) -> None:
    """Write the faces of the named images to the cache."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            replacing(path) as temporary,
            open(temporary, "wb") as file,
            Parallel(n_jobs=-1, prefer="threads") as parallel,
            tqdm(total=len(names), desc="preparing celeba", unit=" images", disable=None) as bar,
        ):
            file.write(_header(len(names)))
            for held in _slices(names, _HELD):
                for block in parallel(delayed(_block)(folder, block) for block in _slices(held, _BLOCK)):
                    file.write(block.tobytes())
                bar.update(len(held))
    except OSError as error:
        raise StudyError(
            f"{path.parent}: the prepared images cannot be written there ({error.strerror or error}); "
            "free some space, or set XDG_CACHE_HOME to another folder"
        ) from None


def _is_whole(path: Path, header: bytes, count: int) -> bool:
    """Return whether a cached file is there with the header and the size that it was written with."""
    try:
        with open(path, "rb") as file:
            size = len(header) + count * math.prod(_SHAPE)
            return file.read(len(header)) == header and os.fstat(file.fileno()).st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False


def _cached(folder: Path, names: Sequence[str], pictures: dict[str, Stamp]) -> Tensor:
    """Return the faces of the named images, prepared at most once."""
    what = repr((_PREPARATION, str(folder.resolve()), [(name, *pictures[name]) for name in names]))
    path = cache_folder() / f"celeba-{hashlib.sha256(what.encode()).hexdigest()[:32]}.npy"
    header = _header(len(names))
    if not _is_whole(path, header, len(names)):
        _prepare(path, folder, names)
    # Copy-on-write: mapped, not read, and torch may take it as its own. All of CelebA is 2.5 GB.
    return torch.from_numpy(np.memmap(path, np.uint8, "c", len(header), (len(names), *_SHAPE)))


def load(data_dir: str | os.PathLike[str] | None) -> Images:
    """Return CelebA, or other aligned faces: without labels."""
    folder, pictures = _find(data_dir)
    train, test = _split(folder, list(pictures))
    faces = _cached(folder, [*train, *test], pictures)
    return Images("celeba", faces[: len(train)], faces[len(train) :], None, None)
