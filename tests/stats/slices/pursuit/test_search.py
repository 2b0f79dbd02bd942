"""The search: contrasts and their derivatives, climbs that only climb, and maxima that are found."""

import numpy as np
import pytest
from scipy.optimize import minimize

from slicednorm.directions import random_directions
from slicednorm.distances import get_distance
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._slices.pursuit.climb import climb, unit
from slicednorm.stats._slices.pursuit.contrasts import ANDERSON_DARLING, CONTRASTS, GAP, PEAK, WASSERSTEIN, Contrast
from slicednorm.stats._slices.pursuit.search import search, search_work, starts_of

by_name = pytest.mark.parametrize("contrast", CONTRASTS, ids=lambda contrast: contrast.name)


def standardised(x: np.ndarray) -> np.ndarray:
    rows = Rows(x, np.dtype(np.float64))
    return estimated(rows)(rows.items())


def clusters(count: int, n: int, dim: int, apart: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Standardised samples of two groups, and the direction from one to the other."""
    rng = np.random.default_rng(seed)
    v = unit(rng.standard_normal(dim))
    return standardised(rng.standard_normal((count, n, dim)) + apart * (rng.uniform(size=(count, n, 1)) < 0.5) * v), v


class TestContrasts:
    def test_values(self) -> None:
        """Against the definitions, in any order of the values."""
        y = np.random.default_rng(0).permutation(np.linspace(-2.0, 3.0, 12)).reshape(3, 4)
        bump = np.exp(-(y**2) / 2.0).mean(axis=-1)
        np.testing.assert_allclose(PEAK.value(y), bump, rtol=1e-14)
        np.testing.assert_allclose(GAP.value(y), -bump, rtol=1e-14)
        for contrast, name in ((WASSERSTEIN, "w2"), (ANDERSON_DARLING, "ad")):
            np.testing.assert_allclose(contrast.value(y), get_distance(name).value(np.sort(y)), rtol=1e-14)

    @by_name
    def test_slopes(self, contrast: Contrast) -> None:
        """Against differences."""
        y = np.random.default_rng(1).standard_normal((2, 7))
        value, slope = contrast.slope(y)
        np.testing.assert_allclose(value, contrast.value(y), rtol=1e-12)
        for place in range(7):
            step = np.zeros(7)
            step[place] = 1e-6
            difference = (contrast.value(y + step) - contrast.value(y - step)) / 2e-6
            np.testing.assert_allclose(slope[:, place], difference, rtol=1e-5, atol=1e-9)

    @by_name
    def test_normal_values_are_no_maximum(self, contrast: Contrast) -> None:
        """Each contrast is larger for what it is made for than for quantiles of the normal distribution."""
        from scipy.special import ndtri

        normal = ndtri((np.arange(200) + 0.5) / 200)
        other = {
            "w2_search": np.sort(-np.log((np.arange(200) + 0.5) / 200)) - 1.0,
            "ad_search": np.sort(-np.log((np.arange(200) + 0.5) / 200)) - 1.0,
            "peak": normal**3 / np.sqrt(np.mean(normal**6)),
            "gap": np.where(normal > 0, 1.0, -1.0),
        }[contrast.name]
        assert contrast.value(other) > contrast.value(normal)


class TestClimb:
    @by_name
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_it_only_climbs(self, contrast: Contrast, dtype: str) -> None:
        z = standardised(np.random.default_rng(2).standard_normal((3, 40, 5))).astype(dtype)
        starts = random_directions(6, 5, rng=0).astype(dtype)
        starts = np.broadcast_to(starts, (3, 6, 5))
        ends, values = climb(z, starts, contrast, 12, 0.3)
        assert ends.dtype == z.dtype
        np.testing.assert_allclose(np.linalg.norm(ends, axis=-1), 1.0, rtol=1e-6)
        tolerance = 1e-6 if dtype == "float32" else 1e-13
        at = contrast.value(np.matmul(ends, np.swapaxes(z, -1, -2)))
        before = contrast.value(np.matmul(starts, np.swapaxes(z, -1, -2)))
        np.testing.assert_allclose(values, at, rtol=100 * tolerance, atol=tolerance)
        assert (values >= before - tolerance).all()
        assert (values > before + 1e-3).any()

    def test_no_step_is_no_change(self) -> None:
        z = standardised(np.random.default_rng(2).standard_normal((1, 20, 3)))
        starts = np.eye(3)[np.newaxis]
        ends, values = climb(z, starts, PEAK, 0, 0.3)
        np.testing.assert_array_equal(ends, starts)
        np.testing.assert_allclose(values, PEAK.value(np.swapaxes(z, -1, -2)), rtol=1e-14)


class TestSearch:
    @by_name
    def test_the_maximum_on_a_circle(self, contrast: Contrast) -> None:
        """In two dimensions every direction can be looked at."""
        z = standardised(np.random.default_rng(3).standard_normal((8, 60, 2)))
        angle = np.linspace(0.0, 2.0 * np.pi, 7200, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        found = search(z, random_directions(32, 2, rng=0), [contrast])[:, 0]
        for one, v in zip(z, found, strict=True):
            best = contrast.value(circle @ one.T).max()
            typical = np.median(contrast.value(circle @ one.T))
            assert contrast.value(v @ one.T) >= best - 0.01 * (best - typical)

    @pytest.mark.parametrize("contrast", [PEAK, GAP], ids=["peak", "gap"])
    def test_an_optimiser_finds_no_more(self, contrast: Contrast) -> None:
        """Another method, from 60 starts of its own, in 6 dimensions."""
        rng = np.random.default_rng(4)
        (z,) = standardised(rng.standard_normal((1, 80, 6)))

        def minus(v: np.ndarray) -> float:
            return -float(contrast.value(z @ unit(v)))

        best = -min(minimize(minus, rng.standard_normal(6), method="BFGS").fun for _ in range(60))
        (v,) = search(z[np.newaxis], random_directions(256, 6, rng=0), [contrast])[0]
        spread = best - float(np.median(contrast.value(random_directions(200, 6, rng=1) @ z.T)))
        assert contrast.value(z @ v) >= best - 0.02 * spread

    def test_clusters(self) -> None:
        z, v = clusters(20, 100, 10, 6.0)
        found = search(z, random_directions(256, 10, rng=0), [GAP])[:, 0]
        assert np.quantile(np.abs(found @ v), 0.1) > 0.95

    def test_it_is_the_same_in_any_company(self) -> None:
        """A sample's directions do not depend on those beside it, to the last bit, nor on the other contrasts."""
        z, _ = clusters(5, 30, 4, 3.0)
        slices = random_directions(16, 4, rng=0)
        whole = search(z, slices, CONTRASTS)
        np.testing.assert_array_equal(search(z[2:4], slices, CONTRASTS), whole[2:4])
        np.testing.assert_array_equal(search(z, slices, CONTRASTS[2:3])[:, 0], whole[:, 2])
        own = np.broadcast_to(slices, (5, 16, 4))
        np.testing.assert_array_equal(search(z, own, CONTRASTS), whole)

    def test_the_order_of_the_rows_does_not_matter(self) -> None:
        z, _ = clusters(2, 300, 4, 3.0)
        slices = random_directions(16, 4, rng=0)
        shuffled = z[:, np.random.default_rng(0).permutation(300)]
        before, after = search(z, slices, CONTRASTS), search(shuffled, slices, CONTRASTS)
        np.testing.assert_allclose(np.abs(np.sum(before * after, axis=-1)), 1.0, atol=1e-3)

    def test_one_dimension(self) -> None:
        z = standardised(np.random.default_rng(5).standard_exponential((3, 25, 1)))
        found = search(z, np.ones((1, 1)), CONTRASTS)
        np.testing.assert_array_equal(np.abs(found), 1.0)

    def test_work(self) -> None:
        assert starts_of(100, 5, 256) == 256 + 10 + 100
        assert starts_of(1_000, 5, 256) == 256 + 10 + 128
        assert search_work(1_000, 10, 256) > search_work(500, 10, 256) > 0.0
