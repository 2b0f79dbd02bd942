"""The code on the pages runs."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_losses():
    pytest.importorskip("torch", reason="torch is an extra")
    page = (DOCS / "losses.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 6
    namespace = {}
    for block in blocks:
        exec(compile(block, "docs/losses.md", "exec"), namespace)
    rank = {"x": namespace["x"], "z": namespace["encoder"](namespace["x"]), "penalty": namespace["penalty"]}
    assert namespace["cost"](**rank, y=namespace["x"], ranks=2, n=512) > 0
