"""The sentence of a paper that says what was tested, how, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from slicednorm import __version__
from slicednorm.paper._citation import citation_keys
from slicednorm.paper._lines import MOST_TESTS, Line, lines_of
from slicednorm.paper._markup import STYLES, Plain, Style, check_style
from slicednorm.paper._numbers import error_text, number_text, pvalue_text
from slicednorm.stats import CombinedTestResult, MeasureResult, PursuitTestResult, SignificanceResult, SlicedTestResult
from slicednorm.stats._hypotests.by_group import POOLED
from slicednorm.stats._hypotests.combined.member import in_a_sentence
from slicednorm.stats._sample.called import listed

_DRAWN = {
    "orthogonal": "random directions in orthogonal blocks",
    "iid": "independent random directions",
    None: "given directions",
}


def _directions(result: SlicedTestResult) -> str:
    """Return what a sliced statistic was averaged over; nothing in one dimension."""
    if result.dim == 1:
        return ""
    over = "averaged" if result.aggregate == "mean" else "maximised"
    return f", {over} over {result.n_slices:,} {_DRAWN[result.direction_kind]}"


def _test(result: SignificanceResult, markup: Plain) -> str:
    """Return what a test is."""
    title = markup.words(result.title)
    if isinstance(result, SlicedTestResult):
        return f"the {title} statistic{_directions(result)}"
    if isinstance(result, CombinedTestResult):
        members = listed([markup.words(in_a_sentence(member.title)) for member in result.members])
        kind = "a projection pursuit" if isinstance(result, PursuitTestResult) else "an omnibus"
        return f"{kind} test, the weighted harmonic mean of the p-values of {members}"
    if isinstance(result, MeasureResult):
        return f"Mardia's {result.name.removeprefix('mardia_')}"
    return f"the {title} test"


def _tests(results: Sequence[SignificanceResult], markup: Plain) -> str:
    """Return what several tests are; sliced statistics along directions of one kind go together."""
    sliced: dict[str, list[str]] = {}
    others: list[str] = []
    for result in results:
        if isinstance(result, SlicedTestResult):
            sliced.setdefault(_directions(result), []).append(markup.words(result.title))
        else:
            others.append(_test(result, markup))
    said = []
    for directions, titles in sliced.items():
        once = list(dict.fromkeys(titles))
        said.append(f"the {listed(once)} statistic{'s' * (len(once) > 1)}{directions}")
    return listed([*said, *dict.fromkeys(others)])


def _way(result: SignificanceResult) -> str:
    """Return how a p-value was found."""
    (way,) = _ways([result])
    return way


def _ways(results: Sequence[SignificanceResult]) -> list[str]:
    """Return how p-values were found, each way once."""
    counts: dict[str, list[int]] = {}
    for result in results:
        if result.has_pvalue:
            counts.setdefault(_template(result), []).append(result.n_resamples or 0)
    return [way.format(_from_to(some)) for way, some in counts.items()]


def _from_to(counts: Sequence[int]) -> str:
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _template(result: SignificanceResult) -> str:
    """Return how a p-value was found, with a place for the number of replicates."""
    if result.method == "analytic":
        if isinstance(result, SlicedTestResult) and result.dim > 1:
            return "by a formula for the null distribution along these directions"
        return "by a formula for the null distribution"
    if result.method == "asymptotic":
        return "by the limiting distribution"
    if result.method == "cached":
        of = "" if result.law_n is None else f" of {result.law_n:,} rows"
        return f"by a cached null distribution of {{}} Monte Carlo replicates{of}"
    until = ", as many as it took" if result.method == "sequential" else ""
    return f"by {{}} Monte Carlo replicates{until}"


def _equals(markup: Plain, pvalue: float | None) -> str:
    return markup.equation("p", pvalue_text(1.0 if pvalue is None else pvalue))


def _with_error(line: Line, markup: Plain) -> str:
    """Return that the p-value has its value, and its standard error."""
    said, error = _equals(markup, line.pvalue), line.shown_error
    return said if error is None else f"{said}, standard error {markup.number(error_text(error))}"


def _found(line: Line, markup: Plain) -> str:
    """Return the statistic, the p-value, its error, and how it was found."""
    result = line.result
    assert result is not None
    # That of several statistics judged as one depends on the number of replicates: it is nothing to report.
    combined = isinstance(result, CombinedTestResult)
    parts = [] if combined else [f"statistic {markup.number(number_text(result.statistic))}"]
    if line.pvalue is None:
        return parts[0]
    said = ", ".join([*parts, _with_error(line, markup), _way(result)])
    return said if line.holm is None else f"{said}; adjusted {_equals(markup, line.holm)}"


def null_in_words(result: SignificanceResult) -> str:
    """Return what a sample was compared with."""
    if result.hypothesis == "standard":
        return "the standard normal distribution"
    if result.dim == 1:
        return "a normal distribution of unknown mean and variance"
    return "a multivariate normal distribution of unknown mean and covariance"


def _software(results: Sequence[SignificanceResult], markup: Plain) -> str:
    seeds = {result.seed for result in results if isinstance(result.seed, int)}
    seed = f", seed {seeds.pop()}" if len(seeds) == 1 else ""
    return f"computed by slicednorm {__version__}{seed} {markup.citing(citation_keys())}"


def sentence_of_tests(
    lines: Sequence[Line], markup: Plain, *, what: str = "The sample", null: str | None = None
) -> str:
    """Return the sentence on the tests of one sample, or of several groups.

    ``what`` says what was tested, and ``null`` what it was compared with; both are words.
    """
    results = [line.result for line in lines if line.result is not None]
    if not results:
        raise ValueError("a sentence needs the results of tests; pass what sliced_test and the others return")
    law = markup.words(null or null_in_words(results[0]))
    if any(line.group is not None for line in lines):
        return _of_groups(lines, results, markup, law)
    shapes = {(result.n, result.dim) for result in results}
    if len(shapes) > 1:
        raise ValueError("the results are of several samples; pass a mapping of names to the results of each")
    n, dim = shapes.pop()
    shape = f"{markup.equation('n', f'{n:,}')}, {markup.equation('D', f'{dim:,}')}"
    were = "were" if what.lower().startswith(("the residuals", "residuals")) else "was"
    begun = f"{markup.words(what)} ({shape}) {were} compared with {law} by"
    if len(lines) > MOST_TESTS:
        said = [f"{begun} {_tests(results, markup)}", *_in_short(lines, results, markup)]
        return f"{'; '.join(said)}; {_software(results, markup)}."
    tests = [f"{_test(one, markup)} ({_found(line, markup)})" for one, line in zip(results, lines, strict=True)]
    holm = ", with p-values adjusted by Holm's method" if any(line.holm is not None for line in lines) else ""
    return f"{begun} {listed(tests)}{holm}; {_software(results, markup)}."


def _in_short(lines: Sequence[Line], results: Sequence[SignificanceResult], markup: Plain) -> list[str]:
    """Return how p-values were found, and the smallest; the others stand in the table."""
    tested = [line for line in lines if line.pvalue is not None]
    if not tested:
        return []
    adjusted = [line for line in tested if line.holm is not None]
    first = min(adjusted or tested, key=lambda line: line.pvalue or 0.0)
    smallest = _equals(markup, first.holm) if adjusted else _with_error(first, markup)
    who = ", ".join(markup.words(word) for word in (first.group, first.called) if word)
    holm = ", adjusted by Holm's method," if adjusted else ""
    return [f"p-values were found {listed(_ways(results))}", f"the smallest{holm} was {smallest} ({who})"]


def _size(name: str, line: Line, markup: Plain, *, dim: bool) -> str:
    """Return a group's number of rows, and of columns where groups differ in that."""
    columns = f", {markup.equation('D', f'{line.dim:,}')}" if dim else ""
    return f"{markup.words(name)} {markup.equation('n', f'{line.n:,}')}{columns}"


def _of_groups(lines: Sequence[Line], results: Sequence[SignificanceResult], markup: Plain, law: str) -> str:
    """Return the sentence on the tests of groups, whose numbers stand in the table."""
    groups = {line.group or "": line for line in lines if line.group != POOLED}
    dims = {line.dim for line in groups.values()}
    dim = f"; {markup.equation('D', f'{results[0].dim:,}')}" if len(dims) == 1 else ""
    sizes = ", ".join(_size(name, line, markup, dim=len(dims) > 1) for name, line in groups.items())
    said = [f"Each of {len(groups)} groups ({sizes}{dim}) was compared with {law} by {_tests(results, markup)}"]
    said += _in_short([line for line in lines if line.group != POOLED], results, markup)
    pooled = [line for line in lines if line.group == POOLED and line.pvalue is not None]
    if pooled:
        each = [f"{_with_error(line, markup)} ({markup.words(line.called)})" for line in pooled]
        said.append(f"the rows of all groups, less the means of their groups, had {listed(each)}")
    return f"{'; '.join(said)}; {_software(results, markup)}."


def sentence(
    results: Any,
    *,
    style: Style = "text",
    adjust: Literal["holm"] | None = "holm",
    what: str = "The sample",
    null: str | None = None,
) -> str:
    """Return the sentence in which a paper reports results.

    It has the statistic, n, D, the number of directions, how the p-value was found, the p-value with its standard
    error, the version of the package and what to cite. Of groups and of more than five tests it has the smallest
    p-value; the others stand in the `table`.

    Parameters
    ----------
    results : result, sequence of results, or mapping of str to results
        What `sliced_test` and all other tests return; a mapping has the results of each group under its name. A table
        lacks what the sentence says.
    style : {"text", "latex", "markdown"}, default: "text"
        Markup of the numbers and the citation.
    adjust : {"holm"}, optional
        Whether p-values are adjusted, if there are several.
    what : str, default: "The sample"
        What was tested.
    null : str, optional
        What it was compared with, where that is a known target: results do not know it.

    Returns
    -------
    str
        The sentence.

    Raises
    ------
    ValueError
        If there are no results, they are of samples of several shapes, or an option is unknown.
    TypeError
        If results are none of these.

    See Also
    --------
    table : The numbers of many tests.
    citation : The BibTeX entries that it cites.

    Examples
    --------
    >>> import numpy as np
    >>> from slicednorm import stats
    >>> x = np.random.default_rng(7).standard_normal((200, 3))
    >>> print(sentence(stats.henze_zirkler(x, n_resamples=199, rng=0)))
    The sample (n = 200, D = 3) was compared with a multivariate normal distribution of unknown mean and covariance by
    the Henze-Zirkler test (statistic ..., p = ..., standard error ..., by 199 Monte Carlo replicates); computed by
    slicednorm ..., seed 0 [slicednorm; knop2019].
    """
    check_style(style, tuple(STYLES))
    return sentence_of_tests(lines_of(results, adjust), STYLES[style], what=what, null=null)
