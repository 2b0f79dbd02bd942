"""method="analytic": sliced tests whose null distribution is a formula."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm.directions import random_directions
from slicednorm.distances import get_distance
from slicednorm.stats import sliced_test, sliced_tests
from slicednorm.stats._calibration.analytic import analytic_slices
from slicednorm.stats._distributions.slices import Slices, slices_law
from slicednorm.stats._hypotests.sliced.components import _order_law
from slicednorm.stats._null.sliced import SlicedReplicates

QUADRATIC = ("cvm", "ad", "w2", "cw", "sw", "ep")
WITH_PARTS = tuple(name for name in QUADRATIC if name != "sw")
NULLS = ("standard", "composite")
PARTS = ("location", "scale", "skewness", "kurtosis", "rest")

# No data from a seed that a test takes as rng.
X = np.random.default_rng([70, 1]).standard_normal((150, 4)) * 1.05 + 0.04
V = random_directions(12, 4, rng=1)


def analytic(x, statistic="cvm", **options):
    return sliced_test(x, statistic, **{"method": "analytic", "rng": 0, **options})


# --- The contract -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", QUADRATIC)
def test_result(name, null):
    result = analytic(X, name, null=null, n_slices=64)
    assert result.method == "analytic"
    assert result.null_distribution is None
    assert result.n_resamples is None
    assert result.pvalue_stderr is None
    assert result.tail_pvalue is None
    assert result.law_n is None
    assert 0.0 < result.pvalue < 1.0
    assert result.pvalue == result.null.sf(result.statistic)
    assert result.null.isf(result.pvalue) == pytest.approx(result.statistic, rel=1e-9)
    law = slices_law(get_distance(name), 150, null, Slices(result.directions, result.direction_kind))
    np.testing.assert_array_equal(result.null.weights, law.weights)
    # In the units of the statistic, not of n times it.
    assert abs(result.statistic - result.null.mean()) < 6.0 * result.null.std()
    assert result.null.var() == pytest.approx(result.null.std() ** 2)
    assert (result.n_slices, result.direction_kind, result.hypothesis) == (64, "orthogonal", null)
    assert result.slice_statistics.shape == (64,)
    assert result.statistic == pytest.approx(result.slice_statistics.mean(), rel=1e-12)
    assert 0.0 < result.direction_stderr < result.null.std()
    assert 0.0 < result.pvalue_direction_stderr < 0.3
    assert (
        result.statistic == sliced_test(X, name, null=null, directions=result.directions, method=None, rng=0).statistic
    )


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("name", WITH_PARTS)
def test_components(name, null):
    parts = analytic(X, name, null=null, n_slices=64).components
    assert tuple(parts) == PARTS
    assert len(parts) == 5
    assert sum(part.share for part in parts.values()) == pytest.approx(1.0, rel=1e-12)
    assert sum(part.expected for part in parts.values()) == pytest.approx(1.0, rel=1e-9)
    for key, part in parts.items():
        assert part.name == key
        assert part.share >= 0.0
        assert 0.0 <= part.pvalue <= 1.0
    assert parts.largest.pvalue == min(part.pvalue for part in parts.values())
    estimated = [parts["location"], parts["scale"]]
    if null == "composite":
        assert [(part.share, part.expected, part.pvalue) for part in estimated] == [(0.0, 0.0, 1.0)] * 2
    else:
        assert all(part.share > 0.0 and part.pvalue < 1.0 for part in estimated)


@pytest.mark.parametrize("name", ["cvm", "ad", "ep", "w2"])
@pytest.mark.parametrize("null", NULLS)
def test_shares_by_a_triangular_root(name, null):
    """B = CC' among the first four orders: a part is the square of (C'S)_l."""
    result = analytic(1.1 * X + 0.1, name, null=null, directions=V)
    y = 1.1 * X + 0.1
    if null == "composite":
        values, vectors = np.linalg.eigh(np.cov(y.T, bias=True))
        y = (y - y.mean(axis=0)) @ (vectors / np.sqrt(values)) @ vectors.T
    y = y @ V.T
    h = np.stack([y, y**2 - 1.0, y**3 - 3.0 * y, y**4 - 6.0 * y**2 + 3.0])
    sums = h.sum(axis=1) / np.sqrt(150.0 * np.array([1.0, 2.0, 6.0, 24.0]))[:, np.newaxis]
    first = 0 if null == "standard" else 2
    form = get_distance(name).quadratic
    root = np.linalg.cholesky(form.matrix(150)[first:4, first:4])
    parts = np.mean((root.T @ sums[first:]) ** 2, axis=1)
    whole = max(150.0 * result.statistic, parts.sum())
    found = [result.components[key] for key in PARTS[first:4]]
    np.testing.assert_allclose([part.share for part in found], parts / whole, rtol=1e-7)
    # E S_3² and E S_4² of standardised rows, by the moments of their skewness and kurtosis.
    n, means = 150.0, np.ones(4)
    if null == "composite":
        variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) ** 2 * (n + 3.0) * (n + 5.0))
        means[2:] = n * (n - 2.0) / ((n + 1.0) * (n + 3.0)), n / 24.0 * (variance + 36.0 / (n + 1.0) ** 2)
    expected = np.sum(root**2 * means[first:, np.newaxis], axis=0) / form.mean(null, 150)
    np.testing.assert_allclose([part.expected for part in found], expected, rtol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_law_of_a_part_has_the_variance_of_its_rows(order):
    """Along one direction Var S_l² is 2 + (E h_l⁴ − 3)/n."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    h = np.polynomial.hermite_e.hermeval(nodes, np.eye(5)[order]) / math.sqrt(math.factorial(order))
    fourth = weights @ h**4 / weights.sum()
    for n in (60, 1_000):
        law = _order_law(order, n, "standard", Slices(np.ones((1, 1)), None))
        assert law.mean() == pytest.approx(1.0, rel=1e-9)
        assert law.var() == pytest.approx(2.0 + (fourth - 3.0) / n, rel=1e-9)


def test_the_repr_and_the_table_say_how():
    result = analytic(X, n_slices=64)
    assert "method: 'analytic'" in repr(result)
    assert "null: WeightedChi2(mean=" in repr(result)
    frame = result.to_frame()
    assert frame.loc["cvm", "method"] == "analytic"
    assert frame.loc["cvm", "pvalue"] == result.pvalue
    assert np.isnan(frame.loc["cvm", "pvalue_stderr"])
    assert frame.loc["cvm", "direction_stderr"] == result.direction_stderr
    assert frame.loc["cvm", "pvalue_direction_stderr"] == result.pvalue_direction_stderr


def test_without_a_formula_there_are_no_components():
    assert sliced_test(X, "ks", n_slices=8, n_resamples=9, rng=0).components is None
    assert sliced_test(X, "cvm", aggregate="max", n_slices=8, n_resamples=9, rng=0).components is None
    # By replicates the parts are the same.
    result = sliced_test(X, "cvm", directions=V, n_resamples=9, rng=0)
    for key, part in analytic(X, directions=V).components.items():
        assert result.components[key].share == part.share
        assert result.components[key].pvalue == part.pvalue


@pytest.mark.parametrize(
    ("x", "options", "messages"),
    [
        (X, {"n_resamples": 99}, ["takes no replicates", "leave out n_resamples=99"]),
        (X, {"statistic": "ks"}, ["ks", "no null distribution as a formula", "use method='auto'"]),
        (X, {"aggregate": "max"}, ["only the mean over slices", "aggregate='max'", "use method='auto'"]),
        (X[:49], {}, ["from 50 rows on, and x has 49", "a number for n_resamples"]),
        (X, {"directions": np.tile(V[:1], (3, 1))}, ["all directions are the same", "pass one of them"]),
        (X, {"directions": np.stack([V[0], -V[0]])}, ["all directions are the same"]),
        (
            np.random.default_rng([70, 2]).standard_normal((80, 40)),
            {"null": "composite"},
            ["more than 2 rows a column", "80 rows of 40 columns", "use method='auto'"],
        ),
        (X, {"directions": np.tile(np.eye(4), (600, 1))}, ["up to 2,048 directions", "got 2,400", "pass fewer"]),
    ],
)
def test_what_has_no_formula_says_what_to_use(x, options, messages):
    with pytest.raises(ValueError, match=r"method='analytic'") as error:
        analytic(x, **options)
    for message in messages:
        assert message in str(error.value)


def test_the_least_that_has_a_formula():
    assert analytic(X[:50], n_slices=16).method == "analytic"
    x = np.random.default_rng([70, 2]).standard_normal((81, 40))
    assert analytic(x, null="composite", n_slices=16).method == "analytic"
    assert analytic(x[:60], n_slices=16).method == "analytic"


def test_limiting_distributions_are_asked_for_by_another_name():
    with pytest.raises(ValueError, match="use method='analytic'"):
        sliced_test(X, method="asymptotic")


# --- What is tested ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
def test_given_directions(null):
    """As by replicates along the same directions."""
    options = {"null": null, "directions": V, "rng": 3}
    results = sliced_tests(X, QUADRATIC, method="analytic", **options)
    for result, simulated in zip(results, sliced_tests(X, QUADRATIC, n_resamples=1_999, **options), strict=True):
        np.testing.assert_array_equal(result.directions, V)
        assert result.direction_kind is None
        assert result.direction_stderr is None
        assert result.pvalue_direction_stderr is None
        assert result.statistic == simulated.statistic
        assert result.pvalue == pytest.approx(simulated.pvalue, abs=4.0 * simulated.pvalue_stderr)


@pytest.mark.parametrize("name", ["cvm", "w2"])
def test_one_direction_is_a_test_of_one_column(name):
    along = analytic(X, name, directions=V[:1])
    column = analytic(X @ V[0], name)
    assert along.pvalue == pytest.approx(column.pvalue, rel=1e-9)
    assert column.n_slices == 1
    assert column.direction_stderr == 0.0
    assert column.pvalue_direction_stderr == 0.0
    assert analytic(-X @ V[0], name).pvalue == pytest.approx(column.pvalue, rel=1e-9)
    # The same column several times is no more than once.
    again = analytic(X @ V[0], name, directions=[[1.0], [-1.0], [1.0]])
    assert again.pvalue == pytest.approx(column.pvalue, rel=1e-4)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2, 0.3])
def test_one_dimension_is_the_classical_test(shift):
    y = np.random.default_rng([70, 3]).standard_normal(120) + shift
    exact = scipy_stats.cramervonmises(y, "norm")
    result = analytic(y)
    assert 120.0 * result.statistic == pytest.approx(exact.statistic, rel=1e-10)
    assert result.pvalue == pytest.approx(exact.pvalue, rel=0.03)


@pytest.mark.parametrize("name", QUADRATIC)
def test_a_known_target_is_the_standardised_sample(name):
    rng = np.random.default_rng([70, 4])
    cov, mean = np.cov(rng.standard_normal((4, 9))), rng.standard_normal(4)
    values, vectors = np.linalg.eigh(cov)
    x = X @ (vectors * np.sqrt(values)) @ vectors.T + mean
    expected = analytic(X, name, directions=V)
    got = analytic(x, name, directions=V, mean=mean, cov=cov)
    assert got.pvalue == pytest.approx(expected.pvalue, rel=1e-7)
    if name in WITH_PARTS:
        assert got.components["scale"].pvalue == pytest.approx(expected.components["scale"].pvalue, rel=1e-6)
    assert analytic(2.0 * X + 3.0, name, directions=V, mean=3.0, cov=4.0).pvalue == pytest.approx(
        expected.pvalue, rel=1e-9
    )


@pytest.mark.parametrize("name", QUADRATIC)
def test_the_composite_null_ignores_location_and_scale(name):
    expected = analytic(X, name, null="composite", directions=V)
    got = analytic(3.0 * X - 7.0, name, null="composite", directions=V)
    assert got.pvalue == pytest.approx(expected.pvalue, rel=1e-7)
    assert expected.null.mean() < 0.8 * analytic(X, name, directions=V).null.mean()


@pytest.mark.parametrize("name", [name for name in QUADRATIC if name != "sw"])
@pytest.mark.parametrize("null", NULLS)
def test_the_order_of_columns_and_the_signs_of_directions_do_not_matter(name, null):
    expected = analytic(X, name, null=null, directions=V)
    columns = [2, 0, 3, 1]
    exchanged = analytic(X[:, columns], name, null=null, directions=V[:, columns])
    signs = np.where(np.random.default_rng(5).random(len(V)) < 0.5, -1.0, 1.0)[:, np.newaxis]
    turned = analytic(X, name, null=null, directions=signs * V)
    mixed = analytic(X, name, null=null, directions=V[::-1])
    mirrored = analytic(-X, name, null=null, directions=V)
    for other in (exchanged, turned, mixed, mirrored):
        assert other.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
        for key in PARTS:
            assert other.components[key].pvalue == pytest.approx(expected.components[key].pvalue, rel=1e-7)


def test_many_given_directions_are_taken_by_what_they_are():
    """As one sphere if they are spread like random ones, by their cosines if not."""
    spread = random_directions(700, 4, rng=9)
    near = spread * [1.0, 0.1, 0.1, 0.1]
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    assert Slices(spread, None).by_sphere
    assert not Slices(near, None).by_sphere
    # Directions that are all near one see little more than one column.
    wide, narrow = analytic(X, directions=spread).null, analytic(X, directions=near).null
    alone = analytic(X, directions=np.eye(4)[:1]).null
    assert wide.mean() == pytest.approx(narrow.mean(), rel=1e-4)
    assert wide.std() < 0.7 * alone.std()
    assert 1.2 * wide.std() < narrow.std() < alone.std()


def test_single_precision():
    one = analytic(X.astype(np.float32), directions=V)
    assert one.directions.dtype == np.float32
    assert one.pvalue == pytest.approx(analytic(X, directions=V).pvalue, rel=1e-4)


# --- Seeds, workers and several at once -------------------------------------------------------------------


def assert_equal_to_the_bit(one, other):
    assert one == other
    assert one.pvalue == other.pvalue
    np.testing.assert_array_equal(one.slice_statistics, other.slice_statistics)
    np.testing.assert_array_equal(one.directions, other.directions)
    np.testing.assert_array_equal(one.null.weights, other.null.weights)
    for key in PARTS:
        assert one.components[key] == other.components[key]


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize(("n", "dim", "k", "dtype"), [(60, 3, 40, "float64"), (9_000, 5, 600, "float32")])
def test_seeds_reproduce_and_workers_do_not_matter(null, n, dim, k, dtype):
    x = np.random.default_rng([71, n]).standard_normal((n, dim)).astype(dtype)
    results = [analytic(x, null=null, n_slices=k, rng=8, workers=workers) for workers in (1, 2, 3)]
    again = analytic(x, null=null, n_slices=k, rng=results[0].seed)
    for other in (*results[1:], again):
        assert_equal_to_the_bit(results[0], other)
    different = analytic(x, null=null, n_slices=k, rng=9)
    assert different.statistic != results[0].statistic


@pytest.mark.parametrize("null", NULLS)
def test_several_at_once_are_each_by_itself(null):
    together = sliced_tests(X, ("ks", *QUADRATIC), null=null, rng=2, n_slices=40)
    assert [result.name for result in together] == ["ks", *QUADRATIC]
    assert [result.method for result in together] == ["sequential"] + ["analytic"] * 6
    for result in together:
        alone = sliced_test(X, result.name, null=null, rng=2, n_slices=40)
        assert alone == result
        assert alone.pvalue == result.pvalue
        np.testing.assert_array_equal(alone.directions, result.directions)


def test_a_law_is_not_taken_for_another():
    """Recent ones are kept, by all that they depend on."""
    options = [
        {"directions": V},
        {"directions": V[::2]},
        {"directions": V, "null": "composite"},
        {"directions": -V[:, ::-1]},
        {"n_slices": 40},
        {"n_slices": 40, "directions": "iid"},
        {"n_slices": 40, "rng": 1},
    ]
    first = [[analytic(x, name, **o).pvalue for o in options] for name in ("cvm", "cw") for x in (X, X[:100])]
    again = [[analytic(x, name, **o).pvalue for o in options] for name in ("cvm", "cw") for x in (X, X[:100])]
    assert first == again
    assert len({value for row in first for value in row}) == 4 * len(options)


# --- What is taken unless told otherwise ------------------------------------------------------------------


@pytest.mark.parametrize("n", [300, 5_000])
def test_auto(n):
    x = np.random.default_rng([72, n]).standard_normal((n, 3))
    for name, method in [("cvm", "analytic"), ("ks", "sequential")]:
        result = sliced_test(x, name, rng=0, n_slices=32)
        assert result.method == method
        assert (result.null_distribution is None) == (method == "analytic")


@pytest.mark.parametrize(
    ("n", "options", "method"),
    [
        (100, {}, "analytic"),
        (99, {}, "sequential"),
        (300, {"aggregate": "max"}, "sequential"),
        (300, {"n_resamples": 19}, "monte carlo"),
        (300, {"method": "sequential"}, "sequential"),
        (300, {"directions": V[:, :3] / np.linalg.norm(V[:, :3], axis=1, keepdims=True)}, "analytic"),
        (120, {"null": "composite", "dim": 60}, "sequential"),
        (121, {"null": "composite", "dim": 60}, "analytic"),
    ],
)
def test_auto_takes_the_formula_where_it_holds(n, options, method):
    dim = options.get("dim", 3)
    options = {key: value for key, value in options.items() if key != "dim"}
    x = np.random.default_rng([72, n]).standard_normal((n, dim))
    assert sliced_test(x, rng=0, **{"n_slices": 16, **options}).method == method


def test_directions_by_default():
    """So many that their luck hardly shows."""
    result, other = analytic(X), analytic(X, rng=1)
    assert result.n_slices == analytic_slices(150, 4) >= 4_096
    assert result.direction_kind == "orthogonal"
    assert result.pvalue_direction_stderr < 0.01
    assert result.pvalue == pytest.approx(other.pvalue, abs=0.02)
    assert analytic(X[:, 0]).n_slices == 1
    asked = analytic(X, n_slices=100, directions="iid")
    assert (asked.n_slices, asked.direction_kind) == (100, "iid")


# --- The size, and the error that is printed --------------------------------------------------------------


@pytest.mark.parametrize("null", NULLS)
def test_size(null):
    """Of 2,000 exact replicates of 120 rows those beyond the critical value of a level, within 99.9%."""
    directions, count = random_directions(32, 3, rng=4), 2_000
    replicates = SlicedReplicates(QUADRATIC, directions, 120, null, "mean", np.random.SeedSequence(31))
    found = np.concatenate([replicates(start, start + 250) for start in range(0, count, 250)])
    slices = Slices(directions, None)
    for name, values in zip(QUADRATIC, found.T, strict=True):
        law = slices_law(get_distance(name), 120, null, slices)
        largest = np.sort(values)[::-1]
        for level in (0.5, 0.05, 0.01):
            low, high = (int(end) for end in scipy_stats.binom.interval(0.999, count, level))
            # As many are beyond the critical value as have at most that p-value.
            assert law.sf(largest[low - 1]) <= level, (name, level)
            assert law.sf(largest[high]) > level, (name, level)
        # The whole of it.
        np.testing.assert_allclose(law.sf(largest[[200, 600, 1_400, 1_800]]), [0.1, 0.3, 0.7, 0.9], atol=0.045)
        assert values.std() / law.std() == pytest.approx(1.0, abs=0.08)


@pytest.mark.parametrize(
    ("kind", "dim", "k"), [("iid", 4, 64), ("iid", 2, 64), ("orthogonal", 4, 64), ("orthogonal", 10, 160)]
)
@pytest.mark.parametrize("name", ["cvm", "w2"])
def test_direction_stderr(kind, dim, k, name):
    """The spread over 100 seeds, which is known to 7%."""
    x = np.random.default_rng([77, dim]).standard_normal((100, dim)) + 0.1
    results = [sliced_test(x, name, method=None, n_slices=k, directions=kind, rng=seed) for seed in range(100)]
    spread = np.std([result.statistic for result in results], ddof=1)
    told = np.sqrt(np.mean([result.direction_stderr**2 for result in results]))
    assert told == pytest.approx(spread, rel=0.3)


def test_orthogonal_directions_have_less_luck():
    """Which independent errors would not tell."""
    x = np.random.default_rng([77, 1]).standard_normal((100, 4)) + 0.2
    iid, orthogonal = (
        sliced_test(x, method=None, n_slices=1_024, directions=kind, rng=3) for kind in ("iid", "orthogonal")
    )
    assert orthogonal.direction_stderr < 0.5 * iid.direction_stderr
    independent = np.std(orthogonal.slice_statistics, ddof=1) / math.sqrt(1_024)
    assert orthogonal.direction_stderr < 0.5 * independent
    assert iid.direction_stderr == pytest.approx(np.std(iid.slice_statistics, ddof=1) / math.sqrt(1_024), rel=1e-9)


@pytest.mark.parametrize("kind", ["iid", "orthogonal"])
def test_pvalue_direction_stderr(kind):
    x = np.random.default_rng([77, 3]).standard_t(12, (150, 4)) + 0.08
    results = [analytic(x, n_slices=64, directions=kind, rng=seed) for seed in range(30)]
    spread = np.std([result.pvalue for result in results], ddof=1)
    told = np.sqrt(np.mean([result.pvalue_direction_stderr**2 for result in results]))
    assert told == pytest.approx(spread, rel=0.45)


def test_where_there_is_no_luck_to_tell():
    assert sliced_test(X, directions=V, method=None).direction_stderr is None
    assert sliced_test(X, aggregate="max", n_slices=16, n_resamples=9, rng=0).direction_stderr is None
    assert sliced_test(X, n_slices=1, method=None, rng=0).direction_stderr is None
    assert sliced_test(X[:, :1], method=None, rng=0).direction_stderr == 0.0


# --- Which moments are off --------------------------------------------------------------------------------


def shifted(rng, shape):
    return rng.standard_normal(shape) + 0.25


def scaled(rng, shape):
    return 1.15 * rng.standard_normal(shape)


def skewed(rng, shape):
    return (rng.gamma(8.0, size=shape) - 8.0) / math.sqrt(8.0)


def heavy(rng, shape):
    return rng.standard_t(5, shape) / math.sqrt(5.0 / 3.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "part"), [(shifted, "location"), (scaled, "scale"), (skewed, "skewness"), (heavy, "kurtosis")]
)
def test_components_name_the_deviation(draw, part):
    names = []
    for seed in range(20):
        x = draw(np.random.default_rng([73, seed]), (500, 4))
        names.append(analytic(x, n_slices=512).components.largest.name)
    assert names.count(part) >= 19, names


@pytest.mark.parametrize("name", WITH_PARTS)
@pytest.mark.parametrize(
    ("draw", "part"), [(shifted, "location"), (scaled, "scale"), (skewed, "skewness"), (heavy, "kurtosis")]
)
def test_components_of_every_statistic_name_a_plain_deviation(name, draw, part):
    x = draw(np.random.default_rng([74, 0]), (3_000, 4))
    parts = analytic(x, name, directions=V).components
    assert parts.largest.name == part
    assert parts[part].pvalue < 1e-6
    if draw in (shifted, scaled, skewed):
        assert all(parts[key].pvalue > 1e-3 for key in PARTS[: PARTS.index(part)])


@pytest.mark.parametrize(("draw", "part"), [(skewed, "skewness"), (heavy, "kurtosis")])
def test_components_of_the_composite_null(draw, part):
    parts = analytic(draw(np.random.default_rng([74, 1]), (2_000, 4)), null="composite", directions=V).components
    assert parts.largest.name == part
    assert parts[part].share > parts[part].expected


@pytest.mark.slow
@pytest.mark.parametrize("null", NULLS)
def test_the_size_of_components(null):
    """No part is found more often than its level says; that of the fourth moments less often, for it is skew."""
    directions, count = random_directions(8, 3, rng=4), 300
    pvalues = np.array(
        [
            [part.pvalue for part in analytic(x, null=null, directions=directions).components.values()]
            for x in (np.random.default_rng([75, seed]).standard_normal((300, 3)) for seed in range(count))
        ]
    )
    for level in (0.05, 0.01):
        found = np.count_nonzero(pvalues <= level, axis=0)
        low, high = scipy_stats.binom.interval(0.999, count, level)
        assert np.all(found <= high)
        if level == 0.05 and null == "standard":
            assert np.all(np.delete(found, 3) >= low)


def test_the_wasserstein_distance_to_a_sample_has_no_parts():
    """They would be those of the sample and of the prior's sample."""
    assert analytic(X, "sw").components is None


# --- Samples far from everything --------------------------------------------------------------------------


@pytest.mark.parametrize("name", QUADRATIC)
def test_a_sample_that_is_far_off(name):
    result = analytic(10.0 * X + 5.0, name, directions=V)
    assert 0.0 <= result.pvalue < 1e-30
    assert result.null.logsf(result.statistic) < -60.0
    assert result.pvalue_direction_stderr is None
    if name in WITH_PARTS:
        assert result.components["location"].pvalue < 1e-30


@pytest.mark.parametrize("name", ["w2", "ad"])
def test_columns_in_other_units(name):
    """With most directions: it depends on the rounding of the saddlepoint."""
    for k in range(1, 13):
        assert sliced_test(1e9 * X, name, directions=V[:k], rng=0).pvalue == 0.0


def test_components_of_columns_in_other_units():
    for k in range(1, 13):
        assert analytic(1e4 * X, directions=V[:k]).components["kurtosis"].pvalue == 0.0
