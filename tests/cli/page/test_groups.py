"""A page of groups: verdicts over all of them, and what is left out is said."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("seaborn", reason="a report needs the extra report")
pytest.importorskip("jinja2", reason="a report needs the extra report")

pytestmark = pytest.mark.slow

OPTIONS = (
    "--by",
    "kind",
    "--null",
    "composite",
    "--resamples",
    "399",
    "--seed",
    "3",
    "--stat",
    "hz",
    "-o",
    "page.html",
)


def frame(groups):
    parts = [pd.DataFrame(x, columns=["width", "length"]).assign(kind=name) for name, x in groups.items()]
    return pd.concat(parts, ignore_index=True)


def text(path="page.html"):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", Path(path).read_text(encoding="utf-8")))


def test_what_it_says(invoke, test_json):
    rng = np.random.default_rng(1)
    skewed, outlying = rng.exponential(size=(50, 2)), rng.standard_normal((40, 2))
    outlying[5] = 9.0
    data = frame({"skewed": skewed, "outlying": outlying, "plain": rng.standard_normal((35, 2)), "few": skewed[:2]})
    data.to_csv("data.csv", index=False)
    result = invoke("report", "data.csv", *OPTIONS)
    assert result.exit_code == 0, result.output
    page = text()
    assert "Are the groups of data.csv by &#39;kind&#39; normal?" in page
    assert "Not normal: outlying, skewed" in page
    assert "few: the composite null needs more than D + 1 rows" in page
    # Rows are called by their places in the file.
    assert "outlying: Row 55 (from 0) stands out" in page
    assert "adjusted by Holm" in page
    assert Path("page.html").read_text().count("<img") == 3
    found = test_json("data.csv", *OPTIONS[:-2])
    for group in found["groups"]:
        for row in group["tests"]:
            verdict = "reject" if row["reject"] else "not rejected"
            assert re.search(rf"{group['group']} {group['n']} hz [^a-z]*{row['holm']:.3g} {verdict}", page)
    assert found["conclusion"].split(".")[0] in result.stdout


def test_one_group_is_rejected_only_together(invoke):
    """Adjusted over the groups nothing rejects, and no part of the page says otherwise."""
    rng = np.random.default_rng(8)
    groups = {f"g{index:02d}": rng.standard_normal((20, 2)) for index in range(14)}
    groups["g03"][0] = 3.2
    frame(groups).to_csv("data.csv", index=False)
    assert invoke("report", "data.csv", *OPTIONS).exit_code == 0
    page = text()
    plain = [float(p) for p in re.findall(r"hz \d\S* ([\d.]+)", page)]
    assert min(plain) < 0.05
    assert "Normality not rejected in any group" in page
    assert "verdict rejected" not in Path("page.html").read_text()
    assert page.count(" reject ") == 0
    # Many groups: only some are drawn, and the page says so.
    assert "Of 14 groups the 12 with the smallest p-values are drawn" in page
    assert Path("page.html").read_text().count("<img") == 12


def test_too_few_replicates_for_so_many_groups(invoke):
    rng = np.random.default_rng(8)
    frame({f"g{index}": rng.exponential(size=(20, 2)) for index in range(4)}).to_csv("data.csv", index=False)
    assert invoke("report", "data.csv", *OPTIONS, "--resamples", "39").exit_code == 0
    page = text()
    assert "No answer at this level" in page
    assert "all groups: M = 39 is too small for a Holm-adjusted p-value of 4 tests to reach 0.05" in page


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("data.csv", "data.csv"), "leave out the second"),
        ((".",), "a trained model has none"),
        (("data.csv", "--within", "kind"), "leave out --within"),
    ],
)
def test_what_is_refused(invoke, args, message):
    result = invoke("report", *args, "--by", "kind", "--null", "composite", "-o", "page.html")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert message in result.stderr
