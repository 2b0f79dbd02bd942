"""The direction that pursuit reports: the loadings, the weights and the projection belong together."""

import numpy as np
import pytest

from slicednorm.stats import pursuit_test

OPTIONS = {"n_slices": 32, "n_resamples": 39, "rng": 0}


def skewed(n=120, scales=(1.0, 100.0, 1e-3, 1.0)):
    x = np.random.default_rng(3).standard_normal((n, 4))
    x[:, 1] = np.random.default_rng(4).exponential(size=n) - 1.0
    return x * scales


@pytest.mark.parametrize("null", ["composite", "standard"])
def test_what_belongs_together(null):
    mean = np.asarray([3.0, -200.0, 0.1, 0.0])
    x = skewed() + mean
    target = {"mean": mean, "cov": [1.0, 1e4, 1e-6, 1.0]} if null == "standard" else {}
    result = pursuit_test(x, null=null, **target, **OPTIONS)
    assert result.pvalue == 1 / 40
    assert result.driver in ("w2_search", "ad_search")
    np.testing.assert_allclose(result.projection, (x - result.centre) @ result.loadings, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(result.projection.mean(), 0.0, atol=1e-9)
    np.testing.assert_allclose(result.projection.std(), 1.0, rtol=1e-9)
    np.testing.assert_allclose(result.centre, x.mean(axis=0), rtol=1e-9)
    weights = result.loadings * x.std(axis=0)
    np.testing.assert_allclose(result.weights, weights / np.linalg.norm(weights), rtol=1e-9)
    assert result.weights[1] > 0.95
    assert np.linalg.norm(result.direction) == pytest.approx(1.0)
    assert result.kind == "skewness"


def test_a_scale_is_seen_by_the_likelihood_ratio_in_the_units_of_the_target():
    x = np.random.default_rng(3).standard_normal((120, 3)) * [1.0, 300.0, 1.0]
    result = pursuit_test(x, null="standard", cov=[1.0, 1e4, 1.0], **{**OPTIONS, "n_resamples": 199})
    assert (result.driver, result.kind) == ("likelihood_ratio", "scale")
    np.testing.assert_allclose(result.projection, x @ result.loadings, rtol=1e-9)
    weights = result.loadings * [1.0, 100.0, 1.0]
    np.testing.assert_allclose(result.weights, weights / np.linalg.norm(weights), rtol=1e-9)
    assert result.weights[1] > 0.99
    assert 2.5 < result.projection.std() < 3.5


@pytest.mark.parametrize("constant", [True, False])
def test_a_sample_in_fewer_dimensions_is_least_normal_where_it_does_not_vary(constant):
    x = np.random.default_rng(3).standard_normal((60, 3))
    x[:, 2] = 0.3 if constant else x[:, 0]
    result = pursuit_test(x, null="standard", **OPTIONS)
    assert result.pvalue == 1 / 40
    expected = np.asarray([0.0, 0.0, 1.0]) if constant else np.asarray([1.0, 0.0, -1.0]) / np.sqrt(2.0)
    assert abs(result.weights @ expected) > 1.0 - 1e-9
    assert result.projection.std() < 1e-9


def test_unclear_where_it_does_not_reject():
    x = np.random.default_rng(3).standard_normal((60, 3))
    result = pursuit_test(x, **OPTIONS)
    assert result.pvalue > 0.05
    assert result.kind == "unclear"
