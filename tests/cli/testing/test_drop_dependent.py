"""--drop-dependent leaves out columns that others determine, says which, and tests the rest."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats
from tests.cli.notes import texts

OPTIONS = ("--null", "composite", "--stat", "hz")


@pytest.fixture
def frame(x):
    found = pd.DataFrame(x, columns=["a", "b", "c"])
    found.insert(1, "inch", 2.5 * found["a"])
    found["kind"] = np.repeat(["u", "v"], 20)
    found.to_csv("x.csv", index=False)
    return found


def test_the_rest_is_tested(test_json, frame):
    found = test_json("x.csv", *OPTIONS, "--drop-dependent")
    assert (found["dim"], found["columns"], found["names"]) == (3, [0, 2, 3], ["a", "b", "c"])
    (said,) = [text for text in texts(found) if "--drop-dependent" in text]
    assert said == "Left out by --drop-dependent: column inch is 2.5 times column a. Not tested: inch."
    frame[["a", "b", "c"]].to_csv("rest.csv", index=False)
    assert found["tests"] == test_json("rest.csv", *OPTIONS)["tests"]


@pytest.mark.parametrize("command", [("test", "x.csv"), ("report", "x.csv", "-o", "x.html")])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({}, "leave out one column of each, as --drop-dependent does"),
        ({"c": 1.0}, "the composite null needs a covariance of full rank: leave such columns out, as --drop-dependent"),
    ],
)
def test_without_it_the_error_says_so(invoke, frame, command, changed, message):
    frame.assign(**changed).to_csv("x.csv", index=False)
    result = invoke(*command, *OPTIONS)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
    with pytest.raises(stats.SampleError) as raised:
        stats.mardia(frame.assign(**changed).drop(columns="kind"), null="composite")
    assert "--" not in str(raised.value)


def test_the_note_on_columns_that_add_up_names_it(test_json, x):
    parts = np.round(100.0 * np.exp(x) / np.exp(x).sum(axis=1, keepdims=True), 1)
    pd.DataFrame(parts, columns=["a", "b", "c"]).to_csv("x.csv", index=False)
    said = "leave one of them out, as --drop-dependent does."
    assert any(said in text for text in texts(test_json("x.csv", *OPTIONS)))
    assert not any("--drop-dependent" in text for text in texts(test_json("x.csv", "--stat", "cvm")))


def test_where_no_column_is_left(invoke):
    pd.DataFrame({"a": [1.0] * 9, "b": [2.0] * 9}).to_csv("x.csv", index=False)
    result = invoke("test", "x.csv", *OPTIONS, "--drop-dependent")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--drop-dependent leaves no column to test: column a is constant; column b is constant" in result.stderr


def test_arrays_and_chosen_columns(test_json, frame):
    np.save("x.npy", frame[["c", "b", "inch", "a"]].to_numpy())
    found = test_json("x.npy", *OPTIONS, "--columns", "1:", "--drop-dependent")
    assert found["columns"] == [1, 2]
    assert any("column 3 is 0.4 times column 2. Not tested: 3." in text for text in texts(found))


def test_groups_lose_the_same_columns(test_json, frame):
    found = test_json("x.csv", *OPTIONS, "--by", "kind", "--drop-dependent")
    assert [part["dim"] for part in (*found["groups"], found["within_groups"])] == [3, 3, 3]


@pytest.fixture
def in_one_group(frame):
    """b is constant among the u, c a sum among the v, and d is another constant in each group."""
    frame.loc[:19, "b"] = 1.0
    frame.loc[20:, "c"] = frame.loc[20:, "a"] + frame.loc[20:, "b"]
    frame["d"] = np.repeat([1.0, 5.0], 20)
    frame = frame[["a", "b", "c", "d", "kind"]]
    frame.to_csv("x.csv", index=False)
    return frame


def test_a_group_is_tested_without_what_is_constant_or_determined_in_it_alone(test_json, in_one_group):
    found = test_json("x.csv", *OPTIONS, "--by", "kind", "--drop-dependent")
    u, v = found["groups"]
    assert (u["names"], v["names"], found["within_groups"]["names"]) == (["a", "c"], ["a", "b"], ["a", "b", "c"])
    rest = in_one_group[in_one_group["kind"] == "u"]
    expected = stats.henze_zirkler(rest[["a", "c"]].to_numpy(), rng=0)
    assert u["tests"][0]["statistic"] == pytest.approx(expected.statistic)
    pooled = stats.henze_zirkler(in_one_group[["a", "b", "c"]], groups=in_one_group["kind"], rng=0)
    assert found["within_groups"]["tests"][0]["statistic"] == pytest.approx(pooled.statistic)
    said = [text for text in texts(found) if "--drop-dependent" in text]
    assert said == [
        "u: Left out by --drop-dependent: column b is constant; column d is constant. Not tested: b, d.",
        "v: Left out by --drop-dependent: column c is the sum of columns a and b; column d is constant. "
        "Not tested: c, d.",
        "within groups: Left out by --drop-dependent: column d is constant within each group. Not tested: d.",
    ]


def test_what_groups_lack_stands_in_every_format(invoke, in_one_group):
    in_one_group["c"] = np.cos(np.arange(40.0) ** 2)
    in_one_group.to_csv("x.csv", index=False)
    options = (*OPTIONS, "--by", "kind", "--drop-dependent", "--seed", "0")
    text = " ".join(invoke("test", "x.csv", *options).stdout.split())
    assert "D = 3 (fewer in u: see the notes)" in text
    markdown = invoke("test", "x.csv", *options, "--format", "markdown").stdout
    assert "Each of 2 groups (u *n* = 20, *D* = 2, v *n* = 20, *D* = 3) was compared" in markdown
    pytest.importorskip("jinja2")
    pytest.importorskip("seaborn")
    assert invoke("report", "x.csv", *options, "-o", "x.html").exit_code == 0
    (columns,) = re.findall(r'<thead><tr><th scope="col">group</th>(<th.*>a</th>.*)</tr>', Path("x.html").read_text())
    assert re.findall(r">(\w)</th>", columns) == ["a", "b", "c"]


def test_within_groups_too(test_json, in_one_group):
    in_one_group["c"] = 2.0 * in_one_group["a"] + in_one_group["d"]
    in_one_group.to_csv("x.csv", index=False)
    found = test_json("x.csv", *OPTIONS, "--within", "kind", "--drop-dependent")
    assert found["names"] == ["a", "b"]
    assert (
        "Left out by --drop-dependent: column c is 2 times column a; column d is constant within each group. "
        "Not tested: c, d."
    ) in texts(found)


def test_steps_for_each_column_are_refused(invoke, frame):
    result = invoke("test", "x.csv", *OPTIONS, "--drop-dependent", "--rounding", "0.1,0.1,0.1,0.1")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--drop-dependent leaves out inch; leave them out by --columns, or give one step" in result.stderr


def test_it_goes_with_the_composite_null(invoke, frame):
    result = invoke("test", "x.csv", "--drop-dependent")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "it goes with --null composite" in result.stderr
