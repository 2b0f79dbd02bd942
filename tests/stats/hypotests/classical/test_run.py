"""P-values of every classical test."""

import math
import pickle
import warnings
from collections.abc import Callable

import numpy as np
import pytest

from slicednorm.stats import SizeWarning, classical_test, henze_zirkler, royston
from slicednorm.stats._hypotests.classical.run import Replicates
from slicednorm.stats._limits import Limits
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.rows import Rows
from slicednorm.stats._sample.whiten import estimated
from slicednorm.stats._streams import replicate_stream
from tests.stats.hypotests.classical.every import EVERY, FLOAT64, TESTS, values_of
from tests.stats.hypotests.samples import skewed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["doornik_hansen", "royston"])
def test_limits_hold_where_they_should(name: str) -> None:
    mixing = np.asarray([[1.0, 0.8], [0.0, 0.6]])
    x = np.random.default_rng(4).standard_normal((2_000, 100, 2)) @ mixing
    test = EVERY[name]
    p = [test.limit(value, Rows(item, FLOAT64)) for value, item in zip(values_of(name, x), x, strict=True)]
    assert abs(np.mean(np.asarray(p) <= 0.05) - 0.05) < 4.0 * math.sqrt(0.05 * 0.95 / 2_000) + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("null", ["standard", "composite"])
def test_size(name: str, null: str) -> None:
    """Under the null p is uniform on 1/(M + 1)..1, here also for a sample that is strongly correlated."""
    if null == "standard" and EVERY[name].instead:
        pytest.skip("has no standard null")
    rng, count = np.random.default_rng(11), 400
    mixing = np.eye(2) if null == "standard" else np.asarray([[1.0, 9.0], [0.0, 1.0]])
    p = np.asarray(
        [
            TESTS[name](rng.standard_normal((12, 2)) @ mixing, null=null, n_resamples=19, rng=rng).pvalue
            for _ in range(count)
        ]
    )
    for level in (0.1, 0.5):
        error = math.sqrt(level * (1 - level) / count)
        assert abs(np.mean(p <= level + 1e-9) - level) < 4.0 * error


@pytest.mark.parametrize("name", TESTS)
def test_same_for_any_number_of_workers(name: str) -> None:
    x = skewed(60, 20)
    results = [TESTS[name](x, n_resamples=300, rng=7, workers=workers) for workers in (1, 3)]
    assert results[0] == results[1]
    np.testing.assert_array_equal(results[0].null_distribution, results[1].null_distribution)
    few = TESTS[name](x, n_resamples=10, rng=7)
    np.testing.assert_array_equal(few.null_distribution, results[0].null_distribution[:10])
    assert len(set(results[0].null_distribution)) == 300


@pytest.mark.parametrize("name", TESTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pvalue_is_a_count(name: str, dtype: type) -> None:
    x = np.random.default_rng(9).standard_normal((25, 2)).astype(dtype)
    result = TESTS[name](x, n_resamples=99, rng=3)
    reach = np.sum(result.null_distribution >= result.statistic)
    assert 0 < reach < 99
    assert result.pvalue == (1 + reach) / 100
    assert result.pvalue_stderr == pytest.approx(math.sqrt(result.pvalue * (1 - result.pvalue) / 100))
    assert (result.seed, result.n_resamples, result.method) == (3, 99, "monte carlo")
    assert result.statistic == TESTS[name](x.astype(np.float64), n_resamples=1).statistic
    if name != "royston":
        # Replicates are drawn in the dtype in which the sample came, and standardised as it is.
        rows = normal_rows([replicate_stream(np.random.SeedSequence(3), r) for r in range(99)], 25, 2, x.dtype)
        drawn = EVERY[name].statistics(rows, estimated(rows), "composite")
        np.testing.assert_array_equal(result.null_distribution, drawn)


@pytest.mark.parametrize("name", TESTS)
def test_replicates_of_many_blocks(name: str, limits: Callable[..., Limits]) -> None:
    x = np.random.default_rng(1).standard_normal((40, 3))
    whole = TESTS[name](x, n_resamples=19, rng=2)
    limits(block_elements=3 * 7)
    parts = TESTS[name](x, n_resamples=19, rng=2)
    assert parts.statistic == pytest.approx(whole.statistic, rel=1e-9)
    np.testing.assert_allclose(parts.null_distribution, whole.null_distribution, rtol=1e-6)


@pytest.mark.parametrize("name", TESTS)
def test_defaults(name: str) -> None:
    x = np.random.default_rng(0).standard_normal((30, 2))
    result = TESTS[name](x, rng=0)
    if name in ("henze_zirkler", "doornik_hansen"):
        assert (result.method, result.n_resamples, result.seed) == ("asymptotic", None, None)
        assert result.pvalue_stderr is None
        assert result.null_distribution.shape == (0,)
    else:
        assert (result.method, result.n_resamples, result.seed) == ("monte carlo", 999, 0)
    if EVERY[name].instead is None:
        assert TESTS[name](x, null="standard", rng=0).n_resamples == 999


@pytest.mark.parametrize(
    ("name", "n", "dim"),
    [("henze_zirkler", 30, 25), ("henze_zirkler", 5_500, 3), ("doornik_hansen", 20, 15), ("royston", 60, 3)],
)
def test_a_law_that_does_not_hold_is_used_with_a_word_only(name: str, n: int, dim: int) -> None:
    x = np.random.default_rng(0).standard_normal((n, dim))
    assert n > 1_000 or TESTS[name](x, rng=0).method == "monte carlo"
    with pytest.warns(SizeWarning, match=rf"not known to hold for samples of shape \({n}, {dim}\), and may") as caught:
        result = TESTS[name](x, method="asymptotic")
    assert (result.method, result.n_resamples) == ("asymptotic", None)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = np.random.default_rng(0).standard_normal((200, 1))
        TESTS[name](y, method="asymptotic") if name != "royston" else royston(y, n_resamples=9)


def test_methods_there_are() -> None:
    x = skewed(30, 2)
    with pytest.raises(ValueError, match=r"method must be 'auto', .*'asymptotic' or None, got 'exact'"):
        henze_zirkler(x, method="exact")
    with pytest.raises(ValueError, match="takes no replicates; leave out n_resamples=99"):
        henze_zirkler(x, method="asymptotic", n_resamples=99)
    with pytest.raises(ValueError, match="henze_zirkler has no limiting distribution under null='standard'"):
        henze_zirkler(x, method="asymptotic", null="standard")
    with pytest.raises(ValueError, match="energy has no limiting distribution"):
        classical_test(x, "energy", method="asymptotic")


@pytest.mark.parametrize("name", TESTS)
def test_evaluation_travels_to_another_process(name: str) -> None:
    root = np.random.SeedSequence(1)
    evaluate = Replicates(EVERY[name], 20, 3, np.dtype(np.float32), "composite", root)
    copy = pickle.loads(pickle.dumps(evaluate))
    np.testing.assert_array_equal(copy(3, 6), evaluate(0, 8)[3:6])
