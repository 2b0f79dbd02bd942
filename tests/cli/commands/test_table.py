"""``slicednorm table`` from its arguments to its files."""

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from slicednorm_cli.main import main


def write_run(folder, seed=0, epochs=3, model="scwae", **settings):
    folder = Path(folder)
    folder.mkdir(parents=True)
    record = {"settings": {"model": model, "data": "mnist", "seed": seed, "epochs": epochs, **settings}}
    (folder / "run.json").write_text(json.dumps(record))
    names = ("mardia_skewness", "mardia_expected_skewness", "mardia_normalized_kurtosis")
    names = (*names, "reconstruction_error", "sliced_wasserstein")
    rows = [{"epoch": epoch, **dict.fromkeys(names, epoch + seed)} for epoch in range(1, epochs + 1)]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def refused(invoke):
    """Run the command, which must end in status 2, nothing on stdout, and one line on stderr; return the line."""

    def run(*args):
        result = invoke("table", *args)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        return line

    return run


def test_table(invoke):
    write_run("runs/a", seed=0)
    write_run("runs/b", seed=2)
    result = invoke("table", "runs", "--last", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "4.00 ± 1.41" in result.stdout
    assert "Table 1 of arXiv 1901.10417" in result.stdout


def test_csv(invoke):
    write_run("a")
    assert invoke("table", "a", "--csv", "table.csv").exit_code == 0
    frame = pd.read_csv("table.csv").set_index("measure")
    assert {"data", "model", "mean", "sd", "n_seeds", "paper", "epochs", "last"} <= set(frame.columns)
    found = frame.loc["reconstruction_error"]
    assert (found["data"], found["model"], found["mean"], found["paper"]) == ("mnist", "scwae", 2.0, 5.35)


def test_figures(invoke):
    pytest.importorskip("seaborn", reason="seaborn is an extra")
    write_run("a")
    assert invoke("table", "a", "--figures", "new/figures").exit_code == 0
    (figure,) = Path("new/figures").iterdir()
    assert figure.name == "metrics-mnist.png"
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_ascii_terminal():
    write_run("runs/a", seed=0)
    write_run("runs/b", seed=2)
    result = CliRunner(charset="ascii").invoke(main, ["table", "runs"])
    assert result.exit_code == 0
    assert "3.00 +/- 1.41" in result.stdout


def test_what_is_left_out_is_named(invoke):
    write_run("runs/a")
    (write_run("runs/b", seed=1) / "metrics.jsonl").unlink()
    result = invoke("table", "runs")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[0] == "slicednorm table: runs/b: left out, no epoch has metrics yet"
    assert "epochs 3, seed 0" in result.stdout


class TestBadInput:
    def test_no_such_folder(self, refused):
        assert "none: no such folder" in refused("none")

    def test_no_runs(self, refused, folder):
        assert "holds no run" in refused(folder)

    def test_no_metrics_in_any(self, invoke):
        (write_run("a") / "metrics.jsonl").unlink()
        result = invoke("table", "a")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "none of the runs has metrics yet" in result.stderr.splitlines()[-1]

    def test_run_json(self, refused):
        (write_run("a") / "run.json").write_text("{")
        assert "a/run.json: is no JSON" in refused("a")

    def test_metrics(self, refused):
        (write_run("a") / "metrics.jsonl").write_text("rubbish\n")
        assert "a/metrics.jsonl: line 1: is no JSON" in refused("a")

    def test_settings_that_differ(self, refused):
        write_run("a", seed=0, latent_dim=2)
        write_run("b", seed=1, latent_dim=3)
        line = refused("a", "b")
        assert "b: differs from a" in line
        assert "--latent-dim 2 there, 3 here" in line

    @pytest.mark.parametrize("last", ["0", "x"])
    def test_last(self, refused, last):
        write_run("a")
        assert "--last" in refused("a", "--last", last)

    def test_no_folders(self, refused):
        assert "RUNS" in refused()


class TestOutputThatCannotBeWritten:
    @pytest.fixture(autouse=True)
    def whole_run(self):
        (write_run("a") / "model.safetensors").touch()

    @pytest.mark.parametrize("path", ["no/such/table.csv", "a", "/dev/null"])
    def test_csv(self, refused, path):
        line = refused("a", "--csv", path)
        assert path in line
        assert "--csv" in line
        assert Path("/dev/null").is_char_device()

    def test_figures(self, refused):
        pytest.importorskip("seaborn", reason="seaborn is an extra")
        Path("file").touch()
        assert "file: cannot be written" in refused("a", "--figures", "file")
        Path("figures/metrics-mnist.png").mkdir(parents=True)
        assert "metrics-mnist.png: is a folder" in refused("a", "--figures", "figures")

    def test_figures_without_seaborn(self, refused, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "slicednorm_studies.autoencoders.figures", None)
        assert "pip install 'slicednorm[plot]'" in refused("a", "--figures", "figures")
