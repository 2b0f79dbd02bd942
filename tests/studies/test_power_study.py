"""The study of power: its alternatives are what they are called, it counts and resumes, its page is of its table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from slicednorm_studies.power import evaluation, grid, report
from slicednorm_studies.power.__main__ import main
from slicednorm_studies.power.alternatives import ALTERNATIVES, NORMAL, Alternative
from slicednorm_studies.power.evaluation import NAMES, OMNIBUS

from slicednorm.stats import omnibus_test
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated

RESULTS = Path(__file__).parents[2] / "docs" / "results"
BY_NAME = {law.name: law for law in (NORMAL, *ALTERNATIVES)}


def many(name: str, dim: int = 3, count: int = 40_000) -> np.ndarray:
    return BY_NAME[name].draw(np.random.default_rng(1), (1, count, dim))[0]


class TestAlternatives:
    def test_there_are_enough_and_half_are_dependent(self) -> None:
        assert len(BY_NAME) == len(ALTERNATIVES) + 1 >= 15
        assert 2 * sum(law.dependent for law in ALTERNATIVES) >= len(ALTERNATIVES)

    @pytest.mark.parametrize("law", BY_NAME.values(), ids=lambda law: law.name)
    @pytest.mark.parametrize("dim", [2, 5])
    def test_samples(self, law: Alternative, dim: int) -> None:
        x = law.draw(np.random.default_rng(0), (4, 60, dim))
        assert x.shape == (4, 60, dim)
        assert x.dtype == np.float64
        assert np.isfinite(x).all()
        assert np.linalg.matrix_rank(x - x.mean(axis=1, keepdims=True)).tolist() == [dim] * 4
        assert len(np.unique(x[:, 0, 0])) == 4
        np.testing.assert_array_equal(x, law.draw(np.random.default_rng(0), (4, 60, dim)))

    @pytest.mark.parametrize("name", ["khintchine", "common-sign", "clayton", "two-correlations"])
    def test_normal_coordinates(self, name: str) -> None:
        for column in many(name).T:
            assert stats.kstest(column, "norm").pvalue > 1e-3

    def test_margins(self) -> None:
        for column in many("gamma-margins").T:
            assert stats.kstest(column, "chi2", args=(5,)).pvalue > 1e-3
        for column in many("t5").T:
            assert stats.kstest(column, "t", args=(5,)).pvalue > 1e-3
        along = many("skew-normal").sum(axis=1) / np.sqrt(3.0)
        assert stats.kstest(along, "skewnorm", args=(0.99 / np.sqrt(1 - 0.99**2),)).pvalue > 1e-3

    def test_lengths(self) -> None:
        lengths = np.linalg.norm(many("ball"), axis=1)
        assert stats.kstest(lengths**3, "uniform").pvalue > 1e-3
        assert abs(np.linalg.norm(many("shell"), axis=1).std() - 0.4) < 0.01

    def test_mixtures(self) -> None:
        apart = many("two-centres") @ np.full(3, 1 / np.sqrt(3.0))
        assert apart.var() == pytest.approx(1 + 4.0, rel=0.05)
        correlations = many("two-correlations")
        signs = np.sign(correlations[:, 0] * correlations[:, 1])
        assert abs(np.corrcoef(correlations[:, 0], correlations[:, 1])[0, 1]) < 0.03
        assert abs(signs.mean()) < 0.03
        assert stats.kurtosis(correlations[:, 0] + correlations[:, 1]) > 0.5


class TestEvaluation:
    X = np.random.default_rng(3).standard_normal((6, 30, 3))

    def test_members_are_those_of_the_omnibus(self) -> None:
        found = evaluation.statistics(self.X)
        assert found.shape == (6, len(NAMES))
        rows = Rows(self.X, np.dtype(np.float64))
        members = members_for(30, 3, "composite")
        theirs = member_statistics(rows, estimated(rows), "composite", evaluation.directions_for(3))
        columns = [NAMES.index(member.name) for member in members]
        np.testing.assert_allclose(found[:, columns], theirs, rtol=1e-12)

    @pytest.mark.slow
    def test_rejections_are_those_of_the_test(self) -> None:
        """With the null samples as replicates the omnibus of the study is that of the package, but for one in 200."""
        rng = np.random.default_rng(0)
        null = evaluation.statistics(rng.standard_normal((200, 30, 3)))
        x = rng.standard_t(4, size=(16, 30, 3))
        ours = [evaluation.rejections(evaluation.statistics(item[None]), null, (30, 3))[OMNIBUS] for item in x]
        theirs = [omnibus_test(item, null="composite", n_resamples=199, rng=1).pvalue for item in x]
        unclear = sum(0.015 < p < 0.1 for p in theirs)
        assert abs(sum(ours) - sum(p <= 0.05 for p in theirs)) <= unclear
        assert 3 < sum(ours) < 16

    def test_size_is_the_level_on_the_null_samples_themselves(self) -> None:
        null = evaluation.statistics(np.random.default_rng(0).standard_normal((400, 12, 2)))
        counts = evaluation.rejections(null, null, (12, 2))
        assert set(counts) == {*NAMES, OMNIBUS}
        assert all(18 <= count <= 20 for name, count in counts.items() if name != OMNIBUS)
        assert 14 <= counts[OMNIBUS] <= 20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid, "ALTERNATIVES", ALTERNATIVES[:2])
    monkeypatch.setattr(report, "ALTERNATIVES", ALTERNATIVES[:2])
    for module in (grid, report):
        monkeypatch.setattr(module, "SHAPES", ((12, 2), (16, 3)))


def arguments(out: Path, samples: int = 20) -> list[str]:
    sizes = ["--samples", str(samples), "--normal-samples", "60", "--null-samples", "60"]
    return [*sizes, "--jobs", "1", "--work", str(out / "work"), "--out", str(out)]


@pytest.mark.usefixtures("small")
class TestCommand:
    @pytest.mark.slow
    def test_it_runs_and_resumes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("seaborn", reason="seaborn is part of the extra plot")
        first = CliRunner().invoke(main, arguments(tmp_path), catch_exceptions=False)
        assert first.exit_code == 0
        table, keys = pd.read_csv(tmp_path / "power.csv"), ["n", "alternative", "test"]
        assert len(table) == 2 * 3 * (len(NAMES) + 1)
        assert (table["low"] <= table["power"]).all()
        assert (table["power"] <= table["high"]).all()
        assert (tmp_path / "power.png").stat().st_size > 10_000
        text = (tmp_path / "power.md").read_text(encoding="utf-8")
        assert "ahead of the best single test" in text
        before = table.sort_values(keys, ignore_index=True)
        # What is missing is computed again, and is what it was, in whatever order it comes.
        table[(table["alternative"] != "t3") | (table["n"] != 12)].to_csv(tmp_path / "power.csv", index=False)
        drawn: list[str] = []
        draw = grid.draw
        monkeypatch.setattr(grid, "draw", lambda law, *rest: drawn.append(law.name) or draw(law, *rest))
        again = CliRunner().invoke(main, arguments(tmp_path), catch_exceptions=False)
        assert again.exit_code == 0
        assert drawn == ["t3"]
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "power.csv").sort_values(keys, ignore_index=True), before)
        assert (tmp_path / "power.md").read_text(encoding="utf-8") == text
        # A table of another size is not mixed in.
        CliRunner().invoke(main, arguments(tmp_path, samples=10), catch_exceptions=False)
        assert sorted(drawn) == sorted(["t3", "t3", "t5", "t3", "t5"])

    def test_a_table_of_other_tests_is_not_kept(self, tmp_path: Path) -> None:
        """One test of another name leaves their number what it was."""
        size = grid.Size(20, 10, 10)
        grid.run(tmp_path / "power.csv", size, 1, tmp_path, lambda line: None)
        table = pd.read_csv(tmp_path / "power.csv")
        assert len(grid._kept(tmp_path / "power.csv", size)) == len(table)
        here = (table["n"] == 12) & (table["alternative"] == "t5") & (table["test"] == NAMES[0])
        table.loc[here, "test"] = "mardia"
        table.to_csv(tmp_path / "power.csv", index=False)
        kept = grid._kept(tmp_path / "power.csv", size)
        assert len(kept) == len(table) - len(NAMES) - 1
        assert not ((kept["n"] == 12) & (kept["alternative"] == "t5")).any()

    def test_an_omnibus_that_loses_nowhere_has_a_page(self, tmp_path: Path) -> None:
        size = grid.Size(20, 10, 10)
        table = grid.run(tmp_path / "power.csv", size, 1, tmp_path, lambda line: None)
        table["power"] = 1.0
        assert "It loses most to a single test, 0.0 points" in report.page(table, size).replace("-0.0", "0.0")

    def test_seeds_do_not_depend_on_the_order_or_the_jobs(self) -> None:
        law = ALTERNATIVES[0]
        whole = grid.draw(law, "power", (12, 2), 120, 1)
        np.testing.assert_array_equal(grid.draw(law, "power", (12, 2), 50, 1), whole[:50])
        assert not np.array_equal(grid.draw(law, "null", (12, 2), 50, 1), whole[:50])


class TestWhatIsPublished:
    TABLE = pd.read_csv(RESULTS / "power.csv")

    @pytest.mark.parametrize("shape", grid.SHAPES, ids=str)
    def test_the_omnibus_is_ahead(self, shape: tuple[int, int]) -> None:
        powers = report._powers(self.TABLE, shape)
        assert not powers.isna().any(axis=None)
        ahead, _ = report.lead(powers)
        assert ahead >= 3.0

    def test_the_page_is_that_of_the_table(self) -> None:
        sizes = self.TABLE.groupby(self.TABLE["alternative"] == "normal")["samples"].max()
        size = grid.Size(int(self.TABLE["null_samples"].max()), int(sizes[False]), int(sizes[True]))
        assert size.samples >= 1000
        ours = report.page(self.TABLE, size).splitlines()
        published = (RESULTS / "power.md").read_text(encoding="utf-8").splitlines()
        versions = {i for i, line in enumerate(published) if line.startswith("slicednorm ")}
        assert [line for i, line in enumerate(ours) if i not in versions] == [
            line for i, line in enumerate(published) if i not in versions
        ]

    @pytest.mark.parametrize("shape", grid.SHAPES, ids=str)
    def test_its_size(self, shape: tuple[int, int]) -> None:
        table = self.TABLE[(self.TABLE["alternative"] == "normal") & (self.TABLE["test"] == OMNIBUS)]
        (row,) = table[(table["n"] == shape[0]) & (table["dim"] == shape[1])].itertuples()
        low, high = stats.binom.interval(0.999, row.samples, 0.05)
        assert low <= row.rejections <= high
