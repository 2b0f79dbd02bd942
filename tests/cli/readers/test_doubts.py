"""Questions and remarks are for files that call for them: clean tables of numbers are read without a word."""

import numpy as np
import pytest
from slicednorm_cli.readers import read
from slicednorm_cli.readers.cells import Cells
from slicednorm_cli.readers.codes import remarks
from slicednorm_cli.readers.errors import ReaderError
from slicednorm_cli.readers.header import has_names
from slicednorm_cli.readers.missing import NaValues
from slicednorm_cli.readers.table import Table

LAWS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "uniform": lambda rng, shape: rng.uniform(-1, 1, shape),
    "cauchy": lambda rng, shape: rng.standard_cauchy(shape),
    "lognormal": lambda rng, shape: rng.lognormal(0, 1.5, shape),
    "counts": lambda rng, shape: rng.poisson(rng.uniform(0.5, 20), shape),
    "answers": lambda rng, shape: rng.integers(1, 6, shape),
}


@pytest.mark.parametrize("law", LAWS)
def test_random_tables_have_no_names(law):
    """Of thousands of tables without names, whole numbers among them, hardly any is asked about; none loses a row."""
    rng, cells, asked = np.random.default_rng(7), Cells(), 0
    for _ in range(1_000):
        x = LAWS[law](rng, (rng.choice([2, 3, 5, 8, 15, 40]), rng.choice([1, 2, 3, 6])))
        digits = int(rng.choice([0, 0, 1, 2, 9]))
        if law not in ("counts", "answers"):
            x = x * 10.0 ** rng.uniform(-2, 4) + rng.choice([0, 0, 100, 1950])
        shortest = rng.random() < 0.3
        rows = [[f"{v:g}" if shortest else f"{v:.{digits}f}" for v in row] for row in np.round(x, digits)]
        try:
            assert not has_names(rows[0], rows[1:], cells, quoted=False)
        except ReaderError:
            asked += 1
    assert asked <= 1


def test_clean_samples_hold_no_codes():
    rng, remarked = np.random.default_rng(8), 0
    for _ in range(2_000):
        shape = rng.choice([10, 20, 50, 200, 1_000]), rng.choice([1, 2, 3, 8])
        scale = 10.0 ** rng.uniform(-1.5, 3, shape[1])
        x = rng.standard_normal(shape) * scale + rng.choice([0, 1, 5, 50, 90, 95, 100, 500, 990], shape[1])
        x = np.round(x, int(rng.choice([0, 0, 1, 2, 9])))
        remarked += bool(remarks(Table(x.astype("f4") if rng.random() < 0.3 else x)))
    assert remarked <= 20


CODES = [-9, -99, -999, -9999, -99999, 99, 999, 9999, 98, 1e20, 1e30, 1e36, 9.96921e36, -1e30, -999.25, -999.9, 65535]


@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_codes_are_remarked_on(code, count, dtype):
    x = np.random.default_rng(9).normal(5, 1, (100, 2)).round(2).astype(dtype)
    x[:count, 1] = code
    np.save("x.npy", x)
    (note,) = read("x.npy").notes
    assert note.startswith("Column 1 holds ")
    assert "twice" in note or "five times" in note
    # What the note says to pass takes them away.
    found = read("x.npy", na_values=NaValues.parse(note.split("--na-values ")[1].rstrip(".")))
    assert np.isnan(found.array).sum() == count
    assert found.notes == ()


def test_a_single_code_must_be_very_far_out():
    x = np.random.default_rng(9).normal(0, 30, (100, 1)).round()
    for code, found in ((-999, 1), (-99, 0), (99, 0), (9999, 1), (-998.5, 0)):
        x[4] = code
        assert len(remarks(Table(x))) == found


def test_several_codes_at_both_ends():
    x = np.random.default_rng(9).uniform(10, 60, (100, 1)).round()
    x[:3], x[3:5], x[5:9] = -99, 998, 999
    (note,) = remarks(Table(x, names=("depth",)))
    assert "holds -99 three times, far outside the rest (10 to 59)" in note
    assert note.endswith("if they stand for missing values, pass --na-values -99,999,998.")


def test_values_that_go_on_from_the_rest_are_none():
    x = np.arange(100.0)[:, np.newaxis]  # 77, 88 and 99 among others
    assert remarks(Table(x)) == ()


def test_constant_and_tiny_columns():
    for x in (
        np.ones((50, 1)),
        np.full((50, 1), -999.0),
        np.full((3, 2), 99.0),
        np.full((50, 1), np.nan),
        np.empty((0, 2)),
    ):
        assert remarks(Table(x)) == ()


def test_small_counts_hold_no_codes():
    rng = np.random.default_rng(10)
    remarked = sum(bool(remarks(Table(rng.poisson(rng.uniform(0.3, 4), (500, 2)).astype(float)))) for _ in range(500))
    assert remarked <= 2


def test_nine_on_a_scale_of_five():
    x = np.random.default_rng(10).integers(1, 6, (100, 1)).astype(float)
    x[:4] = 9
    assert "holds 9 four times, far outside the rest (1 to 5)" in remarks(Table(x))[0]
