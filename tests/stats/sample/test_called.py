"""Columns and rows are called what a user calls them, and messages say which argument is wrong and how."""

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(RNG.standard_normal((60, 3)), columns=["length", "width", "depth"])
FRAME["depth"] = RNG.exponential(size=60)
FRAME.index = [f"bird {number}" for number in range(60)]


def with_row(number, value):
    """Return the frame with a row of one value."""
    changed = FRAME.copy()
    changed.iloc[number] = value
    return changed


FAR = with_row(7, 40.0)


@pytest.mark.parametrize("x", [FRAME, stats.as_sample(FRAME)], ids=["frame", "sample"])
def test_results_name_the_columns_of_a_frame(x):
    found = stats.least_normal_direction(x, null="composite", rng=0)
    assert found.names == ("length", "width", "depth")
    assert found.weights.shape == (3,)
    assert f"depth {found.weights[2]:+.3g}" in repr(found)
    assert f"depth {found.loadings[2]:+.3g}" in found._repr_html_()
    assert found == stats.least_normal_direction(FRAME.to_numpy(), null="composite", rng=0)
    assert stats.column_table(x, rng=0).index.tolist() == ["length", "width", "depth"]
    assert stats.outliers(x).index[7] == "bird 7"
    test = stats.sliced_test(FAR, null="composite", rng=0)
    assert "row bird 7" in stats.deviation(FAR, test, method=None, rng=0).sentences[0]


def test_names_that_are_given_go_first_and_numbers_are_no_names():
    assert stats.least_normal_direction(FRAME, names=["a", "b", "c"], rng=0).names == ("a", "b", "c")
    plain = pd.DataFrame(FRAME.to_numpy())
    assert stats.least_normal_direction(plain, rng=0).names is None
    assert stats.as_sample(plain[[2, 0]]).rows.called.columns == ("2", "0")
    assert stats.as_sample(FRAME, columns=np.asarray([2, 0])).rows.called.columns == ("depth", "length")
    assert stats.as_sample(FRAME).rows.astype(np.dtype(np.float32)).called.columns == ("length", "width", "depth")
    levels = pd.MultiIndex.from_product([["wing", "leg"], ["left", "right"]])
    assert stats.as_sample(pd.DataFrame(np.eye(4), columns=levels)).rows.called.columns[1] == "wing/right"


def test_labels_of_an_array():
    x = with_row(9, np.nan).to_numpy()
    with pytest.raises(stats.SampleError, match=r"at row bird 9, column 0 \(from 0\)"):
        stats.as_sample(x, labels=FRAME.index)
    assert stats.outliers(stats.as_sample(FAR.to_numpy(), labels=FRAME.index.tolist())).index[7] == "bird 7"
    with pytest.raises(ValueError, match="labels must be one for each of the 60 rows of x, got 2"):
        stats.as_sample(x, labels=["a", "b"])


def test_scores_of_columns_in_another_order_are_refused():
    found = stats.least_normal_direction(FRAME, rng=0)
    np.testing.assert_array_equal(found.scores(FRAME), found.scores(FRAME.to_numpy()))
    with pytest.raises(ValueError, match=r"another order; pass x.*'length', 'width', 'depth'"):
        found.scores(FRAME[["depth", "length", "width"]])


def test_a_row_far_out_is_named_by_its_label():
    sentence = stats.least_normal_direction(FAR, null="composite", rng=0).sentence
    assert "row bird 7 lies far out" in sentence
    assert (
        "row 7 (from 0) lies far out" in stats.least_normal_direction(FAR.to_numpy(), null="composite", rng=0).sentence
    )


def test_rows_of_one_label_are_told_apart_by_their_numbers():
    names = ["Ann" if number in (3, 7, 9) else f"bird {number}" for number in range(60)]
    far = FAR.set_axis(names)
    assert stats.outliers(far).attrs["sentence"].startswith("Row Ann (row 7 from 0) stands out")
    assert "row Ann (row 7 from 0) lies far out" in stats.least_normal_direction(far, null="composite", rng=0).sentence
    two = far.copy()
    two.iloc[[7, 8]] = [[40.0, 0.0, 40.0], [40.0, 40.0, 0.0]]
    assert "Ann (row 7 from 0), bird 8" in stats.outliers(two).attrs["sentence"]
    huge = far.copy()
    huge.iloc[7] = 1e200
    with pytest.raises(stats.SampleError, match=r"at row Ann \(row 7 from 0\), column length; rescale"):
        stats.sliced_test(huge, null="composite")
    far.iloc[[3, 7]] = 1e15
    with pytest.raises(stats.SampleError, match=r"rows Ann \(row 3 from 0\) and Ann \(row 7 from 0\) of x"):
        stats.sliced_test(far, null="composite")
    # Numbers are those of the whole where a group is tested.
    huge["kind"] = np.repeat(["v", "u"], [5, 55])
    found = stats.normality_table(huge, "cvm", null="composite", by="kind").set_index("group")
    assert "at row Ann (row 7 from 0), column length" in found.loc["u", "note"]


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (FRAME.assign(sum=FRAME.sum(axis=1)), "column sum is the sum of columns length, width and depth [(]to six"),
        (FRAME.assign(flat=1.0), "column flat of x of shape"),
        (with_row(9, np.nan), "3 NaN, the first at row bird 9, column length;"),
        (with_row(9, 1e200), "at row bird 9, column length; rescale"),
        (with_row(9, 1e15), "row bird 9 of x of shape .* is so far out"),
    ],
)
def test_errors_name_columns_and_rows(x, message):
    with pytest.raises(stats.SampleError, match=message):
        stats.sliced_test(x, null="composite")


WRONG_LABELS = [
    ("species", ValueError, "groups must be .* got the word 'species'"),
    ([[1], [2, 3]] * 30, TypeError, "groups must be labels such as words or numbers, got one of type list"),
    ([{}] * 60, TypeError, "groups must be .* got one of type dict"),
    ({"a": 1}, TypeError, "groups must be one label for each of the 60 rows of x, got one of type dict"),
    (np.ones((60, 2)), ValueError, r"groups must be one label .* got shape \(60, 2\)"),
    ([1] * 59, ValueError, "groups must be one label for each of the 60 rows"),
]


@pytest.mark.parametrize(("labels", "error", "message"), WRONG_LABELS)
def test_labels_of_groups_that_are_wrong(labels, error, message):
    with pytest.raises(error, match=message):
        stats.as_sample(FRAME.to_numpy(), groups=labels)
    with pytest.raises(error, match=r"^by(='species')? "):
        stats.normality_table(FRAME.to_numpy(), ["cvm"], null="composite", by=labels)


@pytest.mark.parametrize(
    ("cov", "error", "message"),
    [
        (-1, ValueError, "cov=-1 is not positive definite"),
        (np.float64(0.0), ValueError, "cov=0 is not"),
        ([1.0, -2.0, 1.0], ValueError, r"cov of shape \(3,\) is not positive definite"),
        (-np.eye(3), ValueError, r"cov of shape \(3, 3\) is not positive definite"),
        ("wide", TypeError, "cov must be real numbers"),
    ],
)
def test_a_target_is_called_what_was_given(cov, error, message):
    with pytest.raises(error, match=message):
        stats.sliced_test(FRAME, cov=cov)
    assert stats.sliced_test(FRAME, mean=FRAME.mean(), n_resamples=9, rng=0) == stats.sliced_test(
        FRAME, mean=FRAME.mean().to_numpy(), n_resamples=9, rng=0
    )


@pytest.mark.parametrize("call", [stats.data_notes, stats.column_table, stats.least_normal_direction])
@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        ([1, 2, 3], TypeError, "names must be words, got one of type int: 1; pass"),
        ("abc", TypeError, "names must be a sequence of 3 names"),
        (3, TypeError, "names must be a sequence of 3 names"),
        (["a"], ValueError, "names must name each of the 3 columns, got 1"),
    ],
)
def test_names_that_are_none(call, names, error, message):
    with pytest.raises(error, match=message):
        call(FRAME.to_numpy(), names=names)


def test_messages_spell_numbers_of_numpy_like_those_of_python():
    with pytest.raises(TypeError, match=r"adjust must be True .* got 'holm'"):
        stats.column_table(FRAME, adjust=np.str_("holm"))
    with pytest.raises(ValueError, match=r"level must lie between 0 and 1, got 3\.0$"):
        stats.outliers(FRAME, level=np.float64(3.0))
    with pytest.raises(TypeError, match=r"n_resamples .* got \[9\.0, 'a'\]$"):
        stats.sliced_test(FRAME, n_resamples=[np.float64(9.0), np.str_("a")])
    with pytest.raises(ValueError, match="unknown statistic 'cvx'"):
        stats.sliced_test(FRAME, np.str_("cvx"))
