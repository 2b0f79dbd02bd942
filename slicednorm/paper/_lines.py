"""From results, or the tables of `slicednorm.stats`, to the lines of a table in a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from slicednorm.distances import DISTANCES
from slicednorm.paper._numbers import LEAST
from slicednorm.stats import MardiaResult, SignificanceResult
from slicednorm.stats._hypotests.by_group import POOLED
from slicednorm.stats._hypotests.holm import holm_adjusted

# More tests than this do not fit in a sentence with their numbers, which then stand in the table alone.
MOST_TESTS = 5


@dataclass(frozen=True)
class Line:
    """One test of one sample; what is not known or was not computed is None.

    Attributes
    ----------
    name, title : str
        The test's name, and its name in words.
    statistic, pvalue, holm : float or None
        The statistic, its p-value, and the p-value adjusted by Holm's method.
    n, dim : int or None
        Shape of the sample.
    group : str or None
        The group, where there are several.
    result : SignificanceResult or None
        The result that this comes from.
    error : float or None
        The standard error of the p-value, by replicates and by directions together.
    """

    name: str
    title: str
    statistic: float | None
    pvalue: float | None
    n: int | None
    dim: int | None
    group: str | None = None
    holm: float | None = None
    result: SignificanceResult | None = None
    error: float | None = None

    @classmethod
    def of(cls, result: SignificanceResult, *, group: str | None = None, holm: float | None = None) -> Line:
        """Return the line of a result."""
        pvalue = result.pvalue if result.has_pvalue else None
        shape = result.n, result.dim
        return cls(
            result.name, result.title, result.statistic, pvalue, *shape, group, holm, result, result.pvalue_error
        )

    @property
    def shown_error(self) -> float | None:
        """The error that is printed: none of 0, and none of a p-value that is only said to be small."""
        return self.error if self.error and self.pvalue is not None and self.pvalue >= LEAST else None

    @property
    def called(self) -> str:
        """What a table calls the test."""
        if self.name in ("omnibus", "pursuit"):
            return self.name.capitalize()
        if self.name in DISTANCES:
            return f"Sliced {self.title}"
        return self.title[:1].upper() + self.title[1:]


def _results(found: Any) -> list[SignificanceResult]:
    """Return results one by one; Mardia's is two."""
    if isinstance(found, SignificanceResult):
        return [found]
    if isinstance(found, MardiaResult):
        return list(found.measures)
    if isinstance(found, Iterable) and not isinstance(found, (str, bytes, Mapping)):
        return [one for each in found for one in _results(each)]
    raise TypeError(f"results must be those of tests, or what normality_table returns, got {type(found).__name__}")


def _number(value: Any) -> Any:
    """Return a number of a table, None for one that is missing."""
    return None if value is None or value != value else value


def _of_frame(frame: Any) -> list[Line]:
    """Return the lines of what `normality_table` returns."""
    missing = [name for name in ("title", "statistic", "pvalue") if name not in frame]
    if missing:
        raise ValueError(f"the table has no column {missing[0]!r}; pass what normality_table returns")
    lines = []
    for test, row in zip(frame.get("test", frame.index), frame.to_dict("records"), strict=True):
        n, dim = row.get("n", frame.attrs.get("n")), frame.attrs.get("dim")
        group = str(row["group"]) if "group" in row else None
        names = ("statistic", "pvalue", "pvalue_holm", "pvalue_stderr")
        statistic, pvalue, holm, error = (_number(row.get(name)) for name in names)
        lines.append(Line(str(test), str(row["title"]), statistic, pvalue, n, dim, group, holm, error=error))
    return lines


def lines_of(found: Any, adjust: Literal["holm"] | None) -> list[Line]:
    """Return the lines of results, of results by group, or of a table, with adjusted p-values if they are several.

    A table's own adjusted p-values are taken as they are. Those of `POOLED` are adjusted for their own number.
    """
    if adjust not in ("holm", None):
        raise ValueError(f"adjust must be 'holm' or None, got {adjust!r}")
    if hasattr(found, "columns") and hasattr(found, "attrs"):
        lines = _of_frame(found)
        if "pvalue_holm" in found:
            return lines
    elif isinstance(found, Mapping):
        lines = [Line.of(one, group=str(group)) for group, some in found.items() for one in _results(some)]
    else:
        lines = [Line.of(one) for one in _results(found)]
    if not lines:
        raise ValueError("there are no results; pass at least one")
    return _adjusted(lines) if adjust else lines


def _adjusted(lines: Sequence[Line]) -> list[Line]:
    adjusted = list(lines)
    for pooled in (False, True):
        family = [at for at, line in enumerate(lines) if (line.group == POOLED) is pooled]
        if len(family) > 1:
            for at, holm in zip(family, holm_adjusted([lines[at].pvalue for at in family]), strict=True):
                adjusted[at] = replace(lines[at], holm=holm)
    return adjusted
