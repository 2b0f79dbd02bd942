"""``slicednorm cite``: what to cite."""

from __future__ import annotations

from typing import Literal

import click


@click.command()
@click.option(
    "--format",
    "style",
    type=click.Choice(["bibtex", "text", "cff"]),
    default="bibtex",
    show_default=True,
    help="BibTeX entries, lines of text, or the file CITATION.cff.",
)
def cite(style: Literal["bibtex", "text", "cff"]) -> None:
    """Print how to cite slicednorm, and the paper whose statistics it computes."""
    from slicednorm.paper import citation

    from ..show.table import print_text

    print_text(citation(style), to_stderr=False)
