"""Brings the package's docstrings into the form that napoleon reads.

They write ``name : what it is`` where numpydoc has ``name : its type`` and a text below, the types being in the
signatures. What follows the colon is moved below its name, so that it is taken for the text. Of a constant, whose
type's docstring would stand for it, the value is shown.
"""

import re
from collections.abc import Mapping
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import inspect
from sphinx.util.inspect import stringify_signature

_RULE = re.compile(r"-{3,}$")
_ENTRY = re.compile(r"(\S.*?) : (.+)$")
_ALIAS = re.compile(r"TypeAliasForwardRef\('(\w+)'\)")
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
        return [f"Its keys are {', '.join(f'``{name}``' for name in value)}."]
    return [f"``{value!r}``"] if isinstance(value, (str, int, float, tuple)) else []


def _rewrite(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    lines[:] = _constant(item) if what == "data" else _named_entries(lines)


def _dashes(app: Sphinx, doctree: nodes.document) -> None:
    """Write the dashes after names as dashes: conf.py keeps ``--`` as it is, for the sake of options."""
    for text in [text for text in doctree.findall(nodes.Text) if text.startswith(" -- ")]:
        text.parent.replace(text, nodes.Text(f" – {text[4:]}"))


def _clean(
    app: Sphinx, what: str, name: str, item: Any, options: object, signature: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """Mend two things that autodoc says of signatures.

    An alias within a union is ``TypeAliasForwardRef('ArrayLike') | None``, and a class with a mocked base has the
    signature of the mock.
    """
    if what == "class" and signature == "(*args: Any, **kwargs: Any)":
        signature = stringify_signature(
            inspect.signature(item.__init__, bound_method=True), show_return_annotation=False
        )
    cleaned = [text and _ALIAS.sub(r"\1", text) for text in (signature, result)]
    return cleaned[0], cleaned[1]


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite docstrings before napoleon, whose priority is 500, and mend what comes of them."""
    app.connect("autodoc-process-docstring", _rewrite, priority=400)
    app.connect("autodoc-process-signature", _clean)
    app.connect("doctree-read", _dashes)
    return {"parallel_read_safe": True}
