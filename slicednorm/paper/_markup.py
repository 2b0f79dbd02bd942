"""Words, numbers and tables in LaTeX, in Markdown, and plain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from slicednorm import __version__

Style: TypeAlias = Literal["text", "latex", "markdown"]
Align: TypeAlias = Literal["l", "r"]

_POWER = re.compile(r"(.*)e([+-])0*(\d+)")


def _lines(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


class Plain:
    """Text as it is."""

    def words(self, text: str) -> str:
        """Return words, a name for example, so that they read as they are."""
        return _lines(text)

    def number(self, text: str) -> str:
        """Return a number, perhaps with a sign for less or more before it."""
        return text

    def symbol(self, name: str, note: str = "") -> str:
        """Return a symbol, perhaps with a word that tells it from others."""
        name = name.replace("^2", "²")
        return f"{name} ({note})" if note else name

    def equation(self, name: str, value: str) -> str:
        """Return that a symbol has a value, or lies below or above one."""
        return f"{self.symbol(name)} {value if value[0] in '<>' else f'= {value}'}"

    def citing(self, keys: Sequence[str]) -> str:
        """Return a citation of BibTeX entries."""
        return f"[{'; '.join(keys)}]"


class Markdown(Plain):
    """Markdown with pipe tables, as GitHub, pandoc and Quarto read it."""

    nothing = "–"

    def words(self, text: str) -> str:
        """Escape what Markdown would take as markup."""
        return re.sub(r"([\\`*_{}\[\]<>|#~$@^&])", r"\\\1", _lines(text))

    def symbol(self, name: str, note: str = "") -> str:
        """Return a symbol in italics."""
        name = f"*{name.replace('^2', '²')}*"
        return f"{name} ({note})" if note else name

    def citing(self, keys: Sequence[str]) -> str:
        """Return a citation in the manner of pandoc."""
        return f"[{'; '.join(f'@{key}' for key in keys)}]"

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        align: Sequence[Align],
        *,
        caption: str,
        label: str,
        breaks: Sequence[int] = (),
    ) -> str:
        """Return a table of cells that are marked up, under its caption."""
        rule = ["---:" if side == "r" else "---" for side in align]
        return "\n".join([caption, "", *(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))])

    def notes(self, notes: Sequence[str]) -> str:
        """Return notes, one a line of a list."""
        return "\n".join(f"- {self.words(note)}" for note in notes)


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # At the beginning of a row TeX takes these for an option of the line before.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
_TEX_OF = str.maketrans(_TEX)


class Latex(Plain):
    """LaTeX with the package booktabs."""

    nothing = "--"

    def words(self, text: str) -> str:
        """Escape what TeX would take as markup."""
        return _lines(text).translate(_TEX_OF)

    def number(self, text: str) -> str:
        """Return a number in math, so that its signs are those of numbers."""
        return f"${self._math(text)}$"

    def symbol(self, name: str, note: str = "") -> str:
        """Return a symbol in math."""
        return f"${name}_{{\\mathrm{{{note}}}}}$" if note else f"${name}$"

    def equation(self, name: str, value: str) -> str:
        """Return a symbol and its value in math."""
        return f"${name} {self._math(value) if value[0] in '<>' else f'= {self._math(value)}'}$"

    @staticmethod
    def _math(text: str) -> str:
        power = _POWER.fullmatch(text)
        if power is None:
            return text.replace(",", "{,}")  # a comma alone has a space behind it
        return rf"{power[1]} \times 10^{{{power[2].replace('+', '')}{power[3]}}}"

    def citing(self, keys: Sequence[str]) -> str:
        """Return the command that cites."""
        return f"\\cite{{{','.join(keys)}}}"

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        align: Sequence[Align],
        *,
        caption: str,
        label: str,
        breaks: Sequence[int] = (),
    ) -> str:
        """Return a table of cells that are marked up, with a little space before the rows whose numbers are given."""
        lines = []
        for number, cells in enumerate(rows):
            lines += [r"\addlinespace"] * (number in breaks)
            lines.append(f"{' & '.join(cells)} \\\\")
        return "\n".join(
            [
                f"% slicednorm {__version__}; needs \\usepackage{{booktabs}}",
                r"\begin{table}",
                r"\centering",
                f"\\caption{{{caption}}}",
                f"\\label{{{label}}}",
                f"\\begin{{tabular}}{{{''.join(align)}}}",
                r"\toprule",
                f"{' & '.join(header)} \\\\",
                r"\midrule",
                *lines,
                r"\bottomrule",
                r"\end{tabular}",
                r"\end{table}",
            ]
        )

    def notes(self, notes: Sequence[str]) -> str:
        """Return notes as comments."""
        return "\n".join(f"% {_lines(note)}" for note in notes)


PaperMarkup: TypeAlias = Latex | Markdown

PAPER: dict[str, PaperMarkup] = {"latex": Latex(), "markdown": Markdown()}
STYLES: dict[str, Plain] = {"text": Plain(), **PAPER}


def check_style(style: str, known: Sequence[str]) -> None:
    """Raise a ValueError unless a style is known."""
    if style not in known:
        raise ValueError(f"style must be {' or '.join(map(repr, known))}, got {style!r}")
