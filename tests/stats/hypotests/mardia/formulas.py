"""Mardia's measures as they are written down."""

import numpy as np


def all_pairs(x: np.ndarray) -> tuple[float, float]:
    """b1 and b2 as they are written down, with the matrix of all pairs."""
    gram = x @ x.T
    return float(np.mean(gram**3)), float(np.mean(np.diag(gram) ** 2))


def full_tensor(x: np.ndarray) -> float:
    return float(np.sum((np.einsum("ja,jb,jc->abc", x, x, x, optimize=True) / len(x)) ** 2))
