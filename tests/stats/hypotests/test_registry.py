"""One table of tests: each entry says of its test what the test's results say, under every name."""

from dataclasses import replace

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.distances import DISTANCES
from slicednorm.stats._calibration.method import fixed_number
from slicednorm.stats._hypotests.battery import Entry, run_battery
from slicednorm.stats._hypotests.classical import CLASSICAL, MORE
from slicednorm.stats._hypotests.holm import holm_adjusted
from slicednorm.stats._hypotests.names import GROUPS, asked_for, members_of, name_of_test
from slicednorm.stats._hypotests.options import Options
from slicednorm.stats._hypotests.registry import TESTS, Shape

X = np.random.default_rng(4).standard_normal((40, 3))


@pytest.mark.parametrize("name", TESTS)
def test_results_have_the_names_of_the_entry(name):
    test = TESTS[name]
    options = Options("composite", rng=3, n_slices=8)
    results = test.run(stats.as_sample(X), options, fixed_number(19))
    assert [(r.name, r.title, r.sensitive_to) for r in results] == [
        (heading.name, heading.title, heading.sensitive_to) for heading in test.headings
    ]
    assert all(isinstance(result, stats.SignificanceResult) and result.has_pvalue for result in results)
    assert all((result.n_resamples, result.seed, result.hypothesis) == (19, 3, "composite") for result in results)


@pytest.mark.parametrize("name", TESTS)
def test_an_entry_is_named_as_its_function(name):
    if TESTS[name].group == "sliced":
        assert name in DISTANCES
    elif TESTS[name].group == "combined":
        assert callable(getattr(stats, f"{name}_test"))
    else:
        assert callable(getattr(stats, name))


@pytest.mark.parametrize("name", TESTS)
def test_work_grows_with_the_sample(name):
    work = TESTS[name].work
    assert 0.0 < work(500, 3, 64) < work(5_000, 3, 64)
    assert work(500, 3, 64) <= work(500, 12, 64)


@pytest.mark.parametrize("name", [name for name, test in TESTS.items() if test.can_be_cached])
def test_null_distributions_are_one_for_each_heading_or_member(name):
    shape = Shape(30, 2, "composite", "mean", 4, "iid", np.dtype("float64"))
    laws = TESTS[name].laws(shape)
    members = {"omnibus": 8, "pursuit": 4}
    assert len(laws.keys) == members.get(name, len(TESTS[name].headings))
    assert laws(0, 2).shape == (2, len(laws.keys))
    if name in members:
        # The likelihood ratio of mean and covariance.
        assert len(TESTS[name].laws(replace(shape, null="standard")).keys) == members[name] + 1


def test_what_has_no_null_distribution_of_its_shape():
    assert [name for name, test in TESTS.items() if not test.can_be_cached] == ["royston"]
    with pytest.raises(ValueError, match="depends on the correlations"):
        TESTS["royston"].laws(Shape(30, 2, "composite", "mean", 4, "iid", np.dtype("float64")))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("hz", "henze_zirkler"),
        ("Henze-Zirkler", "henze_zirkler"),
        ("henze_zirkler", "henze_zirkler"),
        ("DH", "doornik_hansen"),
        ("cramer-wold", "cramer_wold"),
        ("hv", "henze_visagie"),
        ("deh", "doerr_ebner_henze"),
        ("dehu", "doerr_ebner_henze_double"),
        ("hjg", "henze_jimenez_gamero"),
        ("Villasenor-Gonzalez", "villasenor_gonzalez"),
        ("Henze-Visagie", "henze_visagie"),
        ("scvmae", "cvm"),
        ("mardia", "mardia"),
        ("mardia_kurtosis", "mardia"),
    ],
)
def test_names(given, name):
    assert name_of_test(given) == name


def test_a_name_that_is_nearly_right():
    with pytest.raises(ValueError, match="did you mean 'cvm'"):
        name_of_test("cvn")


def test_groups_are_made_of_tests():
    for null in ("standard", "composite"):
        for group in GROUPS:
            assert set(members_of(group, null)) <= set(TESTS)
    assert members_of("classical", "standard") == tuple(CLASSICAL)
    assert members_of("more", "standard") == tuple(MORE)
    assert (*members_of("all", "standard"), *members_of("more", "standard")) == tuple(TESTS)
    assert asked_for(["sliced", "CW"], "standard")["cw"]  # named, though a group brought it before
    assert not asked_for(["sliced"], "standard")["cw"]


def test_a_battery_keeps_the_order_and_what_was_left_out():
    wanted = {"energy": "named", "mardia": "beside", "royston": "group", "ks": "named"}
    entries = run_battery(stats.as_sample(X), wanted, Options("standard", rng=1, n_slices=4), fixed_number(19))
    assert [entry.test.name for entry in entries] == list(wanted)
    assert all(isinstance(entry, Entry) for entry in entries)
    assert [len(entry.results) for entry in entries] == [1, 2, 0, 1]
    assert "the standard null" in entries[2].note
    (alone,) = (result for result in entries[3].results)
    assert alone == stats.sliced_test(X, "ks", n_slices=4, n_resamples=19, rng=1)


def test_holm():
    """0.01 · 3, then 0.02 · 2, then the larger of 0.04 and what came before (Holm, Scand. J. Statist. 6, 1979)."""
    assert holm_adjusted([0.04, 0.01, None, 0.02]) == pytest.approx([0.04, 0.03, None, 0.04])
    assert holm_adjusted([None]) == [None]
