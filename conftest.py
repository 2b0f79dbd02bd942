"""Modules whose extra is not installed have no examples to run, and no example draws on the figure of another."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

_NEEDS = {
    "torch": ["torch", "monitor/lightning.py"],
    "lightning": ["monitor/lightning.py"],
    "numba": ["_compiled/_jit.py", "_compiled/_radix.py"],
    "seaborn": ["plots"],
}

# The package that is imported: the sources beside this file, or an installed wheel below it.
_PACKAGE = Path(find_spec("slicednorm").origin).parent

collect_ignore = [
    str(_PACKAGE / path) for package, paths in _NEEDS.items() if find_spec(package) is None for path in paths
]


@pytest.fixture(autouse=True)
def no_figure_is_left() -> Iterator[None]:
    """Close pyplot's figures after every test and example."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
