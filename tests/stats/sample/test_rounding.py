"""Rounded values: the normal distribution that is fitted to them, and replicates that are rounded like them."""

import numpy as np
import pytest
from scipy import stats as scipy_stats

from slicednorm import stats
from slicednorm.stats._null.normal import normal_rows
from slicednorm.stats._sample.rounded_fit import Margin, latent_correlation, margin_of
from slicednorm.stats._sample.whiten import moments
from slicednorm.stats._streams import replicate_stream

TESTS = (
    "cvm",
    "ks",
    "sw",
    "henze_zirkler",
    "bhep",
    "energy",
    "cramer_wold",
    "royston",
    "doornik_hansen",
    "mardia",
    "henze_visagie",
    "doerr_ebner_henze",
    "doerr_ebner_henze_double",
    "villasenor_gonzalez",
    "henze_jimenez_gamero",
    "fattorini",
)


def drawn(n=100, dim=3, seed=0, correlation=0.5):
    root = np.linalg.cholesky((1.0 - correlation) * np.eye(dim) + correlation)
    return np.random.default_rng(seed).standard_normal((n, dim)) @ root.T


def items(z):
    return np.clip(np.round(3.2 + 1.2 * z), 1.0, 5.0)


def replicates(sample, count=4, root=0):
    streams = [replicate_stream(np.random.SeedSequence(root), number) for number in range(count)]
    return normal_rows(streams, sample.n, sample.dim, sample.dtype, sample.treatment)


@pytest.mark.parametrize("step", [0.3, 1.5])
def test_mean_and_deviation_are_the_most_likely(step):
    values = 7.0 + step * np.round(np.random.default_rng(1).normal(0.4, 1.0, 60) / step)
    cells = np.column_stack([values - step / 2, values + step / 2])
    mean, sd = scipy_stats.norm.fit(scipy_stats.CensoredData(interval=cells))
    found = margin_of(values, step, most_values=0)
    assert (found.mean, found.sd) == pytest.approx((mean, sd), abs=1e-4)
    assert not found.ends


def test_at_the_ends_of_a_scale_everything_beyond_is_counted():
    values = items(np.random.default_rng(2).normal(0.8, 1.0, 200))
    left, right = values == 1.0, values == 5.0
    inside = ~left & ~right
    censored = scipy_stats.CensoredData(
        interval=np.column_stack([values[inside] - 0.5, values[inside] + 0.5]),
        left=np.full(left.sum(), 1.5),
        right=np.full(right.sum(), 4.5),
    )
    mean, sd = scipy_stats.norm.fit(censored)
    found = margin_of(values, 1.0, most_values=11)
    assert found.high == values.max() - found.origin
    assert (found.mean, found.sd) == pytest.approx((mean, sd), abs=0.02)


def test_whole_numbers_far_within_their_range_have_no_ends():
    values = np.round(np.random.default_rng(3).normal(5.0, 1.0, 400))
    assert not margin_of(values, 1.0, most_values=11).ends


def cells(margin):
    """Return the values of a column, and the standard normal thresholds around each."""
    numbers = np.arange(margin.low, margin.high + 1) if margin.ends else np.arange(-40.0, 41.0)
    edges = (margin.origin + margin.step * (numbers[:-1] + 0.5) - margin.mean) / margin.sd
    return margin.origin + margin.step * numbers, np.concatenate([[-np.inf], edges, [np.inf]])


def test_correlations_before_rounding_are_those_by_the_probabilities_of_cells():
    scale = Margin(2.2, 1.1, 1.0, 1.0, 0.0, 4.0)
    steps = Margin(0.3, 1.0, 0.8, 0.0)
    rho = 0.7
    joint = scipy_stats.multivariate_normal([0.0, 0.0], [[1.0, rho], [rho, 1.0]])
    (one, one_edges), (other, other_edges) = cells(scale), cells(steps)
    below = np.array(
        [[joint.cdf([min(a, 9.0), min(b, 9.0)]) if min(a, b) > -9.0 else 0.0 for b in other_edges] for a in one_edges]
    )
    chances = np.diff(np.diff(below, axis=0), axis=1)
    means = one @ chances.sum(axis=1), other @ chances.sum(axis=0)
    covariance = (one - means[0]) @ chances @ (other - means[1])
    variances = (one - means[0]) ** 2 @ chances.sum(axis=1), (other - means[1]) ** 2 @ chances.sum(axis=0)
    rounded = np.array([[1.0, covariance / np.sqrt(np.prod(variances))]] * 2)
    rounded[1] = rounded[0, ::-1]
    assert rounded[0, 1] < 0.66
    np.testing.assert_allclose(latent_correlation([scale, steps], rounded)[0, 1], rho, atol=2e-4)


@pytest.mark.parametrize("rounded", [items, lambda z: 3.0 * np.round(z / 1.3), lambda z: 1e6 + np.round(z, 1)])
def test_replicates_have_the_steps_and_moments_of_the_sample(rounded):
    x = rounded(drawn())
    sample = stats.as_sample(x, rounding="auto")
    found = replicates(sample)
    mean, covariance = moments(found)
    sd = x.std(axis=0)
    np.testing.assert_allclose((mean - x.mean(axis=0)) / sd, 0.0, atol=0.15)
    np.testing.assert_allclose((covariance - np.cov(x.T, ddof=0)) / np.outer(sd, sd), 0.0, atol=0.15)
    steps = (found.items() - x.min(axis=0)) / sample.rounding.steps
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)
    assert len(np.unique(found.items()[0, :, 0])) > 3


def test_items_stay_on_their_scale():
    found = replicates(stats.as_sample(items(drawn()), rounding="auto"))
    assert set(np.unique(found.items())) == {1.0, 2.0, 3.0, 4.0, 5.0}


@pytest.mark.slow
@pytest.mark.parametrize("rounded", [items, lambda z: np.round((z + 0.2) / 1.2)], ids=["items", "steps"])
def test_the_level_is_kept_and_used(rounded):
    """Replicates with a mean and covariance of their own reject too few."""
    names = ("cvm", "energy", "henze_zirkler")
    count = 250
    rejected = np.zeros(len(names))
    for number in range(count):
        table = stats.normality_table(
            rounded(drawn(60, seed=number)),
            names,
            null="composite",
            rounding="auto",
            n_slices=16,
            n_resamples=19,
            rng=number,
        )
        rejected += (table["pvalue"] <= 0.1).to_numpy()
    low, high = scipy_stats.binom.interval(0.999, count, 0.1)
    assert np.all((rejected >= low) & (rejected <= high)), rejected


def test_skewed_items_are_told_from_rounded_normal_ones():
    skewed = (np.random.default_rng(5).chisquare(4, (300, 3)) - 4.0) / np.sqrt(8.0)
    result = stats.sliced_test(items(skewed - 0.8), "w2", null="composite", rounding="auto", n_resamples=99, rng=0)
    assert result.pvalue == 0.01
    normal = stats.sliced_test(items(drawn(300) - 0.8), "w2", null="composite", rounding="auto", n_resamples=99, rng=0)
    assert normal.pvalue > 0.05


@pytest.mark.parametrize("name", TESTS)
def test_every_test_takes_it_with_any_number_of_workers(name):
    x = np.round(drawn(80))
    options = {"null": "composite", "n_slices": 8, "n_resamples": 19, "rng": 0}
    plain = stats.normality_table(x, (name,), **options)
    one, two = (stats.normality_table(x, (name,), rounding=1.0, workers=w, **options) for w in (1, 2))
    assert one["pvalue"].tolist() == two["pvalue"].tolist()
    assert one["statistic"].tolist() == plain["statistic"].tolist()
    sample = stats.as_sample(x, rounding="auto")
    assert stats.normality_table(sample, (name,), **options)["pvalue"].tolist() == one["pvalue"].tolist()


def test_the_omnibus_and_tables_take_it():
    x = np.round(drawn(120) / 1.4)
    options = {"rng": 0, "n_resamples": 39}
    result = stats.omnibus_test(x, null="composite", rounding="auto", n_slices=8, **options)
    assert result.pvalue > 0.05 >= stats.omnibus_test(x, null="composite", n_slices=8, **options).pvalue
    columns = stats.column_table(stats.as_sample(x, rounding="auto"), **options)
    assert (columns["anderson_darling_pvalue"] > 0.02).all()
    assert columns["shapiro_wilk"].isna().all()
    groups = np.repeat(["a", "b"], 60)
    table = stats.normality_table(x, ("cvm",), null="composite", by=groups, rounding="auto", n_slices=8, **options)
    assert table["group"].tolist() == ["a", "b"]


def test_a_rare_value_is_in_every_replicate():
    x = drawn(40)
    x[:, 0] = 0.0
    x[[3, 20], 0] = 1.0
    found = replicates(stats.as_sample(x, rounding="auto"), count=60).items()
    assert np.all(np.ptp(found[:, :, 0], axis=1) > 0.0)


def test_steps_that_no_test_sees_leave_the_formulas():
    sample = stats.as_sample(np.round(drawn(), 4), rounding="auto")
    assert sample.rounding is None
    assert stats.sliced_test(sample, null="composite", rng=0).method == "analytic"


def test_one_column_may_be_rounded_and_others_not():
    x = drawn()
    x[:, 1] = np.round(x[:, 1], 0)
    for asked in ("auto", [0.0, 1.0, 0.0]):
        assert stats.as_sample(x, rounding=asked).rounding.steps.tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounding": "yes"}, "rounding must be None, 'auto' or a step"),
        ({"rounding": [1.0, 2.0]}, "one for each of the 3 columns"),
        ({"rounding": -1.0}, "a positive number"),
        (
            {"rounding": 0.7},
            r"rounding: the value -?\d+ at row \d+, column 0 \(from 0\) is not a whole number of steps",
        ),
        ({"rounding": "auto", "groups": np.repeat([0, 1], 50)}, "residuals are in no steps"),
        ({"rounding": "auto", "null": "standard"}, "goes with null='composite'"),
        ({"rounding": "auto", "method": "analytic"}, "formulas are those of normal rows without rounding"),
        ({"rounding": "auto", "method": "cached"}, "with rounding there is no null distribution by method='cached'"),
    ],
)
def test_what_it_does_not_go_with(options, message):
    options = {"null": "composite", "rng": 0, **options}
    with pytest.raises(ValueError, match=message):
        stats.sliced_test(np.round(drawn()), "cvm", **options)


def test_counts_that_no_rounded_normal_column_has_are_remarked_on():
    """Tests of many such columns may lie below all replicates, and see nothing."""
    uneven = np.digitize(drawn(300, correlation=0.0), [-1.8, -1.5, 0.3, 0.6]) + 1.0
    (note,) = [
        note for note in stats.data_notes(stats.as_sample(uneven, rounding="auto"), rng=0) if note.kind == "misfit"
    ]
    assert note.columns == (0, 1, 2)
    even = stats.as_sample(items(drawn(300)), rounding="auto")
    assert [note.kind for note in stats.data_notes(even, rng=0)] == ["discrete"]


def finer(x, **options):
    sample = stats.as_sample(x, **options)
    return [note for note in stats.data_notes(sample, names=["a", "b", "c"], rng=0) if note.kind == "finer steps"]


def test_steps_that_are_finer_than_those_of_the_values_are_remarked_on():
    x = drawn(60)
    halves = np.column_stack([np.round(2.0 * x[:, 0]) / 2.0, np.round(x[:, 1:], 1)])
    (note,) = finer(halves, rounding=0.1)
    assert note.columns == (0,)
    assert note.sentence.startswith("Column a comes in steps of 0.5, not 0.1. The null rounds to steps that are finer")
    assert note.figures["step"] == pytest.approx(0.5)
    assert note.figures["step_over_sd"] == pytest.approx(0.5 / halves[:, 0].std())
    (note,) = finer(halves.astype(np.float32), rounding=[0.05, 0.05, 0.1])
    assert "Column a comes in steps of 0.5, not 0.05; column b comes in steps of 0.1, not 0.05. " in note.sentence
    # Also where no two values are the same, and about any lowest value.
    (note,) = finer(1e4 * x.round(3) + 7.0, rounding=2.0)
    assert note.columns == (0, 1, 2)


@pytest.mark.parametrize("steps", [[0.5, 0.1, 0.1], "auto", [0.5, 0.0, 0.1]])
def test_steps_that_fit_are_not(steps):
    x = drawn(60)
    assert not finer(np.column_stack([np.round(2.0 * x[:, 0]) / 2.0, np.round(x[:, 1:], 1)]), rounding=steps)


def test_steps_that_chance_makes_wider_are_not():
    """Of 400 samples of 8 rows in steps of 0.1 some lie on every second of them in a column."""
    rng = np.random.default_rng(0)
    rows = [np.round(rng.standard_normal((8, 3)), 1) for _ in range(400)]
    numbers = [np.rint((x - x[0]) / 0.1).astype(int) for x in rows]
    assert any(np.gcd.reduce(column) > 1 for each in numbers for column in each.T)
    assert not any(finer(x, rounding=0.1) for x in rows)
