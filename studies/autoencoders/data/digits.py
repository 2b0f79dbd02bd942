"""The 1,797 digits of 8×8 pixels that come with scikit-learn: data for trying things out, without a download."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from .images import Images, random_split

_TEST = 360
_WHITE = 16


def load() -> Images:
    """Return the digits, of which a fifth is for testing."""
    digits = load_digits()
    images = torch.from_numpy(np.rint(digits.images * (255 / _WHITE)).astype(np.uint8)).unsqueeze(1)
    labels = torch.from_numpy(digits.target.astype(np.int64))
    train, test = random_split(len(images), _TEST)
    return Images("digits", images[train], images[test], labels[train], labels[test])
