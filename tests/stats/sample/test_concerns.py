"""Notes on samples that mislead a test, and none on those that do not."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from slicednorm.stats import SampleError, as_sample, data_notes, mardia, sliced_test
from slicednorm.stats._sample.concerns.repeats import hashes
from slicednorm.stats._sample.concerns.steps import SEEN
from slicednorm.stats._sample.concerns.values import columns_of, grid_step, looked_at

CASES = Path(__file__).parents[2] / "cases"
FLOATS = (np.float64, np.float32)


def case(name):
    path = CASES / f"{name}.csv"
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
    return np.loadtxt(path, delimiter=",", skiprows=1), names


def kinds(x, **options):
    return [note.kind for note in data_notes(x, rng=0, **options)]


def normal(n, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim))


def autoregressive(n, dim, phi, seed):
    x = normal(n + 100, dim, seed)
    for t in range(1, n + 100):
        x[t] += phi * x[t - 1]
    return x[100:]


def garch(n, dim, seed, a=0.08, b=0.9):
    """Returns whose variance goes with the size of those before: uncorrelated, and not independent."""
    z, variance = normal(n + 500, dim, seed), np.ones(dim)
    for t in range(n + 500):
        z[t] *= np.sqrt(variance)
        variance = (1.0 - a - b) + a * z[t] ** 2 + b * variance
    return z[500:]


class TestSteps:
    @pytest.mark.parametrize("dtype", FLOATS)
    @pytest.mark.parametrize("step", [0.1, 0.25, 1.0, 0.003, 20.0])
    def test_of_a_grid_are_found_in_either_precision(self, step, dtype):
        x = (np.round(normal(3_000, 1) * 20.0) * step + 7.0 * step).astype(dtype)
        (column,) = columns_of(as_sample(x).rows, looked_at(as_sample(x).rows))
        assert column.on_grid
        assert column.step == pytest.approx(step, rel=1e-5)

    def test_are_those_of_all_values_and_not_the_smallest_gap(self):
        assert grid_step(np.asarray([0.0, 2.0, 5.0]), 1e-16) is None
        assert grid_step(np.asarray([1.0, 3.0, 7.0]), 1e-16) == 2.0

    @pytest.mark.parametrize("dtype", FLOATS)
    def test_answers_on_a_scale_are_named_together(self, dtype):
        x, names = case("09_likert15")
        (note,) = data_notes(x.astype(dtype), names=names, rng=0)
        assert note.kind == "discrete"
        assert note.columns == tuple(range(15))
        assert "All 15 columns hold only whole numbers from 1 to 5" in note.sentence
        assert "not normal, whatever a test says" in note.sentence

    def test_two_values(self):
        x = np.column_stack([normal(100, 2), np.arange(100) % 2])
        x = x[np.random.default_rng(1).permutation(100)]
        (note,) = data_notes(x, names=["a", "b", "male"], rng=0)
        assert note.sentence.startswith("Column male holds only the two values 0 and 1.")

    def test_whole_numbers(self):
        assert kinds(case("10_rounded")[0]) == ["discrete"]
        assert kinds(case("10_rounded")[0].astype(np.int16)) == ["discrete"]

    def test_that_do_not_matter_have_no_note(self):
        assert kinds(case("13_setosa2")[0]) == []
        assert kinds(np.round(normal(400, 2), 1)) == []

    @pytest.mark.parametrize("dtype", FLOATS)
    def test_that_matter_have_one(self, dtype):
        x = np.round(normal(4_000, 2) / 0.1).astype(dtype) * dtype(0.1)
        (note,) = data_notes(x, names=["a", "b"], rng=0)
        assert note.kind == "rounded"
        assert note.figures["step"] == pytest.approx(0.1, rel=1e-5)
        assert "Columns a and b come in steps of up to 0.1, 0.1 of a standard deviation" in note.sentence

    def test_of_few_bits_are_steps_without_a_grid(self):
        x = normal(1_000_000, 1).astype(np.float32)
        short = (x.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)  # as bfloat16
        (note,) = data_notes(short, rng=0)
        assert note.kind == "rounded"
        assert note.figures["step"] == 2.0**-8
        assert "about" in note.sentence
        assert kinds(short[:10_000]) == []

    @pytest.mark.slow
    def test_are_noted_where_a_test_begins_to_see_them(self):
        rates = []
        for factor in (0.5, 1.7):
            step = factor * SEEN / np.sqrt(200)
            samples = [np.round(normal(200, 1, seed) / step) * step for seed in range(60)]
            noted = np.mean([kinds(x) != [] for x in samples])
            assert noted == (factor > 1.0)
            rates.append(np.mean([sliced_test(x, "cvm", null="composite", rng=0).pvalue <= 0.05 for x in samples]))
        assert rates[0] < 0.2
        assert rates[1] > 0.8

    def test_a_value_that_is_there_too_often(self):
        (note,) = data_notes(np.maximum(normal(300, 1), -1.0), names=["flow"], rng=0)
        assert note.kind == "one value"
        assert "Column flow has the same value, -1, in " in note.sentence

    def test_a_constant_column(self):
        (note,) = data_notes(np.column_stack([normal(100, 1), np.full(100, 3.0)]), rng=0)
        assert (note.kind, note.columns) == ("constant", (1,))


class TestRelatedColumns:
    @pytest.mark.parametrize("dtype", FLOATS)
    def test_percentages_sum_to_100_but_for_rounding(self, dtype):
        x, names = case("03_texture_percent")
        (note,) = data_notes(x.astype(dtype), names=names, rng=0)
        assert note.kind == "related columns"
        assert "Columns sand, silt and clay sum to 100 but for rounding" in note.sentence
        assert note.figures["off"] == pytest.approx(0.1, abs=1e-3)

    def test_another_unit_but_for_rounding(self):
        inches = np.round(normal(200, 1) * 3.0 + 68.0, 2)
        x = np.column_stack([inches, normal(200, 1, 1), np.round(2.54 * inches, 1)])
        (note,) = data_notes(x, names=["in", "kg", "cm"], rng=0)
        assert note.columns == (0, 2)

    def test_a_small_difference_that_is_more_than_rounding_is_data(self):
        x = np.round(normal(200, 3), 2)
        x[:, 2] = np.round(x[:, 0] + x[:, 1] + 0.02 * x[:, 2], 2)
        assert kinds(x) == []


class TestSingular:
    def test_relations_are_named_one_by_one(self):
        x, _ = case("08_binary_dup")
        message = r"\(rank 4\): column 1 is 4 times column 0; columns 3 and 4 are the same \(counted from 0"
        for call in (sliced_test, mardia):
            with pytest.raises(SampleError, match=message) as caught:
                call(x, null="composite")
            assert caught.value.columns == (0, 1, 3, 4)
            assert "standard null" not in str(caught.value)

    @pytest.mark.parametrize(
        ("last", "message"),
        [
            (lambda x: 100.0 - x[:, 0] - x[:, 1] - x[:, 2], "columns 0, 1, 2 and 3 sum to 100 "),
            (lambda x: x[:, 0] + x[:, 2], "column 3 is the sum of columns 0 and 2 "),
            (lambda x: 1.8 * x[:, 1] + 32.0, "column 3 is 1.8 times column 1 plus 32 "),
            (lambda x: -x[:, 1], "column 3 is -1 times column 1 "),
            (lambda x: x[:, 2] - 5.0, "column 3 is column 2 minus 5 "),
            (lambda x: 2.0 * x[:, 0] + x[:, 1], "columns 0, 1 and 3 determine each other "),
        ],
    )
    def test_in_words(self, last, message):
        x = normal(50, 3)
        with pytest.raises(SampleError, match=message):
            sliced_test(np.column_stack([x, last(x)]), null="composite")

    def test_with_fewer_rows_than_columns_there_is_no_other_null_to_take(self):
        with pytest.raises(SampleError, match=r"more rows or fewer columns$"):
            sliced_test(case("12_wide")[0], null="composite")


class TestRepeats:
    def test_each_row_four_times(self):
        assert kinds(case("16_rows1x")[0]) == []
        (note,) = data_notes(case("16_rows4x")[0], rng=0)
        assert note.kind == "repeated rows"
        assert note.sentence.startswith("Each of 150 rows is there 4 times.")
        assert note.figures == {"repeats": 450.0, "different": 150.0, "compared": 600.0}

    @pytest.mark.parametrize("again", [lambda x: np.tile(x, (3, 1)), lambda x: np.repeat(x, 3, axis=0)])
    @pytest.mark.parametrize("dtype", FLOATS)
    def test_wherever_the_copies_stand(self, again, dtype):
        assert kinds(again(normal(100, 3).astype(dtype))) == ["repeated rows"]

    def test_some_rows(self):
        x = normal(100, 3)
        assert "1 row repeats another exactly" in data_notes(np.vstack([x, x[:1]]), rng=0)[0].sentence
        assert "7 rows repeat others exactly" in data_notes(np.vstack([x, x[:7]]), rng=0)[0].sentence

    @pytest.mark.parametrize("again", [lambda x: np.tile(x, (4, 1)), lambda x: np.repeat(x, 4, axis=0)])
    def test_of_a_large_sample_all_copies_of_some_rows_are_compared(self, again):
        (note,) = data_notes(again(normal(50_000, 2).astype(np.float32)), rng=0)
        assert note.kind == "repeated rows"
        assert "that were compared is there 4 times" in note.sentence

    def test_ties_of_rounded_rows_are_no_repeats(self):
        x = np.round(normal(300, 2), 1)
        assert len(np.unique(x, axis=0)) < 280
        assert "repeated rows" not in kinds(x)
        close = x[:, :1] + np.round(0.2 * normal(300, 1, 3), 1)  # where columns go together, so do ties
        assert "repeated rows" not in kinds(np.column_stack([x[:, :1], close]))
        assert "repeated rows" not in kinds(np.maximum(normal(300, 3), -1.0))

    def test_ties_of_single_precision_are_none(self):
        assert kinds(normal(5_000, 1).astype(np.float32)) == []
        assert kinds((normal(5_000, 1) + 100.0).astype(np.float32) - np.float32(100.0)) == []

    def test_a_hash_depends_on_every_bit_and_not_on_the_sign_of_zero(self):
        for dtype in FLOATS:
            whole = np.stack(np.meshgrid(np.arange(200), np.arange(200)), axis=-1).reshape(-1, 2).astype(dtype)
            assert len(np.unique(hashes(whole))) == len(whole)
        assert hashes(np.asarray([[0.0, 1.0]])) == hashes(np.asarray([[-0.0, 1.0]]))
        assert hashes(np.asarray([[0.0, 1.0]])) != hashes(np.asarray([[1.0, 0.0]]))


class TestOrder:
    @pytest.mark.parametrize("seed", range(5))
    def test_an_autoregression_is_found(self, seed):
        (note,) = data_notes(autoregressive(200, 2, 0.9, seed), rng=0)
        assert note.kind == "serial dependence"
        assert note.sentence.startswith("Rows near each other are alike")
        assert note.figures["autocorrelation"] > 0.6

    @pytest.mark.parametrize("seed", range(5))
    def test_so_is_one_column_of_many(self, seed):
        x = normal(400, 30, seed)
        x[:, 7] = autoregressive(400, 1, 0.6, seed + 100)[:, 0]
        (note,) = data_notes(x, rng=0)
        assert note.columns == (7,)

    @pytest.mark.parametrize("seed", range(5))
    def test_so_is_the_volatility_of_returns(self, seed):
        (note,) = data_notes(garch(1_500, 4, seed), rng=0)
        assert note.kind == "serial dependence"
        assert note.sentence.startswith("Rows far from the centre come in runs")

    def test_so_are_groups_in_a_large_file(self):
        x = normal(100_000, 3) + np.repeat(normal(100, 3, 1), 1_000, axis=0)
        assert kinds(x) == ["serial dependence"]

    def test_sorted_rows_are_said_to_be_sorted_and_not_dependent(self):
        x = normal(200, 3)
        for order in (np.argsort(x[:, 1]), np.argsort(-x[:, 1])):
            (note,) = data_notes(x[order], names=["a", "b", "c"], rng=0)
            assert note.kind == "sorted rows"
            assert "sorted by column b. That is no fault" in note.sentence
        assert kinds(np.sort(normal(100_000, 1), axis=0)) == ["sorted rows"]

    def test_two_values_in_order_by_chance_are_not_sorted(self):
        x = np.column_stack([normal(30, 2), np.arange(30) == 29])
        assert "sorted rows" not in kinds(x)

    def test_the_seed_fixes_the_answer(self):
        x = autoregressive(60, 2, 0.3, 5)
        assert [kinds(x) for _ in range(3)].count(kinds(x)) == 3

    def test_repeats_beside_each_other_are_said_once(self):
        assert kinds(np.repeat(normal(100, 2), 2, axis=0)) == ["repeated rows"]


@pytest.mark.parametrize("decimals", [(2, 2), (2, 3), (3, 1)])
def test_a_column_in_another_unit_is_seen_though_no_value_is_tied(decimals):
    here, there = decimals
    for seed in range(3):
        x = normal(120, 2, seed)
        height = 172.0 + 9.0 * x[:, 0]
        inches = np.column_stack([np.round(height, here), x[:, 1], np.round(height / 2.54, there)])
        (note,) = [note for note in data_notes(inches, rng=0) if note.kind == "related columns"]
        assert note.columns == (0, 2)
        assert "column 2 is 0.39" in note.sentence.lower()
        # Beside an error of measurement, however small, the two are no copies.
        inches[:, 2] = np.round(height / 2.54 + 10.0 ** (1 - min(decimals)) * x[:, 1], there)
        assert "related columns" not in kinds(inches[:, [0, 2]])


def test_what_is_looked_at_is_what_the_test_is_of():
    x, rng = normal(300, 3), np.random.default_rng(3)
    x[:, 1] = rng.integers(0, 3, 300)
    x[5] = np.nan
    assert [note.columns for note in data_notes(x, rng=0, nan_policy="omit")] == [(1,)]
    assert data_notes(as_sample(x, nan_policy="omit", columns=np.asarray([0, 2])), rng=0) == ()
    with pytest.raises(SampleError):
        data_notes(x, rng=0)
    with pytest.raises(ValueError, match="names must name each of the 3 columns, got 2"):
        data_notes(x, names=["a", "b"], nan_policy="omit")


@pytest.mark.parametrize(
    "x",
    [
        normal(2, 1),
        normal(20, 60),
        1e300 * normal(50, 2),
        1e-300 * normal(50, 2),
        np.zeros((30, 2)),
        np.full((30, 1), 1e308),
        np.arange(100) % 2,
        normal(30, 3).astype(np.float16),
        np.eye(30),
    ],
    ids=["two rows", "wide", "huge", "tiny", "zeros", "overflow", "alternating", "half", "identity"],
)
def test_any_sample_is_looked_at(x):
    for note in data_notes(x, rng=0):
        assert note.sentence.endswith(".")


def clean(seed, number):
    """A normal sample of independent rows: of many shapes, raw or mixed, in either precision."""
    rng = np.random.default_rng([seed, number])
    n, dim = (int(np.exp(rng.uniform(np.log(low), np.log(high)))) for low, high in ((20, 5_001), (1, 51)))
    x = rng.standard_normal((n, dim))
    if number % 2:
        x = x @ rng.standard_normal((dim, dim)) * np.exp(rng.normal(0.0, 2.0, dim)) + rng.normal(0.0, 10.0, dim)
    return x.astype(FLOATS[number % 4 // 2])


def false_alarms(count, seed):
    return Counter(note.kind for number in range(count) for note in data_notes(clean(seed, number), rng=number))


def test_clean_samples_have_no_notes():
    assert false_alarms(80, 11).total() <= 2


@pytest.mark.long
def test_clean_samples_have_notes_at_most_once_in_100():
    found = false_alarms(2_000, 12)
    assert found["serial dependence"] <= 10
    assert found.total() <= 20


def test_rows_of_a_regression_are_looked_at_as_they_were_given():
    rng = np.random.default_rng(21)
    groups = np.repeat(np.arange(40), 3)
    x = rng.standard_normal((120, 2)) + 5.0 * groups[:, np.newaxis]
    assert data_notes(as_sample(x, groups=groups)) == ()
    # One row alone in its group has a residual of 0, which repeats.
    alone = np.where(np.arange(120) < 20, np.arange(120), 99)
    assert data_notes(as_sample(x, groups=alone)) == ()
    (note,) = data_notes(as_sample(np.round(x - 5.0 * groups[:, np.newaxis]), groups=groups))
    assert note.kind in ("discrete", "rounded")
    # Steps are seen beside the spread within groups, not that of the whole.
    few = np.repeat(np.arange(3), 70)
    far = np.round(2.0 * np.random.default_rng(22).standard_normal((210, 2))) + 40.0 * few[:, np.newaxis]
    assert [one.kind for one in data_notes(as_sample(far, groups=few))] == ["rounded"]
