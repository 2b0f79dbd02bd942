"""The documentation's pages: they build without a warning, load nothing from elsewhere, and fit a phone."""

import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
# The front page, formulas, a signature, and a table that is wider than a phone.
VISITED = (
    "index.html",
    "method.html",
    "reference/generated/slicednorm.stats.cramer_wold.html",
    "results/benchmarks.html",
)
# By which attributes an element makes a browser load something at once.
LOADING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "link": "href"}
# What a link of these kinds names is not loaded.
NAMING = {"canonical", "index", "search", "next", "prev", "author", "copyright"}


class _Loaded(HTMLParser):
    """Collects what a page loads."""

    def __init__(self):
        super().__init__()
        self.urls = []
        self.formulas = 0

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.formulas += tag == "math"
        if tag == "link" and found.get("rel") in NAMING:
            return
        if url := found.get(LOADING.get(tag)):
            self.urls.append(url)


def loaded(page):
    parser = _Loaded()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the built pages; what the build writes beside its sources goes into a copy of them."""
    for module in ("sphinx", "furo", "myst_nb", "sphinx_click", "numpydoc", "latex2mathml"):
        pytest.importorskip(module, reason="the documentation needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    docs, pages = folder / "docs", folder / "pages"
    shutil.copytree(ROOT / "docs", docs, ignore=shutil.ignore_patterns("generated", "__pycache__"))
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", str(docs), str(pages)]
    # Outside the network, as far as a test can see to it: what is fetched nevertheless fails, and is a warning.
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:1")
    built = subprocess.run(command, env=os.environ | nowhere, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    return pages


def test_pages_load_nothing_from_elsewhere(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 60
    for page in pages:
        elsewhere = [url for url in loaded(page).urls if "//" in url]
        assert elsewhere == [], page
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "url(http" not in text.replace('"', "").replace("'", "")
        assert "url(//" not in text.replace('"', "").replace("'", "")


def test_formulas_are_mathml(site):
    """A formula that the converter does not know would be a warning; one that no renderer sees stays LaTeX."""
    for name, least in {"method.html": 20, "reference/generated/slicednorm.stats.cramer_wold.html": 3}.items():
        assert loaded(site / name).formulas >= least
    for page in site.rglob("*.html"):
        assert r"\frac" not in page.read_text(encoding="utf-8"), page


def test_every_public_name_has_a_page(site):
    from slicednorm import directions, distances, stats

    for module in (stats, distances, directions):
        public = getattr(module, "__all__", ["random_directions", "as_directions"])
        for name in public:
            own = site / f"reference/generated/{module.__name__}.{name}.html"
            text = (site / f"reference/generated/{module.__name__}.html").read_text(encoding="utf-8")
            assert own.exists() or f'id="{module.__name__}.{name}"' in text, name


def test_losses_have_the_signatures_of_the_code(site):
    """Torch is mocked in the build, whose classes take anything."""
    text = (site / "reference/generated/slicednorm.torch.SlicedNormalityLoss.html").read_text(encoding="utf-8")
    assert "check_finite" in text.split("</dt>")[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_fit_and_are_complete_by_themselves(site, visit, width, scheme):
    for name in VISITED:
        seen = visit(site / name, width, scheme)
        assert seen.scroll_width <= seen.inner_width, name
        assert seen.console_errors == (), name
        assert seen.requests_elsewhere == (), name
