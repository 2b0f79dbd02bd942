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


class TestResidualsOf:
    @pytest.fixture
    def regression(self):
        rng = np.random.default_rng(1)
        z = rng.lognormal(size=(40, 3))
        x = z @ rng.standard_normal((3, 2)) + rng.standard_normal((40, 2))
        for name, columns in {"all.csv": [x, z], "x.csv": [x], "z.csv": [z]}.items():
            table = np.column_stack(columns)
            names = ["a", "b"] * (name != "z.csv") + ["p", "q", "r"] * (name != "x.csv")
            np.savetxt(name, table, delimiter=",", header=",".join(names), comments="", fmt="%.12g")

    def test_is_a_design_in_the_same_file(self, test_json, regression):
        one = test_json("all.csv", *OPTIONS, "--residuals-of", "a,b")
        other = test_json("x.csv", *OPTIONS, "--design", "z.csv")
        assert one["tests"] == other["tests"]
        assert one["names"] == ["a", "b"]
        assert one["residuals"].startswith("of a regression on the other columns: 36 of 40")

    def test_takes_the_columns_for_regressors(self, test_json, regression):
        found = test_json("all.csv", *OPTIONS, "--residuals-of", "a,b", "--columns", "p,q")
        assert found["residuals"].startswith("of a regression on the columns p,q: 37 of 40")

    def test_does_not_leave_out_text_without_a_word(self, invoke, regression):
        rows = Path("all.csv").read_text().splitlines()
        Path("text.csv").write_text(
            "\n".join([f"{rows[0]},s", *(f"{row},{'uv'[i % 2]}" for i, row in enumerate(rows[1:]))])
        )
        result = invoke("test", "text.csv", *OPTIONS, "--residuals-of", "a,b")
        assert result.exit_code == 2
        assert "a design needs numbers in every column" in result.stderr

    def test_is_not_read_twice_from_standard_input(self, invoke):
        result = invoke("test", "-", *OPTIONS, "--residuals-of", "a", stdin="a,b\n1,2\n2,1\n3,3\n4,9\n")
        assert result.exit_code == 2
        assert "standard input can be read once" in result.stderr


def test_a_paper_says_what_was_done(invoke, lognormal):
    found = invoke("test", "x.csv", *OPTIONS, "--transform", "box-cox", "--format", "markdown").stdout
    assert "The sample, after box-cox by the powers a" in found
    assert ", rounded like the values" not in found
    np.savetxt("steps.csv", np.round(np.random.default_rng(0).standard_normal((60, 2))), delimiter=",", fmt="%g")
    found = invoke("test", "steps.csv", *OPTIONS, "--rounding", "auto", "--format", "markdown").stdout
    assert ", rounded like the values" in found


@pytest.mark.parametrize(("steps", "why"), [("auto", "no column comes in steps"), ("0,0", "it names no step")])
def test_rounding_that_changes_nothing_is_said_and_not_claimed(test_json, lognormal, steps, why):
    found = test_json("x.csv", *OPTIONS, "--rounding", steps)
    assert found["rounding"] is None
    assert any(f"--rounding changes nothing here: {why}" in note for note in texts(found))
    assert "rounded" not in found["conclusion"]


def test_steps_finer_than_those_of_the_values_are_said(test_json):
    x = np.random.default_rng(0).standard_normal((400, 2))
    np.savetxt("x.csv", np.column_stack([np.round(2.0 * x[:, 0]) / 2.0, np.round(x[:, 1], 1)]), "%.1f", delimiter=",")
    found = test_json("x.csv", *OPTIONS, "--rounding", "0.1")
    said = "Column 0 (from 0) comes in steps of 0.5, not 0.1."
    (note,) = [note for note in found["notes"] if note["text"].startswith(said)]
    assert note["kind"] == "rounding"
    assert note["text"].endswith("give the steps that the values show, or --rounding auto.")
    found = test_json("x.csv", *OPTIONS, "--rounding", "0.1", "--columns", "0", "--stat", "cvm")
    assert found["conclusion"].endswith("That may be by rounding alone: see the notes.")
    assert not any("not 0.1" in text for text in texts(test_json("x.csv", *OPTIONS, "--rounding", "0.5,0.1")))
