"""The faces of CelebA: how they are cropped, divided, and kept for the next time."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from slicednorm_studies.autoencoders.data import load_images

from ._files import contents, refusal

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from PIL import Image
from slicednorm_studies.autoencoders.data import faces, published
from torchvision.transforms import CenterCrop, Compose, Resize


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
