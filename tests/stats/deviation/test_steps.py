"""Values in steps are not taken for groups, and a row far out is named."""

from pathlib import Path

import numpy as np
import pytest

from slicednorm.stats import least_normal_direction
from slicednorm.stats._sample.check import as_sample
from slicednorm.stats._slices.steps import steps_of
from slicednorm.stats._streams import root_seed

# Few directions and climbs are enough to find a row far out along an axis.
QUICK = {"n_slices": 16, "n_starts": 2, "n_resamples": 39}
CASES = Path(__file__).parents[2] / "cases"


def normal(n, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((n, dim))


def found_in(x, **options):
    return least_normal_direction(x, "cvm", null="composite", rng=0, **{"n_slices": 64, **options})


def case(name):
    return np.loadtxt(CASES / f"{name}.csv", delimiter=",", skiprows=1)


@pytest.mark.parametrize(
    "x",
    [
        case("10_rounded"),
        case("03_texture_percent"),
        np.round(normal(2_000, 3) * 2.0) / 2.0,
        np.column_stack([np.random.default_rng(2).integers(0, 2, 300), normal(300, 2)]),
        np.round(normal(3_000, 2) @ np.asarray([[1.0, 0.9], [0.0, 0.4]]) * 3.0) / 3.0,
    ],
    ids=["whole numbers", "percentages", "halves", "two values", "thirds, of columns that go together"],
)
def test_steps_are_no_groups(x):
    found = found_in(x)
    assert found.kind not in ("bimodality", "outliers", "light tails", "heavy tails")
    assert "bimodal" not in found.sentence
    assert "steps" in found.sentence or found.sentence.startswith("No single direction")


def test_the_sentence_names_the_column_and_its_step():
    x = np.column_stack([normal(2_000, 1, 5), np.round(2.0 * normal(2_000, 1)) / 2.0])
    found = found_in(x, names=["a", "b"])
    assert found.kind == "unclear"
    assert "the values come in steps, of 0.5 in column b, and what deviates may be these steps alone" in found.sentence


def test_two_groups_far_apart_are_two_groups_though_rounded():
    rng = np.random.default_rng(1)
    x = np.column_stack(
        [np.where(rng.random(3_000) < 0.5, -2.0, 2.0) + 0.7 * rng.standard_normal(3_000), normal(3_000, 1)]
    )
    assert found_in(np.round(x, 1)).kind == found_in(x).kind == "bimodality"


def test_a_skewed_sample_is_skewed_though_rounded():
    x = np.random.default_rng(3).exponential(size=(500, 2))
    assert found_in(np.round(x, 1)).kind == found_in(x).kind == "skewness"


def test_without_steps_nothing_changes():
    rows = as_sample(normal(500, 3)).rows
    assert steps_of(rows, root_seed(0)).columns == ()


@pytest.mark.parametrize(("n", "dim"), [(200, 3), (999, 2)])
def test_one_row_far_out_is_named(n, dim):
    x = normal(n, dim, 1)
    x[17] = 8.0 * np.eye(dim)[0]
    found = found_in(x, **QUICK)
    assert found.kind == "outliers"
    assert "row 17 (from 0) lies far out" in found.sentence
    assert "%" not in found.sentence


def test_the_row_is_numbered_as_in_the_data():
    x = normal(300, 2, 1)
    x[40] = [8.0, 0.0]
    x[7, 1] = np.nan
    assert "row 40 (from 0)" in found_in(x, **QUICK, nan_policy="omit").sentence


def test_a_few_rows_far_out_are_counted():
    x = normal(300, 2, 1)
    x[:9] = [8.0, 0.0] + 0.3 * normal(9, 2, 4)
    assert "3% of the rows lie far out" in found_in(x, **QUICK).sentence
