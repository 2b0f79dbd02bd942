"""Files that people have: each gives the right sample, or a question, and never another sample without a word."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from slicednorm_cli.readers import ReaderError, read
from slicednorm_cli.readers.missing import NaValues

from slicednorm import stats
from tests.cli.notes import texts
from tests.cli.refusals import check

CASES = Path(__file__).parents[2] / "cases"


@pytest.fixture(autouse=True)
def cases(folder):
    for path in CASES.iterdir():
        shutil.copy(path, folder / path.name)


@pytest.fixture
def hz(test_json):
    """Return Henze-Zirkler's statistic of a file, with the JSON."""

    def run(name, *options):
        found = test_json(name, "--null", "composite", "--stat", "hz", "--no-mardia", *options)
        return found["tests"][0]["statistic"], found

    return run


class TestPandasIndex:
    """Of a filtered frame of two columns, the index is no third one."""

    @pytest.mark.parametrize("name", ["02b_filtered600.parquet", "02b_index600.csv"])
    def test_is_left_out_with_a_note(self, hz, name):
        if name.endswith("parquet"):
            pytest.importorskip("pyarrow", reason="reads parquet files")
        expected, plain = hz("02b_filtered600.csv")
        statistic, found = hz(name)
        assert statistic == pytest.approx(expected, rel=1e-12)
        assert (found["dim"], found["names"]) == (2, ["height", "weight"])
        assert any("--index none" in note for note in texts(found))
        assert not any("--index" in note for note in texts(plain))

    def test_stays_on_demand(self, test_json):
        name = "02b_index600.csv"
        assert test_json(name, "--index", "none")["dim"] == 3
        assert test_json(name, "--columns", "0,height,weight")["names"] == ["", "height", "weight"]
        # A range does not ask for it by itself: the positions are the file's.
        assert test_json(name, "--columns", "0:")["names"] == ["height", "weight"]
        assert test_json(name, "--columns", "1:")["columns"] == [1, 2]

    def test_stays_on_demand_in_parquet(self, test_json):
        pytest.importorskip("pyarrow", reason="reads parquet files")
        name = "02b_filtered600.parquet"
        assert test_json(name, "--index", "none")["dim"] == 3
        assert test_json(name, "--columns", "2,0")["names"] == ["__index_level_0__", "height"]
        assert test_json(name, "--columns", "1:")["names"] == ["weight"]

    def test_row_numbers_are_kept_as_labels(self):
        assert read("02b_index600.csv").labels.tolist() == list(range(600))
        assert read("02b_filtered600.csv").labels is None


def test_units_do_not_matter(hz):
    for name in ("04_country_units.csv", "04_country_rescaled.csv"):
        statistic, found = hz(name, "--nan-policy", "omit")
        assert found["n"] == 35
        assert statistic == pytest.approx(0.7692, abs=5e-5)


class TestMissing:
    @pytest.mark.parametrize("spelled", ["empty", "dot", "hashNA"])
    def test_spellings(self, hz, invoke, spelled):
        name = f"05_missing_{spelled}.csv"
        check(invoke("test", name), name, ["5 NaN", "; --nan-policy omit leaves such rows out"])
        statistic, found = hz(name, "--nan-policy", "omit")
        assert (found["n"], found["n_omitted"]) == (115, 5)
        assert statistic == pytest.approx(0.7438, abs=5e-5)

    def test_a_code(self, hz):
        name = "05_missing_m999.csv"
        _, found = hz(name)
        (note,) = [note for note in texts(found) if "--na-values" in note]
        assert "Column 'depth' holds -999 twice, far outside the rest (29.8 to 74.3)" in note
        assert "column 'temp' holds -999 three times" in note
        statistic, found = hz(name, "--nan-policy", "omit", "--na-values", "-999")
        assert found["n"] == 115
        assert statistic == pytest.approx(0.7438, abs=5e-5)
        assert not any("--na-values" in note for note in texts(found))

    def test_a_code_within_the_range_of_another_column(self, hz):
        """In 'temp' two of the five are temperatures of 99.0: nobody can tell, so the note says that it is there."""
        _, found = hz("05_missing_99.csv")
        (note,) = [note for note in texts(found) if "--na-values" in note]
        assert "Column 'depth' holds 99 twice" in note
        assert "column 'temp' (99, five times)" in note


class TestText:
    def test_commas_in_names_between_semicolons(self, hz):
        statistic, found = hz("06_semicolon_units.csv")
        assert statistic == pytest.approx(0.6784, abs=5e-5)
        assert found["names"] == ["Gewicht, kg", "Höhe, cm", "Index, %"]

    def test_decimal_commas_without_names(self, hz, invoke):
        name = "06_semi_decimal_noheader.csv"
        check(invoke("test", name), name, ["line 1, column 0", "'58,16'", "pass --decimal ,"])
        statistic, found = hz(name, "--decimal", ",")
        assert (found["n"], found["dim"]) == (60, 3)
        assert statistic == pytest.approx(0.6784, abs=5e-5)

    def test_a_comma_at_the_end_of_each_line(self, hz):
        statistic, found = hz("06_trailing.csv")
        assert statistic == pytest.approx(0.6784, abs=5e-5)
        assert "Empty columns are left out: column 3." in texts(found)

    def test_years_as_names(self, hz, invoke):
        name = "06_years.csv"
        check(invoke("test", name), name, ["2001, 2002, 2003", "--header yes or --header no"])
        statistic, found = hz(name, "--header", "yes")
        assert (found["n"], found["names"]) == (60, ["2001", "2002", "2003"])
        assert statistic == pytest.approx(0.6784, abs=5e-5)
        assert hz(name, "--header", "no")[1]["n"] == 61


def test_the_samples_are_normal():
    """What the notes are about is what rejects: without it the files are what they were made to be."""
    for name in ("02b_filtered600.csv", "06_trailing.csv"):
        assert stats.henze_zirkler(read(name).array, null="composite").pvalue > 0.05


def test_codes_in_memory_maps(folder):
    """A map is copied only where there is something to replace."""
    x = np.random.default_rng(0).standard_normal((50, 3))
    np.save("clean.npy", x)
    x[3, 1] = x[9, 2] = -999
    np.save("x.npy", x)
    codes = NaValues.parse("-999,unknown")
    assert isinstance(read("clean.npy", na_values=codes).array, np.memmap)
    found = read("x.npy", na_values=codes)
    assert np.argwhere(np.isnan(found.array)).tolist() == [[3, 1], [9, 2]]
    assert "--na-values -999" in read("x.npy").notes[0]


def test_a_header_is_asked_for_in_other_ways_too(save):
    rows = "".join(f"{a:.3f},{a / 3:.3f},{a / 7:.3f}\n" for a in np.random.default_rng(1).uniform(1, 9, 20))
    body = "".join(f"{name},{row}\n" for name, row in zip("abcdefghijklmnopqrst", rows.split(), strict=True))
    for first, text in (
        ("1,2,3\n", rows),  # counted
        ("400,402,404\n", rows),  # wavelengths
        ("400.5,401.0,401.5\n", rows),
        ('"2","7","9"\n', rows),  # quoted, as R does
        ("2500,1000,7000\n", rows),  # far off
        ("country,2001,2002,2003\n", body),  # beside names of rows
    ):
        with pytest.raises(ReaderError, match="--header yes or --header no"):
            read(save("x.csv", first + text))
        assert len(read("x.csv", header="yes").array) == 20
