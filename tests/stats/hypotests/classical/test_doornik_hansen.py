"""Doornik and Hansen's test, against R."""

import pytest

from slicednorm.stats import doornik_hansen
from tests.reference import read
from tests.stats.hypotests.classical.every import PEERS


# Limiting laws are compared where they do not hold as well.
@pytest.mark.filterwarnings("ignore::slicednorm.stats.SizeWarning")
@pytest.mark.parametrize("name", PEERS)
def test_doornik_hansen(name: str) -> None:
    ours, theirs = doornik_hansen(read(name), method="asymptotic"), PEERS[name]["doornik_hansen (R mvnTest 1.1)"]
    assert ours.statistic == pytest.approx(theirs["statistic"], rel=1e-9)
    # Theirs is 1 less the distribution function, which leaves 16 decimals and not 16 digits.
    assert ours.pvalue == pytest.approx(theirs["p_value"], rel=1e-9, abs=4e-16)
    assert ours.pvalue > 0.0
