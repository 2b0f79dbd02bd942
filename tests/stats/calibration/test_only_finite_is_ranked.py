"""No finite sample has a p-value where its statistic, or a replicate, is not finite: there is an error instead."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from slicednorm.distances import DISTANCES
from slicednorm.stats import (
    SampleError,
    bhep,
    classical_test,
    least_normal_direction,
    mardia,
    normality_table,
    omnibus_test,
    pursuit_test,
    radius_band,
    slice_bands,
    sliced_tests,
)
from slicednorm.stats._calibration import cache as cache
from slicednorm.stats._hypotests.classical import CLASSICAL

NULLS = ("standard", "composite")


def as_it_is(rng, z):
    return z


def with_a_huge_row(rng, z):
    z[int(rng.integers(len(z)))] *= 10.0 ** rng.uniform(3, 300)
    return z


def of_mixed_scales(rng, z):
    return z * 10.0 ** rng.uniform(-290, 290, size=z.shape[1])


def of_one_scale(rng, z):
    return z * 10.0 ** rng.uniform(-320, 305)


def far_from_the_origin(rng, z):
    return z + 10.0 ** rng.uniform(0, 300)


def nearly_collinear(rng, z):
    z[:, -1] = z[:, 0] + 10.0 ** rng.uniform(-17, 0) * z[:, -1]
    return z * 10.0 ** rng.uniform(-8, 8, size=z.shape[1])


def tied(rng, z):
    return np.round(z)


def equal_rows(rng, z):
    return np.broadcast_to(z[:1], z.shape).copy()


def at_the_ends(rng, z):
    return np.sign(z) * np.finfo(np.float64).max * rng.choice([1.0, 1e-300, 5e-324 / np.finfo(np.float64).max], z.shape)


KINDS = [
    as_it_is,
    with_a_huge_row,
    of_mixed_scales,
    of_one_scale,
    far_from_the_origin,
    nearly_collinear,
    tied,
    equal_rows,
    at_the_ends,
]


def check(statistic, pvalue, null=()):
    """Assert that a p-value, where there is one, is one of finite numbers."""
    if pvalue is None or np.isnan(pvalue):
        return
    assert 0.0 <= pvalue <= 1.0
    assert np.isfinite(statistic)
    assert np.isfinite(null).all()


def sliced(x, null, seed, many):
    aggregate = ("mean", "max")[seed % 2]
    kind = ("iid", "orthogonal")[seed // 2 % 2]
    for name in DISTANCES:
        try:
            (result,) = sliced_tests(
                x, [name], null=null, aggregate=aggregate, n_slices=5, directions=kind, n_resamples=many, rng=seed
            )
        except SampleError:
            continue
        check(result.statistic, result.pvalue, result.null_distribution)


def classical(x, null, seed, many):
    for name in CLASSICAL:
        for method, count in (("auto", many), ("asymptotic", None)):
            try:
                result = classical_test(x, name, null=null, method=method, n_resamples=count, rng=seed)
            except ValueError:
                continue
            check(result.statistic, result.pvalue, result.null_distribution)


def other_betas(x, null, seed, many):
    for beta in (0.01, 0.5, 30.0):
        result = bhep(x, beta, null=null, n_resamples=many, rng=seed)
        check(result.statistic, result.pvalue, result.null_distribution)


def mardias(x, null, seed, many):
    for method, count in (("auto", many), ("asymptotic", None)):
        result = mardia(x, null=null, method=method, n_resamples=count, rng=seed)
        check(result.skewness, result.skewness_pvalue, result.null_skewness)
        check(result.kurtosis, result.kurtosis_pvalue, result.null_kurtosis)


def omnibus(x, null, seed, many):
    result = omnibus_test(x, null=null, n_slices=5, n_resamples=many, rng=seed)
    check(result.statistic, result.pvalue, result.null_distribution)
    for member in result.members:
        check(member.statistic, member.pvalue)


def pursuit(x, null, seed, many):
    result = pursuit_test(x, null=null, n_slices=5, n_resamples=many, rng=seed)
    check(result.statistic, result.pvalue, result.null_distribution)
    for member in result.members:
        check(member.statistic, member.pvalue)
    for found in (result.direction, result.loadings, result.weights, result.centre, result.projection):
        assert np.isfinite(found).all()


def bands(x, null, seed, many):
    found = slice_bands(x, "w2", null=null, n_slices=5, confidence_level=0.5, n_resamples=max(many, 3), rng=seed)
    for band in (
        found.qq,
        found.statistics,
        radius_band(x, null=null, confidence_level=0.5, n_resamples=max(many, 3), rng=seed).qq,
    ):
        check(0.0 if not np.isnan(band.observed).any() else np.nan, band.pvalue)


def direction(x, null, seed, many):
    found = least_normal_direction(x, "w2", null=null, n_slices=5, n_starts=1, n_resamples=many, rng=seed)
    check(found.statistic, found.pvalue)


def table(x, null, seed, many):
    frame = normality_table(x, "all", null=null, n_slices=5, n_resamples=many, rng=seed)
    for statistic, pvalue in zip(frame["statistic"], frame["pvalue"], strict=True):
        check(statistic, pvalue)


CALLS = [sliced, classical, other_betas, mardias, omnibus, pursuit, bands, direction, table]


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    n=st.integers(2, 14),
    dim=st.integers(1, 5),
    kind=st.sampled_from(KINDS),
    dtype=st.sampled_from(["float64", "float32", "float16", "int64"]),
    null=st.sampled_from(NULLS),
    seed=st.integers(0, 10_000),
    many=st.integers(1, 25),
)
@example(n=3, dim=1, kind=as_it_is, dtype="float64", null="composite", seed=0, many=19)
@example(n=14, dim=3, kind=nearly_collinear, dtype="float64", null="composite", seed=1, many=19)
@example(n=14, dim=3, kind=at_the_ends, dtype="float64", null="standard", seed=2, many=19)
@example(n=14, dim=2, kind=with_a_huge_row, dtype="float32", null="standard", seed=3, many=19)
def test_no_pvalue_of_what_is_not_finite(call, n, dim, kind, dtype, null, seed, many):
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        x = kind(rng, rng.standard_normal((n, dim)))
        largest = {"float64": 1.7e308, "float32": 3e38, "float16": 6e4, "int64": 9e18}[dtype]
        x = np.clip(x, -largest, largest).astype(dtype)
    assert np.isfinite(x).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a limiting law does not hold
        message = ""
        try:
            call(x, null, seed, many)
        except SampleError as error:
            message = str(error)
        assert "\n" not in message


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_law_with_such_a_value_is_neither_kept_nor_read(bad, monkeypatch, tmp_path):
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
    key = {"statistic": "cvm"}
    values = np.linspace(0.0, 1.0, 9_999)
    values[17] = bad
    with pytest.raises(SampleError, match="not finite"):
        cache.store(key, values)
    monkeypatch.setattr(cache, "check_replicates", lambda values: None)
    cache.store(key, values)
    monkeypatch.undo()
    monkeypatch.setenv("SLICEDNORM_CACHE", str(tmp_path))
    with pytest.warns(cache.CacheWarning, match="values that are not finite"):
        assert cache.load(key) is None
