import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from slicednorm_cli.main import main

FAST = ("--slices", "4", "--resamples", "19", "--seed", "1")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Every test runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def x():
    return np.random.default_rng(5).standard_normal((40, 3))


@pytest.fixture
def invoke():
    """Run the command in this process; an exception other than an exit is the test's failure."""

    def run(*args, stdin=None):
        result = CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def test_json(invoke):
    """Run ``slicednorm test`` fast and return what its JSON says; options given later win."""

    def run(path, *args, stdin=None, status=0):
        # A method that takes no number of replicates goes without.
        fast = [part for part in FAST if "--method" not in args or part not in ("--resamples", "19")]
        result = invoke("test", path, *fast, *args, "--json", "-", stdin=stdin)
        assert result.exit_code == status, result.stderr
        return json.loads(result.stdout, parse_constant=_no_constants)

    return run


def _no_constants(name):
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def save():
    """Write text or bytes to a file of the test's folder."""

    def write(name, content):
        data = content.encode() if isinstance(content, str) else content
        Path(name).write_bytes(data)
        return name

    return write
