"""Groups and designs on the command line: the same answers as in Python, and what is refused."""

import json

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats


def frame(seed=1):
    rng = np.random.default_rng(seed)
    kind = np.repeat(["b", "a", "10"], [40, 35, 50])
    x = rng.standard_normal((125, 2)) + 4.0 * (kind == "a")[:, np.newaxis]
    x[kind == "10"] = rng.exponential(size=(50, 2))
    return pd.DataFrame({"kind": kind, "width": x[:, 0], "length": x[:, 1]})


def written(data, tmp_path, suffix):
    path = tmp_path / f"data{suffix}"
    if suffix == ".csv":
        data.to_csv(path)
    elif suffix == ".parquet":
        pytest.importorskip("pyarrow")
        data.to_parquet(path)
    elif suffix == ".xlsx":
        pytest.importorskip("openpyxl")
        data.to_excel(path, index=False)
    else:
        pytest.importorskip("pyreadstat").write_sav(data, path)
    return str(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx", ".sav"])
def test_by_is_what_the_table_says(invoke, tmp_path, suffix):
    data = frame()
    path = written(data, tmp_path, suffix)
    result = invoke(
        "test", path, "--by", "kind", "--null", "composite", "--stat", "hz", "--stat", "dh",
        "--resamples", "399", "--seed", "3", "--json", tmp_path / "found.json", "--csv", tmp_path / "found.csv",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    expected = stats.normality_table(
        data, ["henze_zirkler", "doornik_hansen"], null="composite", by="kind", adjust="holm", n_resamples=399, rng=3
    )
    found = json.loads((tmp_path / "found.json").read_text())
    parts = {part["group"]: part for part in (*found["groups"], found["within_groups"])}
    for _, row in expected.iterrows():
        group = row["group"]
        (one,) = [each for each in parts[group]["tests"] if each["name"] == row["test"]]
        assert one["pvalue"] == pytest.approx(row["pvalue"])
        assert one["holm"] == pytest.approx(row["pvalue_holm"])
        assert parts[group]["n"] == row["n"]
    rows = pd.read_csv(tmp_path / "found.csv")
    assert rows["group"].tolist() == ["10", "10", "a", "a", "b", "b", "within groups", "within groups"]
    assert "Told apart from a normal distribution at level 0.05: 10." in result.output


def test_within_is_what_groups_are_in_python(invoke, tmp_path):
    data = frame()
    path = written(data, tmp_path, ".csv")
    result = invoke(
        "test", path, "--within", "kind", "--null", "composite", "--stat", "hz", "--resamples", "99", "--seed", "3",
        "--json", str(tmp_path / "found.json"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    expected = stats.henze_zirkler(data[["width", "length"]], groups=data["kind"], n_resamples=99, rng=3)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["tests"][0]["pvalue"] == expected.pvalue
    assert "3 groups: 122 of 125 degrees of freedom" in found["residuals"]


def test_a_design_is_what_it_is_in_python(invoke, tmp_path):
    rng = np.random.default_rng(4)
    z, x = rng.lognormal(size=(30, 4)), rng.standard_normal((30, 3))
    np.save(tmp_path / "x.npy", x)
    pd.DataFrame(z, columns=list("abcd")).to_csv(tmp_path / "z.csv", index=False)
    result = invoke(
        "test", str(tmp_path / "x.npy"), "--design", str(tmp_path / "z.csv"), "--null", "composite", "--stat", "energy",
        "--resamples", "99", "--seed", "3", "--json", str(tmp_path / "found.json"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    expected = stats.energy(x, design=z, n_resamples=99, rng=3)
    assert json.loads((tmp_path / "found.json").read_text())["tests"][0]["pvalue"] == expected.pvalue
    assert "of a regression on" in result.output


def test_rows_without_a_group_and_small_groups_have_notes(invoke, tmp_path):
    data = frame()
    data.loc[[0, 1], "kind"] = None
    data.loc[[2, 3], "kind"] = "c"
    path = written(data, tmp_path, ".csv")
    result = invoke("test", path, "--by", "kind", "--null", "composite", "--stat", "hz", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert "2 rows without a group left out" in result.output
    assert "c: the composite null needs more than D + 1 rows" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("column", "groups"),
    [
        (np.random.default_rng(0).standard_normal(125).round(4), 125),
        (np.arange(125) // 4, 32),
        ([f"p{number}" for number in range(125)], 125),
    ],
)
def test_a_column_of_many_values_makes_no_groups(invoke, tmp_path, column, groups):
    path = written(frame().assign(many=column), tmp_path, ".csv")
    result = invoke("test", path, "--by", "many", "--columns", "width,length", "--null", "composite", "--stat", "hz")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"the column 'many' makes {groups} groups of 125 rows, too small to be tested one by one" in result.stderr
    assert ("--within takes them" in result.stderr) == (groups < 123)


def test_few_or_larger_groups_are_tested_whatever_they_are_called(invoke, tmp_path):
    options = ("--columns", "width,length", "--null", "composite", "--stat", "hz", "--resamples", "9")
    for column in (np.arange(125) // 5, [f"p{number // 4}" for number in range(125)], np.arange(125) % 20):
        path = written(frame().assign(many=column), tmp_path, ".csv")
        assert invoke("test", path, "--by", "many", *options).exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "species"], "no column 'species'; the columns are kind, width, length"),
        (["--by", "kind", "--where"], "leave out --where"),
        (["--by", "kind", "--within", "kind"], "leave out --within"),
        (["--within", "kind", "--null", "standard"], "it goes with --null composite"),
        (["--design", "words.csv"], "a design needs numbers in every column"),
        (["--design", "missing.csv"], "missing.csv: no such file"),
        (["--design", "few.csv"], "design has 3 rows, and x has 125"),
        (["--by", "width", "--columns", "width"], "there is none to test"),
    ],
)
def test_what_is_refused(invoke, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.csv").write_text("a\n1\n2\n4\n")
    (tmp_path / "words.csv").write_text("a,sex\n" + "1.5,f\n2.5,m\n" * 62 + "0,f\n")
    path = written(frame(), tmp_path, ".csv")
    null = [] if "--null" in options else ["--null", "composite"]
    result = invoke("test", path, "--stat", "cvm", *null, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_rows_without_a_group_may_lack_values_and_rows_keep_their_numbers(invoke, tmp_path):
    data = frame()
    data.loc[[0, 7], "kind"] = None
    data.loc[7, "width"] = np.nan
    path = tmp_path / "data.csv"
    data.to_csv(path, index=False)
    options = ["--null", "composite", "--stat", "hz", "--seed", "3"]
    assert invoke("test", path, "--by", "kind", *options).exit_code == 0
    data.loc[60, "width"] = np.nan
    data.to_csv(path, index=False)
    result = invoke("test", path, "--by", "kind", *options)
    assert result.exit_code == 2
    assert "1 NaN, the first at row 60 (from 0), column 0" in " ".join(result.output.split())
    table = data.assign(kind=data["kind"].where(data["kind"].notna(), None))
    with pytest.raises(ValueError, match=r"the first at row 60 \(from 0\), column 0"):
        stats.normality_table(
            table[["width", "length"]].to_numpy(), ["hz"], null="composite", by=table["kind"].tolist()
        )


def test_the_column_of_groups_is_called_by_its_name(invoke, tmp_path):
    path = written(frame(), tmp_path, ".csv")
    result = invoke(
        "test", path, "--by", "1", "--null", "composite", "--stat", "hz", "--seed", "3",
        "--json", tmp_path / "found.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "3 groups by 'kind'" in result.output
    assert json.loads((tmp_path / "found.json").read_text())["by"] == "kind"


def test_a_known_target_goes_with_groups(invoke, tmp_path):
    data = frame()
    np.save(tmp_path / "mean.npy", [5.0, 0.0])
    path = written(data, tmp_path, ".csv")
    options = [
        "--by",
        "kind",
        "--stat",
        "cvm",
        "--seed",
        "3",
        "--resamples",
        "99",
        "--json",
        str(tmp_path / "found.json"),
    ]
    assert invoke("test", path, *options, "--mean", str(tmp_path / "mean.npy")).exit_code == 0
    found = json.loads((tmp_path / "found.json").read_text())["groups"][1]
    inside = data.loc[data["kind"] == "a", ["width", "length"]]
    expected = stats.sliced_test(inside, "cvm", mean=[5.0, 0.0], n_resamples=99, rng=3)
    assert found["tests"][0]["statistic"] == pytest.approx(expected.statistic)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--within", "one"], "All rows are in one group by 'one': the mean alone is open, as without --within."),
        (["--by", "one"], "All rows with a group are in one, 'x': nothing is compared."),
        (["--design", "flat.csv"], "The regressors of flat.csv are constant: the mean alone is open"),
    ],
)
def test_a_single_group_and_a_constant_design_are_remarked_on(invoke, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    frame()[["width", "length"]].assign(one="x").to_csv("data.csv", index=False)
    pd.DataFrame({"flat": [2.5] * 125}).to_csv("flat.csv", index=False)
    result = invoke("test", "data.csv", *options, "--null", "composite", "--stat", "hz", "--seed", "3")
    assert result.exit_code == 0, result.output
    assert words in " ".join(result.output.split())


def test_conclusions_on_groups_say_what_they_depend_on(invoke, tmp_path):
    rng = np.random.default_rng(2)
    rounded = np.round(rng.standard_normal((300, 2)))
    walk = np.cumsum(rng.standard_normal((300, 2)), axis=0)
    flags = np.column_stack([rng.standard_normal((12, 1)), np.arange(12) % 2])
    samples = {"r": rounded, "w": walk, "f": flags}
    parts = [pd.DataFrame(x, columns=["a", "b"]).assign(kind=kind) for kind, x in samples.items()]
    pd.concat(parts).to_csv(tmp_path / "data.csv", index=False)
    result = invoke(
        "test", tmp_path / "data.csv", "--by", "kind", "--null", "composite", "--stat", "royston", "--seed", "3",
        "--resamples", "199", "--json", tmp_path / "found.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "found.json").read_text())["conclusion"]
    assert said.startswith("If its rows are independent (w: the notes say why they may not be): ")
    assert " may be by rounding alone: see the notes." in said
    assert "That of r" in said


def test_a_design_in_another_order_is_seen(invoke, tmp_path):
    rng = np.random.default_rng(6)
    x, z = (pd.DataFrame(rng.standard_normal((30, 2)), columns=["a", "b"]) for _ in range(2))
    x.to_csv(tmp_path / "x.csv")
    z.to_csv(tmp_path / "z.csv")
    z.sample(frac=1.0, random_state=1).to_csv(tmp_path / "shuffled.csv")
    options = ["--null", "composite", "--stat", "hz", "--resamples", "19"]
    assert invoke("test", tmp_path / "x.csv", "--design", tmp_path / "z.csv", *options).exit_code == 0
    result = invoke("test", tmp_path / "x.csv", "--design", tmp_path / "shuffled.csv", *options)
    assert result.exit_code == 2
    assert "in another order than the sample's" in result.output


def test_missing_values_are_an_error_with_groups_too(invoke, tmp_path):
    data = frame()
    data.loc[60, "width"] = np.nan
    path = written(data, tmp_path, ".csv")
    options = ["--by", "kind", "--null", "composite", "--stat", "hz", "--seed", "3"]
    result = invoke("test", path, *options)
    assert result.exit_code == 2
    assert "at row 60, column 0" in result.output
    assert invoke("test", path, *options, "--nan-policy", "omit").exit_code == 0
