"""What is to be cited is said once, in CITATION.cff: the package holds it, and README repeats what is made of it."""

from pathlib import Path

import pytest
import yaml

import slicednorm
from slicednorm import paper

ROOT = Path(__file__).parents[2]
of_sources = pytest.mark.skipif(not (ROOT / "slicednorm").exists(), reason="the sources are not beside the tests")


def test_the_entries_are_what_the_file_says():
    said = yaml.safe_load(paper.citation("cff"))
    software, article = paper.citation("bibtex").split("\n\n")
    assert f"{{{{{said['title']}}}}}" in software
    assert f"version       = {{{slicednorm.__version__}}}" in software
    assert "{{The slicednorm developers}}" in software
    (work,) = said["references"]
    for author in work["authors"]:
        assert f"{author['family-names']}, {author['given-names']}" in article
        assert f"{author['given-names']} {author['family-names']}" in paper.citation("text")
    assert "eprint        = {1901.10417}" in article
    assert article.startswith("@misc{knop2019,")


@of_sources
def test_the_package_holds_the_file_at_the_top():
    assert paper.citation("cff") + "\n" == (ROOT / "CITATION.cff").read_text(encoding="utf-8")


@of_sources
def test_readme_repeats_the_entries():
    assert f"```bibtex\n{paper.citation()}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_an_unknown_style():
    with pytest.raises(ValueError, match="'bibtex', 'text', 'cff', got 'ris'"):
        paper.citation("ris")
