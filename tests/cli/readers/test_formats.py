"""A frame with names, an index, text, dates and missing values is the same sample in every format."""

import csv
import sys

import numpy as np
import pandas as pd
import pytest
from slicednorm_cli.readers import ReaderError, read
from slicednorm_cli.readers.columns import Selection

from tests.cli.refusals import check

NUMBERS = ["height", "weight"]


def frame_of(rows):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "height": rng.normal(170, 8, rows).round(1),
            "species": rng.choice(list("abc"), rows),
            "born": pd.date_range("2020-01-01", periods=rows),
            "weight": rng.normal(70, 9, rows),
        }
    )
    frame.loc[3, "height"] = np.nan
    frame.loc[5, "weight"] = np.nan
    return frame


FRAMES = {
    "whole": frame_of(30),
    "filtered": frame_of(30).iloc[1::2],
    "shuffled": frame_of(30).sample(20, random_state=1),
}


def r_csv(frame, path, **options):
    """As R's write.csv does: names and text in quotes, names of the rows too, NA."""
    frame = frame.set_axis([str(number + 1) for number in frame.index])
    frame.assign(born=frame["born"].dt.strftime("%Y-%m-%d")).to_csv(
        path, na_rep="NA", quoting=csv.QUOTE_NONNUMERIC, **options
    )


def r_table(frame, path):
    """As R's write.table does: like write.csv between blanks, and the row of names has none for those of the rows."""
    r_csv(frame, path, sep=" ")
    with open(path) as file:
        names, *rows = file.read().splitlines(keepends=True)
    with open(path, "w") as file:
        file.writelines([names.removeprefix('"" '), *rows])


def arrow(frame, path, kind):
    pa = pytest.importorskip("pyarrow", reason="writes Arrow's files")
    table = pa.Table.from_pandas(frame)
    with pa.OSFile(path, "wb") as sink, getattr(pa.ipc, kind)(sink, table.schema) as writer:
        writer.write_table(table)


def readstat(frame, path, function):
    library = pytest.importorskip("pyreadstat", reason="writes files of statistical packages")
    getattr(library, function)(frame, path)


def excel(frame, path, **options):
    pytest.importorskip("openpyxl", reason="writes Excel's files")
    frame.to_excel(path, **options)


def parquet(frame, path):
    pytest.importorskip("pyarrow", reason="writes parquet files")
    frame.to_parquet(path)


def feather(frame, path):
    pytest.importorskip("pyarrow", reason="writes feather files")
    frame.reset_index(drop=True).to_feather(path)


WRITERS = {
    "x.csv": lambda frame, path: frame.to_csv(path),
    "noindex.csv": lambda frame, path: frame.to_csv(path, index=False),
    "r.csv": r_csv,
    "x.tsv": lambda frame, path: frame.to_csv(path, sep="\t"),
    "semicolons.csv": lambda frame, path: frame.to_csv(path, sep=";"),
    "bars.txt": lambda frame, path: frame.to_csv(path, sep="|"),
    "blanks.txt": r_table,
    "blanks.dat": r_table,
    "x.csv.gz": lambda frame, path: frame.to_csv(path),
    "x.tsv.bz2": lambda frame, path: frame.to_csv(path, sep="\t"),
    "x.txt.xz": lambda frame, path: frame.to_csv(path, sep="\t"),
    "utf16.csv": lambda frame, path: frame.to_csv(path, encoding="utf-16"),
    "windows.csv": lambda frame, path: frame.rename(columns={"species": "Größe"}).to_csv(path, encoding="cp1252"),
    "x.xlsx": excel,
    "noindex.xlsx": lambda frame, path: excel(frame, path, index=False),
    "x.parquet": parquet,
    "x.feather": feather,
    "x.arrow": lambda frame, path: arrow(frame, path, "new_file"),
    "x.ipc": lambda frame, path: arrow(frame, path, "new_stream"),
    "x.dta": lambda frame, path: frame.to_stata(path),
    "x.sav": lambda frame, path: readstat(frame, path, "write_sav"),
    "x.xpt": lambda frame, path: readstat(frame, path, "write_xport"),
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("rows", FRAMES)
@pytest.mark.parametrize("name", WRITERS)
def test_same_sample(name, rows):
    frame = FRAMES[rows]
    WRITERS[name](frame, name)
    if name.endswith(".dta"):
        pytest.importorskip("pyreadstat", reason="reads files of statistical packages")
    table = read(name)
    np.testing.assert_allclose(table.array, frame[NUMBERS].to_numpy(), rtol=1e-14)
    assert table.names == tuple(NUMBERS)
    text = "Größe" if name == "windows.csv" else "species"
    assert f"Columns without numbers are left out: '{text}' (text), 'born' (dates)." in table.notes
    assert read(name, selection=Selection.parse("weight")).names == ("weight",)


def test_names_that_are_years_beside_an_index(folder):
    frame = FRAMES["filtered"][NUMBERS].set_axis([2001, 2002], axis="columns")
    frame.to_csv("x.csv")
    with pytest.raises(ReaderError, match="--header yes"):
        read("x.csv")
    table = read("x.csv", header="yes")
    assert table.names == ("2001", "2002")
    assert len(table.array) == len(frame)


class TestEncodings:
    def test_windows_is_said(self, save):
        table = read(save("x.csv", "Höhe;b\n1;2\n3;4\n".encode("cp1252")))
        assert table.names == ("Höhe", "b")
        assert "Windows-1252" in table.notes[0]

    def test_utf8_late_in_the_file(self, save):
        rows = "1,2\n" * 50_000
        table = read(save("x.csv", ("a,b\n" + rows + "3,é\n").encode("cp1252")), selection=Selection.parse("a"))
        assert len(table.array) == 50_001
        assert read(save("x.csv", "a,é\n" + rows)).notes == ()

    def test_standard_input(self, test_json):
        found = test_json("-", stdin="Höhe;b\n1.5;2\n3;4\n2;2\n".encode("cp1252"))
        assert found["names"] == ["Höhe", "b"]


class TestExcel:
    @pytest.fixture(autouse=True)
    def library(self):
        return pytest.importorskip("openpyxl", reason="writes Excel's files")

    def test_sheets(self):
        with pd.ExcelWriter("x.xlsx") as writer:
            FRAMES["whole"][NUMBERS].to_excel(writer, sheet_name="first", index=False)
            FRAMES["whole"][["weight"]].to_excel(writer, sheet_name="second", index=False)
        first = read("x.xlsx")
        assert first.names == ("height", "weight")
        assert "'first', the first of 2" in first.notes[0]
        assert read("x.xlsx", key="second").names == ("weight",)
        with pytest.raises(ReaderError, match="--key may be: first, second"):
            read("x.xlsx", key="third")

    def test_totals(self, library, invoke):
        book = library.Workbook()
        for row in (["a", "b"], [1.5, 2.5], [2.5, 3.5], [3.5, 1.25], ["Summe", 7.25]):
            book.active.append(row)
        book.save("x.xlsx")
        check(invoke("test", "x.xlsx"), "x.xlsx", ["cell A5 ('a'): 'Summe' is not a number"])

    def test_decimals_are_numbers_whatever_the_sign(self, library):
        book = library.Workbook()
        for row in (["a", "b"], [1.5, "2,5"], [2.5, "3,5"], [1e-7, "7,5"]):
            book.active.append(row)
        book.save("x.xlsx")
        with pytest.raises(ReaderError, match=r"cell B2 \('b'\): '2,5' .* pass --decimal ,"):
            read("x.xlsx")
        np.testing.assert_array_equal(read("x.xlsx", decimal=",").array, [[1.5, 2.5], [2.5, 3.5], [1e-7, 7.5]])

    def test_flags_blanks_and_errors(self, library):
        book = library.Workbook()
        for row in ([], ["a", "b", "c"], [True, "#DIV/0!", 1], [], [False, 2.5, None], [True, 1.25, 3]):
            book.active.append(row)
        book.active["H9"].number_format = "0.00"
        book.save("x.xlsx")
        nan = np.nan
        np.testing.assert_array_equal(read("x.xlsx").array, [[1, nan, 1], [0, 2.5, nan], [1, 1.25, 3]])

    def test_empty_sheet(self, library):
        library.Workbook().save("x.xlsx")
        with pytest.raises(ReaderError, match="is empty"):
            read("x.xlsx")


class TestStatisticalPackages:
    @pytest.fixture(autouse=True)
    def library(self):
        return pytest.importorskip("pyreadstat", reason="writes files of statistical packages")

    def test_user_missing_values(self, library):
        frame = pd.DataFrame({"a": [1.5, -99.0, 2.5], "b": [1.0, 2.0, 9.0]})
        library.write_sav(frame, "x.sav", missing_ranges={"a": [-99], "b": [{"lo": 8, "hi": 9}]})
        np.testing.assert_array_equal(read("x.sav").array, [[1.5, 1], [np.nan, 2], [2.5, np.nan]])

    def test_text_by_name(self, library, invoke):
        library.write_sav(FRAMES["whole"], "x.sav")
        check(invoke("test", "x.sav", "--columns", "species"), "x.sav", ["'species' holds text", "--columns"])


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("x.xlsx", "openpyxl", "files"), ("x.sav", "pyreadstat", "files"), ("x.ipc", "pyarrow", "io")],
)
def test_extra_missing(invoke, save, monkeypatch, name, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    check(invoke("test", save(name, b"anything")), name, [module, f"pip install 'slicednorm[{extra}]'"])


@pytest.mark.parametrize(
    "name",
    ["x.xlsx", "x.sav", "x.dta", "x.sas7bdat", "x.xpt", "x.feather", "x.arrow", "x.csv.gz", "x.csv.xz", "x.csv.bz2"],
)
@pytest.mark.parametrize("content", [b"junk" * 50, b"PK\x03\x04" + bytes(100), b"\x1f\x8b\x08" + bytes(30)])
def test_damaged(invoke, save, name, content):
    needs = {"x.xlsx": "openpyxl", "x.feather": "pyarrow", "x.arrow": "pyarrow"}
    needs |= dict.fromkeys(("x.sav", "x.dta", "x.sas7bdat", "x.xpt"), "pyreadstat")
    if name in needs:
        pytest.importorskip(needs[name], reason="reads the format")
    check(invoke("test", save(name, content)), name, ["not a valid"])


def test_no_other_format_is_compressed(invoke, save):
    check(
        invoke("test", save("x.npy.gz", b"anything")), "x.npy.gz", ["'.npy.gz' is not known", ".csv, .tsv, .txt, .dat"]
    )
