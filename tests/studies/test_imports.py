"""How the studies import each other."""

import re
from importlib.util import find_spec
from pathlib import Path


def test_by_relative_imports_which_mypy_follows():
    """It knows the folder as `studies`, and skips the name `slicednorm_studies` under which it is installed."""
    folder = Path(find_spec("slicednorm_studies").origin).parent
    modules = list(folder.rglob("*.py"))
    assert len(modules) > 40
    named = re.compile(r"^\s*(from|import) slicednorm_studies\b", re.MULTILINE)
    assert [path.name for path in modules if named.search(path.read_text(encoding="utf-8"))] == []
