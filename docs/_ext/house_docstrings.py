"""Brings the package's docstrings into the form that napoleon reads.

They write ``name : what it is`` where numpydoc has ``name : its type`` and a text below, the types being in the
signatures. What follows the colon is moved below its name, so that it is taken for the text. Of a constant, whose
type's docstring would stand for it, the value is shown.
"""

import re
from collections.abc import Mapping
from typing import Any

from sphinx.application import Sphinx

_RULE = re.compile(r"-{3,}$")
_ENTRY = re.compile(r"(\S.*?) : (.+)$")
_NAMED = {"Parameters", "Attributes"}


def _named_entries(lines: list[str]) -> list[str]:
    section = ""
    written: list[str] = []
    for at, line in enumerate(lines):
        if _RULE.match("".join(lines[at + 1 : at + 2])):
            section = line
        entry = _ENTRY.match(line) if section in _NAMED else None
        written += [entry[1], f"    {entry[2]}"] if entry else [line]
    return written


def _constant(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"By name: {', '.join(f'``{name}``' for name in value)}."]
    return [f"``{value!r}``"] if isinstance(value, (str, int, float, tuple)) else []


def _rewrite(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    lines[:] = _constant(item) if what == "data" else _named_entries(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite docstrings before napoleon does, whose priority is 500."""
    app.connect("autodoc-process-docstring", _rewrite, priority=400)
    return {"parallel_read_safe": True}
