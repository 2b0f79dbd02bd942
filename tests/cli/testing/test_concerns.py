"""A verdict that may mislead comes with a note, and claims no more than holds."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.notes import texts

CASES = Path(__file__).parents[2] / "cases"
OPTIONS = ("--null", "composite", "--stat", "cvm", "--no-mardia")


def test_answers_on_a_scale(test_json):
    found = test_json(CASES / "09_likert15.csv", *OPTIONS)
    assert any("All 15 columns hold only whole numbers from 1 to 5" in note for note in texts(found))
    assert "Columns of few values are not normal, whatever a test says" in found["conclusion"]


def test_whole_numbers(test_json):
    found = test_json(CASES / "10_rounded.csv", *OPTIONS, "--method", "analytic", "--where")
    assert any("whole numbers from 2 to 8" in note for note in texts(found))
    assert "That may be by rounding alone" in found["conclusion"]
    assert found["where"]["kind"] != "bimodality"
    assert "bimodal" not in " ".join(found["where"]["sentences"])


def test_percentages(test_json):
    found = test_json(CASES / "03_texture_percent.csv", *OPTIONS)
    assert any("Columns sand, silt and clay sum to 100 but for rounding" in note for note in texts(found))


def test_copies(test_json, invoke):
    once = test_json(CASES / "16_rows1x.csv", *OPTIONS)
    assert texts(once) == []
    assert "independent" not in once["conclusion"]
    four = test_json(CASES / "16_rows4x.csv", *OPTIONS)
    assert any(note.startswith("Each of 150 rows is there 4 times.") for note in texts(four))
    assert four["conclusion"].startswith("If its rows are independent, the sample is told apart")
    assert four["conclusion"].endswith("The notes say why they may not be.")


def test_copies_with_a_little_noise(test_json):
    x = np.random.default_rng(0).standard_normal((150, 3))
    np.save("x.npy", np.concatenate([x, x[:20] + 1e-4]))
    found = test_json("x.npy", *OPTIONS)
    (note,) = [note for note in found["notes"] if note["kind"] == "duplicates"]
    assert note["text"].startswith("20 pairs of rows are nearly the same: no column differs by more than 0.0001 of its")
    assert found["conclusion"].startswith("If its rows are independent, ")


@pytest.mark.parametrize("null", ["composite", "standard"])
def test_a_time_series(test_json, null):
    x = np.random.default_rng(0).standard_normal((300, 2))
    for t in range(1, 300):
        x[t] = 0.9 * x[t - 1] + np.sqrt(1 - 0.81) * x[t]
    np.save("series.npy", x)
    found = test_json("series.npy", "--null", null, "--stat", "cvm")
    assert any(note.startswith("Rows near each other are alike") for note in texts(found))
    assert found["conclusion"].startswith("If its rows are independent, ")


def test_without_pvalues_the_notes_stand_and_nothing_is_concluded_from_them(test_json):
    found = test_json(CASES / "16_rows4x.csv", "--null", "composite", "--no-pvalue")
    assert any("4 times" in note for note in texts(found))
    assert found["conclusion"].startswith("These are distances")


def test_columns_are_called_as_in_the_file(test_json):
    x = np.random.default_rng(0).standard_normal((200, 4))
    x[:, 3] = np.random.default_rng(1).integers(0, 2, 200)
    np.save("x.npy", x)
    found = test_json("x.npy", *OPTIONS, "--columns", "1,3")
    assert any(note.startswith("Column 3 holds only the two values") for note in texts(found))


def test_a_singular_sample_names_its_columns_pair_by_pair(invoke):
    result = invoke("test", CASES / "08_binary_dup.csv", "--null", "composite")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "column 1 is 4 times column 0; columns 3 and 4 are the same" in result.stderr
    for name in ("Cluster", "Group", "Measure", "Measure2"):
        assert f"'{name}'" in result.stderr
    wide = invoke("test", CASES / "12_wide.csv", "--null", "composite")
    assert wide.exit_code == 2
    for refused in (result, wide):
        assert "standard null" not in refused.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("16_rows4x", "All this holds for independent rows only,"),
        ("10_rounded", "That may be by rounding alone"),
    ],
)
def test_a_report_says_the_same(invoke, name, said):
    pytest.importorskip("matplotlib")
    result = invoke("report", CASES / f"{name}.csv", "-o", "report.html", *OPTIONS[:4], "--slices", "64", "--seed", "1")
    assert result.exit_code == 0, result.output
    page = Path("report.html").read_text(encoding="utf-8")
    assert said in page
    assert "The tests take the rows as independent of each other" in page


def test_the_help_says_that_rows_are_independent(invoke):
    assert "Rows are taken as independent" in " ".join(invoke("test", "--help").output.split())


def test_the_notes_of_the_json_are_those_of_the_table(invoke):
    result = invoke("test", CASES / "16_rows4x.csv", *OPTIONS, "--json", "out.json", "--seed", "1")
    notes = texts(json.loads(Path("out.json").read_text(encoding="utf-8")))
    assert notes[0] in " ".join(result.output.split())


class TestRounding:
    def test_whole_numbers_that_were_normal(self, test_json):
        found = test_json(CASES / "10_rounded.csv", *OPTIONS, "--stat", "ks", "--rounding", "auto")
        assert found["rounding"].startswith("to steps of 1;")
        assert all(test["pvalue"] > 0.05 for test in found["tests"])
        assert "whatever a test says" not in found["conclusion"]
        assert any("normal values that were rounded" in note for note in texts(found))

    def test_is_by_group_without_residuals(self, test_json):
        x = np.round(np.random.default_rng(0).normal(5.0, 0.8, (120, 2)))
        rows = "\n".join(f"{a:g},{b:g},{'xy'[i % 2]}" for i, (a, b) in enumerate(x))
        Path("groups.csv").write_text(f"a,b,kind\n{rows}\n")
        found = test_json("groups.csv", *OPTIONS, "--by", "kind", "--rounding", "1,1")
        assert [group["group"] for group in found["groups"]] == ["x", "y"]
        assert all(group["tests"][0]["pvalue"] > 0.05 for group in found["groups"])
        assert found["within_groups"] is None

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--rounding", "x"), "use auto, a step such as 0.1, or one for each column"),
            (("--rounding", "0.3"), "column 0 (from 0) is not a whole number of steps 0.3"),
            (("--rounding", "auto", "--null", "standard"), "goes with --null composite"),
            (("--rounding", "auto", "--within", "a"), "leave one of them out"),
        ],
    )
    def test_what_it_does_not_go_with(self, invoke, options, message):
        result = invoke("test", CASES / "10_rounded.csv", *OPTIONS, *options)
        assert result.exit_code == 2
        assert message in result.stderr
