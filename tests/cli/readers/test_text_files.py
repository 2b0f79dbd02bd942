"""What stands in text files: delimiters, decimal signs, words, dates, row numbers."""

import numpy as np
import pytest
from slicednorm_cli.readers import ReaderError, read
from slicednorm_cli.readers.columns import Selection
from slicednorm_cli.readers.missing import NaValues

from tests.cli.refusals import check


def columns(text):
    return Selection.parse(text)


class TestDelimiters:
    @pytest.mark.parametrize(
        "text",
        [
            "1 2\n3 4\n",
            "  1.0   2.0\n  3.0   4.0  \n",
            "1 \t 2\n3\t4\n",
            "1|2\n3|4\n",
            "1.0E+00, 2.0E+00\n3, 4\n",
            "# made by savetxt\n1 2\n3 4\n",
        ],
    )
    @pytest.mark.parametrize("name", ["x.txt", "x.dat", "x.csv"])
    def test_numbers(self, save, name, text):
        table = read(save(name, text))
        assert table.names is None
        np.testing.assert_array_equal(table.array, [[1, 2], [3, 4]])

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("a b\n1 2\n3 4\n", ("a", "b")),
            ('"a b"  c\n1 2\n3 4\n', ("a b", "c")),
            ("# a b\n1 2\n3 4\n", ("a", "b")),
            ("# made by\n# a b\n1 2\n3 4\n", ("a", "b")),
            ("\n# a b\n\n1 2\n3 4\n", ("a", "b")),
            ("weight, kg;height, cm\n1;2\n3;4\n", ("weight, kg", "height, cm")),
            ("a, b, c | d\n1|2\n3|4\n", ("a, b, c", "d")),
            ("a,b\n1,2,\n3,4,\n", ("a", "b")),  # a comma at the end, but for the names
            ("a,b,\n1,2\n3,4\n", ("a", "b")),
        ],
    )
    def test_names(self, save, text, names):
        table = read(save("x.txt", text))
        assert table.names == names
        np.testing.assert_array_equal(table.array, [[1, 2], [3, 4]])

    @pytest.mark.parametrize("text", ["# \n\n", "# a b\n", "#\n", "sep=;\n", "sep=,\n\n"])
    def test_nothing_but_a_comment(self, invoke, save, text):
        check(invoke("test", save("x.dat", text)), "x.dat", ["0 row(s)"])

    def test_notes_with_commas(self, save):
        text = "id;note;x\n" + "".join(f"{i};well, yes, {i};{i}.5\n" for i in range(9))
        assert read(save("x.csv", text), selection=columns("x")).array[:, 0].tolist() == [i + 0.5 for i in range(9)]

    def test_one_column_with_a_blank_in_its_name(self, save):
        table = read(save("x.txt", "body mass\n1.5\n2.5\n3.5\n"))
        assert (table.names, table.array.shape) == (("body mass",), (3, 1))


class TestDecimals:
    @pytest.mark.parametrize(
        "text",
        ["1,5;2\n3;4e-1\n", "1,5\t2\n3\t,4\n", '"1,5","2"\n"3","0,4"\n', "1,5 2\n3 0,4\n", "a;b\n1,5;2\n3;0,4\n"],
    )
    def test_commas(self, save, text):
        np.testing.assert_array_equal(read(save("x.txt", text), decimal=",").array, [[1.5, 2], [3, 0.4]])
        with pytest.raises(ReaderError, match=r"pass --decimal ,"):
            read("x.txt")

    @pytest.mark.parametrize(
        ("text", "options", "remedy"),
        [
            ("a;b\n1,5;2\n", {}, "pass --decimal ,"),
            ("a;b\n1.234,5;2\n", {"decimal": ","}, "a point separates thousands"),
            ("a;b\n1.5;2\n", {"decimal": ","}, "a point separates thousands"),
            ('a,b\n"1,234.5",2\n', {}, "without the thousands separators"),
            ('a,b\n"1,234,567",2\n', {}, "without the thousands separators"),
            ("a,b\n1 234,2\n", {}, "without the thousands separators"),
            ("a,b\n1'234.5,2\n", {}, "without the thousands separators"),
            ('a,b\n"1,234",2\n', {}, "if that separates thousands, or pass --decimal ,"),
            ("a\n58,16\n61,20\n", {}, "or pass --decimal , if it is a decimal comma"),
            ("58,16\n61,05\n60,33\n", {}, r"pass --decimal , or --decimal \."),
            ("58,16,9,50\n61,15,10,05\n60,33,9,25\n", {}, r"pass --decimal , or --decimal \."),
        ],
    )
    def test_what_may_be_meant_otherwise(self, save, text, options, remedy):
        with pytest.raises(ReaderError, match=remedy):
            read(save("x.csv", text), **options)

    def test_commas_between_whole_numbers(self, save):
        save("x.csv", "58,16\n61,05\n60,33\n")
        assert read("x.csv", decimal=".").array.shape == (3, 2)
        assert read("x.csv", decimal=",").array.tolist() == [[58.16], [61.05], [60.33]]


class TestLeftOut:
    TEXT = "id,a,day,b,empty,ok\nx1,1,2020-01-02,2.5,,TRUE\nx2,3,2020-01-03,4,,FALSE\nx3,2,2020-01-04,5,NA,TRUE\n"

    def test_text_dates_and_nothing(self, save):
        table = read(save("x.csv", self.TEXT))
        assert table.names == ("a", "b", "ok")
        assert table.columns == (1, 3, 5)
        np.testing.assert_array_equal(table.array, [[1, 2.5, 1], [3, 4, 0], [2, 5, 1]])
        assert table.notes == (
            "Columns without numbers are left out: 'id' (text), 'day' (dates).",
            "Empty columns are left out: 'empty'.",
        )

    @pytest.mark.parametrize("asked", ["id,a", "a,day", "0,1"])
    def test_what_is_asked_for_by_name_is_an_error(self, save, asked):
        with pytest.raises(ReaderError, match=r"line 2, column . .* is not a number"):
            read(save("x.csv", self.TEXT), selection=columns(asked))

    @pytest.mark.parametrize("asked", ["0:4", "*", "!empty,!ok", "[ab],id*,day*"])
    def test_what_is_not_asked_for_by_name_is_left_out(self, save, asked):
        table = read(save("x.csv", self.TEXT), selection=columns(asked))
        assert table.names[:2] == ("a", "b")
        assert "'id' (text), 'day' (dates)" in table.notes[0]

    def test_no_note_on_what_nobody_asked_for(self, save):
        assert read(save("x.csv", self.TEXT), selection=columns("a,b")).notes == ()
        assert read("x.csv", selection=columns("!id,!day,!empty")).notes == ()

    def test_nothing_is_left(self, save):
        with pytest.raises(ReaderError, match=r"no column holds numbers: 'u' \(text\), 'v' \(dates\)"):
            read(save("x.csv", "u,v\na,2020-01-02\nb,2020-01-03\n"))

    @pytest.mark.parametrize("cell", ["oops", "2020-01-01", "<0.5", "12 %", "1,5", "5 kg"])
    def test_a_few_words_among_numbers_are_an_error(self, save, cell):
        rows = "".join(f"{i};{i * i}\n" for i in range(30))
        with pytest.raises(ReaderError, match=r"line 32, column 1 \('b'\)"):
            read(save("x.csv", f"a;b\n{rows}7;{cell}\n"))

    @pytest.mark.parametrize("cell", ["1,5", "<0.5", "12 %", "$3.20", "1 234"])
    def test_a_column_of_what_is_nearly_numbers_is_an_error(self, save, cell):
        with pytest.raises(ReaderError, match=r"line 2, column 1 \('b'\)"):
            read(save("x.csv", "a;b\n" + f"1;{cell}\n" * 9))

    def test_a_word_far_down(self, save):
        rows = "".join(f"{i}.5,{i * i}\n" for i in range(3_000))
        with pytest.raises(ReaderError, match="line 3002, column 1"):
            read(save("x.csv", f"a,b\n{rows}7,oops\n"))
        # Where nothing stood before, it is a column of text.
        rows = "".join(f"{i}.5,\n" for i in range(3_000))
        table = read(save("x.csv", f"a,b\n{rows}7,oops\n"))
        assert table.names == ("a",)
        assert "'b' (text)" in table.notes[0]
        table = read(save("x.csv", f"a,b\n{rows}7,2.5\n"))
        assert table.array[-1].tolist() == [7, 2.5]


class TestRowNumbers:
    @pytest.mark.parametrize(
        "numbers",
        [
            range(9),
            range(1, 10),
            [3, 4, 8, 9, 15, 16, 23, 42, 99],  # rows were left out
            [7, 2, 11, 0, 5, 3, 8, 1, 4],  # sorted by something else
            [0, 1, 2, 3, 0, 1, 2, 3, 4],  # put below each other
        ],
    )
    @pytest.mark.parametrize("name", ["", '""', "Unnamed: 0", "...1"])
    def test_without_a_name(self, save, numbers, name):
        rows = "".join(f"{number},{a}.5,{a * a}\n" for a, number in enumerate(numbers))
        table = read(save("x.csv", f"{name},a,b\n{rows}"))
        assert table.names == ("a", "b")
        assert table.notes == (
            "The row numbers in {} are left out; --index none takes them as data.".format(
                "column 0" if name in ("", '""') else repr(name)
            ),
        )
        assert table.labels.tolist() == list(numbers)
        assert read("x.csv", index="none").array.shape == (9, 3)

    @pytest.mark.parametrize("numbers", [[1.5, 2, 3, 4, 5], [5, 5, 6, 5, 6], [-1, 3, 2, 4, 5]])
    def test_other_numbers_stay(self, save, numbers):
        rows = "".join(f"{number},{a}.5\n" for a, number in enumerate(numbers))
        assert read(save("x.csv", f",a\n{rows}")).array.shape == (5, 2)

    def test_saved_twice(self, save):
        rows = "".join(f"{i},{i},{i * i}.5,{i % 3}\n" for i in range(9))
        assert read(save("x.csv", f"Unnamed: 0.1,Unnamed: 0,a,b\n{rows}")).names == ("a", "b")

    def test_alone_they_are_the_sample(self, save):
        assert read(save("x.csv", "x\n1\n2\n3\n")).array.shape == (3, 1)

    @pytest.mark.parametrize(("first", "called"), [("id,a\n", "'!id'"), ("", "'!0'")])
    def test_with_a_name_they_are_remarked_on(self, save, first, called):
        rows = "".join(f"{i},{i * i % 7}.5\n" for i in range(1, 20))
        table = read(save("x.csv", first + rows))
        assert table.array.shape == (19, 2)
        assert f"--columns {called} leaves it out" in table.notes[0]
        assert read("x.csv", selection=columns("0,1")).notes == ()


class TestMissing:
    @pytest.mark.parametrize(
        "cell", [".", "?", "-", "--", "*", "#N/A", "#NA", "#n/a", "n/a", "NULL", "NaT", "#DIV/0!", ".a", ".Z", "._"]
    )
    def test_words(self, save, cell):
        np.testing.assert_array_equal(read(save("x.csv", f"a,b\n1,{cell}\n3,4\n")).array, [[1, np.nan], [3, 4]])

    def test_own(self, save):
        save("x.csv", "a,b\n1,-99.0\nUnknown,4\n-999,5\n2,-9.9e1\n3,-99.5\n")
        found = read("x.csv", na_values=NaValues.parse("-99,-999,unknown")).array
        nan = np.nan
        np.testing.assert_array_equal(found, [[1, nan], [nan, 4], [nan, 5], [2, nan], [3, -99.5]])

    @pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i2", "u1"])
    def test_own_in_arrays(self, dtype):
        x = np.asarray([[1, 99], [99, 4], [5, 6]], dtype)
        np.save("x.npy", x)
        np.savez("x.npz", x=x)
        for name in ("x.npy", "x.npz"):
            found = read(name, na_values=NaValues.parse("99,-1"), selection=columns("1,0"))
            np.testing.assert_array_equal(found.array, [[np.nan, 1], [4, np.nan], [6, 5]])
            assert found.columns == (1, 0)

    def test_written_as_read(self):
        for text in ("-99,unknown", '-99,"a,b",0.5'):
            assert str(NaValues.parse(text)) == text


class TestPatterns:
    NAMES = ("id", "petal_length", "petal_width", "sepal_length", "!odd", "a*")

    @pytest.mark.parametrize(
        ("text", "positions"),
        [
            ("petal*", (1, 2)),
            ("*length", (1, 3)),
            ("petal_width,petal*", (2, 1)),
            ("!id", (1, 2, 3, 4, 5)),
            ("!id,!*length", (2, 4, 5)),
            ("!0,!3:", (1, 2)),
            ("petal*,!*width", (1,)),
            ("a*", (5,)),  # a name goes before a pattern
            ("!odd", (4,)),
            ("!!odd,!0", (1, 2, 3, 5)),
        ],
    )
    def test_positions(self, text, positions):
        assert columns(text).positions(6, self.NAMES) == positions

    @pytest.mark.parametrize(
        ("text", "part"), [("x*", "'x\\*'"), ("!x", "'x'"), ("id,!id", "none of the 6"), ("!*", "none")]
    )
    def test_refused(self, text, part):
        with pytest.raises(ReaderError, match=part):
            columns(text).positions(6, self.NAMES)

    def test_without_names(self):
        assert columns("!0").positions(3, None) == (1, 2)
        with pytest.raises(ReaderError, match="no names here"):
            columns("a*").positions(3, None)


@pytest.mark.parametrize("word", ["Total", "Summe:", "Mean", "SD"])
def test_totals_are_remarked_on(save, word):
    """The names of the rows are left out, and so nobody would see that the last is none."""
    rows = "".join(f"r{i},{i}.5,{i * i}\n" for i in range(9))
    table = read(save("x.csv", f"name,a,b\n{rows}{word},99,99\n"))
    assert f"The last row is called '{word}' (line 11, column 0)" in table.notes[1]
    assert len(read(save("x.csv", f"name,a,b\n{rows}Tot,99,99\n")).notes) == 1


def test_excel_says_the_delimiter(save):
    table = read(save("x.csv", "sep=;\na,b;c\n1;2\n3;4\n"))
    assert table.names == ("a,b", "c")
    with pytest.raises(ReaderError, match="line 4, column 1"):
        read(save("x.csv", "sep=;\na,b;c\n1;2\n3;x\n"))


def test_an_index_of_several_columns(save):
    rows = "".join(f"{i // 3},{i % 3},{i * i}.5\n" for i in range(9))
    assert read(save("x.csv", f",,a\n{rows}")).names == ("a",)
    assert read("x.csv", index="none").array.shape == (9, 3)


def test_an_index_of_times(save):
    rows = "".join(f"{i / 8},{i * i % 7}.5\n" for i in range(12))
    table = read(save("x.csv", f",a\n{rows}"))
    assert table.names == ("a",)
    assert table.labels.tolist() == [i / 8 for i in range(12)]


def test_row_numbers_beside_text_alone_are_no_sample(save):
    with pytest.raises(ReaderError, match=r"no column holds numbers: column 0 \(row numbers\), 'a' \(text\)"):
        read(save("x.csv", ",a\n0,u\n1,v\n2,w\n"))


def test_more_words_than_numbers(save):
    rows = "".join(f"{i},{i if i % 3 else 'unknown ' + str(i)}\n" for i in range(9))
    with pytest.raises(ReaderError, match="line 2, column 1"):
        read(save("x.csv", f"a,b\n{rows}"))
    rows = "".join(f"{i},{'unknown' if i % 3 else i}\n" for i in range(9))
    assert "'b' (mostly text)" in read(save("x.csv", f"a,b\n{rows}")).notes[0]
    assert np.isnan(read("x.csv", na_values=NaValues.parse("unknown")).array).sum() == 6
