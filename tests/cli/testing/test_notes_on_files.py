"""What is said of a file reaches the table, the JSON, the page and other commands; options reach the readers."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.cli.notes import texts

FILE = "t.csv"
LINE = "The row numbers in column 0 are left out; --index none takes them as data."


@pytest.fixture(autouse=True)
def table(save, x):
    rows = "".join(f"{i};u{i};{a:.6f};{b:.6f};-99\n".replace(".", ",") for i, (a, b, _) in enumerate(x.tolist()))
    save(FILE, ";name;a;b;c\n" + rows)


OPTIONS = ("--decimal", ",", "--columns", "!c")


def test_table_and_json(invoke, test_json):
    shown = " ".join(invoke("test", FILE, *OPTIONS, "--no-pvalue").stdout.split())
    assert LINE in shown
    assert "Columns without numbers are left out: 'name' (text)." in shown
    found = test_json(FILE, *OPTIONS)
    assert texts(found)[:2] == [LINE, "Columns without numbers are left out: 'name' (text)."]
    assert (found["columns"], found["names"]) == ([2, 3], ["a", "b"])


def test_same_answer_as_without_what_is_left_out(test_json, x):
    np.save("x.npy", x[:, :2].round(6))
    assert test_json(FILE, *OPTIONS)["tests"] == test_json("x.npy")["tests"]


def test_options_reach_the_readers(test_json):
    assert test_json(FILE, "--decimal", ",", "--columns", "!name,!c", "--index", "none")["dim"] == 3
    # A column of codes alone is empty.
    found = test_json(FILE, "--decimal", ",", "--na-values", "-99")
    assert "Empty columns are left out: 'c'." in texts(found)


def test_standard_input(test_json):
    with open(FILE) as file:
        assert test_json("-", *OPTIONS, stdin=file.read())["names"] == ["a", "b"]


def test_notes_on_the_target(test_json, save):
    save("mu.csv", ";a;b\n0;0,5;0\n")
    found = test_json(FILE, *OPTIONS, "--mean", "mu.csv")
    assert f"mu.csv: {LINE}" in texts(found)


@pytest.mark.parametrize(("option", "value"), [("--na-values", ""), ("--na-values", "-99,,3"), ("--columns", "!")])
def test_empty_items(invoke, option, value):
    result = invoke("test", FILE, option, value)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert option in result.stderr


def test_calibrate_takes_the_same_shape(invoke, monkeypatch, tmp_path):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "cache"))
    from slicednorm import stats

    asked = []
    monkeypatch.setattr(stats, "prepare", lambda n, dim, *args, **options: asked.append((n, dim)) or {})
    result = invoke("calibrate", FILE, *OPTIONS)
    assert result.exit_code == 0
    assert asked == [(40, 2)]
    assert LINE in result.stderr


@pytest.mark.slow
def test_page_and_its_command(invoke):
    pytest.importorskip("seaborn", reason="a report needs the extra report")
    pytest.importorskip("jinja2", reason="a report needs the extra report")
    options = (
        *OPTIONS,
        "--header",
        "yes",
        "--index",
        "auto",
        "--na-values",
        '-77,"x,y"',
        "--slices",
        "8",
        "--resamples",
        "39",
    )
    assert invoke("report", FILE, "-o", "page.html", *options).exit_code == 0
    page = Path("page.html").read_text(encoding="utf-8")
    assert LINE in page
    (command,) = re.findall(r"<code>(.*)</code>", page)
    words = shlex.split(command.replace("&#39;", "'").replace("&#34;", '"'))
    for option, value in zip(options[::2], options[1::2], strict=True):
        assert words[words.index(option) + 1] == value
    assert invoke(*words[1:]).exit_code == 0
    assert Path("page.html").read_text(encoding="utf-8") == page
