"""What is accepted as a sample, and what is said about the rest."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from slicednorm.stats import SampleError, SampleTypeError, as_sample, mardia, sliced_statistic, sliced_test

X = np.random.default_rng(11).standard_normal((40, 3))


def values(sample):
    return np.concatenate([block[0] for _, _, block in sample.rows.blocks()])


@pytest.mark.parametrize(
    ("dtype", "computed"),
    [
        ("float16", "float32"),
        ("float32", "float32"),
        ("float64", "float64"),
        (">f4", "float32"),
        (">f8", "float64"),
        ("longdouble", "float64"),
        ("int8", "float32"),
        ("uint16", "float32"),
        ("int32", "float64"),
        ("int64", "float64"),
        ("bool", "float32"),
    ],
)
def test_dtypes_are_computed_in_float32_or_wider(dtype, computed):
    x = (4 * X).astype(dtype)
    sample = as_sample(x)
    assert values(sample).dtype == computed
    np.testing.assert_array_equal(values(sample), x.astype(computed))


@pytest.mark.parametrize("order", ["C", "F"])
def test_layout_does_not_matter(order):
    x = np.asarray(X, order=order)
    assert sliced_test(x, n_resamples=9, rng=0) == sliced_test(X, n_resamples=9, rng=0)
    assert sliced_test(x[::-1][::-1], n_resamples=9, rng=0) == sliced_test(X, n_resamples=9, rng=0)


def test_lists_series_frames_and_columns_are_accepted():
    np.testing.assert_array_equal(values(as_sample(X.tolist())), X)
    np.testing.assert_array_equal(values(as_sample(X[:, 0])), X[:, :1])
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    np.testing.assert_array_equal(values(as_sample(frame)), X)
    np.testing.assert_array_equal(values(as_sample(frame["b"])), X[:, 1:2])
    np.testing.assert_array_equal(values(as_sample(X, columns=np.asarray([2, 0]))), X[:, [2, 0]])


def test_missing_values_of_frames_and_masks_are_nan():
    frame = pd.DataFrame({"a": pd.array([1, None, 3, 4], dtype="Int64"), "b": [1.0, 2.0, 3.0, 5.0]})
    with pytest.raises(SampleError, match=r"holds 1 NaN, the first at row 1 \(from 0\), column a;"):
        as_sample(frame)
    assert as_sample(frame, nan_policy="omit").n == 3
    masked = np.ma.masked_array(X, mask=X > 2)
    with pytest.raises(SampleError, match="NaN"):
        as_sample(masked)


RECORDS = np.array([tuple(row) for row in X.tolist()], dtype=[("a", "f8"), ("b", "f8"), ("c", "f8")])


@pytest.mark.parametrize(
    "x",
    [
        X.astype(object),
        pd.DataFrame(X).astype(object),
        [[Decimal(value) for value in row] for row in X.tolist()],
        pd.DataFrame(X, dtype="Float64"),
        RECORDS,
        RECORDS.view(np.recarray),
        scipy.sparse.csr_array(X),
        scipy.sparse.csc_matrix(X),
        pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csc_matrix(X)),
    ],
    ids=["objects", "frame of objects", "decimals", "nullable", "records", "recarray", "sparse", "matrix", "pd sparse"],
)
def test_whatever_holds_real_numbers_is_accepted(x):
    np.testing.assert_array_equal(values(as_sample(x)), X)


def test_tables_of_arrow_are_accepted_with_their_names():
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is an extra")
    table = pyarrow.table({"a": X[:, 0], "b": pyarrow.array([None, *range(39)]), "c": [True] * 40})
    sample = as_sample(table, nan_policy="omit")
    assert (sample.n, sample.rows.called.columns) == (39, ("a", "b", "c"))
    decimals = table.to_pandas(types_mapper=pd.ArrowDtype).assign(
        d=pd.array([Decimal("1.5"), None] * 20, dtype=pd.ArrowDtype(pyarrow.decimal128(5, 2)))
    )
    np.testing.assert_array_equal(
        values(as_sample(decimals, nan_policy="omit"))[:, 1:3], [[2 * k + 1, 1] for k in range(19)]
    )


def test_flags_and_missing_objects():
    frame = pd.DataFrame({"a": X[:, 0], "flag": X[:, 1] > 0, "maybe": [None, *[Decimal(1)] * 39]})
    frame["nullable"] = pd.array([pd.NA, *[True] * 39], dtype="boolean")
    with pytest.raises(SampleError, match=r"holds 2 NaN, the first at row 0 \(from 0\), column maybe"):
        as_sample(frame)
    found = values(as_sample(frame, nan_policy="omit"))
    np.testing.assert_array_equal(found[:, 1], (X[1:, 1] > 0).astype(float))
    np.testing.assert_array_equal(values(as_sample(frame[["a", "flag"]]))[:, 1], X[:, 1] > 0)
    masked = np.ma.masked_array(X.astype(object), mask=X > 2)
    assert as_sample(masked, nan_policy="omit").n == 40 - np.sum((X > 2).any(axis=1))
    for column in (pd.Categorical([1, 2] * 20), pd.date_range("2020", periods=40), ["1.5"] * 40):
        with pytest.raises(SampleTypeError, match=r"columns that are not numbers: bad; .*to_numeric"):
            as_sample(frame[["a"]].assign(bad=column))


def test_torch_tensors_are_accepted():
    torch = pytest.importorskip("torch", reason="torch is an extra")
    tensor = torch.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(values(as_sample(tensor)), X)
    assert values(as_sample(tensor.bfloat16())).dtype == np.float32
    with pytest.raises(SampleTypeError, match="complex"):
        as_sample(tensor.to(torch.complex64))


def test_omitting_rows_is_the_same_as_never_having_had_them():
    x = np.insert(X, [3, 17, 17], np.nan, axis=0)
    x[3, 0] = 1.0  # one NaN in a row is enough
    whole = as_sample(x, nan_policy="omit")
    assert (whole.n, whole.n_omitted) == (40, 3)
    assert sliced_test(x, "ad", n_resamples=19, rng=5, nan_policy="omit") == sliced_test(X, "ad", n_resamples=19, rng=5)
    assert mardia(x, nan_policy="omit").skewness == mardia(X).skewness


BAD = {
    "scalar": (np.float64(3.0), SampleError, r"got 0 dimensions: \(\)"),
    "cube": (np.zeros((2, 3, 4)), SampleError, r"got 3 dimensions: \(2, 3, 4\)"),
    "one row": (np.zeros((1, 4)), SampleError, r"shape \(1, 4\) has 1 row"),
    "no rows": (np.zeros((0, 4)), SampleError, r"shape \(0, 4\) has 0 row"),
    "no columns": (np.zeros((5, 0)), SampleError, r"shape \(5, 0\) has no columns"),
    "complex": (X * 1j, SampleTypeError, r"shape \(40, 3\) holds complex numbers"),
    "strings": ([["a", "b"], ["c", "d"]], SampleTypeError, r"shape \(2, 2\) holds values of dtype <U1"),
    "objects": ([[1.0, {}], [2.0, 3.0]], SampleTypeError, r"the one at \[0, 1\] is no real number but of type dict"),
    "words": (np.array([[1.0, 2.0], [3.0, "n/a"]], object), SampleTypeError, r"at \[1, 1\] .* the text 'n/a'; convert"),
    "fields": (np.array([(1.0, "a")] * 9, "f8, U1"), SampleTypeError, "fields that are not numbers: f1; leave"),
    "huge": (scipy.sparse.csr_array((10**6, 10**3)), SampleError, r"x\[:, columns\].toarray"),
    "dates": (np.zeros((3, 2), "datetime64[s]"), SampleTypeError, "datetime64"),
    "ragged": ([[1.0, 2.0], [3.0]], SampleError, "not a rectangular array"),
    "text column": (pd.DataFrame({"a": [1.0, 2.0], "id": ["x", "y"]}), SampleTypeError, "not numbers: id"),
    "nan": (
        np.where(X > 1.5, np.nan, X),
        SampleError,
        r"shape \(40, 3\) holds \d+ NaN, the first at row \d+, column",
    ),
    "inf": (np.where(X > 1.5, np.inf, X), SampleError, r"holds \d+ infinite values"),
    "both": (
        [[np.nan, np.inf], [0.0, 1.0]],
        SampleError,
        "1 NaN and 1 infinite values, the first at row 0, column 0",
    ),
}


@pytest.mark.parametrize("call", [sliced_test, mardia, lambda x: sliced_statistic(x, "ks", directions=np.eye(3)[:1])])
@pytest.mark.parametrize("case", BAD)
def test_bad_samples_are_refused_with_their_shape(case, call):
    x, error, message = BAD[case]
    with pytest.raises(error, match=message):
        call(x)


def test_infinities_are_not_omitted():
    with pytest.raises(SampleError, match="remove or clip"):
        as_sample(BAD["inf"][0], nan_policy="omit")
    with pytest.raises(SampleError, match=r"has 1 row\(s\) without NaN"):
        as_sample([[np.nan], [1.0]], nan_policy="omit")
    with pytest.raises(ValueError, match="nan_policy must be 'raise' or 'omit', got 'propagate'"):
        as_sample(X, nan_policy="propagate")


def test_the_place_of_the_first_nan_is_found_beyond_the_first_block():
    x = np.zeros((400_000, 8), np.float32)
    x[399_001, 5] = np.nan
    x[399_900, 2] = np.inf
    with pytest.raises(SampleError, match="1 NaN and 1 infinite values, the first at row 399001, column 5"):
        as_sample(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[:4], r"more than D \+ 1 rows, got shape \(4, 3\)"),
        (np.column_stack([X, np.full(40, 0.1)]), r"column 3 \(from 0\) of x of shape \(40, 4\) is constant"),
        (np.column_stack([X, np.zeros((40, 2))]), "is constant, and so are 1 more"),
        (
            np.column_stack([X, X.sum(axis=1)]),
            r"shape \(40, 4\) is singular \(rank 3\): column 3 is the sum of columns 0, 1 and 2 \(counted",
        ),
        (np.column_stack([X, X[:, 1] + 1e-7 * X[:, 0]]), r"\(rank 3\): columns 1 and 3 are the same \(counted from 0"),
        (np.where(np.arange(40)[:, None] == 7, -999999999.0, X), r"row 7 \(from 0\) .* is so far out"),
        (
            np.where(np.isin(np.arange(40), [3, 9])[:, None], 9.96921e36, X),
            r"rows 3 and 9 \(from 0\) .* are so far out that beside them .* leave the 2 rows out",
        ),
        (np.column_stack([X, X.sum(axis=1)]).astype(np.float32), r"singular \(rank 3\)"),
        (X * 1e200, r"covariance .* overflows: the largest value, [\d.]+e\+200, is at row \d+, column \d"),
    ],
)
@pytest.mark.parametrize("call", [sliced_test, mardia])
@pytest.mark.filterwarnings("ignore:overflow")
def test_the_composite_null_needs_a_covariance_of_full_rank(call, x, message):
    with pytest.raises(SampleError, match=message):
        call(x, null="composite")


def test_rows_are_called_as_in_the_data_where_some_were_left_out():
    x = X.copy()
    x[2, 1] = np.nan
    x[10] = 1e12
    with pytest.raises(SampleError, match=r"row 10 \(from 0\)"):
        sliced_test(x, null="composite", nan_policy="omit")
    x[10] = 1e200
    with pytest.raises(SampleError, match="is at row 10, column 0"):
        sliced_test(x, "w2", nan_policy="omit")
