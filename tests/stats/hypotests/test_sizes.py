"""Sizes: samples of a normal law that tests rejected far too often, and others of their kinds.

Each rate is of p ≤ 5% with 19 replicates unless said, and lies in the binomial interval of 99.9%.
"""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.stats import doornik_hansen, energy, henze_zirkler, mardia, omnibus_test, royston, sliced_test


def assert_size(pvalues, level=0.05):
    """A p-value by so many replicates is at most the level with this probability, or less where there are ties."""
    count = int(np.sum(np.asarray(pvalues) <= level + 1e-12))
    low, high = scipy_stats.binom.interval(0.999, len(pvalues), level)
    assert low <= count <= high, (count, len(pvalues), (low, high))


# --- Ill-conditioned covariances --------------------------------------------------------------------------


def pair(rng, n, rho, scale=1e6, dtype=np.float64):
    z = rng.standard_normal((n, 3))
    x = np.column_stack([z[:, 1], scale * z[:, 0], rho * z[:, 1] + np.sqrt(1.0 - rho**2) * z[:, 2]])
    return x.astype(dtype)


ILL = {
    "as found": lambda rng: pair(rng, 100, 0.9999),
    "nearer": lambda rng: pair(rng, 60, 0.99999),
    "nearer still": lambda rng: pair(rng, 60, 1.0 - 1e-9, scale=1e10),
    "float32": lambda rng: pair(rng, 60, 0.99, dtype=np.float32),
    "few rows": lambda rng: pair(rng, 6, 0.9999),
    "scales": lambda rng: rng.standard_normal((40, 3)) * [1e-7, 1.0, 1e7],
}
COMPOSITE = {
    "cvm": lambda x, seed: sliced_test(x, "cvm", null="composite", n_slices=16, n_resamples=19, rng=seed).pvalue,
    "ks": lambda x, seed: sliced_test(x, "ks", null="composite", n_slices=16, n_resamples=19, rng=seed).pvalue,
    "energy": lambda x, seed: energy(x, n_resamples=19, rng=seed).pvalue,
    "omnibus": lambda x, seed: omnibus_test(x, null="composite", n_slices=16, n_resamples=19, rng=seed).pvalue,
    "kurtosis": lambda x, seed: mardia(x, null="composite", n_resamples=19, rng=seed).kurtosis_pvalue,
}


@pytest.mark.parametrize("test", COMPOSITE)
@pytest.mark.parametrize("case", ILL)
def test_ill_conditioned_samples(case, test):
    assert_size([COMPOSITE[test](ILL[case](np.random.default_rng([9, s])), s) for s in range(150)])


# --- Limiting laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "n", "dim"),
    [
        (henze_zirkler, 30, 25),
        (henze_zirkler, 20, 15),
        (henze_zirkler, 13, 10),
        (royston, 10, 8),
        (doornik_hansen, 12, 9),
    ],
)
def test_pvalues_by_default(limits, test, n, dim):
    limits(default_resamples=19)
    rng = np.random.default_rng([4, n, dim])
    assert_size([test(rng.standard_normal((n, dim)), rng=s).pvalue for s in range(200)])


@pytest.mark.parametrize(("null", "n", "dim"), [("standard", 50, 4), ("standard", 200, 20), ("composite", 14, 12)])
def test_mardias_pvalues_by_default(limits, null, n, dim):
    limits(default_resamples=19)
    rng = np.random.default_rng([5, n, dim])
    results = [mardia(rng.standard_normal((n, dim)), null=null, rng=s) for s in range(200)]
    assert_size([result.skewness_pvalue for result in results])
    assert_size([result.kurtosis_pvalue for result in results])


# --- Royston's test by replicates, whose law depends on the correlations -----------------------------------


@pytest.mark.parametrize(("n", "dim", "rho"), [(10, 8, 0.0), (10, 8, 0.9), (12, 10, 0.5), (30, 3, 0.95), (7, 2, -0.9)])
def test_royston_by_replicates(n, dim, rho):
    rng = np.random.default_rng([6, n, dim])
    root = np.linalg.cholesky(np.full((dim, dim), rho) + (1.0 - rho) * np.eye(dim))
    samples = (5.0 + rng.standard_normal((n, dim)) @ root.T * np.geomspace(1.0, 1e3, dim) for _ in range(400))
    assert_size([royston(x, n_resamples=19, rng=s).pvalue for s, x in enumerate(samples)])


# --- Statistics that are the same for all samples ---------------------------------------------------------


@pytest.mark.parametrize(
    ("centre", "dtype"), [(0.0, "float64"), (100.0, "float64"), (1e7, "float64"), (100.0, "float32")]
)
def test_three_points_on_a_line(centre, dtype):
    """Their kurtosis is 3/2; its rounding, which grows with the mean, was ranked, and rejected 76%."""
    rng = np.random.default_rng(7)
    samples = [(centre + rng.standard_normal((3, 1))).astype(dtype) for _ in range(300)]
    pvalues = [omnibus_test(x, null="composite", n_resamples=19, rng=s).pvalue for s, x in enumerate(samples)]
    # There are ties where float32 leaves the points few places.
    assert np.mean(np.asarray(pvalues) <= 0.05 + 1e-12) <= scipy_stats.binom.isf(5e-4, 300, 0.05) / 300
    for x in samples[:20]:
        assert mardia(x, null="composite", n_resamples=19, rng=0).kurtosis_pvalue == 1.0
        names = [member.name for member in omnibus_test(x, null="composite", n_resamples=19, rng=0).members]
        assert "mardia_kurtosis" not in names
