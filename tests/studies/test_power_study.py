"""The study of power counts as the tests do, resumes where it stopped, and its page is that of its table."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats
from slicednorm_studies.power import evaluation, figure, grid, report
from slicednorm_studies.power.__main__ import main
from slicednorm_studies.power.alternatives import ALTERNATIVES, AS_THEY_ARE, LOCATION_SCALE, NORMAL, REPORTED, half
from slicednorm_studies.power.evaluation import (
    COMBINED,
    OMNIBUS,
    SINGLE,
    columns_for,
    combined_pvalues,
    rejections,
    statistics,
)
from slicednorm_studies.power.grid import FURTHER, HEADLINE, SETTINGS, STANDARD, Setting, Size
from slicednorm_studies.power.tables import lead, losses, powers

from slicednorm.stats import energy, mardia, omnibus_test, sliced_statistic
from slicednorm.stats._hypotests.combined import combine
from slicednorm.stats._hypotests.combined.member import Member
from slicednorm.stats._hypotests.omnibus.members import member_statistics, members_for
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated

RESULTS = Path(__file__).parents[2] / "docs" / "results"
BY_NAME = {law.name: law for law in ALTERNATIVES}


class TestEvaluation:
    X = np.random.default_rng(3).standard_normal((6, 30, 3))

    @pytest.mark.parametrize("null", ["composite", "standard"])
    def test_members_come_first_and_are_those_of_the_omnibus(self, null: str) -> None:
        found, columns = statistics(self.X, null), columns_for(30, 3, null)
        assert found.shape == (6, len(columns.names))
        members = members_for(30, 3, null)
        assert columns.names[: len(members)] == tuple(member.name for member in members)
        rows = Rows(self.X, np.dtype(np.float64))
        whitening = estimated(rows) if null == "composite" else None
        theirs = member_statistics(rows, whitening, null, evaluation.directions_for(3))
        np.testing.assert_allclose(found[:, : len(members)], theirs, rtol=1e-12)

    @pytest.mark.parametrize("null", ["composite", "standard"])
    def test_single_tests_are_those_of_the_package(self, null: str) -> None:
        found = pd.DataFrame(statistics(self.X, null), columns=columns_for(30, 3, null).names)
        directions = evaluation.directions_for(3)
        for index, x in enumerate(self.X):
            ours = found.loc[index]
            assert ours["energy"] == pytest.approx(energy(x, null=null, method=None).statistic, rel=1e-9)
            measures = mardia(x, null=null, method=None)
            assert ours["mardia_skewness"] == pytest.approx(measures.skewness, rel=1e-9)
            assert ours["mardia_kurtosis"] == pytest.approx(measures.kurtosis, rel=1e-9)
            for aggregate in ("mean", "max"):
                value = sliced_statistic(x, "cvm", null=null, directions=directions, aggregate=aggregate)
                assert ours[f"cvm_{aggregate}"] == pytest.approx(value, rel=1e-9)

    def test_what_is_computed(self) -> None:
        """All single tests at the shapes of the headlines; what is too slow is not computed at larger ones."""
        everything = tuple(test.name for test in SINGLE)
        for setting in HEADLINE:
            assert tuple(test.name for test in setting.columns.single) == everything
        large = columns_for(2_000, 10, "composite")
        assert {"cw_mean", "ad_max", "ep_mean", "energy", "bhep"}.isdisjoint(large.names)
        assert {"w2_mean", "ks_max", "mardia_skewness", "cramer_wold"} <= {*large.names}
        # Some have no standard null.
        assert {"royston", "doornik_hansen"}.isdisjoint(columns_for(50, 5, "standard").names)
        for setting in SETTINGS:
            assert len({*setting.columns.names}) == len(setting.columns.names)

    def test_pvalues_of_several_judged_as_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """By ranks alone, without their tail."""
        monkeypatch.setattr(combine, "_TAIL", 1)
        rng = np.random.default_rng(0)
        found, null = rng.standard_normal((9, 2)), rng.standard_normal((40, 2))
        members = (Member("one", "one", weight=0.5), Member("other", "other", weight_below=2.0))

        def mean(x: np.ndarray) -> float:
            one, above, below = (
                (1 + np.sum(sign * null[:, j] >= sign * x[j])) / 41 for j, sign in ((0, 1), (1, 1), (1, -1))
            )
            return 1.0 / (0.5 / one + 1.0 / above + 2.0 / below)

        expected = [np.mean([mean(other) <= mean(x) * (1 + 1e-12) for other in null]) for x in found]
        np.testing.assert_allclose(combined_pvalues(found, null, members), expected)

    @pytest.mark.slow
    def test_rejections_are_those_of_the_test(self) -> None:
        """With the null samples as replicates the omnibus of the study is that of the package, but for one in 200."""
        rng = np.random.default_rng(0)
        null, columns = statistics(rng.standard_normal((200, 30, 3)), "composite"), columns_for(30, 3, "composite")
        x = rng.standard_t(4, size=(16, 30, 3))
        ours = [rejections(statistics(item[None], "composite"), null, columns)[OMNIBUS] for item in x]
        theirs = [omnibus_test(item, null="composite", n_resamples=199, rng=1).pvalue for item in x]
        unclear = sum(0.015 < p < 0.1 for p in theirs)
        assert abs(sum(ours) - sum(p <= 0.05 for p in theirs)) <= unclear
        assert 3 < sum(ours) < 16

    @pytest.mark.parametrize("null", ["composite", "standard"])
    def test_size_is_the_level_on_the_null_samples_themselves(self, null: str) -> None:
        found = statistics(np.random.default_rng(0).standard_normal((400, 12, 2)), null)
        columns = columns_for(12, 2, null)
        counts = rejections(found, found, columns)
        assert set(counts) == {*columns.names, *COMBINED}
        assert all(18 <= count <= 20 for name, count in counts.items() if name not in COMBINED)
        assert 14 <= counts[OMNIBUS] <= 20


class TestSettings:
    def test_what_is_drawn(self) -> None:
        for setting in HEADLINE:
            assert {law.kind for law in setting.drawn} == {law.kind for law in AS_THEY_ARE}
        assert len(HEADLINE[1].drawn) == len(ALTERNATIVES)
        for setting in (*FURTHER, *STANDARD):
            laws = [law for law in setting.drawn if law not in LOCATION_SCALE]
            assert {half(law) for law in laws} == {REPORTED}
            assert setting.share < 1.0
        assert all(law.rotated or law.isotropic for setting in FURTHER for law in setting.drawn)
        assert not any(law.rotated for setting in STANDARD for law in setting.drawn)
        assert not any(law.kind == "latents" for law in Setting(2_000, 10).drawn)

    def test_shares(self) -> None:
        size = Size(20_000, 1_000, 5_000)
        assert size.shared(0.25) == Size(5_000, 250, 1_250)
        assert size.shared(1.0) == size
        assert Size(40, 3, 10).shared(0.1) == Size(19, 1, 1)

    def test_seeds_do_not_depend_on_the_order_or_the_jobs(self) -> None:
        law, setting = BY_NAME["t3"], Setting(12, 2)
        whole = grid.draw(law, "power", setting, 60, 1)
        np.testing.assert_array_equal(grid.draw(law, "power", setting, 25, 1), whole[:25])
        assert not np.array_equal(grid.draw(law, "null", setting, 25, 1), whole[:25])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two shapes, two alternatives that are isotropic, and two with twins, on either half."""
    plain = tuple(BY_NAME[name] for name in ("t3", "t5", "chi2-5", "lognormal"))
    rotated = tuple(BY_NAME[name] for name in ("t3", "t5", "chi2-5-rotated", "lognormal-rotated"))
    headline = tuple(Setting(n, dim, laws=(*plain, *rotated[2:])) for n, dim in ((12, 2), (16, 3)))
    further = (Setting(24, 2, 0.5, laws=(rotated[1], rotated[3])),)
    standard = (Setting(12, 2, 0.5, "standard", (plain[1], LOCATION_SCALE[0])),)
    for module in (grid, report, figure):
        monkeypatch.setattr(module, "HEADLINE", headline)
    for module in (report, figure):
        monkeypatch.setattr(module, "ROTATED", rotated)
    for module in (grid, report):
        monkeypatch.setattr(module, "FURTHER", further)
        monkeypatch.setattr(module, "STANDARD", standard)
        monkeypatch.setattr(module, "SETTINGS", (*headline, *further, *standard))
    monkeypatch.setattr(report, "AS_THEY_ARE", plain)
    monkeypatch.setattr(report, "SHAPE_ALONE", plain[1:2])
    monkeypatch.setattr(report, "LOCATION_SCALE", LOCATION_SCALE[:1])
    monkeypatch.setattr(report, "_GROUPS", (("rotated", rotated), ("as they are", plain)))


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
        table, keys = pd.read_csv(tmp_path / "power.csv"), [*grid.CELL, "test"]
        assert list(table.columns) == grid.COLUMNS
        rows = [(1 + len(setting.drawn)) * (len(setting.columns.names) + len(COMBINED)) for setting in grid.SETTINGS]
        assert len(table) == sum(rows)
        assert (table["low"] <= table["power"]).all()
        assert (table["power"] <= table["high"]).all()
        assert (tmp_path / "power.png").stat().st_size > 10_000
        text = (tmp_path / "power.md").read_text(encoding="utf-8")
        assert "ahead of the best single test" in text
        before = table.sort_values(keys, ignore_index=True)
        # What is missing is made again of what is kept, or drawn again, and is what it was, in whatever order it comes.
        gone = (table["alternative"] == "t3") & (table["n"] == 12)
        table[~gone].to_csv(tmp_path / "power.csv", index=False)
        for path in (tmp_path / "work").glob("power-t3-*-12x2-*.npz"):
            path.unlink()
        drawn: list[str] = []
        draw = grid.draw
        monkeypatch.setattr(grid, "draw", lambda law, *rest: drawn.append(law.name) or draw(law, *rest))
        again = CliRunner().invoke(main, arguments(tmp_path), catch_exceptions=False)
        assert again.exit_code == 0
        assert drawn == ["t3"]
        pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "power.csv").sort_values(keys, ignore_index=True), before)
        assert (tmp_path / "power.md").read_text(encoding="utf-8") == text
        # A table of another size is not mixed in.
        drawn.clear()
        CliRunner().invoke(main, arguments(tmp_path, samples=10), catch_exceptions=False)
        assert drawn == [law.name for setting in grid.SETTINGS for law in setting.drawn]

    def test_a_table_of_other_tests_is_not_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """One test of another name leaves their number what it was."""
        monkeypatch.setattr(grid, "SETTINGS", grid.SETTINGS[:1])
        path, size = tmp_path / "power.csv", Size(20, 10, 10)
        grid.run(path, size, 1, tmp_path, lambda line: None)
        table = pd.read_csv(path)
        assert len(grid._kept(path, size)) == len(table)
        here = (table["alternative"] == "t5") & (table["test"] == "energy")
        table.loc[here, "test"] = "mardia"
        table.to_csv(path, index=False)
        kept = grid._kept(path, size)
        assert len(kept) == len(table) - table["test"].nunique() + 1
        assert "t5" not in {*kept["alternative"]}
        # Nor one of an older version, which has other columns.
        table.drop(columns="null").to_csv(path, index=False)
        assert grid._kept(path, size).empty

    def test_null_statistics_of_another_version_are_refused(self, tmp_path: Path) -> None:
        setting = grid.SETTINGS[0]
        whole = grid.kept_statistics(NORMAL, "null", setting, 20, 1, tmp_path)
        np.testing.assert_array_equal(grid.kept_statistics(NORMAL, "null", setting, 20, 1, tmp_path), whole)
        (path,) = tmp_path.iterdir()
        np.savez(path, names=np.asarray(setting.columns.names), values=1.01 * whole)
        with pytest.raises(SystemExit, match="other tests than this study: remove it"):
            grid.kept_statistics(NORMAL, "null", setting, 20, 1, tmp_path)

    def test_where_it_loses(self, tmp_path: Path) -> None:
        size = Size(20, 10, 10)
        table = grid.run(tmp_path / "power.csv", size, 1, tmp_path, lambda line: None)
        table["power"] = 0.9
        assert "At 12 × 2 it loses more than 10 points nowhere." in report.page(table, size)
        here = (table["alternative"] == "t5") & (table["null"] == "composite") & (table["n"] == 12)
        table.loc[here & (table["test"] == OMNIBUS), "power"] = 0.8
        assert losses(table, grid.HEADLINE[0]) == ["At 12 × 2 it loses more than 10 points nowhere."]
        table.loc[here & (table["test"] == "energy"), "power"] = 0.95
        assert losses(table, grid.HEADLINE[0])[-1] == (
            "| multivariate t, 5 degrees | 80.0 | energy | 95.0 | -15.0 | heavy tails in every direction |"
        )
        # Ten points behind on one of four alternatives; the best single test is ahead of 0.9 on one.
        ahead, best = lead(table, grid.HEADLINE[0], report._GROUPS[0][1])
        assert (round(ahead, 6), best) == (-3.75, "energy")
        assert "| rotated, reported on | -7.5 (energy), -5.0 | +0.0 (Mardia's skewness), +0.0 |\n" in report.page(
            table, size
        )


class TestWhatIsPublished:
    TABLE = pd.read_csv(RESULTS / "power.csv")

    @pytest.mark.parametrize("group", ["rotated", "as they are"])
    @pytest.mark.parametrize("setting", HEADLINE, ids=lambda setting: setting.head)
    def test_the_omnibus_is_ahead(self, setting: Setting, group: str) -> None:
        laws = dict(report._GROUPS)[group]
        assert not powers(self.TABLE, setting, laws).isna().any(axis=None)
        assert lead(self.TABLE, setting, laws)[0] >= 3.0
        assert lead(self.TABLE, setting, [law for law in laws if half(law) == REPORTED])[0] > 0.0

    def test_the_page_is_that_of_the_table(self) -> None:
        headline = self.TABLE[self.TABLE["null_samples"] == self.TABLE["null_samples"].max()]
        sizes = headline.groupby(headline["alternative"] == NORMAL.name)["samples"].max()
        size = Size(int(headline["null_samples"].max()), int(sizes[False]), int(sizes[True]))
        assert size.samples >= 1000
        ours = report.page(self.TABLE, size).splitlines()
        published = (RESULTS / "power.md").read_text(encoding="utf-8").splitlines()
        versions = {i for i, line in enumerate(published) if line.startswith("slicednorm ")}
        assert [line for i, line in enumerate(ours) if i not in versions] == [
            line for i, line in enumerate(published) if i not in versions
        ]

    @pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: f"{setting.head} {setting.null}")
    def test_its_size(self, setting: Setting) -> None:
        table = setting.of(self.TABLE)
        (row,) = table[(table["alternative"] == NORMAL.name) & (table["test"] == OMNIBUS)].itertuples()
        low, high = stats.binom.interval(0.999, row.samples, 0.05)
        assert low <= row.rejections <= high
