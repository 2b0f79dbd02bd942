"""The study of the ways to a p-value: it runs, goes on where it was, and says what its numbers say."""

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_studies.calibration import __main__ as study
from slicednorm_studies.calibration import compared, fewer_rows, kept, reference, sequential

SMALL = {
    (sequential, "NULL_SAMPLES"): 12,
    (sequential, "SHAPES"): ((20, 2),),
    (reference, "TRUE"): 500,
    (kept, "TRUE"): 500,
    (kept, "LAWS"): 4,
    (kept, "LAW_SIZES"): (199,),
    (fewer_rows, "DIMS"): (2,),
    (fewer_rows, "EXACT"): {2_500: 20},
    (fewer_rows, "N_SLICES"): 4,
    (fewer_rows, "LEAST"): 60,
    (fewer_rows, "MANY"): 40,
    (fewer_rows, "FULL"): 999,
    (fewer_rows, "AT"): (2_500, 2),
    (compared, "SHAPES"): {(60, 2): 200},
    (compared, "CANDIDATES"): 3,
    (compared, "METHODS"): ("analytic", "sequential", "sequential"),
}


@pytest.fixture
def small(monkeypatch):
    for (module, name), value in SMALL.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(compared, "keep_laws", lambda *args: None)
    monkeypatch.setenv("SLICEDNORM_CACHE", "off")


@pytest.mark.slow
def test_the_page(small, tmp_path):
    options = ["--jobs", "1", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "page.md")]
    result = CliRunner().invoke(study.main, options)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for title in ("All ways", "As many replicates", "Kept laws", "The tail", "Laws of fewer rows"):
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
    found = fewer_rows._difference(other, exact, cvm, exact_of_cvm)
    assert found.error < 0.03
    assert found.shift == pytest.approx(0.05, abs=4 * found.error)
    plain = fewer_rows._difference(other, exact, other, exact_of_cvm)
    assert plain.error > 0.09
