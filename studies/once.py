"""A study keeps what it has computed in a folder, and continues from there if it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def once(path: Path, compute: Callable[[], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the array in a file, computing and writing it first, whole or not at all, if there is no such file."""
    if not path.exists():
        part = path.with_suffix(".part.npy")
        np.save(part, compute(), allow_pickle=False)
        part.replace(path)
    return np.asarray(np.load(path, allow_pickle=False))
