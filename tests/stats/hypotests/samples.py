"""Samples that the tests of several statistics share."""

import numpy as np


def skewed(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """A correlated, skewed sample, away from its origin."""
    rng = np.random.default_rng([seed, n, dim])
    mixing = rng.standard_normal((dim, dim)) + 2.0 * np.eye(dim)
    return (rng.standard_exponential((n, dim)) - 0.8) @ mixing / 3.0 + 0.1


def standardised(x: np.ndarray) -> np.ndarray:
    """By a Cholesky factor: b1 and b2 are the same for every root of the covariance."""
    centred = x - x.mean(axis=0)
    return np.linalg.solve(np.linalg.cholesky(np.atleast_2d(np.cov(x.T, bias=True))), centred.T).T
