"""What is asked for is what is computed, and the numbers are those of the Python functions."""

import io
import json
from importlib import import_module

import numpy as np
import pytest

from slicednorm import stats
from tests.cli.notes import texts

SETTINGS = {"n_slices": 4, "n_resamples": 19, "rng": 1}


@pytest.fixture(autouse=True)
def sample(x):
    np.save("x.npy", x)


def by_name(result):
    return {entry["test"]: entry for entry in result["tests"]}


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize("aggregate", ["mean", "max"])
@pytest.mark.parametrize("directions", ["iid", "orthogonal"])
def test_numbers_are_those_of_the_library(test_json, x, null, aggregate, directions):
    found = by_name(
        test_json("x.npy", "--null", null, "--aggregate", aggregate, "--directions", directions, "--stat", "w2")
    )
    expected = stats.sliced_test(x, "w2", null=null, aggregate=aggregate, directions=directions, **SETTINGS)
    assert found["w2"]["statistic"] == expected.statistic
    assert found["w2"]["pvalue"] == expected.pvalue
    assert found["w2"]["pvalue_stderr"] == expected.pvalue_stderr
    assert found["w2"]["title"] == expected.title
    mardia = stats.mardia(x, null=null, n_resamples=19, rng=1)
    assert found["mardia_skewness"]["statistic"] == mardia.skewness
    assert found["mardia_skewness"]["pvalue"] == mardia.skewness_pvalue
    assert found["mardia_skewness"]["expected"] == mardia.expected_skewness
    assert found["mardia_kurtosis"]["statistic"] == mardia.kurtosis
    assert found["mardia_kurtosis"]["pvalue"] == mardia.kurtosis_pvalue
    assert found["mardia_kurtosis"]["expected"] == mardia.expected_kurtosis
    assert found["mardia_kurtosis"]["normalized"] == mardia.normalized_kurtosis


def test_defaults(invoke, test_json):
    assert list(by_name(test_json("x.npy"))) == ["cvm", "ks", "mardia_skewness", "mardia_kurtosis"]
    result = invoke("test", "x.npy", "--no-pvalue")
    assert "K = 256" in result.stdout


def test_names_models_and_repetitions(test_json):
    found = test_json("x.npy", "--stat", "SCWAE", "--stat", "ks", "--stat", "cw", "--no-mardia")
    assert list(by_name(found)) == ["cw", "ks"]


SLICED = ["ks", "cvm", "w2", "cw", "sw", "ad", "ep"]


@pytest.mark.parametrize("names", [("sliced",), ("ks", "SLICED")])
def test_sliced(test_json, names):
    options = [part for name in names for part in ("--stat", name)]
    found = test_json("x.npy", *options, "--no-mardia")
    assert list(by_name(found)) == SLICED
    assert "--stat" not in " ".join(texts(found))


def test_all(test_json, invoke):
    """Every test; what is not defined for the null is left out with a line, and a line says what 'all' was."""
    found = test_json("x.npy", "--stat", "all")
    mardia = ["mardia_skewness", "mardia_kurtosis"]
    assert list(by_name(found)) == [*SLICED, "hz", "bhep", "energy", "cramer-wold", *mardia, "omnibus", "pursuit"]
    assert all(entry["holm"] is not None for entry in found["tests"])
    assert "--stat sliced" in texts(found)[0]
    assert [note.split(":")[0] for note in texts(found)[1:3]] == ["royston", "dh"]
    composite = test_json("x.npy", "--stat", "all", "--null", "composite")
    assert list(by_name(composite)) == [
        *SLICED,
        "hz",
        "bhep",
        "energy",
        "royston",
        "dh",
        "cramer-wold",
        *mardia,
        "omnibus",
        "pursuit",
    ]
    without = test_json("x.npy", "--stat", "all", "--no-pvalue")
    for combined in ("omnibus", "pursuit"):
        assert combined not in by_name(without)
        assert any(note.startswith(f"{combined}: left out") for note in texts(without))


def test_more(test_json):
    """They are in no other group, and go by replicates."""
    found = test_json("x.npy", "--stat", "more", "--null", "composite", "--no-mardia")
    assert list(by_name(found)) == ["hv", "deh", "dehu", "vg", "hjg", "fattorini"]
    assert {entry["method"] for entry in found["tests"]} == {"monte carlo"}


def test_no_test_is_left(invoke):
    np.save("few.npy", np.random.default_rng(0).standard_normal((4, 3)))
    result = invoke("test", "few.npy", "--null", "composite", "--stat", "classical")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "few.npy" in result.stderr


def test_names_are_those_of_the_functions_or_their_aliases(test_json):
    for name in ("henze_zirkler", "henze-zirkler", "HZ"):
        (entry,) = test_json("x.npy", "--stat", name, "--no-mardia")["tests"]
        assert (entry["test"], entry["name"]) == ("hz", "henze_zirkler")


@pytest.mark.parametrize(("word", "method"), [("monte-carlo", "monte carlo"), ("monte carlo", "monte carlo")])
def test_method(test_json, word, method):
    found = test_json("x.npy", "--stat", "ks", "--method", word, "--no-mardia")
    assert (found["method"], found["tests"][0]["method"]) == (method, "monte carlo")


def test_asymptotic(test_json):
    np.save("x.npy", np.random.default_rng(5).standard_normal((200, 3)))
    found = test_json("x.npy", "--null", "composite", "--stat", "hz", "--method", "asymptotic")
    entries = by_name(found)
    assert entries["hz"]["method"] == entries["mardia_skewness"]["method"] == "asymptotic"
    group = test_json("x.npy", "--null", "composite", "--stat", "classical", "--method", "asymptotic")
    assert by_name(group)["energy"]["pvalue"] is None
    assert any(note.startswith("energy: no p-value") for note in texts(group))
    assert "energy, royston and cramer-wold had no p-value" in group["conclusion"]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--stat", "cvm"), "cvm has no limiting distribution under the standard null; leave out --method asymptotic"),
        (("--stat", "energy", "--null", "composite"), "energy has no limiting distribution"),
        (("--stat", "sliced"), "none of the tests has a p-value by --method asymptotic; ks: no p-value: it has no"),
        (("--stat", "hz", "--null", "composite", "--where"), "--where"),
        # In one column: a named test that has no p-value is an error, though another has one.
        (("--columns", "0", "--null", "composite", "--stat", "hz", "--stat", "royston"), "royston: no p-value"),
    ],
)
def test_no_limiting_distribution_is_no_answer(invoke, options, part):
    """A script that fails on a rejection must not take no answer for none."""
    for more in ((), ("--fail-on-reject",)):
        result = invoke("test", "x.npy", *options, "--method", "asymptotic", *more)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert part in result.stderr


def test_a_far_tail_of_a_limiting_distribution_is_a_bound(invoke):
    """Its p-value may be many times too small there, so that "about 3e-13%" would be wrong."""
    np.save("x.npy", np.random.default_rng(5).standard_exponential((60, 3)))
    options = ("--stat", "dh", "--null", "composite", "--no-mardia")
    far = invoke("test", "x.npy", *options, "--method", "asymptotic").stdout
    assert "less than 0.1% of normal samples" in " ".join(far.split())
    simulated = invoke("test", "x.npy", *options, "--method", "monte-carlo", "--resamples", "99").stdout
    assert "limiting distribution" not in simulated


def test_too_few_replicates_are_no_answer(invoke):
    np.save("x.npy", np.random.default_rng(5).standard_normal((60, 3)) + 9.0)
    result = invoke("test", "x.npy", "--stat", "sliced", "--resamples", "99", "--slices", "4", "--no-mardia")
    assert "There is no answer at level 0.05" in result.stdout


@pytest.mark.parametrize("word", ["auto", "cached"])
def test_words_are_methods(invoke, word):
    result = invoke("test", "x.npy", "--resamples", word)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"--method {word}" in result.stderr


@pytest.mark.parametrize("method", ["cached", "sequential", "asymptotic"])
def test_methods_that_take_no_number(invoke, method):
    result = invoke("test", "x.npy", "--method", method, "--resamples", "19")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "leave out --resamples" in result.stderr


def test_jobs_do_not_change_the_answer(test_json):
    one, all_cores = (test_json("x.npy", "--resamples", "600", "--jobs", jobs) for jobs in ("1", "-1"))
    assert one == all_cores


def test_jobs_reach_the_library(test_json, monkeypatch):
    asked = []
    for name in ("battery.run_sliced", "registry.run_mardia"):
        path = f"slicednorm.stats._hypotests.{name}"
        module, _, function = path.rpartition(".")
        run = getattr(import_module(module), function)
        monkeypatch.setattr(path, lambda *args, run=run: asked.append(args[-2].workers) or run(*args))
    test_json("x.npy", "--jobs", "3")
    test_json("x.npy")
    assert asked == [3, 3, -1, -1]


def test_fresh_seed_is_reported_and_repeats_the_answer(invoke):
    options = ("x.npy", "--slices", "4", "--resamples", "19", "--json", "out.json")
    seeds = set()
    for _ in range(2):
        printed = invoke("test", *options).stdout
        with open("out.json") as file:
            seed = json.load(file)["seed"]
        assert f"seed {seed};" in printed
        assert seed < 2**53  # doubles hold it
        assert invoke("test", *options, "--seed", seed).stdout == printed
        seeds.add(seed)
    assert len(seeds) == 2


class TestNoPvalue:
    def test_values_alone(self, test_json):
        with_p, without = test_json("x.npy"), test_json("x.npy", "--no-pvalue")
        for entry, other in zip(without["tests"], with_p["tests"], strict=True):
            assert entry["statistic"] == other["statistic"]
            for name in ("pvalue", "pvalue_stderr", "holm", "reject", "n_resamples"):
                assert entry[name] is None

    def test_table(self, invoke):
        printed = invoke("test", "x.npy", "--no-pvalue").stdout
        assert "p-value" not in printed.partition("These are distances")[0]
        assert "verdict" not in printed


class TestNanPolicy:
    def test_omit(self, test_json, x):
        gappy = np.insert(x, [3, 10], np.nan, axis=0)
        np.save("gappy.npy", gappy)
        found, expected = test_json("gappy.npy", "--nan-policy", "omit"), test_json("x.npy")
        assert (found["n"], found["n_omitted"]) == (40, 2)
        assert found["tests"] == expected["tests"]

    def test_empty_cells(self, test_json, invoke, save):
        save("x.csv", "a,b\n1,2\n,3\n-1,0\nNA,1\n0,1\n")
        found = test_json("x.csv", "--nan-policy", "omit")
        assert (found["n"], found["n_omitted"]) == (3, 2)
        assert (
            "(2 with missing values left out)" in invoke("test", "x.csv", "--nan-policy", "omit", "--no-pvalue").stdout
        )

    def test_missing_in_other_columns_does_not_matter(self, test_json, save):
        save("x.csv", "a,b\n1,\n2,\n-1,\n")
        assert test_json("x.csv", "--columns", "a")["n_omitted"] == 0


class TestStdin:
    TEXT = "a;b\n1;2\n-1;0.5\n0;1\n2;-1\n"

    def test_same_as_from_a_file(self, test_json, save):
        save("x.csv", self.TEXT)
        piped, stored = test_json("-", stdin=self.TEXT), test_json("x.csv")
        assert piped.pop("file") == "-"
        assert stored.pop("file") == "x.csv"
        assert piped == stored

    def test_named_in_the_table(self, invoke):
        assert "standard input" in invoke("test", "-", "--no-pvalue", stdin=self.TEXT).stdout


class TestTarget:
    MEAN = np.asarray([1.0, -2.0, 0.5])
    COV = np.asarray([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])

    def run(self, test_json, x):
        return test_json("x.npy", "--mean", "mu.csv", "--cov", "sigma.npy", "--stat", "cvm")

    def test_as_the_library_has_it(self, test_json, save, x):
        save("mu.csv", "a,b,c\n1,-2,0.5\n")
        np.save("sigma.npy", self.COV)
        found = by_name(self.run(test_json, x))
        expected = stats.sliced_test(x, "cvm", mean=self.MEAN, cov=self.COV, **SETTINGS)
        assert found["cvm"]["statistic"] == expected.statistic
        assert found["cvm"]["pvalue"] == expected.pvalue
        mardia = stats.mardia(x, mean=self.MEAN, cov=self.COV)
        assert found["mardia_skewness"]["statistic"] == mardia.skewness

    def test_is_reported(self, test_json, invoke, save):
        save("mu.csv", "1\n-2\n0.5\n")
        np.save("sigma.npy", self.COV)
        options = ("x.npy", "--mean", "mu.csv", "--cov", "sigma.npy")
        found = test_json(*options)
        assert (found["null"], found["mean"], found["cov"]) == ("standard", "mu.csv", "sigma.npy")
        printed = invoke("test", *options, "--no-pvalue").stdout
        assert "X ~ N(mu, Sigma), mu from mu.csv, Sigma from sigma.npy" in printed

    @pytest.mark.parametrize("shape", [(3,), (1, 3), (3, 1)])
    def test_shapes_of_a_mean(self, test_json, shape):
        np.save("mu.npy", self.MEAN.reshape(shape))
        np.save("flat.npy", self.MEAN)
        found, expected = test_json("x.npy", "--mean", "mu.npy"), test_json("x.npy", "--mean", "flat.npy")
        assert found["tests"] == expected["tests"]

    def test_variances(self, test_json):
        np.save("variances.npy", np.diag(self.COV))
        np.save("diagonal.npy", np.diag(np.diag(self.COV)))
        found = test_json("x.npy", "--cov", "variances.npy")
        assert found["tests"] == test_json("x.npy", "--cov", "diagonal.npy")["tests"]


def test_one_column(invoke, test_json, x):
    np.save("x.npy", x[:, :1])
    assert test_json("x.npy")["n_slices"] == 1
    assert "1 (the sample has one column)" in invoke("test", "x.npy", "--no-pvalue").stdout


class TestMardia:
    """Beside the tests by Monte Carlo, unless it would take longer than they do."""

    def work(self, monkeypatch, mardia):
        """Set the cost of Mardia, that of the tests being 100 an evaluation; the unit is 10 milliseconds."""
        monkeypatch.setattr(
            "slicednorm.stats._hypotests.battery.sliced_work", lambda n, dim, n_slices, n_statistics: 100.0 * 1e7
        )
        monkeypatch.setattr("slicednorm.stats._hypotests.registry.mardia_work", lambda n, dim: mardia * 1e7)

    def test_cheap(self, test_json, monkeypatch):
        self.work(monkeypatch, 100.0)
        found = test_json("x.npy")
        assert by_name(found)["mardia_skewness"]["n_resamples"] == 19
        assert not [note for note in texts(found) if "Mardia" in note]

    @pytest.mark.parametrize("cost", [101.0, 2000.0])
    def test_dear(self, test_json, monkeypatch, cost):
        x = np.random.default_rng(5).standard_normal((400, 3))
        np.save("x.npy", x)
        self.work(monkeypatch, cost)
        found = test_json("x.npy")
        entry = by_name(found)["mardia_skewness"]
        assert entry["pvalue"] == stats.mardia(x).skewness_pvalue
        assert (entry["n_resamples"], entry["pvalue_stderr"]) == (None, None)
        assert "asymptotic" in texts(found)[0]

    def test_dear_where_its_laws_do_not_hold(self, test_json, monkeypatch, x):
        self.work(monkeypatch, 101.0)
        found = test_json("x.npy")
        entry = by_name(found)["mardia_kurtosis"]
        assert entry["statistic"] == stats.mardia(x, n_resamples=1).kurtosis
        assert entry["pvalue"] is entry["reject"] is entry["method"] is None
        assert "its limiting distributions are not known to hold" in texts(found)[0]

    def test_a_second_is_never_too_long(self, test_json, monkeypatch):
        monkeypatch.setattr(
            "slicednorm.stats._hypotests.battery.sliced_work", lambda n, dim, n_slices, n_statistics: 1.0
        )
        monkeypatch.setattr("slicednorm.stats._hypotests.registry.mardia_work", lambda n, dim: 1e9 / 20)
        assert by_name(test_json("x.npy"))["mardia_skewness"]["n_resamples"] == 19

    @pytest.mark.parametrize(("cost", "options"), [(2001.0, ()), (101.0, ("--no-pvalue",))])
    def test_too_dear(self, test_json, monkeypatch, cost, options):
        self.work(monkeypatch, cost)
        found = test_json("x.npy", *options)
        assert list(by_name(found)) == ["cvm", "ks"]
        assert "left out" in texts(found)[0]

    def test_asymptotic_without_pvalues_says_nothing(self, test_json, monkeypatch):
        self.work(monkeypatch, 100.0)
        assert texts(test_json("x.npy", "--no-pvalue")) == []

    def test_not_wanted(self, test_json, monkeypatch):
        self.work(monkeypatch, 1e9)
        found = test_json("x.npy", "--no-mardia")
        assert list(by_name(found)) == ["cvm", "ks"]
        assert not [note for note in texts(found) if "Mardia" in note]

    def test_asked_for_the_actual_work(self, test_json, monkeypatch):
        asked = []
        monkeypatch.setattr("slicednorm.stats._hypotests.battery.sliced_work", lambda *args: asked.append(args) or 1e9)
        test_json("x.npy", "--columns", "0,1", "--stat", "ks")
        assert asked == [(40, 2, 4, 1)]


def test_text_of_numpy_is_read(test_json, x):
    stream = io.StringIO()
    np.savetxt(stream, x, delimiter=",", header="a,b,c")
    found = test_json("-", stdin=stream.getvalue())
    assert found["tests"] == test_json("x.npy")["tests"]


@pytest.mark.slow
class TestWhere:
    def test_a_sample_that_is_rejected(self, invoke, test_json):
        x = np.random.default_rng(2).standard_normal((300, 3))
        x[:, 2] += 1.0
        np.save("x.npy", x)
        found = test_json("x.npy", "--where", "--resamples", "99", "--no-mardia", "--stat", "cvm", "--stat", "energy")
        where = found["where"]
        assert (where["test"], where["kind"], where["bound"]) == ("cvm", "location", "estimate")
        assert abs(where["direction"][2]) > 0.9
        assert where["low"] < where["rows"] < where["high"] < 100
        printed = " ".join(invoke("test", "x.npy", "--where", "--resamples", "99", "--seed", "1").stdout.split())
        for sentence in where["sentences"][:1]:
            assert sentence.split(":")[0] in printed
        assert "with 80% power" in printed

    def test_names_of_columns(self, invoke, save):
        rows = np.random.default_rng(2).standard_normal((200, 2))
        rows[:, 0] += 1.0
        save("x.csv", "height,width\n" + "\n".join(f"{a},{b}" for a, b in rows))
        assert "height" in invoke("test", "x.csv", "--where", "--resamples", "99").stdout.partition("Along")[2]

    def test_a_sample_that_is_not_rejected(self, invoke, test_json, x):
        np.save("x.npy", x)
        assert test_json("x.npy", "--where")["where"] is None
        printed = invoke("test", "x.npy", "--where", "--seed", "1", "--slices", "4").stdout
        assert "no test that looks along directions rejects" in printed

    @pytest.mark.parametrize("options", [("--no-pvalue",), ("--stat", "energy")])
    def test_it_needs_a_sliced_test(self, invoke, x, options):
        np.save("x.npy", x)
        result = invoke("test", "x.npy", "--where", *options)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert "--where" in result.stderr


@pytest.mark.parametrize("name", ["omnibus", "pursuit"])
@pytest.mark.parametrize("method", ["sequential", "asymptotic", "analytic"])
def test_the_omnibus_and_pursuit_take_a_number_that_is_fixed_beforehand(invoke, name, method):
    result = invoke("test", "x.npy", "--stat", name, "--method", method)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"--stat {name}" in result.stderr
    assert f"leave out --method {method}" in result.stderr


def test_the_omnibus_of_a_group_is_left_out_with_a_line(test_json):
    found = test_json("x.npy", "--stat", "overview", "--method", "sequential")
    assert "omnibus" not in by_name(found)
    assert any(note.startswith("omnibus: left out") for note in texts(found))
