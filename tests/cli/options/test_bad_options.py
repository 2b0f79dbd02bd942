"""Options that are refused: one line says which, and what to do."""

import pytest

from tests.cli.refusals import X, check, npy

COMPOSITE = ("--null", "composite")
# Options, what the message must say.
USAGE = {
    "no resamples": (("--resamples", "0"), ["--resamples", "x>=1"]),
    "half a resample": (("--resamples", "1.5"), ["--resamples", "1.5"]),
    "unknown statistic": (("--stat", "foo"), ["'foo'", "ks, cvm, w2, cw, sw, ad, ep", "sksae", "all"]),
    "negative seed": (("--seed", "-1"), ["--seed", "x>=0"]),
    "alpha 0": (("--alpha", "0"), ["--alpha", "0<x<1"]),
    "alpha 1": (("--alpha", "1"), ["--alpha", "0<x<1"]),
    "alpha nan": (("--alpha", "nan"), ["--alpha", "0<x<1"]),
    "no slices": (("--slices", "0"), ["--slices", "x>=1"]),
    "absurd slices": (("--slices", "9" * 30), ["--slices"]),
    "no jobs": (("--jobs", "0"), ["--jobs", "-1"]),
    "negative jobs": (("--jobs", "-2"), ["--jobs", "-1"]),
    "unknown null": (("--null", "simple"), ["--null", "standard", "composite"]),
    "empty columns": (("--columns", ""), ["--columns", "commas"]),
    "columns with a gap": (("--columns", "0,,1"), ["--columns", "commas"]),
    "second path": (("y.npy",), ["y.npy"]),
    "no p-value to fail on": (("--fail-on-reject", "--no-pvalue"), ["--fail-on-reject", "--no-pvalue"]),
    "mean with composite": (("--mean", "x.npy", *COMPOSITE), ["--mean", "--null standard"]),
    "cov with composite": (("--cov", "x.npy", *COMPOSITE), ["--cov", "--null standard"]),
    "json over the sample": (("--json", "x.npy"), ["--json", "overwrite"]),
    "csv over the sample": (("--csv", "x.npy"), ["--csv", "overwrite"]),
    "csv and json on stdout": (("--csv", "-", "--json", "-"), ["--json", "--csv", "stdout"]),
    "csv and json in one file": (("--csv", "out", "--json", "./out"), ["--json", "--csv", "same file"]),
}


@pytest.mark.parametrize(("options", "parts"), USAGE.values(), ids=USAGE)
def test_usage(invoke, save, options, parts):
    save("x.npy", npy(X))
    result = invoke("test", "x.npy", *options)
    check(result, "x.npy", parts)
    assert "slicednorm test --help" in result.stderr


def test_option_without_value_and_unknown_option(invoke):
    for args in (("x.npy", "--seed"), ("x.npy", "--bogus")):
        result = invoke("test", *args)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert args[1] in result.stderr


def test_no_path(invoke):
    result = invoke("test")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "PATH" in result.stderr


def test_unknown_command(invoke):
    result = invoke("tset")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "'tset'" in result.stderr
