"""Rows that stand out, on the command line."""

import json

import numpy as np
import pytest

from slicednorm import stats


def sample():
    x = np.random.default_rng(3).standard_normal((68, 4))
    x[16] = [5.0, -5.0, 4.0, -4.0]
    return x


def found(invoke, path, *options):
    result = invoke("test", path, "--null", "composite", "--outliers", "--seed", "0", "--json", "found.json", *options)
    assert result.exit_code == 0, result.output
    with open("found.json", encoding="utf-8") as file:
        return " ".join(result.output.split()), json.load(file)


def test_one_row_that_decides_the_verdict(invoke):
    x = sample()
    np.savetxt("x.csv", np.column_stack([np.arange(1, 69), x]), "%.6f", ",", header=",a,b,c,d", comments="")
    text, answer = found(invoke, "x.csv", "--stat", "omnibus", "--resamples", "199")
    (row,) = answer["outliers"]["rows"]
    # The file's own row number, and the position.
    assert (row["row"], row["number"]) == ("17", 16)
    rest = np.delete(np.round(x, 6), 16, axis=0)
    expected = stats.omnibus_test(rest, null="composite", n_resamples=199, rng=0).pvalue
    assert answer["outliers"]["without"][0]["pvalue"] == expected
    assert "Row 17 stands out (squared distance" in text
    assert f"Without it: omnibus p = {expected:.2g}. So the verdict hangs on this row." in text


def test_rows_keep_their_numbers_beside_missing_values(invoke):
    x = sample()
    x[3, 1] = np.nan
    np.save("x.npy", x)
    _, answer = found(invoke, "x.npy", "--stat", "hz", "--nan-policy", "omit")
    assert [row["number"] for row in answer["outliers"]["rows"]] == [16]


def test_residuals_without_a_row_are_those_of_the_others(invoke):
    x, groups = sample(), np.repeat([1.0, 2.0], 34)
    np.savetxt("x.csv", np.column_stack([x, groups]), "%.6f", ",", header="a,b,c,d,kind", comments="")
    text, answer = found(invoke, "x.csv", "--stat", "hz", "--within", "kind", "--resamples", "99")
    rest = np.delete(np.round(x, 6), 16, axis=0)
    expected = stats.henze_zirkler(rest, groups=np.delete(groups, 16), n_resamples=99, rng=0).pvalue
    assert answer["outliers"]["without"][0]["pvalue"] == expected
    assert "Row 16 (from 0) stands out" in text


def test_a_clean_sample(invoke):
    np.save("x.npy", np.random.default_rng(4).standard_normal((60, 2)))
    text, answer = found(invoke, "x.npy", "--stat", "hz")
    assert "No row lies farther out than the farthest of 60 normal rows may" in text
    assert answer["outliers"]["rows"] == answer["outliers"]["without"] == []


def test_rows_without_which_the_others_cannot_be_tested(invoke):
    x = np.random.default_rng(5).standard_normal((40, 2))
    x[:, 1] = 0.0
    x[7, 1] = 1.0
    np.save("x.npy", x)
    text, answer = found(invoke, "x.npy", "--stat", "hz")
    assert [row["number"] for row in answer["outliers"]["rows"]] == [7]
    assert answer["outliers"]["without"] == []
    assert "Row 7 (from 0) stands out" in text


@pytest.mark.parametrize("by", [["--by", "0"]])
def test_not_with_groups(invoke, by):
    np.save("x.npy", sample())
    result = invoke("test", "x.npy", "--null", "composite", "--outliers", *by)
    assert result.exit_code == 2
    assert "leave out --outliers" in result.output
