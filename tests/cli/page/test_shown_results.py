"""What a report shows beside its tests is that of the library, by the seed of the report."""

import numpy as np
import pytest
from slicednorm_cli.options.test_names import resolve
from slicednorm_cli.testing.request import Request
from slicednorm_cli.testing.run import examine_file

from slicednorm import stats

pytest.importorskip("jinja2", reason="reports need jinja2")
pytest.importorskip("seaborn", reason="reports need seaborn")

from slicednorm_cli.page.shown_results import shown_of


@pytest.mark.parametrize("seed", [0, 7])
@pytest.mark.parametrize("name", ["cvm", "hz"])
def test_bands_and_tests_are_by_the_seed(x, name, seed):
    np.save("x.npy", x)
    request = Request(
        path="x.npy",
        tests=resolve((name,)),
        mardia=False,
        n_slices=4,
        method="monte carlo",
        n_resamples=39,
        seed=seed,
        jobs=1,
        null="composite",
    )
    shown = shown_of(examine_file(request), request, about={})
    expected = stats.sliced_test(x, "cvm", null="composite", n_slices=4, n_resamples=39, rng=seed)
    assert shown.test == expected
    np.testing.assert_array_equal(shown.test.directions, expected.directions)
    radii = stats.radius_band(x, null="composite", n_resamples=shown.n_bands, rng=seed)
    assert shown.radii == radii
    np.testing.assert_array_equal(shown.radii.qq.lower, radii.qq.lower)
    bands = stats.slice_bands(x, expected, n_resamples=shown.n_bands)
    np.testing.assert_array_equal(shown.bands.qq.lower, bands.qq.lower)


@pytest.mark.parametrize("tests", [("hz",), ("hz", "sliced")])
def test_the_pictures_are_by_a_test_with_a_p_value(x, tests):
    """Sliced tests have no limiting distribution, so by --method asymptotic they would say neither yes nor no."""
    np.save("x.npy", np.exp(x))
    request = Request(
        path="x.npy",
        tests=resolve(tests),
        mardia=False,
        n_slices=4,
        method="asymptotic",
        n_resamples=None,
        seed=0,
        jobs=1,
        null="composite",
    )
    shown = shown_of(examine_file(request), request, about={})
    assert shown.test.has_pvalue
    assert shown.is_explained
    assert shown.size is not None
