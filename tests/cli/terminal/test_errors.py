"""Errors on their way out: one line for the user's, and those of programming are not hidden."""

import subprocess
import sys

import pytest

from tests.cli.refusals import X, check, npy


def test_line_break_in_a_name_makes_no_second_line(invoke):
    result = invoke("test", "a\nb.npy")
    assert (result.exit_code, result.stderr) == (2, "slicednorm: a b.npy: no such file; check the path\n")


@pytest.mark.parametrize("option", ["--json", "--csv"])
class TestPlaceToWrite:
    """A target that cannot be written is found out before anything is computed."""

    @pytest.fixture(autouse=True)
    def no_computation(self, save, monkeypatch):
        save("x.npy", npy(X))
        monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", lambda request: pytest.fail("computed first"))

    def test_folder_missing(self, invoke, option):
        check(invoke("test", "x.npy", option, "no/out"), "no/out", ["cannot be written", option])

    def test_directory(self, invoke, folder, option):
        (folder / "out").mkdir()
        check(invoke("test", "x.npy", option, "out"), "out", ["is a directory", option])


def test_out_of_memory(invoke, save, monkeypatch):
    def run(request):
        raise MemoryError("Unable to allocate 1.00 TiB")

    save("x.npy", npy(X))
    monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", run)
    result = invoke("test", "x.npy")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "1.00 TiB" in result.stderr


@pytest.mark.parametrize(
    "function",
    ["as_sample", "_hypotests.battery.run_sliced", "_hypotests.registry.run_mardia"],
)
@pytest.mark.parametrize("kind", [ValueError, TypeError])
def test_errors_of_programming_are_not_hidden(invoke, save, monkeypatch, function, kind):
    def broken(*args, **options):
        raise kind("a bug")

    save("x.npy", npy(X))
    monkeypatch.setattr(f"slicednorm.stats.{function}", broken)
    with pytest.raises(kind, match="a bug"):
        invoke("test", "x.npy", "--slices", "4", "--resamples", "19")


def test_no_traceback_from_the_installed_command(save):
    save("x.npy", npy(X)[:-8])
    process = subprocess.run(
        [sys.executable, "-m", "slicednorm", "test", "x.npy"], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr.count("\n") == 1
    assert "x.npy: is truncated: 8 of the" in process.stderr
