"""The statistics of pairs as they are written down."""

import math

import numpy as np
from scipy import special

from slicednorm.distances.cw import bandwidth


def written_out(name: str, y: np.ndarray, null: str) -> float:
    """The statistics of pairs as they are written down, with all differences and scipy's special functions."""
    n, dim = y.shape
    if name == "energy" and null == "composite":
        y = y * math.sqrt((n - 1) / n)
    squares = np.sum((y[:, None] - y) ** 2, axis=-1)
    lengths = np.sum(y**2, axis=-1)
    if name in ("henze_zirkler", "bhep"):
        beta = 1.0 if name == "bhep" else ((2 * dim + 1) * n / 4) ** (1 / (dim + 4)) / math.sqrt(2)
        return float(
            np.exp(-(beta**2) * squares / 2).sum() / n
            - 2 * (1 + beta**2) ** (-dim / 2) * np.exp(-(beta**2) * lengths / (2 + 2 * beta**2)).sum()
            + n * (1 + 2 * beta**2) ** (-dim / 2)
        )
    if name == "energy":
        norm = math.sqrt(2) * special.gamma((dim + 1) / 2) / special.gamma(dim / 2)
        means = norm * special.hyp1f1(-0.5, dim / 2, -lengths / 2)
        return float(2 * means.sum() - n * math.sqrt(2) * norm - np.sqrt(squares).sum() / n)
    if name == "henze_visagie":
        gamma, products = 5.0, y @ y.T
        sums = np.sum((y[:, None] + y) ** 2, axis=-1)
        terms = products - sums / (2 * gamma) + dim / (2 * gamma) + sums / (4 * gamma**2)
        return float(16 * gamma**2 * np.sum(np.exp(sums / (4 * gamma)) * terms) / n)
    if name == "henze_jimenez_gamero":
        sums, beta = np.sum((y[:, None] + y) ** 2, axis=-1), 1.5
        pairs = beta ** (-dim / 2) * np.exp(sums / (4 * beta)).sum() / n
        singles = 2 * (beta - 0.5) ** (-dim / 2) * np.exp(lengths / (4 * beta - 2)).sum()
        return float(pairs - singles + n * (beta - 1) ** (-dim / 2))
    if name == "doerr_ebner_henze_double":
        a, sums = 0.5, np.add.outer(lengths, lengths)
        rest = 16 * dim**2 * a**3 * (a - 1) + 4 * dim * (dim + 2) * a**2
        rest = rest + (8 * dim * a**2 - (8 + 4 * dim) * a) * squares + squares**2
        terms = np.outer(lengths, lengths) - sums * (squares + 2 * dim * a * (2 * a - 1)) / (4 * a**2)
        return float(np.sum((terms + rest / (16 * a**4)) * np.exp(-squares / (4 * a))) / n / dim**2)
    if name == "doerr_ebner_henze":
        a = 0.25
        pairs = np.sum(np.outer(lengths, lengths) * np.exp(-squares / (4 * a))) / n
        singles = np.sum(lengths * (lengths + 2 * dim * a * (2 * a + 1)) * np.exp(-lengths / (2 * (1 + 2 * a))))
        across = 2 * (2 * math.pi) ** (dim / 2) / (2 * a + 1) ** (2 + dim / 2) * singles
        normal = n * math.pi ** (dim / 2) / (a + 1) ** (2 + dim / 2) * (a * (a + 1) * dim**2 + dim * (dim + 2) / 4)
        scale = (a / math.pi) ** (dim / 2)
        return float((pairs - scale * across + scale * normal) / dim**2)
    gamma = bandwidth(n)
    among = special.hyp1f1(0.5, dim / 2, -squares / (4 * gamma)).sum() / n**2 / math.sqrt(gamma)
    across = 2 / n * special.hyp1f1(0.5, dim / 2, -lengths / (2 + 4 * gamma)).sum() / math.sqrt(gamma + 0.5)
    return float((among + 1 / math.sqrt(1 + gamma) - across) / (2 * math.sqrt(math.pi)))
