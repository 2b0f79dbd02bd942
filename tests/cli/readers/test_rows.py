"""What rows are called, and rows and columns that are taken as data and may be none."""

import json

import numpy as np
import pandas as pd
import pytest
from slicednorm_cli import readers
from slicednorm_cli.readers.columns import Selection

X = np.round(np.random.default_rng(0).normal(10.0, 2.0, (30, 2)), 2)
X[7, 0] = 90.0


def frame(first=None):
    data = pd.DataFrame(X, columns=["a", "b"])
    if first is not None:
        data.insert(0, "name", first)
    return data


CITIES = [f"city {number}" for number in range(30)]


def read(data, tmp_path, suffix=".csv", **options):
    path = tmp_path / f"x{suffix}"
    if suffix == ".csv":
        path.write_text(data if isinstance(data, str) else data.to_csv(index=False))
    elif suffix == ".xlsx":
        pytest.importorskip("openpyxl")
        data.to_excel(path, index=False)
    elif suffix == ".dta":
        pytest.importorskip("pyreadstat")
        data.to_stata(path, write_index=False)
    else:
        pytest.importorskip("pyarrow")
        data.to_parquet(path)
    return readers.read(str(path), **options)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".dta"])
def test_a_first_column_of_words_names_the_rows(tmp_path, suffix):
    table = read(frame(CITIES), tmp_path, suffix)
    assert table.labels.tolist() == CITIES
    assert table.names == ("a", "b")
    assert read(frame(["x", "x", *CITIES[2:]]), tmp_path, suffix).labels is None


def test_an_index_of_pandas_names_the_rows(tmp_path):
    assert read(frame().set_index(pd.Index(CITIES)), tmp_path, ".parquet").labels[3] == "city 3"
    assert read(frame()[X[:, 1] > 8.0], tmp_path, ".parquet").labels.tolist() == [
        str(number) for number in np.flatnonzero(X[:, 1] > 8.0)
    ]


def test_numbers_are_no_names_unless_they_count(tmp_path):
    options = {"selection": Selection.parse("1:")}
    assert read(frame(np.arange(30) / 7.0), tmp_path, **options).labels is None
    assert read(frame(range(1, 31)), tmp_path, **options).labels[0] == "1"


def test_messages_and_sentences_call_rows_by_their_names(invoke, tmp_path):
    path = tmp_path / "x.csv"
    frame(CITIES).to_csv(path, index=False)
    options = ["--null", "composite", "--stat", "cvm", "--seed", "0", "--resamples", "99"]
    result = invoke("test", path, *options, "--where", "--outliers", "--json", tmp_path / "found.json")
    said = " ".join(result.output.split())
    assert "row city 7 lies far out" in said
    assert "Row city 7 stands out" in said
    assert json.loads((tmp_path / "found.json").read_text())["outliers"]["rows"][0]["row"] == "city 7"
    data = frame(CITIES)
    data.loc[4, "b"] = np.nan
    data.to_csv(path, index=False)
    assert "at row city 4, column 1" in " ".join(invoke("test", path, *options).output.split())


@pytest.mark.parametrize("end", [",,\n,,\n", ",,\n,,,,\n", "\n,,\n"])
def test_empty_rows_at_the_end_are_no_rows(tmp_path, end):
    text = frame(CITIES).to_csv(index=False)
    table = read(text + end, tmp_path)
    np.testing.assert_array_equal(table.array, X)
    assert table.labels.tolist() == CITIES
    assert len(read(text + ",,\n" + "z,1,2\n", tmp_path).array) == 32


def notes(table, kind):
    return [str(note) for note in table.notes if note.kind == kind]


def test_a_last_row_of_sums_is_remarked_on_once(tmp_path):
    sums = pd.concat([frame(CITIES), pd.DataFrame([["", *X.sum(axis=0)]], columns=["name", "a", "b"])])
    (said,) = notes(read(sums, tmp_path), "totals")
    assert "last row is the sum of the others" in said
    assert read(sums, tmp_path).labels[-1] == "30 (from 0)"
    sums.iloc[-1, 0] = "Summe"
    (said,) = notes(read(sums, tmp_path), "totals")
    assert "The last row is called 'Summe'" in said
    assert notes(read(frame(CITIES), tmp_path), "totals") == []
    assert notes(read(pd.DataFrame({"a": [1, 2, 3, 6]}), tmp_path), "totals") == []


def test_dates_that_are_written_as_numbers_are_remarked_on(tmp_path):
    days = pd.date_range("2020-01-20", periods=30).strftime("%Y%m%d").astype(int)
    (said,) = notes(read(frame().assign(day=days), tmp_path), "dates")
    assert said.startswith("Column 2 ('day') looks like dates, such as 20200120, and is tested as numbers")
    assert "--columns '!day' leaves it out" in said
    assert notes(read(frame().assign(day=days + 7), tmp_path), "dates") == []  # the 38th of January
    assert notes(read(frame().assign(day=20201301 + np.arange(30)), tmp_path), "dates") == []


def test_sheets_without_numbers_name_the_others(tmp_path):
    pytest.importorskip("openpyxl")
    path = tmp_path / "x.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"read": ["me", "first"]}).to_excel(book, sheet_name="About", index=False)
        frame().to_excel(book, sheet_name="Data", index=False)
    with pytest.raises(
        readers.ReaderError, match=r"'About': no column holds numbers.*--key names another sheet: Data$"
    ):
        readers.read(str(path))
    with pytest.raises(readers.ReaderError, match=r"^no column holds numbers"):
        readers.read(str(path), key="About")
