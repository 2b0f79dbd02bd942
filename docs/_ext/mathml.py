"""Formulas become MathML when the pages are built: browsers show it without a script, and without a network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

_logger = logging.getLogger(__name__)


# Brackets of a size of their own are pairs in the package's formulas, and grow with what is between them; a star as
# an exponent is the one that is not raised already.
_FORMS = (
    (re.compile(r"\\[bB]igg?[lr]?\s*(?=[(\[])"), r"\\left"),
    (re.compile(r"\\[bB]igg?[lr]?\s*(?=[)\]])"), r"\\right"),
    (re.compile(r"\\lvert\b"), r"\\left|"),
    (re.compile(r"\\rvert\b"), r"\\right|"),
    (re.compile(r"\^\*"), r"^\\ast "),
)


def _mathml(node: nodes.Element, display: str) -> str:
    latex = node.astext()
    for form, better in _FORMS:
        latex = form.sub(better, latex)
    if display == "block":  # the converter forgets it between brackets
        latex = re.sub(r"\\(sum|min|max)(?=\s*_)", r"\\\1\\limits", latex)
    try:
        return convert(latex, display=display)
    except Exception as error:  # the converter's errors have no common base
        _logger.warning("formula %r: %s: %s", latex, type(error).__name__, error, location=node)
        return f"<code>{nodes.unescape(latex)}</code>"


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(_mathml(node, "inline"))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_mathml(node, "block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer, which conf.py chooses as ``html_math_renderer``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
