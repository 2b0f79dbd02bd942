"""Power transformations on the command line: tested, and asked for."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.notes import texts

OPTIONS = ("--null", "composite", "--stat", "energy", "--resamples", "99", "--seed", "0", "--no-mardia")


@pytest.fixture
def lognormal():
    x = np.exp(np.random.default_rng(0).standard_normal((120, 2)))
    rows = "\n".join(f"{a:.9g},{b:.9g},{'xy'[i % 2]}" for i, (a, b) in enumerate(x))
    Path("x.csv").write_text(f"a,b,kind\n{rows}\n")


def test_a_transformation_is_tested_and_said(test_json, lognormal):
    found = test_json("x.csv", *OPTIONS, "--transform", "box-cox")
    assert found["transform"].startswith("box-cox by the powers a ")
    assert found["tests"][0]["pvalue"] > 0.05
    assert "a transformed normal distribution" in found["conclusion"]
    assert test_json("x.csv", *OPTIONS)["transform"] is None


def test_which_would_do(test_json, lognormal):
    found = test_json("x.csv", *OPTIONS, "--transformations")
    (said,) = [note for note in texts(found) if "transformation would do" in note]
    assert said.endswith("It takes a by its logarithm, b by its logarithm.")
    groups = test_json("x.csv", *OPTIONS, "--by", "kind", "--transformations")["groups"]
    assert len(groups) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--transform", "box-cox", "--null", "standard"), "it goes with --null composite"),
        (("--transform", "box-cox", "--rounding", "auto"), "leave one of them out"),
        (("--transformations", "--within", "kind"), "leave one of them out"),
    ],
)
def test_what_it_does_not_go_with(invoke, lognormal, options, message):
    result = invoke("test", "x.csv", *OPTIONS, *options)
    assert result.exit_code == 2
    assert message in result.stderr
