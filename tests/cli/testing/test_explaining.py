"""Where the omnibus deviates: by a sliced statistic that sees what its driver saw."""

import numpy as np
import pytest

OMNIBUS = ("--null", "composite", "--stat", "omnibus", "--where", "--resamples", "99")


@pytest.mark.slow
def test_where_of_the_omnibus(invoke, test_json):
    x = np.random.default_rng(2).standard_normal((150, 3))
    x[:, 1] = np.random.default_rng(3).exponential(size=150)
    np.save("x.npy", x)
    found = test_json("x.npy", *OMNIBUS, "--seed", "1")
    (test,) = (row for row in found["tests"] if row["test"] == "omnibus")
    where = found["where"]
    titles = {member["name"]: member["title"] for member in test["members"]}
    assert where["sentences"][0].startswith(f"The omnibus was driven by {titles[test['driver']]}.")
    assert where["kind"] == "skewness"
    assert abs(where["direction"][1]) > 0.9
    printed = " ".join(invoke("test", "x.npy", *OMNIBUS, "--seed", "1", "--slices", "4").stdout.split())
    assert "judges it as one test. Here it was that of" in printed
    assert printed.count("The omnibus was driven by") == 1


def test_nothing_to_explain(invoke, x):
    np.save("x.npy", x)
    printed = invoke("test", "x.npy", *OMNIBUS, "--seed", "1", "--slices", "4").stdout
    assert "neither a sliced test nor the omnibus rejects" in " ".join(printed.split())


@pytest.mark.parametrize(("driver", "statistic"), [("w2_max", "w2"), ("cramer_wold", "cw"), ("doornik_hansen", "w2")])
def test_the_driver_chooses_the_statistic(x, driver, statistic):
    from dataclasses import replace

    from slicednorm_cli.options.test_names import resolve
    from slicednorm_cli.testing.explaining import explained_by
    from slicednorm_cli.testing.findings import Findings
    from slicednorm_cli.testing.request import Request
    from slicednorm_cli.testing.run import examine_sample

    from slicednorm import stats

    request = Request(
        path="x.npy",
        tests=resolve(("omnibus",)),
        mardia=False,
        n_slices=4,
        method="monte carlo",
        n_resamples=19,
        seed=0,
        jobs=1,
        null="composite",
    )
    found = examine_sample(stats.as_sample(x), request)
    (row,) = found.report.tests
    driven = replace(row, result=replace(row.result, driver=driver), reject=True)
    by = explained_by(Findings(replace(found.report, tests=(driven,)), found.sample, found.target), 1)
    assert by.rejects
    assert (by.test.test, by.test.aggregate) == (statistic, "max" if driver == "w2_max" else "mean")
    if driver == "w2_max":
        np.testing.assert_array_equal(by.test.directions, row.result.directions)
