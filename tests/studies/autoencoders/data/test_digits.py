"""The digits of scikit-learn, which need no file."""

import numpy as np
import pytest
from slicednorm_studies.autoencoders.data import load_images

pytest.importorskip("torchvision", reason="torchvision is an extra")
pytest.importorskip("sklearn", reason="scikit-learn is an extra")
import torch
from sklearn.datasets import load_digits


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
