"""The statistics of all pairs against their formulas, far from the origin and tied as well."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from slicednorm.stats._hypotests import pairs as pairs_module
from slicednorm.stats._limits import Limits
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import Whitening
from tests.stats.hypotests.classical.every import EVERY, FLOAT64, GENERATING, OF_LENGTHS, OF_PAIRS, TESTS, values_of
from tests.stats.hypotests.classical.written_out import written_out
from tests.stats.hypotests.samples import skewed, standardised

# The largest scale of rows with which a statistic is within float64, for those of which some is not.
LARGEST = {"energy": 1e150, **dict.fromkeys(OF_LENGTHS, 1e75), **dict.fromkeys(GENERATING, 1.0)}

SHAPES = ((3, 1), (40, 1), (9, 2), (60, 2), (70, 3), (700, 4), (50, 30))


@pytest.mark.parametrize("name", OF_PAIRS)
@pytest.mark.parametrize("null", ["standard", "composite"])
@pytest.mark.parametrize(("n", "dim"), SHAPES)
def test_written_out(name: str, null: str, n: int, dim: int) -> None:
    x = skewed(n, dim)
    ours = TESTS[name](x, null=null, n_resamples=1)
    expected = written_out(name, x if null == "standard" else standardised(x), null)
    # The terms cancel: of the statistic are left the digits that they have more of than it.
    assert ours.statistic == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert (ours.test, ours.n, ours.dim, ours.hypothesis) == (name, n, dim, null)


@pytest.mark.parametrize("name", OF_PAIRS)
def test_known_target(name: str) -> None:
    x = skewed(60, 3)
    cov = np.asarray([[2.0, 0.3, 0.0], [0.3, 1.0, -0.2], [0.0, -0.2, 0.5]])
    mean = np.asarray([1.0, 0.0, -2.0])
    ours = TESTS[name](x, null="standard", mean=mean, cov=cov, n_resamples=19, rng=5)
    whitened = np.linalg.solve(np.linalg.cholesky(cov), (x - mean).T).T
    assert ours.statistic == pytest.approx(written_out(name, whitened, "standard"), rel=1e-9)
    # The replicates are N(0, I) as they are.
    plain = TESTS[name](x, null="standard", n_resamples=19, rng=5)
    np.testing.assert_array_equal(ours.null_distribution, plain.null_distribution)


@pytest.mark.parametrize("name", OF_PAIRS)
@pytest.mark.parametrize("null", ["standard", "composite"])
def test_seams(name: str, null: str, limits: Callable[..., Limits]) -> None:
    """Blocks, tiles, panels and passes that divide neither n nor each other."""
    x = skewed(101, 6)
    whole = values_of(name, x[None], null)
    limits(block_elements=6 * 13, tile_rows=3, least_panel_rows=1, held_elements=6 * 17, passing_elements=6 * 7)
    np.testing.assert_allclose(values_of(name, x[None], null), whole, rtol=1e-11)


@pytest.mark.parametrize("name", OF_PAIRS)
def test_affine_invariance(name: str) -> None:
    x = skewed(80, 3)
    turned = x @ np.random.default_rng(1).standard_normal((3, 3)) * 1e3 - 1e4
    one, other = TESTS[name](x, n_resamples=1), TESTS[name](turned, n_resamples=1)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-8)


@pytest.mark.parametrize("name", OF_PAIRS)
def test_rows_that_meet(name: str) -> None:
    """Every row ten times, far from the origin: a distance of rounding alone would show in the energy."""
    x = np.repeat(np.random.default_rng(1).integers(-2, 3, size=(30, 3)).astype(float), 10, axis=0)
    shifted = x + 1e7
    rows = Rows(shifted, FLOAT64)
    back = Whitening(np.full((1, 1, 3), 1e7), np.eye(3)[None])
    (ours,) = EVERY[name].statistics(rows, back, "standard")
    assert ours == pytest.approx(written_out(name, x, "standard"), rel=1e-12)


def test_distances_keep_their_digits_far_from_the_origin() -> None:
    rng = np.random.default_rng(2)
    near = rng.standard_normal((1, 40, 3))
    left, right = near[:, :25], near[:, 25:] * 1e-9
    for shift in (0.0, 1e3, 1e7):
        found = pairs_module._squared_distances(left + shift, right + shift, False)
        exact = np.sum(((left + shift)[0, :, None] - (right + shift)[0]) ** 2, axis=-1)
        np.testing.assert_allclose(found[0], exact, rtol=1e-9)
    clustered = 1e4 * rng.standard_normal((1, 1, 3)) + 1e-6 * near
    clustered[0, 0] = 0.0
    found = pairs_module._squared_distances(clustered, clustered, True)
    exact = np.sum((clustered[0, :, None] - clustered[0]) ** 2, axis=-1)
    np.testing.assert_allclose(found[0], exact, rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("name", OF_PAIRS)
@pytest.mark.parametrize("scale", [1e5, 1e100, 1e160, 1e300])
def test_never_not_a_number(name: str, scale: float) -> None:
    x = scale * np.random.default_rng(0).standard_normal((40, 3))
    x[0] = 0.0
    if scale > LARGEST.get(name, math.inf):
        with pytest.raises(SampleError, match=rf"{name} of x of shape \(40, 3\) overflows float64"):
            TESTS[name](x, null="standard", n_resamples=9, rng=0)
        return
    result = TESTS[name](x, null="standard", n_resamples=9, rng=0)
    assert math.isfinite(result.statistic)
    assert result.pvalue == 0.1


@pytest.mark.parametrize("name", [name for name in OF_PAIRS if name not in GENERATING])
@pytest.mark.parametrize("n", [50, 400])
def test_a_huge_row_leaves_the_others_their_digits(name: str, n: int) -> None:
    """In whatever tile it is; the sums of all others are those without it."""
    x = np.random.default_rng(3).standard_normal((n, 3))
    for row in (0, n // 3, n - 1):
        y = x.copy()
        y[row, 1] = 1e8
        expected = TESTS[name](y, null="standard", n_resamples=1, rng=0).statistic
        for huge in (1e15, 1e20, 1e70 if name in OF_LENGTHS else 1e100):
            y[row, 1] = huge
            found = TESTS[name](y, null="standard", n_resamples=1, rng=0).statistic
            if name == "energy":  # 2 n d − 2 (n − 1) d over n, d the distance of the row from all others
                assert found / huge == pytest.approx(2.0 / n, rel=1e-2)
            elif name in OF_LENGTHS:  # the fourth power of its length over n D²
                assert found / huge**4 == pytest.approx(1.0 / (9 * n), rel=1e-2)
            else:
                assert found == pytest.approx(expected, rel=1e-6)
