"""The study of validity: what it counts, and that it fails when a test does not hold."""

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_studies import validity

SETTING = validity.Setting("composite", "float64", 12, 2)


def test_report_counts_cells_outside_their_interval():
    good = {"a": (np.arange(2000) + 1) / 2000}
    text, outside = validity.report({SETTING: good}, 2000, "command")
    assert outside == 0
    assert "1.00 / 5.00 / 10.00" in text
    text, outside = validity.report({SETTING: {"a": good["a"], "b": good["a"] ** 2}}, 2000, "command")
    assert outside == 3
    assert text.count("**out**") == 3


def test_composite_samples_are_not_standard():
    x = validity.null_sample(validity.Setting("composite", "float32", 500, 3), 1)
    assert x.dtype == np.float32
    assert not np.allclose(np.cov(x.T), np.eye(3), atol=0.5)


@pytest.mark.parametrize("broken", [False, True])
def test_the_command_runs_and_judges(monkeypatch, tmp_path, broken):
    monkeypatch.setattr(validity, "settings", lambda: iter([SETTING]))
    monkeypatch.setattr(validity, "N_SLICES", 3)
    if broken:
        monkeypatch.setattr(validity, "pvalues", lambda setting, seed: {"a": 0.001})
    out = tmp_path / "page.md"
    arguments = ["--samples", "40", "--jobs", "1", "--work", str(tmp_path / "work"), "--out", str(out)]
    result = CliRunner().invoke(validity.main, arguments)
    assert result.exit_code == int(broken), result.output
    # A second run finds everything done, and says the same.
    monkeypatch.setattr(validity, "run", None)
    assert CliRunner().invoke(validity.main, arguments).output == result.output
    assert "Composite null" in out.read_text(encoding="utf-8")
