"""What is measured on the test images after an epoch; every statistic is one of `slicednorm.stats`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slicednorm import stats
from slicednorm.directions import random_directions
from slicednorm.distances import DISTANCES

from .settings import Settings

# Fixed, so that epochs and runs are compared along the same directions and on the same images.
_SEED = 1901
_REPEATS = 10


def sliced_wasserstein(latents: NDArray[np.float32], n_slices: int) -> float:
    """Return the sliced squared Wasserstein distance to N(0, I), the mean over ten samples of it as in the paper."""
    values = []
    for stream in np.random.SeedSequence(_SEED).spawn(_REPEATS):
        rng = np.random.default_rng(stream)
        directions = random_directions(n_slices, latents.shape[1], rng=rng)
        prior = rng.standard_normal(latents.shape, dtype=np.float32)
        values.append(stats.sliced_statistic(latents, "sw", directions=directions, prior=prior))
    return float(np.mean(values))


def measure(latents: NDArray[np.float32], settings: Settings, workers: int) -> dict[str, Any]:
    """Return Mardia's measures, the sliced Wasserstein distance, and the sliced tests on a part of the test latents."""
    with warnings.catch_warnings():
        # The p-values are not looked at.
        warnings.simplefilter("ignore", stats.SizeWarning)
        mardia = stats.mardia(latents, method="asymptotic")
    rows = np.random.default_rng(_SEED).permutation(len(latents))[: settings.test_rows]
    results = stats.sliced_tests(
        latents[np.sort(rows)],
        list(DISTANCES),
        n_slices=settings.test_slices,
        n_resamples=settings.n_resamples,
        rng=_SEED,
        workers=workers,
    )
    return {
        "mardia_skewness": mardia.skewness,
        "mardia_expected_skewness": mardia.expected_skewness,
        "mardia_normalized_kurtosis": mardia.normalized_kurtosis,
        "sliced_wasserstein": sliced_wasserstein(latents, settings.test_slices),
        "statistics": {result.test: result.statistic for result in results},
        "pvalues": {result.test: result.pvalue for result in results},
        "test_rows": len(rows),
    }
