"""Values of the distances against independent sources: scipy, quadrature of the definition, all pairs."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special, stats

from slicednorm.distances import DISTANCES, cw, get_distance
from tests.reference import DATASETS, read

# Samples near and far from normal, among them all those that break careless formulas.
SHAPES = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "narrow": lambda rng, n: 1e-3 * rng.standard_normal(n),
    "wide": lambda rng, n: 1e3 * rng.standard_normal(n),
    "shifted": lambda rng, n: 50.0 + rng.standard_normal(n),
    "period": lambda rng, n: 33.5 + rng.standard_normal(n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "outlier": lambda rng, n: np.append(rng.standard_normal(n - 1), 1e4),
    "ties": lambda rng, n: np.round(rng.standard_normal(n), 1),
    # As far apart as a grid of nodes reaches: its period must not bring them together.
    "ends": lambda rng, n: np.where(np.arange(n) % 2, 23.9, -23.9) + 0.05 * rng.uniform(-1.0, 1.0, n),
    "constant": lambda rng, n: np.zeros(n),
}


def draw(shape: str, n: int, seed: int = 0) -> np.ndarray:
    return np.sort(SHAPES[shape](np.random.default_rng([seed, n]), n))


def all_pairs(y: np.ndarray, gamma: float) -> float:
    """The double sum that defines Cramer-Wold, with every pair."""
    between = stats.norm.pdf(y[:, None] - y[None, :], scale=np.sqrt(2.0 * gamma)).mean()
    cross = stats.norm.pdf(y, scale=np.sqrt(1.0 + 2.0 * gamma)).mean()
    return between + stats.norm.pdf(0.0, scale=np.sqrt(2.0 + 2.0 * gamma)) - 2.0 * cross


def textbook_ad(y: np.ndarray) -> float:
    n = len(y)
    odd = 2.0 * np.arange(1, n + 1) - 1.0
    return -1.0 - np.sum(odd * (special.log_ndtr(y) + special.log_ndtr(-y[::-1]))) / n**2


ORACLES = {
    "ks": lambda y: stats.kstest(y, "norm").statistic,
    "cvm": lambda y: stats.cramervonmises(y, "norm").statistic / len(y),
    "ad": textbook_ad,
    "cw": lambda y: all_pairs(y, cw.bandwidth(len(y))),
    "ep": lambda y: 2.0 * np.pi * all_pairs(y, 0.5),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ORACLES)
@pytest.mark.parametrize("n", [2, 3, 50, 1500])
def test_float64_equals_its_oracle(name, shape, n):
    y = draw(shape, n)
    assert DISTANCES[name].value(y) == pytest.approx(ORACLES[name](y), rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("n", [4096, 5000, 20_011, 100_000])
def test_ks_equals_scipy_where_it_skips_values(n):
    for seed in range(5):
        for shape in ("normal", "cauchy", "ties", "shifted"):
            y = draw(shape, n, seed)
            assert DISTANCES["ks"].value(y) == pytest.approx(stats.kstest(y, "norm").statistic, rel=1e-12)


def test_ks_finds_a_maximum_hidden_between_the_values_it_looks_at():
    y = stats.norm.ppf((np.arange(50_000) + 0.5) / 50_000)
    rows = np.tile(y, (5, 1))
    for row, place in enumerate([0, 7, 24_999, 49_990, 49_999]):
        # A run of equal values makes a step that rises above all others, at its first and last value.
        rows[row, max(place - 20, 0) : place + 21] = y[place]
    expected = [stats.kstest(row, "norm").statistic for row in rows]
    np.testing.assert_allclose(DISTANCES["ks"].value(rows), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["ks", "cvm", "ad"])
def test_peers_on_one_dimensional_files(name):
    keys = {
        "ks": ("ks_vs_N01 (scipy)", "D", 1),
        "cvm": ("cvm_vs_N01 (R goftest; W2 = n * d_S)", "W2", "n"),
        "ad": ("ad_vs_N01 (R goftest)", "A2", "n"),
    }
    source, field, factor = keys[name]
    compared = 0
    for file, dataset in DATASETS.items():
        if source not in dataset:
            continue
        y = np.sort(read(file)[:, 0])
        scale = dataset["n"] if factor == "n" else 1
        assert scale * DISTANCES[name].value(y) == pytest.approx(dataset[source][field], rel=1e-9)
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize(("shape", "n"), [("normal", 2), ("normal", 30), ("normal", 301), ("shifted", 20)])
def test_w2_is_the_integral_of_squared_quantile_differences(shape, n):
    y = draw(shape, n)
    edges = special.ndtri(np.arange(n + 1) / n)
    pieces = [
        integrate.quad(lambda z, yi=yi: (yi - z) ** 2 * stats.norm.pdf(z), low, high, epsabs=0, epsrel=1e-13)[0]
        for yi, low, high in zip(y, edges[:-1], edges[1:], strict=True)
    ]
    assert DISTANCES["w2"].value(y) == pytest.approx(sum(pieces), rel=1e-10)


def test_w2_keeps_its_digits_at_the_quantile_means():
    # The printed closed form, 1 + mean(y²) − 2 Σ y m, is a difference of numbers near 2 here.
    n = 100_000
    edges = stats.norm.pdf(special.ndtri(np.arange(n + 1) / n))
    y = -n * np.diff(edges)
    exact = 1.0 - np.mean(y * y)
    assert DISTANCES["w2"].value(y) == pytest.approx(exact, rel=1e-6)
    assert DISTANCES["w2"].value(y.astype(np.float32)) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize(("shape", "n"), [("normal", 10), ("normal", 200), ("narrow", 15)])
def test_cw_is_the_squared_distance_of_the_smoothed_laws(shape, n):
    y = draw(shape, n)
    gamma = cw.bandwidth(n)

    def squared(x):
        density = stats.norm.pdf(x, y, np.sqrt(gamma)).mean()
        return (density - stats.norm.pdf(x, scale=np.sqrt(1.0 + gamma))) ** 2

    cuts = np.linspace(-12.0, 12.0, 61)
    value = sum(integrate.quad(squared, low, high, epsabs=1e-15, epsrel=1e-12)[0] for low, high in pairwise(cuts))
    assert DISTANCES["cw"].value(y) == pytest.approx(value, rel=1e-10)


@pytest.mark.parametrize(("shape", "n"), [("normal", 10), ("normal", 200), ("narrow", 15)])
def test_ep_is_the_weighted_distance_of_characteristic_functions(shape, n):
    y = draw(shape, n)

    def weighted(t):
        return abs(np.exp(1j * t * y).mean() - np.exp(-0.5 * t * t)) ** 2 * np.exp(-0.5 * t * t)

    value = 2.0 * sum(integrate.quad(weighted, low, low + 1.0, epsabs=1e-15, epsrel=1e-12)[0] for low in range(10))
    assert DISTANCES["ep"].value(y) == pytest.approx(value, rel=1e-10)


def test_cw_over_many_directions_is_the_multivariate_distance():
    rng = np.random.default_rng(5)
    n, dim, k = 40, 3, 20_000
    x = rng.standard_normal((n, dim)) * [0.5, 1.0, 2.0]
    gamma = cw.bandwidth(n)

    def phi(s):
        return special.hyp1f1(0.5, dim / 2.0, -s)

    between = phi(np.sum((x[:, None] - x[None]) ** 2, axis=-1) / (4.0 * gamma)).mean() / np.sqrt(gamma)
    cross = phi(np.sum(x**2, axis=-1) / (2.0 + 4.0 * gamma)).mean() / np.sqrt(gamma + 0.5)
    closed = (between + (1.0 + gamma) ** -0.5 - 2.0 * cross) / (2.0 * np.sqrt(np.pi))
    v = rng.standard_normal((k, dim))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    slices = DISTANCES["cw"].value(v @ x.T)
    assert slices.mean() == pytest.approx(closed, abs=4.0 * slices.std() / np.sqrt(k))
    assert slices.std() / np.sqrt(k) < 0.01 * closed


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("n", [100, 3001, 100_000])
def test_float32_is_right_in_float32(name, shape, n):
    distance = DISTANCES[name]
    rows = np.stack([draw(shape, n, seed) for seed in range(4)]).astype(np.float32)
    if not distance.needs_sorted:  # as the engine calls them, in the order of the rows
        rows = np.random.default_rng(0).permuted(rows, axis=-1)
    priors = np.stack([draw("normal", n, 100 + seed) for seed in range(4)]).astype(np.float32)
    arguments = (rows, priors) if distance.needs_prior else (rows,)
    narrow = distance.value(*arguments)
    wide = distance.value(*(a.astype(np.float64) for a in arguments))
    assert narrow.dtype == np.float32
    assert wide.dtype == np.float64
    assert narrow.mean() == pytest.approx(wide.mean(), rel=1e-4)
    assert narrow.max() == pytest.approx(wide.max(), rel=3e-4)


@pytest.mark.parametrize("name", DISTANCES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_does_not_depend_on_its_neighbours(name, dtype):
    distance = DISTANCES[name]
    for n in (30, 700, 40_000):
        rows = np.stack([draw(shape, n) for shape in ("normal", "cauchy", "narrow", "shifted")]).astype(dtype)
        priors = np.stack([draw("normal", n, seed) for seed in range(4)]).astype(dtype)
        together = distance.value(rows, priors) if distance.needs_prior else distance.value(rows)
        for row, prior, value in zip(rows, priors, together, strict=True):
            assert (distance.value(row, prior) if distance.needs_prior else distance.value(row)) == value
        nested = distance.value(*(a.reshape(2, 2, n) for a in ((rows, priors) if distance.needs_prior else (rows,))))
        np.testing.assert_array_equal(nested, together.reshape(2, 2))


def test_distances_of_order_do_not_sort_and_the_others_do_not_care():
    y = np.random.default_rng(3).standard_normal(500)
    for name in ("cw", "ep"):
        assert not DISTANCES[name].needs_sorted
        assert DISTANCES[name].value(y) == pytest.approx(DISTANCES[name].value(np.sort(y)), rel=1e-12)


@pytest.mark.parametrize("name", ["cw", "ep"])
def test_a_latent_shifted_by_the_period_of_coarse_sums_does_not_look_normal(name):
    y = draw("normal", 500)
    values = [float(DISTANCES[name].value(y + shift)) for shift in (0.0, 5.0, 10.0, 30.0, 33.5, 39.0, 41.0, 1000.0)]
    assert values[0] < 0.05 * values[1]
    assert values[1] < values[2] * 1.0001
    np.testing.assert_allclose(values[3:], values[-1], rtol=1e-6)


def test_names_and_models():
    assert {d.model for d in DISTANCES.values() if d.model} == {"sksae", "scvmae", "scfwae", "scwae", "swae"}
    assert get_distance("SCWAE") is DISTANCES["cw"]
    with pytest.raises(ValueError, match=r"unknown statistic 'kss'; known: ks, cvm, w2, cw, sw, ad, ep"):
        get_distance("kss")
    with pytest.raises(TypeError, match="named by a string, got int"):
        get_distance(3)
