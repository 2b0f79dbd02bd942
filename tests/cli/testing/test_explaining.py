"""Where the omnibus and pursuit deviate: by a sliced statistic that sees what their driver saw, or by its direction."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from slicednorm_cli.options.test_names import resolve
from slicednorm_cli.page.words import deviation_sentences
from slicednorm_cli.testing.explaining import explained, explained_by
from slicednorm_cli.testing.findings import Findings
from slicednorm_cli.testing.request import Request
from slicednorm_cli.testing.run import examine_sample

from slicednorm import stats
from slicednorm.stats._deviation.words import sentence_along
from slicednorm.stats._slices.profile import profile

OMNIBUS = ("--null", "composite", "--stat", "omnibus", "--where", "--resamples", "99")


def by_name(members):
    return {member["name"]: member for member in members}


@pytest.mark.slow
def test_where_of_the_omnibus(invoke, test_json):
    x = np.random.default_rng(2).standard_normal((150, 3))
    x[:, 1] = np.random.default_rng(3).exponential(size=150)
    np.save("x.npy", x)
    found = test_json("x.npy", *OMNIBUS, "--seed", "1")
    (test,) = (row for row in found["tests"] if row["test"] == "omnibus")
    where = found["where"]
    driver = by_name(test["members"])[test["driver"]]["title"]
    assert where["sentences"][0].startswith(f"The omnibus was driven by the {driver}. What follows is by the sliced ")
    assert where["kind"] == "skewness"
    assert abs(where["direction"][1]) > 0.9
    printed = " ".join(invoke("test", "x.npy", *OMNIBUS, "--seed", "1", "--slices", "4").stdout.split())
    assert "as one test. It is driven by" in printed
    assert printed.count("The omnibus was driven by") == 1


@pytest.mark.parametrize("name", ["omnibus", "pursuit"])
def test_nothing_to_explain(invoke, x, name):
    np.save("x.npy", x)
    options = [option if option != "omnibus" else name for option in OMNIBUS]
    printed = " ".join(invoke("test", "x.npy", *options, "--seed", "1", "--slices", "4").stdout.split())
    assert "no test that looks along directions rejects" in printed
    if name == "pursuit":
        assert "counted from 0, the sample is no farther from normal than a normal sample may be." in printed


def examined(x, name, **options):
    request = Request(
        path="x.npy",
        tests=resolve((name,)),
        mardia=False,
        **{"n_slices": 4, "n_resamples": 19, "null": "composite", **options},
        method="monte carlo",
        seed=0,
        jobs=1,
    )
    return examine_sample(stats.as_sample(x), request)


@pytest.mark.parametrize(
    ("driver", "statistic", "aggregate"),
    [
        ("w2_search", "w2", "max"),
        ("ad_search", "ad", "max"),
        ("peak", "cw", "max"),
        ("gap", "cw", "max"),
        ("cramer_wold", "cw", "mean"),
        ("columns", "w2", "mean"),
        ("mardia_kurtosis", "w2", "mean"),
    ],
)
def test_the_driver_chooses_the_statistic(x, driver, statistic, aggregate):
    found = examined(x, "omnibus")
    (row,) = found.report.tests
    driven = replace(row, result=replace(row.result, driver=driver), reject=True)
    by = explained_by(Findings(replace(found.report, tests=(driven,)), found.sample, found.target), 1)
    assert by.rejects
    assert (by.test.test, by.test.aggregate) == (statistic, aggregate)


def split(n, dim, apart, seed):
    """Two groups along a direction between two columns, which a mean over slices does not see."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, dim))
    x[: n // 2, 3] += apart
    x[: n // 2, 6] += apart / 2.0
    return x[rng.permutation(n)]


@pytest.mark.slow
@pytest.mark.parametrize("null", ["composite", "standard"])
@pytest.mark.parametrize("name", ["omnibus", "pursuit"])
def test_the_direction_is_that_of_the_search_where_no_sliced_test_supports_one(name, null):
    """What rejects is said, not that nothing stands out; the page and --where say the same, of the same direction."""
    x = split(100, 10, 3.7, seed=6)
    if null == "standard":
        x = (x - x.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(x.T, ddof=0))).T
    found = examined(x, name, null=null, n_slices=256, n_resamples=99)
    (row,) = found.report.tests
    assert row.reject
    assert row.driver == "gap"
    by = explained_by(found, 1)
    told = explained(found, by, 1)
    alone = stats.pursuit_test(x, null=null, n_resamples=19, rng=0)
    assert told.direction.way == "gap"
    assert told.direction.kind == "bimodality"
    scores = told.direction.scores(x)
    assert abs(scores.mean()) < 1e-9
    assert abs(np.mean(np.exp(-0.5 * scores**2)) + by_name([vars(m) for m in row.members])["gap"]["statistic"]) < 1e-6
    assert told.direction.sentence == sentence_along(told.direction.weights, profile(scores), len(scores), None)
    if alone.driver == "gap":
        np.testing.assert_allclose(told.direction.direction, alone.direction, rtol=0, atol=1e-6)
        np.testing.assert_allclose(told.direction.loadings, alone.loadings, rtol=0, atol=1e-6)
    called = {"omnibus": "The omnibus", "pursuit": "Pursuit"}[name]
    assert by.lead(told.direction) == (f"{called} was driven by the search for a gap.",)
    shown = SimpleNamespace(report=found.report, by=by, is_explained=True, direction=told.direction, size=told.size)
    assert deviation_sentences(shown)[:2] == [*by.lead(told.direction), told.direction.sentence]


def test_pursuit_says_which_columns_and_what_they_look_like(invoke, test_json):
    """Of columns in different units the weights tell, not the loadings."""
    frame = pd.DataFrame(split(100, 10, 6.0, seed=1), columns=[f"m{number}" for number in range(10)])
    frame["m3"] *= 1000.0
    frame.to_csv("split.csv", index=False)
    options = ("--null", "composite", "--stat", "pursuit", "--resamples", "99", "--seed", "1", "--slices", "256")
    printed = " ".join(invoke("test", "split.csv", *options).stdout.split())
    found = test_json("split.csv", *options)
    (test,) = (row for row in found["tests"] if row["test"] == "pursuit")
    assert (test["driver"], test["kind"], test["pvalue"]) == ("gap", "bimodality", 0.01)
    assert {"members", "statistic", "n_resamples"} <= set(test)
    loadings, x = np.asarray(test["loadings"]), frame.to_numpy()
    result = stats.pursuit_test(x, n_resamples=99, rng=1)
    np.testing.assert_allclose(loadings, result.loadings, rtol=1e-6)
    np.testing.assert_allclose(test["direction"], result.direction, rtol=1e-6)
    np.testing.assert_allclose(np.std(x @ loadings), 1.0, rtol=1e-6)
    weights = loadings * x.std(axis=0)
    weights /= np.linalg.norm(weights)
    assert np.argmax(np.abs(loadings)) != 3
    said = "It is driven by the search for a gap (p = 0.01). Along the direction with the largest weights on columns m3"
    assert f"{said} ({weights[3]:+.2f})" in printed
    assert f"m6 ({weights[6]:+.2f}) the sample is bimodal: 50% of it" in printed
    assert "The others, by their own p-values: the search for " in printed
    assert "K = 256 random ones, among those that searches start from" in printed
    assert not any("nan" in str(value) for value in test.values())


def test_what_a_direction_looks_like_goes_by_the_pvalue_itself(invoke):
    """Beside other tests, Holm's method may not reject; what pursuit has found stays."""
    np.save("split.npy", split(100, 10, 6.0, seed=1))
    options = ("--null", "composite", "--stat", "pursuit", "--stat", "dh", "--stat", "royston", "--resamples", "39")
    printed = " ".join(invoke("test", "split.npy", *options, "--seed", "1", "--slices", "256").stdout.split())
    assert "no replicate lies as far" in printed
    assert "the sample is bimodal" in printed
    assert "no farther from normal" not in printed
