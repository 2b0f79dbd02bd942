"""The study of the ways to a p-value: it runs, goes on where it was, and says what its numbers say."""

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_studies import calibration as study

SMALL = {
    "NULL_SAMPLES": 60,
    "SHAPES": ((20, 2),),
    "TRUE": 4_000,
    "LAWS": 4,
    "LAW_SIZES": (199,),
    "DIMS": (2,),
    "EXACT": {2_500: 20},
    "N_SLICES": 4,
    "LEAST": 60,
}


@pytest.fixture
def small(monkeypatch):
    for name, value in SMALL.items():
        monkeypatch.setattr(study, name, value)
    monkeypatch.setenv("SLICEDNORM_CACHE", "off")


@pytest.mark.slow
def test_the_page(small, tmp_path):
    options = ["--jobs", "1", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "page.md")]
    result = CliRunner().invoke(study.main, options)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for title in ("As many replicates", "Kept laws", "The tail", "Laws of fewer rows"):
        assert f"## {title}" in page
    assert "| max sw |" in page
    # What is there is not computed again.
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()}
    again = CliRunner().invoke(study.main, options)
    assert again.exit_code == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "work").iterdir()} == times


def test_a_shift_is_found_beyond_the_luck_of_the_replicates():
    rng = np.random.default_rng(0)
    # Two statistics that share most of their noise, and a hundred exact replicates.
    shared, own = rng.standard_normal((2, 20_000))
    cvm, other = shared, shared + 0.1 * own
    exact_of_cvm = rng.standard_normal(100)
    exact = exact_of_cvm + 0.1 * rng.standard_normal(100) + 0.05
    found = study._difference(other, exact, cvm, exact_of_cvm)
    assert found.error < 0.03
    assert found.shift == pytest.approx(0.05, abs=4 * found.error)
    plain = study._difference(other, exact, other, exact_of_cvm)
    assert plain.error > 0.09
