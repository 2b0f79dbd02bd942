"""Where limiting laws are said to hold: their size is near the level there, and elsewhere nothing is said.

`make limits` measures it at every shape of a grid.
"""

import pytest
from scipy import stats
from slicednorm_studies.limits import LAWS, SOURCES, Draw

from slicednorm.stats._calibration.asymptotic import law_holds
from slicednorm.stats._calibration.monte_carlo import monte_carlo

NAMES = ("henze_zirkler", "doornik_hansen", "royston", "mardia_skewness", "mardia_kurtosis")

# By law, shapes at the border of its range.
BORDER = {
    ("henze_zirkler", "composite", "exact"): [(10, 1), (25, 2), (20, 5), (25, 8), (50, 10), (100, 15), (100, 20)],
    ("doornik_hansen", "composite", "exact"): [(8, 2), (13, 10), (30, 20), (60, 50)],
    ("royston", "composite", "exact"): [(2_000, 1)],
    ("mardia_skewness", "composite", "exact"): [(8, 1), (60, 2), (300, 5), (400, 8)],
    ("mardia_skewness", "composite", "asymptotic"): [(40, 2), (80, 5), (150, 10), (300, 15)],
    ("mardia_skewness", "standard", "exact"): [(80, 1), (200, 2), (600, 5)],
    ("mardia_kurtosis", "composite", "exact"): [(300, 1), (60, 4), (16, 10), (25, 20), (60, 50)],
    ("mardia_kurtosis", "composite", "asymptotic"): [(300, 1), (300, 5), (400, 10)],
    ("mardia_kurtosis", "standard", "exact"): [(150, 1), (16, 10), (60, 50)],
}
INSIDE = [(*law, n, dim) for law, shapes in BORDER.items() for n, dim in shapes]

# Where Henze and Zirkler's law was seen to reject from 0% to 98% at 5%.
FAR_OFF = [(30, 25), (20, 15), (13, 10), (30, 20), (25, 15), (60, 50), (400, 90)]


def is_near_the_level(name, null, moments, n, dim, samples):
    """Say whether the rate at 5% may be one between 4% and 6%, by an interval of 99.9%."""
    law = next(law for law in LAWS if (law.test, law.null, law.moments) == (name, null, moments))
    values = monte_carlo(Draw(law.source, n, dim, seed=1), samples, batch=100)
    count = law.rejected(values, n, dim, 0.05)
    least, _ = stats.binom.interval(0.999, samples, 0.04)
    _, most = stats.binom.interval(0.999, samples, 0.06)
    return least <= count <= most


@pytest.mark.parametrize(("name", "null", "moments", "n", "dim"), INSIDE)
def test_the_size_is_right_at_the_border(name, null, moments, n, dim):
    assert law_holds(name, n, dim, null, moments)
    assert is_near_the_level(name, null, moments, n, dim, samples=2_000)


@pytest.mark.parametrize(("n", "dim"), FAR_OFF)
def test_henze_zirklers_law_is_not_said_to_hold_where_it_is_far_off(n, dim):
    assert not law_holds("henze_zirkler", n, dim, "composite")
    assert not is_near_the_level("henze_zirkler", "composite", "exact", n, dim, samples=300)


def test_samples_as_they_are_used():
    # The irises, all of them and one species.
    assert law_holds("henze_zirkler", 150, 4, "composite")
    assert law_holds("henze_zirkler", 50, 4, "composite")
    assert law_holds("doornik_hansen", 50, 4, "composite")
    assert law_holds("mardia_skewness", 150, 4, "composite", "asymptotic")
    assert law_holds("mardia_kurtosis", 150, 4, "composite")


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
def test_ranges_have_no_holes(law):
    """More rows do not lead out of a range, nor do fewer columns past the smallest number of rows of any."""
    for dim in (*range(1, 30), 50, 90):
        held = [law_holds(law.test, n, dim, law.null, law.moments) for n in range(2, 1_001)]
        assert held == sorted(held)


def test_nothing_is_said_beyond_what_was_measured():
    for name in NAMES:
        for dim in (0, 91, 1_000):
            for null in ("composite", "standard"):
                assert not law_holds(name, 10**6, dim, null)
    assert not law_holds("royston", 5_001, 1, "composite")
    # There are no laws of these under the standard null, nor at all of others.
    assert not any(law_holds(name, 100, 2, "standard") for name in ("henze_zirkler", "doornik_hansen", "royston"))
    assert not law_holds("energy", 100, 2, "composite")


def test_the_composite_null_needs_its_rows():
    assert law_holds("doornik_hansen", 12, 10, "composite")
    assert not law_holds("doornik_hansen", 11, 10, "composite")


def test_every_law_is_measured():
    assert {law.test for law in LAWS} == set(NAMES)
    assert {law.source for law in LAWS} == set(SOURCES)
