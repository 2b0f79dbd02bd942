"""The table says what it means, the JSON is strict, and the exit status follows the verdicts."""

import json
import math
import os
import stat
from dataclasses import replace

import click
import numpy as np
import pytest
from slicednorm_cli.show.data import as_json
from slicednorm_cli.show.table import table
from slicednorm_cli.show.words import conclusion
from slicednorm_cli.testing.findings import Findings, Report, Row

from slicednorm.stats import MeasureResult, OmnibusTestResult, SignificanceResult
from slicednorm.stats._calibration.pvalue import Calibration


def row(test="cvm", pvalue=0.5, holm=None, reject=None, m=999, statistic=0.0123456, tail_pvalue=None, **more):
    decisive = pvalue if holm is None else holm
    stderr = None if pvalue is None or m is None else math.sqrt(pvalue * (1 - pvalue) / (m + 1))
    method = more.pop("method", "asymptotic" if m is None else "monte carlo")
    calibration = Calibration(
        pvalue, stderr, m, np.empty(0), None if pvalue is None else method, tail_pvalue, more.pop("law_n", None)
    )
    common = {
        "name": test,
        "title": test.upper(),
        "sensitive_to": "",
        "statistic": statistic,
        "n": 500,
        "dim": 5,
        "null": "standard",
        "seed": 7,
        "calibration": calibration,
    }
    if "expected" in more:
        result = MeasureResult(**common, expected=more.pop("expected"), limit_statistic=0.0)
    elif "driver" in more:
        driver, members = more.pop("driver"), more.pop("members")
        result = OmnibusTestResult(**common, driver=driver, members=members, n_slices=256, directions=np.empty((0, 5)))
    else:
        result = SignificanceResult(**common)
    assert not more
    verdict = reject if reject is not None or decisive is None else decisive <= 0.05
    return Row(result, test, holm, verdict)


def report(*tests, **changes):
    base = Report(
        file="x.npy",
        label="x.npy",
        n=500,
        dim=5,
        n_omitted=0,
        columns=None,
        names=None,
        null="standard",
        mean=None,
        cov=None,
        n_slices=256,
        directions="iid",
        aggregate="mean",
        method="auto",
        n_resamples=999,
        seed=7,
        alpha=0.05,
        tests=tests or (row(),),
        beside=(),
        notes=(),
    )
    return replace(base, **changes)


def mardia(skewness_reject=False, kurtosis_reject=False):
    return (
        row("mardia_skewness", reject=skewness_reject, expected=0.63),
        row("mardia_kurtosis", reject=kurtosis_reject, expected=35.0),
    )


class TestTable:
    def test_settings(self):
        text = table(report())
        for part in (
            "x.npy",
            "n = 500",
            "D = 5",
            "X ~ N(0, I)",
            "K = 256",
            "mean",
            "M = 999",
            "seed 7",
            "0.05",
        ):
            assert part in text

    def test_null_in_words(self):
        assert "X ~ N(mu, Sigma), both unknown" in table(report(null="composite"))
        assert "mu = 0, Sigma from s.npy" in table(report(cov="s.npy"))

    @pytest.mark.parametrize(
        ("pvalue", "m", "text"),
        [
            (0.041, 999, "0.041 ± 0.006"),
            (0.5, 999, "0.50 ± 0.02"),
            (0.5, 99, "0.50 ± 0.05"),
            (0.00312, 99_999, "0.0031 ± 0.0002"),
            (0.001, 999, "0.001 *"),
            (1.0, 999, "1 "),
        ],
    )
    def test_pvalue_with_its_error(self, pvalue, m, text):
        assert f"0.01235  {text}" in table(report(row(pvalue=pvalue, m=m), n_resamples=m))

    def test_smallest_possible_is_explained(self):
        assert "* the smallest p-value possible at M = 999" in table(report(row(pvalue=0.001)))
        assert "*" not in table(report(row(pvalue=0.002)))

    def test_verdicts(self):
        lines = table(report(row(pvalue=0.04), row("ks", pvalue=0.2))).splitlines()
        (cvm,) = [line for line in lines if line.startswith("cvm")]
        (ks,) = [line for line in lines if line.startswith("ks")]
        assert click.unstyle(cvm).endswith("  reject")
        assert ks.endswith("not rejected")

    def test_holm_only_where_there_is_one(self):
        assert "Holm" not in table(report(row(), row("ks")))
        assert "Holm" in table(report(row(holm=0.8), row("ks", holm=0.8)))

    def test_mardia_beside_its_expectation(self):
        text = table(report(beside=mardia()))
        (skewness,) = [line for line in text.splitlines() if line.startswith("skewness")]
        (kurtosis,) = [line for line in text.splitlines() if line.startswith("kurtosis")]
        assert skewness.split()[1:3] == ["0.01235", "0.6300"]
        assert kurtosis.split()[-6:-4] == ["-34.99", "0.000"] or "-34.99" in kurtosis

    def test_too_few_replicates_to_reject(self):
        assert "--resamples 19" in table(report(row(pvalue=0.1, m=9), n_resamples=9))
        assert "--resamples" not in table(report(row(pvalue=0.05, m=19), n_resamples=19))
        adjusted = row(pvalue=0.01, holm=0.06, m=99)
        assert "--resamples 120" in table(report(*6 * [adjusted], n_resamples=99))

    def test_level_beyond_all_replicates(self):
        assert "use a larger --alpha" in table(report(alpha=5e-324))

    def test_asymptotic_pvalue_that_underflows(self):
        assert "< 1e-300" in table(report(beside=(row("mardia_skewness", pvalue=0.0, m=None, expected=1.0),)))

    def test_columns_in_use(self):
        assert "a, b" in table(report(columns=(0, 3), names=("a", "b")))
        assert "0, 3" in table(report(columns=(0, 3)))

    def test_fits_80_columns(self, invoke):
        wide = [row(name, pvalue=0.0412, holm=0.2884, m=99_999) for name in ("ks", "cvm", "w2", "cw", "sw", "ad", "ep")]
        long = replace(wide[4].result, title="2-Wasserstein to a sample of the prior")
        wide[4] = replace(wide[4], result=long)
        text = table(
            report(
                *wide,
                beside=mardia(),
                names=tuple(f"a_long_name_{i}" for i in range(50)),
                n_omitted=12_345,
                notes=("A note that is longer than a line of eighty columns, and has to go on in the next one.",),
            )
        )
        assert max(map(len, click.unstyle(text).splitlines())) <= 80
        assert "a_long_name_0" in text


class TestConclusion:
    def test_one_rejects(self):
        text = conclusion(report(row(pvalue=0.001)))
        assert text.startswith(
            "The sample is told apart from N(0, I): none of 999 simulated samples from N(0, I) of this size lies"
        )

    def test_estimate_is_called_one(self):
        assert "about 4.1% of" in conclusion(report(row(pvalue=0.041)))

    def test_composite(self):
        text = conclusion(report(row(pvalue=0.001), null="composite"))
        assert "from a normal law: none of 999 simulated normal samples of this size lies as far" in text

    def test_some_reject(self):
        text = conclusion(report(row(pvalue=0.02), row("ks", pvalue=0.4), row("ad", pvalue=0.03)))
        assert "by cvm and ad (even by ad, about 3% of" in text
        assert text.endswith("not by ks.")

    def test_all_reject(self):
        text = conclusion(report(row(pvalue=0.02), row("ks", pvalue=0.03)))
        assert "by both tests: even by ks, about 3% of" in text

    def test_none_rejects(self):
        text = conclusion(report(beside=mardia()))
        assert text.startswith("Nothing here tells the sample from N(0, I) at level 0.05")
        assert "no proof that it comes from N(0, I)" in text
        assert "500 rows" in text

    def test_none_rejects_composite(self):
        assert "no proof that it is normal" in conclusion(report(null="composite"))

    def test_mardia_alone_rejects(self):
        text = conclusion(report(beside=mardia(kurtosis_reject=True)))
        assert "Nothing" not in text
        assert "MARDIA_KURTOSIS does" in text

    def test_no_pvalues(self):
        bare = row(pvalue=None, m=None)
        text = conclusion(report(bare, method=None))
        assert "--no-pvalue" in text
        assert "\n" not in text

    def test_is_part_of_the_table(self, invoke, x):
        np.save("x.npy", x)
        printed = invoke("test", "x.npy", "--slices", "4", "--resamples", "19", "--seed", "1").stdout
        assert printed.count("Nothing here tells") == 1


class TestJson:
    def test_schema(self, test_json, x):
        np.save("x.npy", x)
        found = test_json("x.npy")
        fixed = {
            "file": "x.npy",
            "n": 40,
            "dim": 3,
            "n_omitted": 0,
            "columns": None,
            "names": None,
            "null": "standard",
            "mean": None,
            "cov": None,
            "n_slices": 4,
            "directions": "iid",
            "aggregate": "mean",
            "method": "auto",
            "n_resamples": 19,
            "seed": 1,
            "alpha": 0.05,
        }
        assert {name: found[name] for name in fixed} == fixed
        assert set(found) == {*fixed, "version", "tests", "where", "notes", "conclusion"}
        usual = {
            "test",
            "title",
            "statistic",
            "pvalue",
            "pvalue_stderr",
            "holm",
            "reject",
            "n_resamples",
            "tail_pvalue",
            "method",
            "law_n",
            "name",
        }
        keys = {entry["test"]: set(entry) for entry in found["tests"]}
        assert keys == {
            "cvm": usual,
            "ks": usual,
            "mardia_skewness": usual | {"expected"},
            "mardia_kurtosis": usual | {"expected", "normalized"},
        }

    def test_not_finite_is_null(self, save, invoke, monkeypatch):
        odd = report(row(pvalue=float("nan"), statistic=float("inf"), m=None))
        monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", lambda request: Findings(odd, None, {}))
        result = invoke("test", "x.npy", "--json", "-")
        assert "NaN" not in result.stdout
        assert "Infinity" not in result.stdout
        assert json.loads(result.stdout)["tests"][0]["statistic"] is None

    def test_dash_leaves_stdout_to_the_json(self, invoke, x):
        np.save("x.npy", x)
        result = invoke("test", "x.npy", "--no-pvalue", "--seed", "1", "--json", "-")
        json.loads(result.stdout)
        assert "X ~ N(0, I)" in result.stderr
        assert result.stderr == invoke("test", "x.npy", "--no-pvalue", "--seed", "1").stdout

    def test_file_and_table(self, invoke, x, folder):
        np.save("x.npy", x)
        result = invoke("test", "x.npy", "--no-pvalue", "--json", "out.json")
        assert "X ~ N(0, I)" in result.stdout
        assert json.loads((folder / "out.json").read_text())["n"] == 40
        assert sorted(os.listdir()) == ["out.json", "x.npy"]

    def test_replaces_the_old_file_and_keeps_its_mode_and_links(self, invoke, x, folder):
        np.save("x.npy", x)
        (folder / "out.json").write_text("old")
        (folder / "out.json").chmod(0o640)
        (folder / "link.json").symlink_to("out.json")
        invoke("test", "x.npy", "--no-pvalue", "--json", "link.json")
        assert (folder / "link.json").is_symlink()
        assert json.loads((folder / "out.json").read_text())["n"] == 40
        assert stat.S_IMODE((folder / "out.json").stat().st_mode) == 0o640

    def test_new_file_follows_the_umask(self, invoke, x, folder):
        np.save("x.npy", x)
        old = os.umask(0o027)
        try:
            invoke("test", "x.npy", "--no-pvalue", "--json", "out.json")
        finally:
            os.umask(old)
        assert stat.S_IMODE((folder / "out.json").stat().st_mode) == 0o640

    def test_old_file_survives_a_failure(self, invoke, save, folder):
        save("x.npy", b"junk")
        save("out.json", "old")
        assert invoke("test", "x.npy", "--json", "out.json").exit_code == 2
        assert (folder / "out.json").read_text() == "old"
        assert sorted(os.listdir()) == ["out.json", "x.npy"]

    def test_nothing_lies_about_while_it_computes(self, invoke, save, monkeypatch):
        seen = []

        def run(request):
            seen.extend(os.listdir())
            return Findings(report(), None, {})

        monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", run)
        assert invoke("test", "x.npy", "--json", "out.json").exit_code == 0
        assert seen == []
        assert os.listdir() == ["out.json"]

    def test_failure_to_write_leaves_nothing(self, invoke, monkeypatch):
        def replace(old, new):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", lambda request: Findings(report(), None, {}))
        monkeypatch.setattr(os, "replace", replace)
        result = invoke("test", "x.npy", "--json", "out.json")
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert "out.json: cannot be written (No space left on device)" in result.stderr
        assert os.listdir() == []

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
    def test_pipe_is_written_to_and_not_replaced(self, invoke, x, folder):
        # A pipe of the test's own stands for devices too: a test that fails must not harm the machine's.
        np.save("x.npy", x)
        os.mkfifo("pipe")
        reader = os.open("pipe", os.O_RDWR | os.O_NONBLOCK)
        try:
            assert invoke("test", "x.npy", "--no-pvalue", "--json", "pipe").exit_code == 0
            assert stat.S_ISFIFO(os.stat("pipe").st_mode)
            assert json.loads(os.read(reader, 1 << 16))["n"] == 40
        finally:
            os.close(reader)

    def test_as_json_keeps_the_order_of_the_tests(self):
        found = as_json(report(row("ks"), row("ad"), beside=mardia()))
        assert [entry["test"] for entry in found["tests"]] == [
            "ks",
            "ad",
            "mardia_skewness",
            "mardia_kurtosis",
        ]


class TestHolm:
    OPTIONS = ("--resamples", "99", "--slices", "4", "--no-mardia")

    @pytest.fixture(autouse=True)
    def sample(self):
        np.save("x.npy", 1.15 * np.random.default_rng(5).standard_normal((60, 3)))

    def test_beside_what_was_asked_for(self, test_json):
        found = test_json("x.npy", *self.OPTIONS, "--stat", "sliced")["tests"]
        pvalues = sorted(entry["pvalue"] for entry in found)
        smallest = min(found, key=lambda entry: entry["pvalue"])
        assert smallest["holm"] == pytest.approx(min(1.0, 7 * pvalues[0]))
        for entry in found:
            assert entry["holm"] >= entry["pvalue"]
            assert entry["reject"] == (entry["holm"] <= 0.05)

    @pytest.mark.parametrize("options", [(), ("--stat", "ks")])
    def test_not_for_the_default_or_a_single_test(self, test_json, options):
        found = test_json("x.npy", *self.OPTIONS, *options)["tests"]
        assert all(entry["holm"] is None for entry in found)


class TestExitStatus:
    FAST = ("--resamples", "39", "--slices", "4", "--seed", "1")

    @pytest.fixture(autouse=True)
    def samples(self, x):
        np.save("normal.npy", x)
        np.save("shifted.npy", x + 3.0)

    def test_rejecting_is_no_failure(self, invoke):
        assert invoke("test", "shifted.npy", *self.FAST).exit_code == 0

    def test_unless_asked_for(self, invoke):
        result = invoke("test", "shifted.npy", *self.FAST, "--fail-on-reject")
        assert result.exit_code == 1
        assert "told apart" in result.stdout
        assert result.stderr == ""

    def test_not_rejecting(self, invoke):
        assert invoke("test", "normal.npy", *self.FAST, "--fail-on-reject").exit_code == 0

    def test_json_is_written_all_the_same(self, test_json):
        found = test_json("shifted.npy", *self.FAST, "--fail-on-reject", status=1)
        assert found["tests"][0]["reject"] is True

    def test_boundary_belongs_to_the_rejection(self, invoke):
        # At M = 39 the smallest p-value is 1/40 and Holm's of two tests 1/20.
        options = ("shifted.npy", *self.FAST, "--fail-on-reject", "--stat", "ks")
        assert invoke("test", *options, "--alpha", "0.025").exit_code == 1
        assert invoke("test", *options, "--alpha", "0.0249").exit_code == 0
        both = (*options, "--stat", "cvm")
        assert invoke("test", *both, "--alpha", "0.05").exit_code == 1
        assert invoke("test", *both, "--alpha", "0.0499").exit_code == 0

    def test_mardias_verdict_is_at_the_level_too(self, test_json):
        options = ("normal.npy", *self.FAST)
        pvalues = {row["test"]: row["pvalue"] for row in test_json(*options)["tests"]}
        for test in ("mardia_skewness", "mardia_kurtosis"):
            for alpha, verdict in ((pvalues[test], True), (0.999 * pvalues[test], False)):
                rows = test_json(*options, "--alpha", min(alpha, 0.999))["tests"]
                (found,) = (row["reject"] for row in rows if row["test"] == test)
                assert found is verdict, (test, alpha)

    def test_default_pair_is_adjusted_too(self, invoke):
        options = ("test", "shifted.npy", *self.FAST, "--fail-on-reject")
        assert invoke(*options, "--alpha", "0.0499").exit_code == 0
        assert invoke(*options, "--alpha", "0.05").exit_code == 1

    def test_mardia_does_not_count(self, invoke):
        # Far from normal for Mardia alone, by a single outlier.
        x = np.random.default_rng(5).standard_normal((400, 3))
        x[0] = 12.0
        np.save("outlier.npy", x)
        result = invoke("test", "outlier.npy", *self.FAST, "--fail-on-reject", "--stat", "ks")
        assert result.exit_code == 0
        assert "but Mardia's skewness and kurtosis do." in " ".join(result.stdout.split())


@pytest.mark.parametrize("rho", [0.9999, 1.0 - 1e-10])
def test_where_columns_of_other_scales_nearly_coincide(invoke, test_json, rho):
    """The root of such a covariance had no digits left, and none could be inverted."""
    z = np.random.default_rng(0).standard_normal((300, 3))
    z[:, 0] = np.random.default_rng(1).exponential(size=300)
    np.save("ill.npy", np.column_stack([z[:, 1], 1e6 * z[:, 0], rho * z[:, 1] + np.sqrt(1 - rho**2) * z[:, 2]]))
    found = test_json("ill.npy", "--null", "composite", "--where", "--stat", "cvm")
    assert found["where"]["kind"] == "skewness"
    np.save("same.npy", np.column_stack([z[:, 1], z[:, 1] + 1e-8 * z[:, 2], z[:, 0]]))
    result = invoke("test", "same.npy", "--null", "composite", "--where")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "columns 0 and 1 (from 0) determine each other" in result.stderr
