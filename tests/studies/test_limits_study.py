"""The study of the limiting laws and the fitted tails: it runs, goes on where it was, and fails when a law does not."""

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats
from slicednorm_studies import limits as study

SMALL = {
    "SIZES": (13, 40),
    "DIMS": (1, 10),
    "POOLS": ((20, 2, 5_000, ("doornik_hansen", "mardia_skewness")), (12, 1, 4_000, ("henze_zirkler", "royston"))),
    "CASES": ((199, 1e-3), (199, 1e-4)),
    "DRAWS": 4,
}


@pytest.fixture
def small(monkeypatch):
    for name, value in SMALL.items():
        monkeypatch.setattr(study, name, value)


def run(tmp_path, *more):
    options = ["--samples", "500", "--jobs", "1", "--work", str(tmp_path / "work"), "--out", str(tmp_path / "page.md")]
    return CliRunner().invoke(study.main, [*options, *more])


def test_the_page(small, monkeypatch, tmp_path):
    result = run(tmp_path)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for law in study.LAWS:
        assert f"### {law.title}\n" in page
    assert "| doornik_hansen | composite | 20 × 2 |" in page
    assert "| doornik_hansen | standard |" not in page
    assert "| mardia_skewness | standard | 20 × 2 |" in page
    # What is there is not computed again.
    monkeypatch.setattr(study, "monte_carlo", None)
    assert run(tmp_path).output == result.output


def test_it_fails_where_a_law_is_said_to_hold_and_does_not(small, monkeypatch, tmp_path):
    monkeypatch.setattr(study, "law_holds", lambda *shape: True)
    result = run(tmp_path)
    assert result.exit_code == 1
    # Of 13 × 10 Henze-Zirkler's law rejects most.
    table = result.output.split("### Henze-Zirkler")[1].split("##")[0]
    (line,) = [line for line in table.splitlines() if line.startswith("| 13 |")]
    assert line.endswith("** out |")


def test_a_critical_value_is_the_laws():
    assert study.critical(stats.chi2(7).sf, 0.05) == pytest.approx(stats.chi2(7).isf(0.05))
    assert study.critical(lambda z: 2.0 * stats.norm.sf(z), 0.01) == pytest.approx(stats.norm.isf(0.005))


@pytest.mark.parametrize("law", study.LAWS, ids=lambda law: f"{law.title}")
def test_the_rejections_are_those_of_the_p_values(law):
    # Found by critical values; here by the law's p-value of every sample.
    n, dim, level = 30, 2, 0.05
    values = study.Draw(law.source, n, dim)(0, 400)
    expected = values[:, law.column]
    if law.pvalue is not None:
        expected = np.asarray([law.pvalue(float(value), n, dim) for value in expected])
    assert law.rejected(values, n, dim, level) == np.count_nonzero(expected <= level) > 0


def test_samples_are_fewer_where_they_are_dear():
    source = study.SOURCES["henze_zirkler"]
    assert source.samples(50, 4, 10_000) == 10_000
    assert source.samples(1_000, 4, 10_000) == 4_000
    assert source.samples(20_000, 4, 10_000) == 0
    assert source.samples(5, 4, 10_000) == 0  # the composite null has no such shape
    assert study.SOURCES["royston-0.5"].samples(5_001, 1, 100) == 0


def test_royston_is_measured_at_its_correlation():
    rows = np.concatenate([study.Draw("royston-0.9", 50, 3)(start, start + 50) for start in (0, 50)])
    assert rows.shape == (100, 1)
    assert ((rows > 0.0) & (rows <= 1.0)).all()


def test_the_tail_of_an_exponential_law_is_right():
    ordered = -np.log1p(-(np.arange(100_000) + 0.5) / 100_000)
    ratio, error = study.tail_error(ordered, 1e-4, 999, np.random.default_rng(0))
    assert 0.8 < ratio < 1.3
    assert error < 0.5
    # A law with a heavier tail than that: a p-value of 1e-4 seems to be far less.
    ratio, error = study.tail_error(np.exp(2.0 * ordered), 1e-4, 999, np.random.default_rng(0))
    assert ratio < 0.1
    assert error > 0.9
