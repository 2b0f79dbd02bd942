"""--index COLUMN: a column that names the rows, in messages and among outliers, and is no data."""

import numpy as np
import pandas as pd
import pytest
from slicednorm_cli import readers


@pytest.fixture
def frame():
    rng = np.random.default_rng(5)
    found = pd.DataFrame(rng.standard_normal((40, 2)), columns=["a", "b"])
    found.insert(1, "who", [f"p{i:02d}" for i in range(40)])
    found["number"] = np.arange(40) + 1_234_567
    found.loc[17, ["a", "b"]] = [9.0, -9.0]
    return found


def write(frame, suffix):
    path = f"x{suffix}"
    if suffix == ".csv":
        frame.to_csv(path, index=False)
    elif suffix == ".xlsx":
        pytest.importorskip("openpyxl")
        frame.to_excel(path, index=False)
    elif suffix == ".dta":
        pytest.importorskip("pyreadstat")
        frame.to_stata(path, write_index=False)
    else:
        pytest.importorskip("pyarrow")
        frame.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".dta"])
@pytest.mark.parametrize(("column", "called"), [("who", "p17"), ("1", "p17"), ("number", "1234584")])
def test_every_format(frame, suffix, column, called):
    table = readers.read(write(frame, suffix), index=column)
    assert table.row(17) == called
    other = {"who": ("a", "b", "number"), "1": ("a", "b", "number"), "number": ("a", "b")}[column]
    assert table.names == other


def test_arrays_have_positions(frame):
    np.save("x.npy", frame[["number", "a", "b"]].to_numpy())
    table = readers.read("x.npy", index="0")
    assert (table.row(17), table.columns) == ("1234584", (1, 2))


def test_row_numbers_without_a_name_are_left_out_too(frame):
    frame.to_csv("x.csv")
    table = readers.read("x.csv", index="who")
    assert (table.names, table.row(3)) == (("a", "b", "number"), "p03")


def test_outliers_and_the_least_normal_direction_are_called_by_it(invoke, frame):
    write(frame.drop(columns="number"), ".csv")
    options = ("--null", "composite", "--index", "who", "--stat", "cvm", "--seed", "0", "--where")
    text = " ".join(invoke("test", "x.csv", *options, "--outliers").stdout.split())
    assert "Row p17 stands out" in text
    assert "row p17 lies far out" in text


def test_rows_of_one_name_are_told_apart_by_their_numbers(invoke, frame):
    frame.loc[[3, 17, 30], "who"] = "Ann"
    frame["kind"] = np.repeat(["u", "v"], 20)
    frame.loc[5, "who"] = None
    path = write(frame.drop(columns="number"), ".csv")
    table = readers.read(path, index="who")
    assert [table.row(number) for number in (2, 3, 5, 17)] == ["p02", "Ann (row 3 from 0)", "5", "Ann (row 17 from 0)"]
    # In a part of the file rows keep their names, and their numbers in the whole.
    part = table.some(np.asarray([2, 5, 17]))
    assert [part.row(number) for number in range(3)] == ["p02", "5 (from 0)", "Ann (row 17 from 0)"]
    options = ("--null", "composite", "--index", "who", "--stat", "cvm", "--seed", "0", "--columns", "a,b")
    text = " ".join(invoke("test", path, *options, "--outliers", "--where").stdout.split())
    assert "Row Ann (row 17 from 0) stands out" in text
    assert "row Ann (row 17 from 0) lies far out" in text
    frame.loc[30, "b"] = np.inf
    path = write(frame.drop(columns="number"), ".csv")
    assert "[row Ann (row 30 from 0), column 2 ('b')" in invoke("test", path, *options).stderr
    frame.loc[5, "a"] = np.inf
    path = write(frame.drop(columns="number"), ".csv")
    assert "at row 5 (from 0), column" in invoke("test", path, *options).stderr


def test_errors_name_the_row(invoke, frame):
    frame.loc[3, "b"] = np.nan
    frame.loc[5, "who"] = None
    write(frame, ".csv")
    result = invoke("test", "x.csv", "--index", "who")
    assert result.exit_code == 2
    assert "[row p03, column 2 ('b') of the file]" in result.stderr
    frame.loc[3, "b"], frame.loc[5, "b"] = 0.0, np.nan
    write(frame, ".csv")
    # A row without a name goes by its number.
    assert "[row 5, column 2" in invoke("test", "x.csv", "--index", "who").stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--index", "name"), "no column 'name'"),
        (("--index", "who", "--by", "who"), "cannot name both the rows and their groups"),
        (("--index", "a", "--columns", "a"), "without the column of --index, 'a', there is none to test"),
        (("--index", "0:2"), "names of rows come from one column"),
    ],
)
def test_what_is_refused(invoke, frame, options, message):
    result = invoke("test", write(frame, ".csv"), *options)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
