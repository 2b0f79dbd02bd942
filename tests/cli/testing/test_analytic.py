"""P-values by formulas on the command line."""

import json

import numpy as np
import pytest

from slicednorm import stats


@pytest.fixture(autouse=True)
def samples():
    rng = np.random.default_rng([90, 1])
    np.save("normal.npy", rng.standard_normal((120, 3)))
    np.save("few.npy", rng.standard_normal((30, 3)))
    np.save("heavy.npy", rng.standard_t(2, size=(400, 3)))


def test_what_nobody_named_needs_no_formula(invoke):
    found = invoke("test", "normal.npy", "--method", "analytic", "--seed", "0")
    assert found.exit_code == 0
    assert "ks: no p-value: there is no null distribution as a formula" in found.output.replace("\n", " ")
    refused = invoke("test", "normal.npy", "--method", "analytic", "--stat", "cvm", "--stat", "ks")
    assert refused.exit_code == 2
    assert "ks: there is no null distribution as a formula" in refused.stderr


@pytest.mark.parametrize("stat", ["hz", "bhep", "energy", "cramer-wold"])
def test_tests_of_all_pairs(invoke, stat):
    args = ("test", "normal.npy", "--null", "composite", "--stat", stat, "--seed", "0", "--json", "-")
    found = next(row for row in json.loads(invoke(*args).stdout)["tests"] if row["test"] == stat)
    expected = stats.classical_test(np.load("normal.npy"), found["name"])
    assert (found["method"], found["pvalue"], found["n_resamples"]) == ("analytic", expected.pvalue, None)


def test_the_reason_is_that_of_the_sample(invoke):
    refused = invoke("test", "few.npy", "--method", "analytic", "--stat", "all", "--null", "composite")
    assert refused.exit_code == 2
    assert "from 50 rows on, and x has 30" in refused.stderr


def test_every_test_that_has_one(invoke):
    found = invoke("test", "heavy.npy", "--method", "analytic", "--stat", "all", "--null", "composite", "--seed", "0")
    words = " ".join(found.output.split())
    assert "by every test that has a p-value" in words
    assert "omnibus: left out" in words


def test_pvalues_below_what_a_number_holds(invoke):
    np.save("far.npy", 50.0 + np.load("heavy.npy"))
    output = invoke("test", "far.npy", "--stat", "cvm", "--stat", "ep", "--seed", "0", "--where").output
    (row,) = [line for line in output.splitlines() if line.startswith("cvm")]
    assert row.count("< 1e-300") == 2  # Holm's as well
    assert "(p < 1e-300)" in " ".join(output.split())
