"""Critical values against those of R's mnt."""

import math

import numpy as np
import pytest

from tests.reference import VALUES
from tests.stats.hypotests.classical.every import PEERS, null_values

CRITICAL = {
    (row["dim"], row["samplesize"]): {
        level: next(r for r in rows if (r["dim"], r["samplesize"]) == (row["dim"], row["samplesize"]))
        for level, rows in (
            (upper, VALUES["critical_values_mnt"][table])
            for upper, table in ((0.1, "Quantile09"), (0.05, "Quantile095"), (0.01, "Quantile099"))
        )
    }
    for row in VALUES["critical_values_mnt"]["Quantile09"]
}

COLUMNS = {
    "bhep": "BHEP",
    "henze_zirkler": "HZ",
    "energy": "SR",
    "henze_visagie": "HV",
    "doerr_ebner_henze": "DEHT",
    "doerr_ebner_henze_double": "DEHU",
    "henze_jimenez_gamero": "HJG",
}


def test_there_is_something_to_compare() -> None:
    assert len(PEERS) >= 11
    assert len(CRITICAL) == 9


def compare_critical_values(name: str, column: str, shape: tuple[int, int], count: int) -> None:
    dim, n = shape
    found = null_values(name, n, dim, count, seed=10 * n + dim)
    for level, theirs in CRITICAL[shape].items():
        # Theirs come of 100,000 replicates.
        error = math.sqrt(level * (1 - level) * (1 / count + 1 / 100_000))
        assert abs(np.mean(found > theirs[column]) - level) < 4.0 * error


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column"), COLUMNS.items())
@pytest.mark.parametrize("shape", [(2, 20), (5, 50)], ids=str)
def test_critical_values(name: str, column: str, shape: tuple[int, int]) -> None:
    compare_critical_values(name, column, shape, 5_000)


@pytest.mark.long
@pytest.mark.parametrize(("name", "column"), COLUMNS.items())
@pytest.mark.parametrize("shape", CRITICAL, ids=str)
def test_critical_values_of_many(name: str, column: str, shape: tuple[int, int]) -> None:
    compare_critical_values(name, column, shape, 100_000)
