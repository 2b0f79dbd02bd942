"""What a paper prints of results: the table, the sentence, and that both read what they are given."""

import re

import numpy as np
import pandas as pd
import pytest

from slicednorm import __version__, paper, stats
from slicednorm.paper._numbers import error_text, pvalue_text

FAST = {"null": "composite", "n_resamples": 199, "rng": 0}


@pytest.fixture(scope="module")
def results():
    x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    return [
        *stats.sliced_tests(x, ("cvm", "ks"), n_slices=16, **FAST),
        stats.mardia(x, **FAST),
        stats.henze_zirkler(x, **FAST),
    ]


def cells(table):
    """Return the cells of a table in Markdown, the header first."""
    lines = [line for line in table.splitlines() if line.startswith("|") and "---" not in line]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_numbers_are_those_of_the_results(results):
    header, *rows = cells(paper.table(results, style="markdown"))
    assert header == ["Test", "*n*", "*D*", "Statistic", "*p*", "*p* (Holm)"]
    names = ["Sliced Cramér-von Mises", "Sliced Kolmogorov-Smirnov", "Mardia skewness", "Mardia kurtosis"]
    assert [row[0] for row in rows] == [*names, "Henze-Zirkler"]
    single = [*results[:2], *results[2].measures, results[3]]
    for row, one in zip(rows, single, strict=True):
        assert row[1:3] == ["60", "3"]
        assert float(row[3]) == pytest.approx(one.statistic, rel=1e-3)
        assert row[4] == pvalue_text(one.pvalue)
    expected = stats.normality_table(
        np.random.default_rng(7).standard_t(3, size=(60, 3)),
        ["cvm", "ks", "mardia", "hz"],
        n_slices=16,
        adjust="holm",
        **FAST,
    )
    assert [row[5] for row in rows] == [pvalue_text(p) for p in expected["pvalue_holm"]]
    assert paper.table(expected, style="markdown") == paper.table(results, style="markdown")


def test_one_result_has_nothing_to_be_adjusted_for(results):
    assert cells(paper.table(results[0], style="markdown"))[0][-1] == "*p*"
    assert "Holm" not in paper.sentence(results[0])


def test_latex(results):
    lines = paper.table(results).splitlines()
    assert lines[1] == r"\begin{table}"
    at = lines.index(r"\midrule")
    assert lines[at - 1] == r"Test & $n$ & $D$ & Statistic & $p$ & $p_{\mathrm{Holm}}$ \\"
    rows = lines[at + 1 : lines.index(r"\bottomrule")]
    assert len(rows) == 5
    assert all(row.count("&") == 5 and row.endswith(r" \\") for row in rows)
    assert lines[lines.index(r"\toprule") - 1] == r"\begin{tabular}{lrrrrr}"


@pytest.mark.parametrize("name", ["[a] & b_1 | 5% #2 *x* <~^> \\x {y}\n$z$", "* a"])
def test_names_are_escaped(results, name):
    markdown = cells(paper.table({name: results[0], "b": results[1]}, style="markdown"))
    assert re.sub(r"\\(.)", r"\1", markdown[1][0]) == " ".join(name.split())
    latex = paper.table({name: results[0], "b": results[1]})
    (row,) = [line for line in latex.splitlines() if "Mises" in line]
    # At the beginning of a row brackets and asterisks belong to the end of the line before.
    assert row[0] == "{"
    plain = row.split(" & Sliced")[0]
    words = {r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<"}
    words |= {r"\textgreater{}": ">", r"\textbar{}": "|", "{[}": "[", "{]}": "]", "{*}": "*"}
    for command, sign in words.items():
        plain = plain.replace(command, sign)
    assert re.sub(r"\\([&%$#_{}])", r"\1", plain) == " ".join(name.split())


def test_groups_and_all_of_them_less_their_means():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.standard_normal((60, 2)), columns=["a", "b"])
    frame["kind_of"] = np.repeat(["x", "y"], 30)
    found = stats.normality_table(frame, ["hz", "royston"], by="kind_of", adjust="holm", **FAST)
    header, *rows = cells(paper.table(found, style="markdown"))
    assert header == ["Group", "Test", "*n*", "*D*", "Statistic", "*p*", "SE", "*p* (Holm)"]
    errors = [error_text(error) if error > 0.0 else "–" for error in found["pvalue_stderr"]]
    assert errors[0] != "–"
    assert [row[6] for row in rows] == errors
    assert [row[0] for row in rows] == ["x", "x", "y", "y", "within groups", "within groups"]
    assert [row[2:4] for row in rows] == [["30", "2"]] * 4 + [["60", "2"]] * 2
    assert [row[-1] for row in rows] == [pvalue_text(p) for p in found["pvalue_holm"]]
    groups = {
        name: [stats.henze_zirkler(part, **FAST), stats.royston(part, **FAST)]
        for name, part in ((name, part.drop(columns="kind_of")) for name, part in frame.groupby("kind_of"))
    }
    whole = {"x": frame[["a", "b"]], "groups": frame["kind_of"], **FAST}
    groups["within groups"] = [stats.henze_zirkler(**whole), stats.royston(**whole)]
    assert cells(paper.table(groups, style="markdown"))[1:] == rows
    said = paper.sentence(groups)
    assert f"less the means of their groups, had p = {rows[4][5]}, standard error {rows[4][6]} (Henze" in said
    assert "SE is the standard error of $p$. $p_" in paper.table(groups)
    assert "SE" not in paper.table({"x": stats.energy(frame[["a", "b"]], method="analytic")})
    assert "Each of 2 groups (x n = 30, y n = 30; D = 2)" in said
    smallest = found.iloc[:4].sort_values("pvalue").iloc[0]
    assert f"p = {pvalue_text(smallest['pvalue_holm'])} ({smallest['group']}, " in said
    assert paper.table(found).count(r"\addlinespace") == 2


def test_columns():
    table = stats.column_table(np.random.default_rng(7).standard_exponential((40, 2)), names=["a_1", "b"], rng=0)
    header, *rows = cells(paper.table(table, style="markdown"))
    assert header[:5] == ["Column", "Mean", "SD", "Skewness", "*p*"]
    assert rows[0][0] == r"a\_1"
    assert rows[0][-1] == pvalue_text(table["shapiro_wilk_pvalue_holm"].iloc[0])


def test_the_sentence_says_how(results):
    said = paper.sentence(results[0])
    one = results[0]
    assert "The sample (n = 60, D = 3) was compared with a multivariate normal distribution of unknown mean" in said
    assert "averaged over 16 independent random directions" in said
    error = error_text(one.pvalue_error)
    assert f"p = {pvalue_text(one.pvalue)}, standard error {error}, by 199 Monte Carlo replicates" in said
    assert said.endswith(f"computed by slicednorm {__version__}, seed 0 [slicednorm; knop2019].")
    x = np.random.default_rng(7).standard_normal((120, 3))
    formula = paper.sentence(stats.sliced_test(x, "cvm", aggregate="mean", rng=0), style="latex")
    assert "the standard normal distribution" in formula
    assert "by a formula for the null distribution along these directions" in formula
    assert r"\cite{slicednorm,knop2019}" in formula
    assert "replicates" not in formula
    assert "p = " not in paper.sentence(stats.sliced_test(x, "cvm", method=None, rng=0))


@pytest.mark.parametrize(
    ("test", "kind", "called"),
    [(stats.omnibus_test, "an omnibus", "Omnibus"), (stats.pursuit_test, "a projection pursuit", "Pursuit")],
)
def test_the_sentence_says_what_several_statistics_are_made_of(test, kind, called):
    result = test(np.random.default_rng(7).standard_t(3, size=(60, 3)), n_slices=16, **FAST)
    text = paper.sentence(result)
    assert f" by {kind} test, the weighted harmonic mean of the p-values of the " in text
    for member in result.members:
        assert member.title in text
    assert "the search for a peak" in text
    assert "the Mardia" not in text
    # The statistic depends on the number of replicates: the p-value is what a paper reports.
    assert "(statistic" not in text
    assert paper._numbers.number_text(result.statistic) not in text
    assert f"(p {paper._numbers.pvalue_text(result.pvalue)}".replace("p .", "p = .") in text.replace("$", "")
    assert cells(paper.table(result, style="markdown"))[1][0] == called


def test_many_tests_leave_their_numbers_to_the_table(results):
    x = np.random.default_rng(7).standard_t(3, size=(60, 3))
    more = [*results, *stats.sliced_tests(x, ("ad", "w2"), n_slices=16, **FAST)]
    said = paper.sentence(more)
    titles = (
        "the Cramér-von Mises, Kolmogorov-Smirnov, Anderson-Darling and 2-Wasserstein statistics, averaged over 16 "
    )
    assert titles in said
    assert "p-values were found by 199 Monte Carlo replicates; the smallest, adjusted by Holm's method, was p" in said
    assert "statistic 0" not in said
    header, *rows = cells(paper.table(more, style="markdown"))
    assert (header[5], rows[0][5]) == ("SE", error_text(results[0].pvalue_error))
    assert "SE" not in paper.table(more[:2])


@pytest.mark.parametrize(
    ("results", "error", "message"),
    [
        ([], ValueError, "no results"),
        (3.0, TypeError, "results must be"),
        (pd.DataFrame({"a": [1.0]}), ValueError, "no column 'title'"),
    ],
)
def test_what_is_no_result(results, error, message):
    with pytest.raises(error, match=message):
        paper.table(results)


def test_what_a_sentence_cannot_be_made_of(results):
    table = stats.normality_table(np.random.default_rng(7).standard_normal((30, 2)), ["hz"], **FAST)
    with pytest.raises(ValueError, match="needs the results of tests"):
        paper.sentence(table)
    other = stats.henze_zirkler(np.random.default_rng(7).standard_normal((30, 2)), **FAST)
    with pytest.raises(ValueError, match="of several samples"):
        paper.sentence([results[0], other])
    with pytest.raises(ValueError, match="style must be 'latex' or 'markdown', got 'text'"):
        paper.table(results, style="text")
