"""The data sets as they were published, where SLICEDNORM_DATA names a folder that has them."""

import os
from pathlib import Path

import pytest
from slicednorm_studies.autoencoders.data import load_images

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from slicednorm_studies.autoencoders.data import faces

REAL = os.environ.get("SLICEDNORM_DATA")


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
