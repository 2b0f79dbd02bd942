"""The JSON is strict, and whole or not there at all."""

import json
import os
import stat

import numpy as np
import pytest
from slicednorm_cli.show.data import as_json
from slicednorm_cli.testing.findings import Findings

from tests.cli.show.reports import mardia, report, row


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
        beside = {"version", "tests", "where", "residuals", "rounding", "transform", "outliers", "notes", "conclusion"}
        assert set(found) == beside | set(fixed)
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
        of_slices = {"n_slices", "directions", "direction_stderr", "pvalue_direction_stderr"}
        keys = {entry["test"]: set(entry) for entry in found["tests"]}
        assert keys == {
            "cvm": usual | of_slices,
            "ks": usual | of_slices,
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
