"""Tables of tests, and of columns, for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from slicednorm.paper._lines import MOST_TESTS, Line, lines_of
from slicednorm.paper._markup import PAPER, Align, PaperMarkup, check_style
from slicednorm.paper._numbers import error_text, number_text, pvalue_text


def _number(value: float | None, markup: PaperMarkup) -> str:
    return markup.nothing if value is None or value != value else markup.number(number_text(value))


def _pvalue(value: float | None, markup: PaperMarkup) -> str:
    return markup.nothing if value is None or value != value else markup.number(pvalue_text(value))


def _error(value: float | None, markup: PaperMarkup) -> str:
    return markup.nothing if value is None else markup.number(error_text(value))


def _count(value: int | None, markup: PaperMarkup) -> str:
    return markup.nothing if value is None else f"{value:,}"


def table_of_tests(
    lines: Sequence[Line],
    markup: PaperMarkup,
    *,
    caption: str | None = None,
    label: str = "tab:normality",
    by: str = "Group",
) -> str:
    """Return a table of tests; a caption is marked up already, and ``by`` is what groups are called."""
    grouped = any(line.group is not None for line in lines)
    shows_p = any(line.pvalue is not None for line in lines)
    # The sentence has the errors of a few tests of one sample.
    errors = (grouped or len(lines) > MOST_TESTS) and any(line.shown_error is not None for line in lines)
    shows_holm = any(line.holm is not None for line in lines)
    shaped = any(line.n is not None for line in lines), any(line.dim is not None for line in lines)
    header = [
        *[markup.words(by)] * grouped,
        "Test",
        *[markup.symbol("n")] * shaped[0],
        *[markup.symbol("D")] * shaped[1],
        "Statistic",
        *[markup.symbol("p")] * shows_p,
        *["SE"] * errors,
        *[markup.symbol("p", "Holm")] * shows_holm,
    ]
    align: list[Align] = ["l"] * (1 + grouped)
    align += ["r"] * (len(header) - len(align))
    rows, breaks = [], []
    for at, line in enumerate(lines):
        if at and line.group != lines[at - 1].group:
            breaks.append(at)
        rows.append(
            [
                *[markup.words(line.group or "")] * grouped,
                markup.words(line.called),
                *[_count(line.n, markup)] * shaped[0],
                *[_count(line.dim, markup)] * shaped[1],
                _number(line.statistic, markup),
                *[_pvalue(line.pvalue, markup)] * shows_p,
                *[_error(line.shown_error, markup)] * errors,
                *[_pvalue(line.holm, markup)] * shows_holm,
            ]
        )
    if caption is None:
        caption = "Tests of multivariate normality."
    if errors:
        caption += f" SE is the standard error of {markup.symbol('p')}."
    if shows_holm:
        caption += f" {markup.symbol('p', 'Holm')} is adjusted by Holm's method."
    return markup.table(header, rows, align, caption=caption, label=label, breaks=breaks)


# The tests of a column, and what their statistics are called.
_OF_COLUMNS = (("skewness", "Skewness"), ("kurtosis", "Excess kurtosis"))
_OF_COLUMNS_BY_SYMBOL = (("anderson_darling", "A^2"), ("shapiro_wilk", "W"))


def table_of_columns(frame: Any, markup: PaperMarkup, *, caption: str | None = None, label: str = "tab:columns") -> str:
    """Return a table of what `column_table` returns."""
    tests = [(name, word) for name, word in _OF_COLUMNS if name in frame]
    tests += [(name, markup.symbol(symbol)) for name, symbol in _OF_COLUMNS_BY_SYMBOL if name in frame]
    holm = any(f"{name}_pvalue_holm" in frame for name, _ in tests)
    suffix = "_pvalue_holm" if holm else "_pvalue"
    shows_p = any(frame[f"{name}{suffix}"].notna().any() for name, _ in tests)
    header = ["Column", "Mean", "SD"]
    for _, word in tests:
        header += [word, *[markup.symbol("p")] * shows_p]
    rows = []
    for name, row in frame.iterrows():
        cells = [markup.words(str(name)), _number(row["mean"], markup), _number(row["sd"], markup)]
        for test, _ in tests:
            cells += [_number(row[test], markup), *[_pvalue(row[f"{test}{suffix}"], markup)] * shows_p]
        rows.append(cells)
    if caption is None:
        caption = "Columns, each tested by itself."
    if shows_p and holm:
        caption += f" Each {markup.symbol('p')} is adjusted over the columns by Holm's method."
    align: list[Align] = ["l", *["r"] * (len(header) - 1)]  # type: ignore[list-item]  # words, to mypy
    return markup.table(header, rows, align, caption=caption, label=label)


def table(
    results: Any,
    *,
    style: Literal["latex", "markdown"] = "latex",
    adjust: Literal["holm"] | None = "holm",
    caption: str | None = None,
    label: str | None = None,
) -> str:
    r"""Return a table of results for a paper: n, D, statistic and p-value of every test.

    P-values have three digits, or are "< .001". Where several tests, or groups, stand together, p-values adjusted by
    Holm's method stand beside, and the standard errors of p-values by replicates or directions, which of a few tests of
    one sample the `sentence` has.

    Parameters
    ----------
    results : result, sequence of results, mapping of str to results, or pandas.DataFrame
        What `sliced_test`, `sliced_tests`, `mardia` and all other tests return, also several of these; a mapping has
        the results of each group under its name. Or what `normality_table` returns, with or without ``by``, or what
        `column_table` does.
    style : {"latex", "markdown"}, default: "latex"
        A ``table`` of the package booktabs, or a pipe table. Names of groups and columns are escaped.
    adjust : {"holm"}, optional
        Whether p-values are adjusted, if there are several. Those that a DataFrame brings are taken.
    caption : str, optional
        The caption, in the markup of the style.
    label : str, optional
        The label of the table in LaTeX, by default ``tab:normality``, or ``tab:columns``.

    Returns
    -------
    str
        The table, without a line feed at its end.

    Raises
    ------
    ValueError
        If there are no results, the DataFrame is another, or an option is unknown.
    TypeError
        If results are none of these.

    See Also
    --------
    sentence : The sentence that goes with it.

    Examples
    --------
    >>> import numpy as np
    >>> from slicednorm import stats
    >>> x = np.random.default_rng(7).standard_t(3, size=(100, 3))
    >>> found = stats.normality_table(x, ["hz", "royston"], null="composite", n_resamples=199, adjust="holm", rng=0)
    >>> print(table(found, style="markdown"))
    Tests of multivariate normality. *p* (Holm) is adjusted by Holm's method.
    <BLANKLINE>
    | Test | *n* | *D* | Statistic | *p* | *p* (Holm) |
    | --- | ---: | ---: | ---: | ---: | ---: |
    | Henze-Zirkler | 100 | 3 | ... | .005 | .010 |
    | Royston | 100 | 3 | ... | .005 | .010 |
    """
    check_style(style, tuple(PAPER))
    markup = PAPER[style]
    if "anderson_darling" in getattr(results, "columns", ()):
        return table_of_columns(results, markup, caption=caption, label=label or "tab:columns")
    return table_of_tests(lines_of(results, adjust), markup, caption=caption, label=label or "tab:normality")
