"""What only shows in a process of its own: imports, signals, pipes, terminals."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from slicednorm_cli.terminal import progress

COMMAND = [sys.executable, "-m", "slicednorm"]
FAST = ("--slices", "4", "--resamples", "19", "--seed", "1")

HEAVY = {"torch", "statsmodels", "pandas", "matplotlib", "numba", "pyarrow", "safetensors"}


def loaded(statements):
    """Return the top-level modules, and scipy's and numpy's parts, that a program loads."""
    code = f"import sys\ntry:\n    {statements}\nexcept SystemExit as end:\n    assert not end.code\n"
    code += "print('\\n'.join(sys.modules), file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(process.stderr.split())


def command(*args):
    return f"from slicednorm_cli.main import main; main({list(args)!r})"


class TestImports:
    def test_package(self):
        assert not loaded("import slicednorm") & {*HEAVY, "numpy", "scipy"}

    def test_tests(self):
        assert not loaded("import slicednorm.stats") & {*HEAVY, "scipy"}

    @pytest.mark.parametrize("args", [("--help",), ("test", "--help"), ("report", "--help"), ("--version",)])
    def test_help(self, args):
        found = loaded(command(*args))
        assert "click" in found
        assert not found & {*HEAVY, "numpy", "scipy", "joblib"}

    @pytest.mark.parametrize("options", [(), ("--stat", "ks"), ("--null", "composite")])
    def test_default(self, x, options):
        np.save("x.npy", x)
        found = loaded(command("test", "x.npy", *FAST, *options))
        assert "numpy" in found
        assert not found & {*HEAVY, "scipy.stats"}

    def test_csv(self, save):
        save("x.csv", "a,b\n1,2\n3,1\n0,1\n")
        assert not loaded(command("test", "x.csv", *FAST)) & {*HEAVY, "scipy.stats"}

    @pytest.mark.parametrize("option", ["--json", "--csv"])
    def test_written_results(self, x, option):
        np.save("x.npy", x)
        assert not loaded(command("test", "x.npy", *FAST, option, "out")) & {*HEAVY, "scipy.stats"}


def test_version():
    process = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert process.stdout.startswith("slicednorm 0.")


def test_stdin(save):
    save("x.csv", "a,b\n1,2\n3,1\n0,1\n")
    with open("x.csv", "rb") as file:
        process = subprocess.run([*COMMAND, "test", "-", *FAST], stdin=file, capture_output=True, check=True)
    assert b"n = 3 rows, D = 2 columns" in process.stdout
    assert process.stderr == b""


def test_exit_status(x):
    np.save("x.npy", x + 3.0)
    process = subprocess.run(
        [*COMMAND, "test", "x.npy", "--resamples", "39", "--slices", "4", "--fail-on-reject"],
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (1, b"")


def test_no_colours_where_there_is_no_terminal(x):
    np.save("x.npy", x)
    process = subprocess.run([*COMMAND, "test", "x.npy", *FAST], capture_output=True, check=True)
    assert b"\x1b" not in process.stdout


def test_ascii_terminal(x):
    np.save("x.npy", x)
    process = subprocess.run(
        [*COMMAND, "test", "x.npy", *FAST],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert b"Cramer-von Mises" in process.stdout
    assert b"+/-" in process.stdout


def test_reader_that_goes_away(x):
    np.save("x.npy", x)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        process = subprocess.run([*COMMAND, "test", "x.npy", *FAST], stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert process.stderr == b""
    assert process.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_full_disk(x):
    np.save("x.npy", x)
    with open("/dev/full", "wb") as full:
        process = subprocess.run([*COMMAND, "test", "x.npy", *FAST], stdout=full, stderr=subprocess.PIPE, check=False)
    assert process.returncode == 2
    assert process.stderr.count(b"\n") == 1
    assert b"No space left" in process.stderr


@pytest.mark.skipif(os.name != "posix", reason="closes stdout as a shell does")
def test_closed_stdout(x):
    np.save("x.npy", x)
    process = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *COMMAND, "test", "x.npy", *FAST, "--json", "out.json"],
        stderr=subprocess.PIPE,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert os.path.exists("out.json")


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_interrupt(jobs, delay, folder):
    arguments = ["test", "-", "--resamples", "2000000", "--jobs", jobs, "--json", "out.json"]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            # More than a pipe holds: once it is all written, the command is there and reading.
            process.stdin.write(b"a,b\n" + 50_000 * b"1,2\n-1,0\n")
            process.stdin.flush()
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, output) == (130, b"")
    assert errors == b"slicednorm: interrupted; no result was written\n"
    assert list(folder.iterdir()) == []


def test_interrupt_is_not_lost_where_exceptions_are():
    # Python drops an exception that strikes in some callbacks, in the middle of an import for one.
    code = """
import os, signal
import slicednorm_cli.testing.run
from slicednorm_cli.main import main

def run(request):
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        pass
    raise RuntimeError("went on")

slicednorm_cli.testing.run.examine_file = run
main(["test", "x.npy"])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 130
    assert process.stderr == "slicednorm: interrupted; no result was written\n"


def test_interrupt_of_an_embedded_command(invoke, save, monkeypatch):
    def run(request):
        raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("slicednorm_cli.testing.run.examine_file", run)
    result = invoke("test", "x.npy")
    assert (result.exit_code, result.stderr) == (130, "slicednorm: interrupted; no result was written\n")
    assert signal.getsignal(signal.SIGINT) is handler


class TestProgress:
    @pytest.fixture
    def clock(self, monkeypatch):
        now = [0.0]
        monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
        return now

    def run(self, clock, seconds, monkeypatch, terminal=True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
        with progress.Progress("replicates") as show:
            for done in (1, 2, 3, 4):
                clock[0] += seconds
                show(done, 4)

    def test_for_those_who_wait(self, clock, monkeypatch, capsys):
        self.run(clock, 1.0, monkeypatch)
        shown = capsys.readouterr()
        assert "replicates" in shown.err
        assert "100%" in shown.err
        assert shown.out == ""

    def test_not_at_once(self, clock, monkeypatch, capsys):
        self.run(clock, 0.4, monkeypatch)
        assert capsys.readouterr().err == ""

    def test_not_into_files(self, clock, monkeypatch, capsys):
        self.run(clock, 100.0, monkeypatch, terminal=False)
        assert capsys.readouterr().err == ""


def test_no_command_prints_the_help_and_is_a_usage_error():
    result = subprocess.run([sys.executable, "-m", "slicednorm"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Usage: ")
    assert len(result.stderr.splitlines()) > 5
