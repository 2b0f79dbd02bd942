"""--format latex and markdown: what a paper prints of a run, beside the JSON and CSV that stay as they are."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from slicednorm.paper._numbers import error_text, pvalue_text

FAST = ("--resamples", "99", "--slices", "8", "--seed", "3", "--null", "composite")


def tables(text):
    """Return the rows of the tables in LaTeX, cells without their markup."""
    found = []
    for body in re.findall(r"\\midrule\n(.*?)\\bottomrule", text, re.DOTALL):
        rows = [line.removesuffix(r" \\") for line in body.splitlines() if line != r"\addlinespace"]
        found.append([[cell.strip("$") for cell in row.split(" & ")] for row in rows])
    return found


@pytest.fixture(autouse=True)
def files():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.standard_normal((70, 3)), columns=["my_a", "b&c", "d"])
    frame.loc[:9, "my_a"] += 0.5
    frame["kind_of"] = ["x_1"] * 30 + ["y"] * 38 + ["z%"] * 2
    frame.to_csv("my_groups.csv", index=False)
    frame.drop(columns="kind_of").to_csv("my_data.csv", index=False)


def test_one_sample(invoke):
    options = ("--stat", "hz", "--stat", "omnibus", "--stat", "cvm")
    result = invoke("test", "my_data.csv", *FAST, *options, "--format", "latex", "--json", "found.json")
    assert result.exit_code == 0, result.output
    with open("found.json", encoding="utf-8") as file:
        found = json.load(file)
    (rows,) = tables(result.stdout)
    assert [row[0] for row in rows] == [
        "Henze-Zirkler", "Omnibus", "Sliced Cramér-von Mises", "Mardia skewness", "Mardia kurtosis",
    ]  # fmt: skip
    for row, entry in zip(rows, found["tests"], strict=True):
        assert row[1:3] == ["70", "3"]
        assert row[4] == pvalue_text(entry["pvalue"])
        assert row[5] == ("--" if entry["holm"] is None else pvalue_text(entry["holm"]))
    assert r"\caption{Tests of my\_data.csv against a multivariate normal distribution" in result.stdout
    (said,) = [line for line in result.stdout.splitlines() if r"\cite{slicednorm,knop2019}" in line]
    assert said.startswith("The sample ($n = 70$, $D = 3$) was compared with")
    assert "99 Monte Carlo replicates" in said
    # All that is not to be pasted is a comment.
    below = result.stdout.split(said)[1].strip().splitlines()
    assert below
    assert all(line.startswith("% ") for line in below)


def test_defaults_are_adjusted_as_they_stand_together(invoke):
    text = invoke("test", "my_data.csv", *FAST, "--format", "markdown").stdout
    assert "| Test | *n* | *D* | Statistic | *p* | *p* (Holm) |" in text


def test_groups(invoke):
    options = ("--by", "kind_of", "--stat", "hz", "--stat", "dh")
    result = invoke("test", "my_groups.csv", *FAST, *options, "--format", "latex", "--csv", "found.csv")
    assert result.exit_code == 0, result.output
    found = pd.read_csv("found.csv")
    (rows,) = tables(result.stdout)
    assert r"kind\_of & Test &" in result.stdout
    names = [r"x\_1"] * 2 + ["y"] * 2 + [r"z\%"] + ["within groups"] * 2
    assert [row[0] for row in rows] == names
    tested = [row for row in rows if row[1] != "Not tested"]
    assert [row[5] for row in tested] == [pvalue_text(p) for p in found["pvalue"]]
    assert [row[6] for row in tested] == [error_text(error) for error in found["pvalue_stderr"]]
    assert [row[7] for row in tested] == [pvalue_text(p) for p in found["holm"]]
    assert "Each of 2 groups" in result.stdout
    assert re.search(r"^% z%: .*needs", result.stdout, re.MULTILINE)


def test_rows_that_stand_out(invoke):
    frame = pd.read_csv("my_data.csv")
    frame.loc[16] = [9.0, -9.0, 8.0]
    frame.to_csv("out.csv", index=False)
    result = invoke("test", "out.csv", *FAST, "--stat", "hz", "--outliers", "--format", "latex")
    (rows,) = tables(result.stdout)
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("all", "Henze-Zirkler", "70"),
        ("all", "Mardia skewness", "70"),
        ("all", "Mardia kurtosis", "70"),
        ("without row 16", "Henze-Zirkler", "69"),
    ]


def test_residuals_and_targets_are_called_what_they_are(invoke):
    pd.DataFrame({"z": np.arange(70.0) ** 2}).to_csv("z.csv", index=False)
    text = invoke("test", "my_data.csv", *FAST, "--stat", "hz", "--design", "z.csv", "--format", "latex").stdout
    assert "The residuals of a regression on z.csv ($n = 70$, $D = 3$)" in text
    np.save("mean.npy", np.zeros(3))
    text = invoke("test", "my_data.csv", "--no-pvalue", "--mean", "mean.npy", "--format", "markdown").stdout
    assert "was compared with the given N(mu, Sigma)" in text
    assert "*p*" not in text


def test_columns_below(invoke):
    result = invoke("test", "my_data.csv", *FAST, "--each-column", "--format", "latex", "--json", "found.json")
    with open("found.json", encoding="utf-8") as file:
        expected = json.load(file)["each_column"]
    _, rows = tables(result.stdout)
    assert [row[0] for row in rows] == [r"my\_a", r"b\&c", "d"]
    assert [row[-1] for row in rows] == [pvalue_text(one["shapiro_wilk_pvalue_holm"]) for one in expected]
    text = invoke("test", "my_groups.csv", *FAST, "--by", "kind_of", "--stat", "hz", "--each-column").stdout
    # A heading and three columns for each group that can be tested, and for all of them together.
    assert len(re.findall(r"^my_a ", text, re.MULTILINE)) == 3


def test_textbook_forms(invoke):
    from slicednorm import stats

    measures = stats.mardia(pd.read_csv("my_data.csv"), null="composite", method=None)
    expected = measures.classical_skewness, measures.classical_kurtosis
    result = invoke("test", "my_data.csv", *FAST, "--json", "found.json")
    assert f"n b1/6 = {expected[0]:.4g}, z = {expected[1]:.4g}." in result.stdout
    with open("found.json", encoding="utf-8") as file:
        found = json.load(file)["mardia_classical"]
    assert tuple(found.values()) == pytest.approx(expected)
    assert "n b1/6" not in invoke("test", "my_data.csv", "--no-pvalue").stdout
