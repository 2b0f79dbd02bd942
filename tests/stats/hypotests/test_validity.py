"""A short form of the study of validity: rejection rates on null samples. `make validity` runs the long one."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from slicednorm_studies import validity
from slicednorm_studies.validity import Setting, pvalues

from slicednorm.stats import sliced_test

pytestmark = pytest.mark.slow

SAMPLES = 120
# With 39 replicates both levels are exactly those of a p-value; the study takes more.
N_RESAMPLES = 39


@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("n", "dim", "dtype"), [(30, 2, "float64"), (25, 12, "float32")])
def test_rejections_are_binomial(null, n, dim, dtype, monkeypatch):
    monkeypatch.setattr(validity, "N_RESAMPLES", N_RESAMPLES)
    setting = Setting(null, dtype, n, dim)
    rows = [pvalues(setting, seed) for seed in range(SAMPLES)]
    cells = 4 * 2 * len(rows[0])
    for test in rows[0]:
        found = np.asarray([row[test] for row in rows])
        for level in (0.05, 0.25):
            low, high = scipy_stats.binom.interval(1 - 0.001 / cells, SAMPLES, level)
            assert low <= np.sum(found <= level + 1e-9) <= high, (test, level)


def test_composite_pvalues_have_the_same_law_under_any_affine_map():
    rng = np.random.default_rng(0)

    def law(transform):
        return [
            sliced_test(
                transform(rng.uniform(size=(30, 3))), null="composite", n_slices=8, n_resamples=99, rng=s
            ).pvalue
            for s in range(250)
        ]

    matrix = np.asarray([[100.0, 3.0, 0.0], [0.0, 0.01, 1.0], [0.0, 0.0, -1.0]])
    plain = law(lambda x: x)
    mapped = law(lambda x: x @ matrix + [5.0, -100.0, 0.0])
    assert np.mean(plain) < 0.45  # the samples are not normal, so that the law is not merely uniform
    assert scipy_stats.ks_2samp(plain, mapped).pvalue > 0.001
