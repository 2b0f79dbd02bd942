"""Mardia's measures against the formulas with all pairs."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from slicednorm.stats._hypotests.mardia import measures
from slicednorm.stats._hypotests.mardia.mardia import mardia
from slicednorm.stats._hypotests.mardia.measures import mardia_statistics, mardia_work
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.normal import NormalRows
from slicednorm.stats._sample.check import as_sample
from slicednorm.stats._sample.errors import SampleError
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from tests.stats.hypotests.mardia.formulas import all_pairs, full_tensor
from tests.stats.hypotests.samples import skewed, standardised

WAYS = {"moments": measures._by_moments, "pairs": measures._by_pairs}


def by_way(way: str, x: np.ndarray, composite: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """b1 and b2 of (n, D) or of a batch, by the way named."""
    rows = Rows(x, np.dtype(np.float64))
    cubes, fourths = WAYS[way](rows, estimated(rows) if composite else None)
    return cubes / rows.n**2, fourths / rows.n


class TestStatistics:
    SHAPES = ((2, 1), (3, 1), (7, 1), (5, 2), (60, 3), (700, 4), (30, 28), (300, 25), (12, 40))

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(("n", "dim"), SHAPES)
    def test_standard(self, way: str, n: int, dim: int) -> None:
        x = skewed(n, dim)
        (b1,), (b2,) = by_way(way, x)
        assert (b1, b2) == pytest.approx(all_pairs(x), rel=1e-11)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize(("n", "dim"), [shape for shape in SHAPES if shape[0] > shape[1] + 1])
    def test_composite(self, way: str, n: int, dim: int) -> None:
        x = skewed(n, dim)
        (b1,), (b2,) = by_way(way, x, composite=True)
        assert (b1, b2) == pytest.approx(all_pairs(standardised(x)), rel=1e-10)

    @pytest.mark.parametrize("null", ["standard", "composite"])
    def test_public_function(self, null: str) -> None:
        x = skewed(90, 4)
        result = mardia(x, null=null)
        expected = all_pairs(x if null == "standard" else standardised(x))
        assert (result.skewness, result.kurtosis) == pytest.approx(expected, rel=1e-11)
        assert result.normalized_kurtosis == pytest.approx(expected[1] - 4 * 6)
        assert (result.n, result.dim, result.hypothesis) == (90, 4, null)

    @pytest.mark.parametrize("composite", [False, True])
    @pytest.mark.parametrize(("n", "dim"), [(40, 3), (400, 20), (600, 60), (150, 90)])
    def test_ways_agree(self, n: int, dim: int, composite: bool) -> None:
        x = np.random.default_rng(n).standard_normal((n, dim))
        for one, other in zip(by_way("moments", x, composite), by_way("pairs", x, composite), strict=True):
            assert one == pytest.approx(other, rel=1e-12)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("composite", [False, True])
    @pytest.mark.parametrize(("n", "dim"), [(9, 1), (20, 2), (50, 5), (64, 17), (300, 6)])
    def test_batch(self, way: str, composite: bool, n: int, dim: int) -> None:
        """An item has the same value to the last bit, alone or in any batch, and the right one."""
        x = np.stack([skewed(n, dim, seed) for seed in range(5)])
        together = np.stack(by_way(way, x, composite), axis=-1)
        assert together.shape == (5, 2)
        for item in range(5):
            alone = np.stack(by_way(way, x[item : item + 1], composite), axis=-1)
            pair = np.stack(by_way(way, x[[item, 0]], composite), axis=-1)
            np.testing.assert_array_equal(alone[0], together[item])
            np.testing.assert_array_equal(pair[0], together[item])
            y = standardised(x[item]) if composite else x[item]
            assert together[item] == pytest.approx(all_pairs(y), rel=1e-10)

    @pytest.mark.parametrize("way", WAYS)
    @pytest.mark.parametrize("composite", [False, True])
    def test_seams(self, way: str, composite: bool, limits: Callable[..., Limits]) -> None:
        """Blocks, strips, tiles, panels and passes that divide neither n nor each other."""
        x = skewed(101, 6)
        whole = np.concatenate(by_way(way, x, composite))
        limits(block_elements=6 * 13, strip_rows=5, moments_at_once=20)
        limits(tile_rows=3, least_panel_rows=1, held_elements=6 * 17, passing_elements=6 * 7)
        assert len(list(measures._middles(6))) > 2
        np.testing.assert_allclose(np.concatenate(by_way(way, x, composite)), whole, rtol=1e-12)

    def test_many_blocks(self) -> None:
        x = np.random.default_rng(3).standard_exponential((400_000, 3)) - 1.0
        assert len(list(as_sample(x).rows.blocks())) > 1
        result = mardia(x)
        assert result.skewness == pytest.approx(full_tensor(x), rel=1e-10)
        assert result.kurtosis == pytest.approx(np.mean(np.sum(x**2, axis=1) ** 2), rel=1e-12)

    def test_rows_drawn_as_they_are_read(self) -> None:
        stream = np.random.SeedSequence(4)
        drawn = NormalRows(stream, 500, 4, np.dtype(np.float32))
        ((_, _, block),) = drawn.blocks()
        np.testing.assert_array_equal(mardia_statistics(drawn), mardia_statistics(Rows(block, np.dtype(np.float32))))

    def test_affine_invariance_of_composite(self) -> None:
        x = skewed(80, 3)
        turned = x @ np.random.default_rng(1).standard_normal((3, 3)) * 1e3 - 1e4
        one, other = mardia(x, null="composite"), mardia(turned, null="composite")
        assert one.skewness == pytest.approx(other.skewness, rel=1e-9)
        assert one.kurtosis == pytest.approx(other.kurtosis, rel=1e-9)
        assert mardia(x).skewness != pytest.approx(mardia(turned).skewness, rel=0.1)

    def test_symmetric_sample_has_no_skewness(self) -> None:
        half = np.random.default_rng(2).standard_normal((20, 30, 3))
        x = np.concatenate([half, -half], axis=1)
        for way in WAYS:
            b1, _ = by_way(way, x)  # rounding goes either way, so some of twenty would fall below 0
            assert np.all(b1 >= 0.0)
            assert np.all(b1 < 1e-12)

    def test_overflow_has_no_pvalue(self) -> None:
        with pytest.raises(SampleError, match=r"overflows float64: the largest value, 1e\+91, is at row 2, column 1"):
            mardia(np.asarray([[1e90, -2e90], [3e80, 1e90], [-1e90, 1e91]]))
        wide = 1e120 * np.random.default_rng(0).standard_normal((5, 200))
        with pytest.raises(SampleError, match="Mardia's skewness, Mardia's kurtosis of x of shape"):
            mardia(wide, n_resamples=9, rng=0)

    @pytest.mark.slow
    @pytest.mark.parametrize(("n", "dim", "way"), [(20_000, 3, "moments"), (3_000, 150, "pairs")])
    def test_memory(self, n: int, dim: int, way: str) -> None:
        """Far below the matrix of all pairs, 3.2 GB and 72 MB, for the sample and for a replicate."""
        x = np.random.default_rng(0).standard_normal((n, dim))
        assert measures._takes_moments(n, dim) == (way == "moments")
        tracemalloc.start()
        mardia(x, null="composite", n_resamples=1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 8 * x.nbytes + 8e6
        assert peak < 0.25 * 8 * n**2

    def test_cheaper_way_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for n, dim, other in ((3_000, 5, "_by_pairs"), (50, 100, "_by_moments")):
            with monkeypatch.context() as patch:
                patch.setattr(measures, other, None)
                assert mardia(np.ones((n, dim))).kurtosis == dim**2

    def test_work(self) -> None:
        assert mardia_work(2_000, 5) > mardia_work(1_000, 5) > 0.0
        assert mardia_work(1_000, 50) > mardia_work(1_000, 5)
        assert mardia_work(10**6, 300) < 0.5 * 300 * 1e12 * 0.033  # not all pairs
        assert mardia_work(100, 10_000) < 1e9  # not all triples
