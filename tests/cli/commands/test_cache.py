"""`slicednorm calibrate` and `slicednorm cache`, and tests by what they cache."""

import json
import warnings
from dataclasses import replace

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.stats._calibration.method import Way, fixed_number
from slicednorm.stats._hypotests.classical.run import run_classical
from slicednorm.stats._hypotests.registry import TESTS
from tests.cli.notes import texts


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, limits):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "laws"))
    limits(full_law=199, least_law=99)
    return tmp_path / "laws"


def keep(invoke, *args):
    result = invoke("calibrate", *args, "--slices", "4", "--resamples", "150")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_test_of_the_same_shape_takes_the_law(invoke, cache, x):
    np.save("x.npy", x)
    printed = keep(invoke, "x.npy")
    assert "cvm" in printed
    assert "150 replicates" in printed
    assert str(cache) in printed
    for seed in (1, 2):
        result = invoke("test", "x.npy", "--slices", "4", "--method", "cached", "--seed", seed, "--json", "-")
        entries = json.loads(result.stdout)["tests"]
        assert [(entry["method"], entry["n_resamples"]) for entry in entries[:2]] == [("cached", 150)] * 2
        assert "M = 150, cached for this shape" in result.stderr
        assert "tests by it reject 5% of normal samples" in " ".join(result.stderr.split())


def test_a_shape_in_numbers_is_that_of_a_file(invoke, cache, x):
    np.save("x.npy", x)
    keep(invoke, "x.npy")
    before = sorted(path.name for path in cache.iterdir())
    keep(invoke, "--n", "40", "--dim", "3", "--dtype", "float64")
    assert sorted(path.name for path in cache.iterdir()) == before


def test_classical_tests_and_mardia(invoke, cache, x):
    np.save("x.npy", x)
    printed = keep(invoke, "x.npy", "--null", "composite", "--stat", "hz", "--stat", "energy", "--stat", "w2")
    assert [line.split()[0] for line in printed.splitlines()] == ["w2", "henze_zirkler", "energy", "cached"]
    result = invoke("test", "x.npy", "--null", "composite", "--stat", "energy", "--no-mardia", "--json", "-")
    assert json.loads(result.stdout)["tests"][0]["method"] == "cached"


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        ((), ["PATH", "--n and --dim"]),
        (("--n", "50"), ["--dim"]),
        (("x.npy", "--n", "50"), ["leave out --n"]),
        (("--n", "1", "--dim", "3"), ["--n"]),
        (("--n", "50", "--dim", "3", "--stat", "royston", "--null", "composite"), ["royston", "correlations"]),
        (("--n", "50", "--dim", "3", "--stat", "what"), ["what", "cvm", "energy"]),
        (("--n", "3", "--dim", "3", "--null", "composite"), ["D + 1", "(3, 3)"]),
        (("nothing.npy",), ["nothing.npy"]),
    ],
)
def test_what_cannot_be_calibrated(invoke, x, args, parts):
    np.save("x.npy", x)
    result = invoke("calibrate", *args)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    for part in parts:
        assert part in result.stderr


def test_nowhere_to_keep_it(invoke, monkeypatch):
    monkeypatch.setenv("SLICEDNORM_CACHE", "off")
    result = invoke("calibrate", "--n", "50", "--dim", "3")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "SLICEDNORM_CACHE" in result.stderr
    assert "off" in invoke("cache").stdout


def test_a_cache_that_takes_nothing_is_an_error_of_calibrate_and_a_line_of_test(invoke, monkeypatch, tmp_path, x):
    np.save("x.npy", x)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "file" / "laws"))
    result = invoke("calibrate", "--n", "50", "--dim", "3", "--slices", "4", "--resamples", "120")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "could not be cached" in result.stderr
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it is a line of the command, not of Python
        result = invoke("test", "x.npy", "--slices", "4", "--method", "cached", "--no-mardia")
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if "could not be cached" in line]
    assert ".py:" not in result.stderr


def test_showing_and_clearing(invoke, cache):
    assert "0 null distributions" in invoke("cache").stdout
    keep(invoke, "--n", "50", "--dim", "3")
    (cache / "broken.law").write_bytes(b"what is this")
    shown = invoke("cache").stdout
    assert "cvm, n = 50, D = 3, standard null, " in shown
    assert "150 replicates" in shown
    assert "broken.law: damaged" in shown
    assert "2 null distributions and 1 damaged" in shown
    assert "3 null distributions removed" in invoke("cache", "--clear").stdout
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["hz", "bhep", "energy", "royston", "dh", "cramer-wold", "hv", "deh", "dehu", "vg", "hjg", "fattorini"]
)
def test_classical_tests_by_name(test_json, x, name):
    np.save("x.npy", x)
    found = test_json("x.npy", "--stat", name, "--null", "composite", "--no-mardia")
    (entry,) = found["tests"]
    assert entry["test"] == name
    assert (entry["n_resamples"], entry["method"]) == (19, "monte carlo")
    without = test_json("x.npy", "--stat", name, "--null", "composite", "--no-mardia", "--no-pvalue")
    assert (without["tests"][0]["statistic"], without["tests"][0]["pvalue"]) == (entry["statistic"], None)


def test_the_order_is_that_of_the_command(invoke, test_json, x):
    np.save("x.npy", x)
    found = test_json("x.npy", "--stat", "energy", "--stat", "ks", "--stat", "HZ", "--stat", "energy")
    assert [entry["test"] for entry in found["tests"][:3]] == ["energy", "ks", "hz"]
    assert all(entry["holm"] is not None for entry in found["tests"][:3])
    printed = invoke("test", "x.npy", "--stat", "energy", "--resamples", "19", "--no-mardia").stdout
    assert "directions" not in printed.partition("test ")[0]


@pytest.mark.parametrize("name", ["royston", "dh", "vg", "fattorini"])
def test_tests_of_the_composite_null_alone(invoke, x, name):
    np.save("x.npy", x)
    result = invoke("test", "x.npy", "--stat", name)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "--null composite" in result.stderr


def test_too_few_or_too_many_rows(invoke):
    np.save("many.npy", np.random.default_rng(0).standard_normal((5001, 2)))
    result = invoke("test", "many.npy", "--stat", "royston", "--null", "composite")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "many.npy" in result.stderr
    assert "5,000" in result.stderr


def test_the_omnibus_says_what_drove_it(invoke, test_json):
    np.save("skewed.npy", np.random.default_rng(1).exponential(size=(60, 2)))
    found = test_json("skewed.npy", "--stat", "omnibus", "--null", "composite", "--resamples", "99", "--no-mardia")
    (entry,) = found["tests"]
    assert (entry["test"], entry["pvalue"], entry["n_resamples"]) == ("omnibus", 0.01, 99)
    smallest = min(entry["members"], key=lambda member: member["pvalue"])
    (driver,) = [member for member in entry["members"] if member["name"] == entry["driver"]]
    assert driver["pvalue"] == smallest["pvalue"]
    assert texts(found)[0].index(driver["title"]) < min(
        texts(found)[0].index(member["title"]) for member in entry["members"] if member is not driver
    )
    assert "K = 256" in invoke("test", "skewed.npy", "--stat", "omnibus", "--resamples", "19").stdout
    result = invoke("test", "skewed.npy", "--stat", "omnibus", "--no-pvalue")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    keep(invoke, "skewed.npy", "--stat", "omnibus")
    again = test_json("skewed.npy", "--stat", "omnibus", "--method", "auto", "--no-mardia")
    assert again["tests"][0]["method"] == "cached"


def takes(monkeypatch, work):
    """Have one evaluation of the energy test take so many nanoseconds."""
    monkeypatch.setitem(TESTS, "energy", replace(TESTS["energy"], work=lambda n, dim, n_slices: work))


@pytest.mark.parametrize(("work", "count"), [(80e6, None), (200e6, 999), (1e9, 199), (5e9, 99)])
def test_tests_of_all_pairs_take_fewer_replicates_where_they_are_expensive(test_json, monkeypatch, x, work, count):
    np.save("x.npy", x)
    taken = []

    def run(test, sample, options, way):
        taken.append(way)
        return run_classical(test, sample, options, fixed_number(19))

    takes(monkeypatch, work)
    monkeypatch.setattr("slicednorm.stats._hypotests.registry.run_classical", run)
    found = test_json("x.npy", "--stat", "energy", "--no-mardia", "--method", "auto")
    assert taken == [Way("auto") if count is None else fixed_number(count)]
    note = f"energy: {count} replicates, to save time."
    assert (note in texts(found)) == (count is not None)


def test_tests_of_all_pairs_that_would_take_hours_are_refused_but_on_request(invoke, monkeypatch, x):
    np.save("x.npy", x)
    takes(monkeypatch, 1e12)
    result = invoke("test", "x.npy", "--stat", "energy", "--no-mardia")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "28 hours" in result.stderr
    assert "--resamples 99" in result.stderr
    assert invoke("test", "x.npy", "--stat", "energy", "--no-mardia", "--resamples", "9").exit_code == 0
    assert invoke("test", "x.npy", "--stat", "energy", "--no-mardia", "--no-pvalue").exit_code == 0


def test_royston_has_no_law_to_take(invoke, x):
    np.save("x.npy", x)
    result = invoke("test", "x.npy", "--null", "composite", "--stat", "royston", "--method", "cached")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "royston" in result.stderr
    assert "--resamples" in result.stderr
    with pytest.raises(ValueError, match="this test has none"):
        stats.royston(x, method="cached")


def test_laws_that_would_take_days_are_not_begun(invoke):
    result = invoke("calibrate", "--n", "200000", "--dim", "4", "--stat", "energy")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "hours" in result.stderr


def test_laws_too_small_for_any_test_are_not_computed(invoke):
    result = invoke("calibrate", "--n", "50", "--dim", "3", "--resamples", "98")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "'--resamples': 98 is fewer than 99" in result.stderr


def test_a_law_under_another_name_is_none(invoke, cache):
    keep(invoke, "--n", "50", "--dim", "3")
    first, second = sorted(cache.iterdir())
    first.write_bytes(second.read_bytes())
    assert f"{first.name}: damaged" in invoke("cache").stdout


def test_a_file_in_the_place_of_the_cache_is_named(invoke, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path / "file"))
    result = invoke("cache")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "is a file" in result.stderr


def test_mardias_measures_have_replicates_of_their_own(invoke):
    x = np.random.default_rng(3).standard_normal((200, 3))
    x[:, 0] += 0.6
    np.save("shifted.npy", x)
    result = invoke("test", "shifted.npy", "--slices", "4", "--seed", "0", "--json", "-")
    entries = {entry["test"]: entry for entry in json.loads(result.stdout)["tests"]}
    counts = sorted(entries[name]["n_resamples"] for name in ("mardia_skewness", "mardia_kurtosis"))
    assert f"Mardia's M = {counts[0]}" in result.stderr
    assert entries["mardia_skewness"]["method"] == "cached"
    kurtosis = entries["mardia_kurtosis"]
    assert kurtosis["method"] == "sequential"
    p, count = kurtosis["pvalue"], kurtosis["n_resamples"]
    assert kurtosis["pvalue_stderr"] == pytest.approx(np.sqrt(p * (1 - p) / (count + 1)))
