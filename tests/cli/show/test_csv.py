"""--csv: a row for every test, the same columns whatever was asked for."""

import csv
import json
import os
import stat

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats

FAST = ("--slices", "4", "--resamples", "19", "--seed", "1")
COLUMNS = [
    "file",
    "n",
    "dim",
    "null",
    "seed",
    "test",
    "title",
    "statistic",
    "pvalue",
    "pvalue_stderr",
    "holm",
    "reject",
]
COLUMNS += ["n_resamples", "tail_pvalue", "method", "law_n", "driver", "expected", "normalized", "name"]
COLUMNS += ["n_slices", "directions", "direction_stderr", "pvalue_direction_stderr"]


@pytest.fixture(autouse=True)
def sample(x):
    np.save("x.npy", x)


def cells(text):
    header, *rows = csv.reader(text.splitlines())
    assert header == COLUMNS
    return [dict(zip(header, row, strict=True)) for row in rows]


def as_cell(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--no-pvalue",),
        ("--no-mardia", "--stat", "ks"),
        ("--null", "composite", "--stat", "sliced", "--stat", "dh", "--stat", "omnibus", "--stat", "pursuit"),
    ],
)
def test_says_what_the_json_says(invoke, options):
    result = invoke("test", "x.npy", *FAST, *options, "--json", "out.json", "--csv", "-")
    assert result.exit_code == 0, result.stderr
    rows = cells(result.stdout)
    with open("out.json") as file:
        found = json.load(file)
    assert [row["test"] for row in rows] == [entry["test"] for entry in found["tests"]]
    for row, entry in zip(rows, found["tests"], strict=True):
        assert set(entry) - {"members", "kind", "direction", "loadings", "weights"} <= set(row)
        sample = {name: found[name] for name in ("file", "n", "dim", "null", "seed")}
        for name, cell in row.items():
            assert cell == as_cell({**sample, **entry}.get(name)), name


def test_stdout_is_the_csv_alone(invoke):
    plain = invoke("test", "x.npy", *FAST)
    result = invoke("test", "x.npy", *FAST, "--csv", "-")
    assert result.stderr == plain.stdout
    assert len(cells(result.stdout)) == 4


def test_file_beside_the_table(invoke):
    plain = invoke("test", "x.npy", *FAST)
    result = invoke("test", "x.npy", *FAST, "--csv", "out.csv")
    assert (result.stdout, result.stderr) == (plain.stdout, "")
    with open("out.csv", "rb") as file:
        assert file.read() == invoke("test", "x.npy", *FAST, "--csv", "-").stdout_bytes


def test_files_stack(invoke, x):
    np.save("y, z.npy", x[:20] + 1.0)
    frames = []
    for name, options in (("x.npy", ()), ("y, z.npy", ("--stat", "hz", "--no-mardia"))):
        invoke("test", name, *FAST, *options, "--csv", "out.csv")
        frames.append(pd.read_csv("out.csv"))
    found = pd.concat([frame.dropna(axis="columns", how="all") for frame in frames]).set_index(["file", "test"])
    assert found.loc[("y, z.npy", "hz"), "n"] == 20
    expected = stats.sliced_test(x, "ks", n_slices=4, n_resamples=19, rng=1)
    assert found.loc[("x.npy", "ks"), "statistic"] == pytest.approx(expected.statistic, rel=1e-12)
    assert found.loc[("x.npy", "ks"), "pvalue"] == expected.pvalue


def test_letters(invoke):
    """UTF-8, whatever the terminal's own encoding."""
    invoke("test", "x.npy", *FAST, "--stat", "cvm", "--csv", "out.csv")
    with open("out.csv", encoding="utf-8", newline="") as file:
        text = file.read()
    assert "Cramér-von Mises" in text
    assert "\r" not in text


@pytest.mark.skipif(os.name != "posix", reason="names of files are text elsewhere")
def test_name_that_is_no_text(invoke, x):
    name = os.fsdecode(b"\xff.npy")
    try:
        np.save(name, x)
    except OSError:
        pytest.skip("this file system wants names to be text")
    assert invoke("test", name, *FAST, "--csv", "out.csv").exit_code == 0
    with open("out.csv", "rb") as file:
        assert file.read().splitlines()[1].startswith(b"\xff.npy,40,3,")


def test_infinity_is_an_empty_cell(invoke):
    np.save("x.npy", np.full((4, 1), 1e200) * [[1], [-1], [2], [3]])
    (row,) = cells(invoke("test", "x.npy", "--stat", "w2", "--no-pvalue", "--no-mardia", "--csv", "-").stdout)
    assert row["statistic"] == ""
    assert row["pvalue"] == ""


class TestWholeOrNotAtAll:
    def test_an_old_file_stays_where_the_command_fails(self, invoke, save, folder):
        save("out.csv", "old")
        save("bad.npy", "no array")
        assert invoke("test", "bad.npy", "--csv", "out.csv").exit_code == 2
        assert (folder / "out.csv").read_text() == "old"
        assert {path.name for path in folder.iterdir()} == {"out.csv", "bad.npy", "x.npy"}

    def test_an_old_file_is_replaced_through_a_link(self, invoke, save, folder):
        save("real.csv", "old" * 10_000)
        os.symlink("real.csv", "link.csv")
        assert invoke("test", "x.npy", *FAST, "--csv", "link.csv").exit_code == 0
        assert len(cells((folder / "real.csv").read_text())) == 4
        assert os.path.islink("link.csv")

    @pytest.mark.skipif(not os.path.exists("/dev/null"), reason="needs a device")
    def test_device(self, invoke):
        assert invoke("test", "x.npy", *FAST, "--csv", "/dev/null").exit_code == 0
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
