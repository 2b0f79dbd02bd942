"""Mends what autodoc makes of the package.

Of a constant the value is shown, not the docstring of its type. A class whose base is mocked has its own signature, not
that of the mock. The quotes in types stay as they are in code.
"""

from collections.abc import Mapping
from typing import Any

from docutils import nodes
from numpydoc.numpydoc import mangle_signature
from sphinx.application import Sphinx
from sphinx.transforms import SphinxSmartQuotes, SphinxTransform
from sphinx.util import inspect
from sphinx.util.inspect import stringify_signature


def _constant(value: object) -> list[str]:
    if isinstance(value, Mapping):
        return [f"Its keys are {', '.join(f'``{name}``' for name in value)}."]
    return [f"``{value!r}``"] if isinstance(value, (str, int, float, tuple)) else []


def _show_value(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    if what == "data":
        lines[:] = _constant(item)


def _unmock(
    app: Sphinx, what: str, name: str, item: Any, options: object, signature: str | None, result: str | None
) -> tuple[str | None, str | None]:
    if what == "class" and signature == "(*args, **kwargs)":
        own = inspect.signature(item.__init__, bound_method=True)
        signature = stringify_signature(own, show_annotation=False, show_return_annotation=False)
    return signature, result


class _QuotesOfTypes(SphinxTransform):
    """Keep the quotes in the types of parameters from being made typographic."""

    default_priority = SphinxSmartQuotes.default_priority - 1

    def apply(self, **options: Any) -> None:
        """Mark the names and types of definition lists."""
        for node in self.document.findall(lambda node: isinstance(node, (nodes.term, nodes.classifier))):
            node["support_smartquotes"] = False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what mends docstrings, signatures and types."""
    app.connect("autodoc-process-docstring", _show_value)
    # numpydoc looks for signatures in docstrings, where none are, and stumbles over mocks.
    for listener in list(app.events.listeners["autodoc-process-signature"]):
        if listener.handler is mangle_signature:
            app.disconnect(listener.id)
    app.connect("autodoc-process-signature", _unmock)
    app.add_transform(_QuotesOfTypes)
    return {"parallel_read_safe": True}
