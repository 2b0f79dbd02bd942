"""The command on a page makes the same bytes again: whatever was given, and whatever is cached."""

import html
import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("seaborn", reason="a report needs the extra report")
pytest.importorskip("jinja2", reason="a report needs the extra report")

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def samples():
    rng = np.random.default_rng(4)
    for name in ("a", "b", "-dash"):
        np.save(f"{name}.npy", rng.standard_normal((12, 2)))
    frame = pd.DataFrame(rng.standard_normal((75, 2)), columns=["x, y", "z"])
    frame.insert(0, "kind", np.repeat(["one", "two", "three"], 25))
    frame.loc[3, "z"] = -99
    frame.to_csv("table.csv")


def again(invoke, *args):
    """Write a page, run the command on it, and return the words of that command."""
    result = invoke("report", *args)
    assert result.exit_code == 0, result.output
    path = args[args.index("-o") + 1]
    first = Path(path).read_bytes()
    (command,) = re.findall(r"<code>(.*)</code>", first.decode())
    words = shlex.split(html.unescape(command))
    assert words[:2] == ["slicednorm", "report"]
    repeated = invoke(words[1], "--jobs", "1", *words[2:])
    assert repeated.exit_code == 0, repeated.output
    assert Path(path).read_bytes() == first
    return words


QUICK = ("--slices", "4", "--resamples", "39", "-o", "page.html")


@pytest.mark.parametrize(
    "args",
    [
        (
            "a.npy",
            "b.npy",
            "--jobs",
            "2",
            "--seed",
            "7",
            "--force",
            "--stat",
            "ks",
            "--stat",
            "scwae",
            "--alpha",
            "0.1",
            "--aggregate",
            "max",
        ),
        ("table.csv", "--columns", '"x, y",z', "--na-values", "-99", "--nan-policy", "omit", "--null", "composite"),
        ("table.csv", "--by", "kind", "--null", "composite", "--na-values=-99", "--nan-policy", "omit"),
        ("--index", "none", *QUICK, "--", "-dash.npy"),
    ],
)
def test_whatever_was_given(invoke, args):
    words = again(invoke, *(args if "-o" in args else (*args, *QUICK)))
    assert "--jobs" not in words
    assert ("--by" in words) == ("--by" in args)


@pytest.mark.parametrize("method", ["auto", "cached"])
def test_whatever_is_cached(invoke, monkeypatch, limits, method):
    limits(least_law=99, full_law=199, most_resamples=299)
    tests = ["--stat", "dh", "--stat", "omnibus", "--null", "composite", "--slices", "4"]
    args = ["table.csv", "--by", "kind", "--na-values", "-99", "--nan-policy", "omit", *tests, "--method", method]
    pages = set()
    for folder, computed in (("none", 0), ("few", 99), ("many", 399), ("off", 0)):
        monkeypatch.setenv("SLICEDNORM_CACHE", folder)
        if computed:
            for dim in ("1", "2"):  # of its columns as well
                shape = ["--n", "25", "--dim", dim, "--dtype", "float64", *tests, "--stat", "mardia"]
                assert invoke("calibrate", *shape, "--resamples", computed).exit_code == 0
        assert invoke("report", *args, "--seed", "3", "-o", "page.html", "--force").exit_code == 0
        pages.add(Path("page.html").read_bytes())
    assert len(pages) == 1
