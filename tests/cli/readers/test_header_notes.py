"""A first row of numbers that was asked about, or taken for names, is noted."""

import pytest
from slicednorm_cli import readers

ROWS = "".join(f"{0.37 * i - 2:.2f},{0.21 * i:.2f}\n" for i in range(12))


@pytest.mark.parametrize(
    ("first", "header", "said"),
    [
        ("0,1", "auto", "The first row (0, 1) is taken for names of columns"),
        ("2001,2002", "yes", "names the columns by --header yes"),
        ("2001,2002", "no", "is tested as data by --header no"),
        ("a,b", "auto", None),
        ("a,2002", "auto", None),
        ("0.5,0.25", "no", None),
    ],
)
def test_a_note(save, first, header, said):
    table = readers.read(save("x.csv", f"{first}\n{ROWS}"), header=header)
    headers = [note for note in table.notes if note.kind == "header"]
    assert [said in note for note in headers] == ([] if said is None else [True])
