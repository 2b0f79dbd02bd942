"""Rows of cells as lines for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

WIDTH = 80


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Return rows of cells as lines, the columns in ``right`` flush right, the header in bold.

    Where that is wider than a terminal, the first column is cut.
    """
    widths = [max(len(click.unstyle(row[i])) for row in [header, *rows]) for i in range(len(header))]
    widths[0] = min(widths[0], WIDTH - sum(2 + width for width in widths[1:]))

    def line(cells: Sequence[str]) -> str:
        shown = []
        for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            text = cell if len(click.unstyle(cell)) <= width else cell[: width - 3] + "..."
            pad = " " * (width - len(click.unstyle(text)))
            shown.append(pad + text if index in right else text + pad)
        return "  ".join(shown).rstrip()

    return [click.style(line(header), bold=True), *map(line, rows)]
