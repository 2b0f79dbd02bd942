"""How to cite the package and the paper: from CITATION.cff, which the package holds, and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

CitationStyle: TypeAlias = Literal["bibtex", "text", "cff"]
STYLES = ("bibtex", "text", "cff")


def _source() -> str:
    return files(__package__).joinpath("CITATION.cff").read_text(encoding="utf-8")


@cache
def _works() -> dict[str, dict[str, Any]]:
    """Return what is to be cited, the software first, by its key."""
    import yaml  # not at the top: only a citation needs it

    said = yaml.safe_load(_source())
    found = {"slicednorm": said}
    for work in said["references"]:
        found[f"{work['authors'][0]['family-names'].lower()}{work['year']}"] = work
    return found


def citation_keys() -> tuple[str, ...]:
    """Return the keys of the BibTeX entries, that of the software first."""
    return tuple(_works())


def _arxiv(work: Mapping[str, Any]) -> str | None:
    """Return the number of a work at arXiv."""
    values = (one["value"] for one in work.get("identifiers", ()))
    return next((value.removeprefix("arXiv:") for value in values if value.startswith("arXiv:")), None)


def _bibtex(key: str, work: Mapping[str, Any]) -> str:
    # An entity's name is one word to BibTeX, and the capitals of a title stay only in braces.
    names = [
        f"{one['family-names']}, {one['given-names']}" if "family-names" in one else f"{{{one['name']}}}"
        for one in work["authors"]
    ]
    fields = {"author": " and ".join(names), "title": f"{{{work['title']}}}"}
    fields |= {name: str(work[name]) for name in ("year", "version", "license") if name in work}
    if (number := _arxiv(work)) is not None:
        fields |= {"eprint": number, "archiveprefix": "arXiv"}
    if "url" in work:
        fields["url"] = work["url"]
    kind = "software" if work["type"] == "software" else "misc"  # as arXiv exports what it has
    lines = [f"  {name:<13} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _text(work: Mapping[str, Any]) -> str:
    names = [
        f"{one['given-names']} {one['family-names']}" if "family-names" in one else one["name"]
        for one in work["authors"]
    ]
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    when = f" ({work['year']})" if "year" in work else ""
    parts = [f"{who}{when}. {work['title']}."]
    if "version" in work:
        parts.append(f"Version {work['version']}.")
    if (number := _arxiv(work)) is not None:
        parts.append(f"arXiv:{number}.")
    return " ".join(parts)


def citation(style: CitationStyle = "bibtex") -> str:
    """Return how to cite the package, and the paper whose statistics it computes (arXiv 1901.10417).

    Parameters
    ----------
    style : {"bibtex", "text", "cff"}, default: "bibtex"
        BibTeX entries, a line of text for each, or the file CITATION.cff from which both are made.

    Returns
    -------
    str
        The citation, without a line feed at its end.

    Raises
    ------
    ValueError
        If the style is unknown.

    Examples
    --------
    >>> print(citation("text").splitlines()[1])
    Szymon Knop, Marcin Mazur, Jacek Tabor, Igor Podolak and Przemysław Spurek (2019). Sliced generative models. ...
    """
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(map(repr, STYLES))}, got {style!r}")
    if style == "cff":
        return _source().rstrip("\n")
    if style == "text":
        return "\n".join(_text(work) for work in _works().values())
    return "\n\n".join(_bibtex(key, work) for key, work in _works().items())
