"""The study of power by the number of directions."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from slicednorm_studies import slices


def test_it_counts_rejections_and_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "LAWS", ("exponential-in-1-rotated",))
    monkeypatch.setattr(slices, "SLICES", (16, 64))
    monkeypatch.setattr(slices, "STATISTICS", ("cvm", "w2"))
    monkeypatch.setattr(slices, "COUNT", 4)
    options = ["--work", str(tmp_path), "--jobs", "1"]
    first = CliRunner().invoke(slices.main, options, catch_exceptions=False)
    assert first.exit_code == 0
    assert "| alternative | `cvm`, 16 | `cvm`, 64 | `w2`, 16 | `w2`, 64 |" in first.stdout
    (row,) = (line for line in first.stdout.splitlines() if line.startswith("| exponential in one"))
    assert {cell.strip() for cell in row.split("|")[2:-1]} <= {"0", "25", "50", "75", "100"}
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(slices, "monte_carlo", None)  # what is kept is not computed again
    assert CliRunner().invoke(slices.main, options, catch_exceptions=False).stdout == first.stdout
