"""Every classical test by its name, and its values of many samples."""

from collections.abc import Callable

import numpy as np

from slicednorm.stats import (
    ClassicalTestResult,
    bhep,
    cramer_wold,
    doerr_ebner_henze,
    doerr_ebner_henze_double,
    doornik_hansen,
    energy,
    fattorini,
    henze_jimenez_gamero,
    henze_visagie,
    henze_zirkler,
    royston,
    villasenor_gonzalez,
)
from slicednorm.stats._hypotests.classical import CLASSICAL, MORE
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from tests.reference import VALUES

PEERS = {name: values for name, values in VALUES["datasets"].items() if values["d"] > 1}
TESTS: dict[str, Callable[..., ClassicalTestResult]] = {
    "henze_zirkler": henze_zirkler,
    "bhep": bhep,
    "energy": energy,
    "royston": royston,
    "doornik_hansen": doornik_hansen,
    "cramer_wold": cramer_wold,
    "henze_visagie": henze_visagie,
    "doerr_ebner_henze": doerr_ebner_henze,
    "doerr_ebner_henze_double": doerr_ebner_henze_double,
    "villasenor_gonzalez": villasenor_gonzalez,
    "henze_jimenez_gamero": henze_jimenez_gamero,
    "fattorini": fattorini,
}
EVERY = CLASSICAL | MORE
WITH_FORMULA = ("henze_zirkler", "bhep", "energy", "cramer_wold")
# Those by moment generating functions, which overflow.
GENERATING = ("henze_visagie", "henze_jimenez_gamero")
# Those by characteristic functions that are weighted by squared lengths.
OF_LENGTHS = ("doerr_ebner_henze", "doerr_ebner_henze_double")
OF_PAIRS = (*WITH_FORMULA, *OF_LENGTHS, *GENERATING)
# Those of N(μ, Σ) with both unknown alone, and those that go to 5,000 rows.
COMPOSITE_ALONE = tuple(name for name, test in EVERY.items() if test.instead is not None)
UP_TO_5_000 = tuple(name for name, test in EVERY.items() if test.most == 5_000)
# Those whose time grows with the square of the rows.
QUADRATIC = (*OF_PAIRS, "fattorini")
FLOAT64 = np.dtype(np.float64)


def values_of(name: str, x: np.ndarray, null: str = "composite") -> np.ndarray:
    """The statistic of every sample of a batch."""
    rows = Rows(x, FLOAT64)
    return EVERY[name].statistics(rows, estimated(rows) if null == "composite" else None, null)


def null_values(name: str, n: int, dim: int, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([values_of(name, rng.standard_normal((250, n, dim))) for _ in range(count // 250)])
