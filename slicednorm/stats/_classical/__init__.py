"""Tests of multivariate normality from the literature, one file a test, with one way through them all."""

from slicednorm.stats._classical._bhep import BHEP, HENZE_ZIRKLER, bhep, henze_zirkler
from slicednorm.stats._classical._cramer_wold import CRAMER_WOLD, cramer_wold
from slicednorm.stats._classical._doornik_hansen import DOORNIK_HANSEN, doornik_hansen
from slicednorm.stats._classical._energy import ENERGY, energy
from slicednorm.stats._classical._royston import ROYSTON, royston
from slicednorm.stats._classical._run import ClassicalTest, ClassicalTestResult

# By the names that the command line has for them.
CLASSICAL: dict[str, ClassicalTest] = {
    test.name: test for test in (HENZE_ZIRKLER, BHEP, ENERGY, ROYSTON, DOORNIK_HANSEN, CRAMER_WOLD)
}

__all__ = [
    "CLASSICAL",
    "ClassicalTest",
    "ClassicalTestResult",
    "bhep",
    "cramer_wold",
    "doornik_hansen",
    "energy",
    "henze_zirkler",
    "royston",
]
