"""What every data set is returned as, and how one without a test set of its own is divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

# Another seed would make every test set that is divided by it another one.
_SEED = 1901


@dataclass(frozen=True, eq=False)
class Images:
    """The images of a data set, for training and for testing.

    Attributes
    ----------
    name : str
        What it is known by.
    train, test : torch.Tensor of shape (n, C, H, W)
        Images, contiguous, uint8: 0 is black, 255 is white.
    train_labels, test_labels : torch.Tensor of shape (n,), dtype=int64, or None
        Labels, None where there are none.
    """

    name: str
    train: Tensor
    test: Tensor
    train_labels: Tensor | None
    test_labels: Tensor | None


def random_split(count: int, test_count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return which of ``count`` images are for training and which for testing, in order; equal at every call."""
    drawn = np.random.default_rng(_SEED).permutation(count)
    return np.sort(drawn[test_count:]), np.sort(drawn[:test_count])
