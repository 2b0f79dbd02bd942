"""Standardising: right to rounding whatever the scales and however near to each other columns are, or refused."""

import numpy as np
import pytest

from slicednorm.stats import SampleError, bhep, deviation, mardia, sliced_statistic, sliced_test
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.check import as_sample
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated, inverse_root, whitening_for


def nearly_one(rng, n, rho, scale):
    """Three columns, two of which have the correlation rho, beside one of another scale."""
    z = rng.standard_normal((n, 3))
    return np.column_stack([z[:, 1], scale * z[:, 0], rho * z[:, 1] + np.sqrt(1.0 - rho**2) * z[:, 2]])


def off(z):
    """How far rows are from mean 0 and covariance I."""
    return max(np.abs(z.mean(axis=0)).max(), np.abs(z.T @ z / len(z) - np.eye(z.shape[1])).max())


ILL = {
    "scales and a correlation": lambda rng: nearly_one(rng, 100, 0.9999, 1e6),
    "more of both": lambda rng: nearly_one(rng, 100, 1.0 - 1e-10, 1e9),
    "scales alone": lambda rng: rng.standard_normal((50, 4)) * [1e-140, 1e-3, 1.0, 1e140],
    "a correlation alone": lambda rng: nearly_one(rng, 2_000, 1.0 - 1e-11, 1.0),
    "far from the origin": lambda rng: 1e9 + nearly_one(rng, 200, 0.9, 1e3),
    "float32": lambda rng: nearly_one(rng, 300, 0.999, 1e6).astype(np.float32),
    "as few rows as may be": lambda rng: nearly_one(rng, 5, 0.9999, 1e6),
}


@pytest.mark.parametrize("case", ILL)
def test_rows_are_standardised_to_rounding(case):
    for seed in range(20):
        x = ILL[case](np.random.default_rng(seed))
        whitening = whitening_for(as_sample(x).rows, "composite")
        assert off(whitening(x[np.newaxis])[0]) < 1e-6


@pytest.mark.parametrize("scale", [[1.0, 1.0, 1.0], [1e-2, 1.0, 1e2], [1e-6, 1.0, 1e6], [1e3, 1e-120, 1e120]])
def test_the_root_is_right_row_by_row_and_symmetric_where_scales_allow(scale):
    rng = np.random.default_rng(3)
    a = rng.standard_normal((3, 3))
    correlation = a @ a.T
    correlation /= np.sqrt(np.outer(np.diag(correlation), np.diag(correlation)))
    covariance = correlation * np.outer(scale, scale)
    (root,) = inverse_root(covariance[np.newaxis])
    np.testing.assert_allclose(
        (root * np.asarray(scale)[:, None]).T @ correlation @ (root * np.asarray(scale)[:, None]), np.eye(3), atol=1e-12
    )
    if max(scale) < 1e3:
        values, vectors = np.linalg.eigh(covariance)
        np.testing.assert_allclose(root, root.T, rtol=1e-9)
        np.testing.assert_allclose(root, (vectors / np.sqrt(values)) @ vectors.T, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("dim", [1, 4, 30])
def test_replicates_of_as_few_rows_as_may_be_are_standardised(dim):
    """Their smallest eigenvalues go down to rounding."""
    streams = [np.random.SeedSequence([5, dim, number]) for number in range(300)]
    rows = normal_rows(streams, dim + 2, dim, np.dtype(np.float64))
    whitening = estimated(rows)
    for item, (z, alone) in enumerate(
        zip(np.concatenate([whitening(block) for _, _, block in rows.blocks()], axis=1), streams, strict=True)
    ):
        assert off(z) < 1e-7
        if item < 3:  # whatever it is batched with
            single = estimated(normal_rows([alone], dim + 2, dim, np.dtype(np.float64)))
            np.testing.assert_array_equal(single.matrix[0], whitening.matrix[item])


def test_scales_do_not_matter():
    x = np.random.default_rng(0).standard_normal((60, 3)) @ np.asarray(
        [[1.0, 0.5, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 1]]
    )
    for scale in ([1e-4, 1.0, 1e4], [1e-100, 1.0, 1e100]):
        assert mardia(x * scale, null="composite").skewness == pytest.approx(mardia(x, null="composite").skewness)
        found, plain = (bhep(each, n_resamples=1, rng=0).statistic for each in (x * scale, x))
        assert found == pytest.approx(plain, rel=1e-10)


def test_a_column_that_is_another_to_many_digits_is_named():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2_000, 4))
    x = np.column_stack([z[:, 0], z[:, 1], z[:, 2], z[:, 1] + 5e-8 * z[:, 3]])
    for call in (sliced_test, mardia, bhep):
        with pytest.raises(SampleError, match=r"singular \(rank 3\): columns 1 and 3 are the same \(counted") as caught:
            call(x, null="composite")
        assert sorted(caught.value.columns) == [1, 3]


def test_a_known_covariance_may_have_any_scales_and_no_columns_in_common():
    x = np.random.default_rng(1).standard_normal((30, 2))
    plain = sliced_statistic(x, "cvm", directions=np.eye(2))
    far = sliced_statistic(x * [1e-9, 1e9], "cvm", directions=np.eye(2), cov=[1e-18, 1e18])
    assert far == pytest.approx(plain, rel=1e-9)
    with pytest.raises(ValueError, match="not positive definite"):
        sliced_test(x, cov=[[1.0, 1.0 - 1e-14], [1.0 - 1e-14, 1.0]])


@pytest.mark.slow
@pytest.mark.parametrize("case", ["scales and a correlation", "more of both", "float32"])
def test_where_a_sample_of_such_columns_deviates(case):
    x = ILL[case](np.random.default_rng(0))
    x[:, 1] = (x[:, 1].std() * np.random.default_rng(1).exponential(size=len(x))).astype(x.dtype)
    result = sliced_test(x, null="composite", n_resamples=19, rng=0)
    found = deviation(x, result, method=None)
    assert found.direction.kind == "skewness"
    assert abs(np.corrcoef(found.direction.scores(x), x[:, 1])[0, 1]) > 0.95


def test_a_sample_without_a_covariance_is_standardised_to_nothing():
    x = np.random.default_rng(0).standard_normal((2, 20, 3))
    x[0, :, 1] = 7.0
    whitening = estimated(Rows(x, np.dtype(np.float64)))
    assert np.isnan(whitening.matrix[0]).all()
    assert off(whitening(x)[1]) < 1e-12
