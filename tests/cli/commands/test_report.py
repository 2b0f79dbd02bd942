"""`slicednorm report`: one file that holds everything, says what was found, and is made again by its own command."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("seaborn", reason="a report needs the extra report")
pytest.importorskip("jinja2", reason="a report needs the extra report")

pytestmark = pytest.mark.slow

QUICK = ("--slices", "8", "--resamples", "99", "--seed", "0")


@pytest.fixture
def normal():
    np.save("normal.npy", np.random.default_rng(0).standard_normal((60, 3)))
    return "normal.npy"


@pytest.fixture
def skewed():
    np.save("skewed.npy", np.random.default_rng(1).exponential(size=(120, 3)) - 1.0)
    return "skewed.npy"


class Page(HTMLParser):
    """The parts of a page that tests ask about."""

    def __init__(self, path):
        super().__init__()
        self.source = Path(path).read_text(encoding="utf-8")
        self.tags, self.pictures, self.text, self.open = [], [], "", []
        self.feed(self.source)
        assert self.open == [], "unclosed elements"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def svg(self, index):
        kind, _, body = self.pictures[index]["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        return base64.b64decode(body).decode()


def report(invoke, *args):
    result = invoke("report", *args, *QUICK)
    assert result.exit_code == 0, result.output
    return result


def test_a_page_holds_everything(invoke, skewed):
    result = report(invoke, skewed, "-o", "page.html")
    assert "told apart" in result.stdout
    page = Page("page.html")
    assert Path("page.html").stat().st_size < 2_000_000
    assert not [tag for tag, _ in page.tags if tag in ("script", "iframe", "object")]
    links = [value for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "href")]
    assert links
    assert all(link.startswith("data:") for link in links)
    assert "url(" not in page.source
    assert "@import" not in page.source
    assert len(page.pictures) == 6
    assert all(len(picture["alt"]) > 40 for picture in page.pictures)
    told = ("Not N(0, I)", "From about", "Cramér-von Mises", "Rows that stand out", "X ~ N(0, I)", "seed 0")
    for words in told:
        assert words in page.text, words


def test_pictures_follow_the_colour_scheme_and_load_nothing(invoke, skewed):
    report(invoke, skewed, "-o", "page.html")
    page = Page("page.html")
    for index in range(len(page.pictures)):
        svg = page.svg(index)
        assert "prefers-color-scheme:dark" in svg
        assert "var(--ink)" in svg
        assert "#010203" not in svg
        assert "<script" not in svg
        assert not re.search(r'href="(?!#)', svg)


def test_a_normal_sample(invoke, normal):
    report(invoke, normal, "-o", "page.html", "--null", "composite")
    text = Page("page.html").text
    assert "Normality not rejected" in text
    assert "rows on" not in text


def test_two_samples_beside_each_other(invoke, normal, skewed):
    report(invoke, normal, skewed, "-o", "page.html")
    page = Page("page.html")
    assert len(page.pictures) == 12
    assert "Are normal.npy and skewed.npy standard normal, N(0, I)?" in page.text
    assert "skewed.npy is told apart from N(0, I), and normal.npy is not." in page.text
    assert "4 tests of both samples" in page.text
    np.save("more.npy", np.random.default_rng(1).exponential(size=(120, 3)) ** 3)
    x = np.random.default_rng(1).standard_normal((400, 3))
    np.save("shifted.npy", x + 0.3)
    report(invoke, "more.npy", "shifted.npy", "-o", "page.html", "--force")
    assert "shifted.npy is nearer to N(0, I): it takes" in Page("page.html").text
    np.save("again.npy", np.random.default_rng(2).exponential(size=(120, 3)) - 1.0)
    report(invoke, skewed, "again.npy", "-o", "page.html", "--force")
    assert "Both are about as far from N(0, I)" in Page("page.html").text


def test_without_a_sliced_test(invoke, skewed):
    report(invoke, skewed, "-o", "page.html", "--stat", "hz", "--null", "composite")
    page = Page("page.html")
    assert "Henze-Zirkler" in page.text
    assert "Not normal" in page.text
    assert "From about" in page.text or "At most" in page.text  # by a sliced test of its own
    assert len(page.pictures) == 7


def test_a_column_twice(invoke):
    x = np.random.default_rng(0).standard_normal((60, 4))
    x[:, 3] = x[:, 0]
    np.save("x.npy", x)
    report(invoke, "x.npy", "-o", "page.html")


def test_replicates_that_no_level_is_reached_by(invoke, skewed):
    report(invoke, skewed, "-o", "page.html", "--alpha", "0.001")
    text = Page("page.html").text
    assert "No answer at this level" in text
    assert "use --resamples 2000 or more" in text


@pytest.mark.parametrize("name", ["<b>&amp;</b>", "$\\alpha", "$$", "größe", "身長", "a" * 200])
def test_names_are_names(invoke, name):
    x = np.random.default_rng(1).exponential(size=(60, 2))
    Path("table.csv").write_text(f"{name},y\n" + "\n".join(f"{a},{b}" for a, b in x), encoding="utf-8")
    report(invoke, "table.csv", "-o", "page.html")
    page = Page("page.html")
    assert name in page.text
    assert "b" not in [tag for tag, _ in page.tags]


def test_one_column_and_few_rows(invoke):
    for shape in ((20, 1), (3, 2), (4, 200)):
        np.save("x.npy", np.random.default_rng(0).standard_normal(shape))
        report(invoke, "x.npy", "-o", "page.html", "--force")


def test_values_that_overflow(invoke):
    x = np.random.default_rng(0).standard_normal((40, 2))
    x[0] = 1e300
    np.save("x.npy", x)
    refused = invoke("report", "x.npy", "-o", "page.html", "--stat", "w2", *QUICK)
    assert refused.exit_code == 2
    assert "w2 of x of shape (40, 2) overflows float64: the largest value, 1e+300, is at row 0" in refused.stderr
    report(invoke, "x.npy", "-o", "page.html")
    assert "Mardia is left out: " in Path("page.html").read_text(encoding="utf-8")
    np.save("x.npy", x[1:] * 1e200)
    report(invoke, "x.npy", "-o", "page.html", "--force")


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (("normal.npy",), ["--out"]),
        (("-o", "page.html"), ["PATH"]),
        (("nothing.npy", "-o", "page.html"), ["nothing.npy"]),
        (("normal.npy", "-o", "there.html"), ["there.html", "exists", "--force"]),
        (("normal.npy", "-o", "folder.html"), ["folder.html", "is a directory"]),
        (("normal.npy", "-o", "folder/run.json", "--force"), ["run.json", ".html"]),
        (("normal.npy", "-o", "-"), ["'-'", ".html"]),
        (("normal.npy", "-o", ""), [".html"]),
        (("normal.npy", "-o", "none/page.html"), ["none/page.html", "cannot be written"]),
        (("normal.npy", "-o", "normal.npy", "--force"), ["normal.npy", ".html"]),
        (("normal.npy", "normal.npy", "normal.npy", "-o", "page.html"), ["3 samples", "two"]),
        (("folder", "-o", "page.html"), ["folder"]),
        (("normal.npy", "-o", "page.html", "--null", "composite", "--mean", "m.npy"), ["--null standard"]),
        (("bad.csv", "-o", "page.html"), ["bad.csv"]),
        (("normal.npy", "bad.csv", "-o", "page.html"), ["bad.csv"]),
    ],
)
def test_what_cannot_be_done(invoke, normal, args, parts):
    Path("folder").mkdir()
    Path("folder.html").mkdir()
    Path("folder/run.json").write_text("precious")
    Path("there.html").write_text("precious")
    Path("bad.csv").write_text("1,2\n3\n")
    before = sorted(Path().rglob("*"))
    result = invoke("report", *args, *QUICK)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.output
    for part in parts:
        assert part in result.stderr
    assert sorted(Path().rglob("*")) == before
    assert [Path(name).read_text() for name in ("there.html", "folder/run.json")] == ["precious"] * 2


def test_force_replaces_only_with_a_whole_page(invoke, normal):
    Path("page.html").write_text("old")
    assert invoke("report", "nothing.npy", "-o", "page.html", "--force").exit_code == 2
    assert Path("page.html").read_text() == "old"
    report(invoke, normal, "-o", "page.html", "--force")
    assert Path("page.html").read_text().startswith("<!doctype html>")


def test_without_its_extra(invoke, normal, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "jinja2", None)
    for name in [name for name in sys.modules if name.startswith("slicednorm_cli.page")]:
        monkeypatch.delitem(sys.modules, name)
    result = invoke("report", normal, "-o", "page.html", *QUICK)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "slicednorm[report]" in result.stderr


def test_a_model_without_torch(invoke, monkeypatch):
    """A folder that is no run as well: what it is cannot be told without torch."""
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("slicednorm_studies.autoencoders.")]:
        monkeypatch.delitem(sys.modules, name)
    Path("folder").mkdir()
    result = invoke("report", "folder", "-o", "page.html", *QUICK)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "folder: a report of a trained model needs torch; pip install 'slicednorm[train]'" in result.stderr
