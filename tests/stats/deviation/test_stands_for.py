"""The result of the omnibus, or of pursuit, is explained by the sliced statistic that sees what its driver saw."""

from dataclasses import replace

import numpy as np
import pytest

from slicednorm import stats
from slicednorm.stats._deviation.stands_for import sliced_of, stands_for

FAST = {"null": "composite", "n_resamples": 39, "rng": 3}


@pytest.fixture(scope="module")
def x():
    found = np.random.default_rng(2).standard_normal((150, 3))
    found[:, 1] = np.random.default_rng(3).exponential(size=150)
    return found


@pytest.fixture(scope="module", params=[stats.omnibus_test, stats.pursuit_test], ids=["omnibus", "pursuit"])
def result(request, x):
    return request.param(x, **FAST)


def test_the_direction_is_that_of_the_test_that_stands_for_it(x, result):
    found = stats.least_normal_direction(x, result)
    assert found.kind == "skewness"
    assert abs(found.direction[1]) > 0.9
    statistic, aggregate, directions = stands_for(result)
    slices = {"n_slices": result.n_slices} if directions is None else {"directions": directions}
    test = stats.sliced_test(x, statistic, null="composite", aggregate=aggregate, method=None, rng=3, **slices)
    assert found == stats.least_normal_direction(x, test)


def test_both_sentences(x, result):
    told = stats.deviation(x, result, method=None)
    assert told.sentences == (told.direction.sentence, told.size.sentence)
    assert "skewed" in told.sentences[0]
    assert told.size.bound != "more than"
    assert told.size.aggregate == stands_for(result)[1]
    assert stats.detectable_size(x, result).rows == told.size.rows


@pytest.mark.parametrize(
    ("driver", "expected"),
    [
        ("w2_search", ("w2", "max")),
        ("ad_search", ("ad", "max")),
        ("peak", ("cw", "max")),
        ("gap", ("cw", "max")),
        ("cramer_wold", ("cw", "mean")),
        ("mardia_skewness", ("w2", "mean")),
        ("likelihood_ratio", ("w2", "mean")),
    ],
)
def test_the_driver_chooses_the_statistic(x, result, driver, expected):
    driven = replace(result, driver=driver)
    by = sliced_of(stats.as_sample(x), driven, method=None, mean=None, cov=None)
    assert (by.test, by.aggregate) == expected
    if expected[1] == "max":
        # Both searched from these directions.
        assert by.n_slices == result.n_slices
        own = stats.omnibus_test(x, null="composite", n_resamples=9, rng=3).directions
        np.testing.assert_array_equal(by.directions, own)


def test_a_known_target_is_given_again(x):
    result = stats.omnibus_test(x, mean=x.mean(axis=0), cov=np.cov(x.T), n_resamples=19, rng=0)
    found = stats.least_normal_direction(x, result, mean=x.mean(axis=0), cov=np.cov(x.T))
    assert found.null == "standard"
    assert abs(found.weights[1]) > 0.9


def test_another_sample_is_refused(x, result):
    with pytest.raises(ValueError, match="the test's sample had 150 of 3; pass the sample that was tested"):
        stats.deviation(x[:100], result)


def test_pursuit_knows_its_projection(x):
    result = stats.pursuit_test(x, **FAST)
    with pytest.raises(ValueError, match=r"along the direction of the test a row of x lies .* pass the sample"):
        stats.least_normal_direction(x[::-1], result)


@pytest.mark.parametrize("test", [stats.omnibus_test, stats.pursuit_test], ids=["omnibus", "pursuit"])
def test_where_no_kind_is_supported_it_is_the_direction_of_the_search(test):
    """Two groups in ten columns: halves of the rows do not show them, the search in all rows has found them."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((100, 10))
    x[:, 0] += 3.7 * (rng.uniform(size=100) < 0.5)
    q, _ = np.linalg.qr(rng.standard_normal((10, 10)))
    result = test(x @ q, null="composite", n_resamples=99, rng=1)
    assert (result.driver, stats.least_normal_direction(x @ q, result).kind) == ("gap", "unclear")
    told = stats.deviation(x @ q, result, method=None)
    assert (told.direction.name, told.direction.kind, told.direction.way) == ("gap", "bimodality", "gap")
    assert told.direction.kind_pvalue is None
    assert abs(told.direction.direction @ q[0]) > 0.9
    assert "the sample is bimodal" in told.sentences[0]
    # A test that does not reject has no direction to describe.
    calm = replace(result, calibration=replace(result.calibration, pvalue=0.4))
    assert stats.deviation(x @ q, calm, method=None).direction.kind == "unclear"
