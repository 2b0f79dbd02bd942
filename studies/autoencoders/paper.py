"""What the paper reports: its Table 1, in the names of the settings and of ``metrics.jsonl``."""

from __future__ import annotations

from collections.abc import Mapping

from .settings import SLICED_MODELS

SOURCE = "Table 1 of arXiv 1901.10417"

# The number of generated images behind each of its FIDs; with more images an FID is smaller.
FID_SAMPLES = 10_000


def _row(*values: float) -> dict[str, float]:
    return dict(zip(SLICED_MODELS, values, strict=True))


# data set -> measure -> model -> value. Both measures of normality are Mardia's on the raw latents of the test set.
TABLE_1: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "mnist": {
        "mardia_skewness": _row(35.86, 57.34, 34.19, 59.22, 37.41),
        "mardia_normalized_kurtosis": _row(-57.46, 35.33, -10.29, 23.82, -31.93),
        "reconstruction_error": _row(5.37, 5.01, 5.35, 5.04, 5.42),
    },
    "cifar10": {
        "mardia_skewness": _row(110.49, 238.52, 206.50, 303.45, 91.42),
        "mardia_normalized_kurtosis": _row(-0.96, 2093.68, 2159.31, 1879.98, 111.21),
        "reconstruction_error": _row(27.02, 24.93, 27.29, 25.60, 26.35),
        "fid": _row(134.87, 131.32, 131.48, 130.89, 129.07),
    },
    "celeba": {
        "mardia_skewness": _row(46.14, 91.68, 59.07, 120.09, 37.07),
        "mardia_normalized_kurtosis": _row(-3.60, 408.24, 296.99, 428.18, 0.17),
        "reconstruction_error": _row(115.68, 115.57, 115.30, 115.62, 115.26),
        "fid": _row(60.10, 61.49, 62.09, 63.01, 61.16),
    },
}


def reported(data: str, measure: str, model: str) -> float | None:
    """Return the paper's value, None where it has none.

    Examples
    --------
    >>> reported("mnist", "reconstruction_error", "sksae")
    5.01
    """
    return TABLE_1.get(data, {}).get(measure, {}).get(model)
