"""Groups of a sample: each tested by itself, and all of them less their means."""

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats

TESTS = ["henze_zirkler", "mardia", "omnibus"]


def frame(sizes=(40, 35, 50), seed=1):
    rng = np.random.default_rng(seed)
    kind = np.repeat(["b", "a", "c"][: len(sizes)], sizes)
    x = rng.standard_normal((len(kind), 2)) + 4.0 * (kind == "a")[:, np.newaxis]
    x[kind == "c"] = rng.exponential(size=(int(np.sum(kind == "c")), 2))
    return pd.DataFrame({"kind": kind, "width": x[:, 0], "length": x[:, 1]}).sample(frac=1.0, random_state=seed)


def by_kind(data, **options):
    found = stats.normality_table(data, TESTS, null="composite", by="kind", n_resamples=39, rng=3, **options)
    return found.set_index(["group", "test"])


def test_each_group_is_what_it_is_alone():
    data = frame()
    found = by_kind(data)
    assert list(dict.fromkeys(found.index.get_level_values("group"))) == ["a", "b", "c", "within groups"]
    for label in "abc":
        alone = data[data["kind"] == label].drop(columns="kind")
        table = stats.normality_table(alone, TESTS, null="composite", n_resamples=39, rng=3)
        pd.testing.assert_frame_equal(found.loc[label][list(table)], table)
        assert set(found.loc[label, "n"]) == {len(alone)}
    pooled = stats.normality_table(
        data.drop(columns="kind"), TESTS, null="composite", groups=data["kind"], n_resamples=39, rng=3
    )
    pd.testing.assert_frame_equal(found.loc["within groups"][list(pooled)], pooled)


def test_p_values_are_adjusted_over_groups():
    found = by_kind(frame())
    for test in found.index.unique("test"):
        some = found.xs(test, level="test").drop("within groups")
        assert some["pvalue_holm"].tolist() == pytest.approx(
            np.minimum(np.maximum.accumulate(np.sort(some["pvalue"]) * [3, 2, 1]), 1.0)[
                np.argsort(np.argsort(some["pvalue"], kind="stable"), kind="stable")
            ]
        )
    together = by_kind(frame(), adjust="holm")
    groups = together.drop("within groups", level="group")
    smallest = groups["pvalue"].idxmin()
    assert groups.loc[smallest, "pvalue_holm"] == pytest.approx(len(groups) * groups.loc[smallest, "pvalue"])


def test_labels_and_categories():
    data = frame()
    found = stats.normality_table(
        data[["width", "length"]].to_numpy(),
        TESTS,
        null="composite",
        by=data["kind"].to_numpy(),
        n_resamples=39,
        rng=3,
    )
    assert list(found)[:3] == ["group", "test", "n"]
    assert found.set_index(["group", "test"]).equals(by_kind(data))
    data["kind"] = pd.Categorical(data["kind"], ["c", "b", "a", "never"])
    order = list(dict.fromkeys(by_kind(data).index.get_level_values("group")))
    assert order == ["c", "b", "a", "within groups"]


def test_rows_without_a_group_and_groups_that_are_too_small():
    data = frame()
    data.loc[data.index[:5], "kind"] = None
    extra = pd.DataFrame({"kind": ["d"] * 3, "width": [1.0, 2.0, 4.0], "length": [2.0, 1.0, 7.0]})
    found = by_kind(pd.concat([data, extra]))
    assert found.attrs["n_without_group"] == 5
    assert found.loc["d", "pvalue"].isna().all()
    assert found.loc["d", "note"].str.contains("more than D \\+ 1 rows").all()
    assert found.loc["a", "pvalue_holm"].notna().all()
    # A group of few rows is a part of the pooled answer nevertheless.
    assert set(found.loc["within groups", "n"]) == {len(data) - 5 + 3}


def test_missing_values_are_an_error_as_in_one_sample():
    data = frame()
    data.iloc[3, 1] = np.nan
    with pytest.raises(stats.SampleError, match="NaN"):
        by_kind(data)
    assert by_kind(data, nan_policy="omit")["pvalue"].notna().all()


def test_the_standard_null_has_no_pooled_answer():
    found = stats.normality_table(frame(), ["cvm"], by="kind", n_slices=16, n_resamples=19, rng=0)
    assert set(found["group"]) == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "species"}, "no column 'species'"),
        ({"by": ["a"] * 3}, "one label for each"),
        ({"by": np.zeros((125, 2))}, "one label for each row, got shape"),
        ({"by": ["within groups"] * 60 + ["a"] * 65}, "give it another name"),
        ({"by": [None] * 125}, "no group"),
        ({"by": "kind", "groups": [1] * 125}, "it goes with no design"),
        ({"by": "kind", "adjust": "bonferroni"}, "adjust"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        stats.normality_table(frame(), TESTS, null="composite", **options)
    with pytest.raises(ValueError, match="no DataFrame"):
        stats.normality_table(np.zeros((5, 2)), TESTS, null="composite", by="kind")


def test_if_no_group_can_be_tested_that_is_an_error():
    data = frame()
    data["width"] = data["kind"].map({"a": 1.0, "b": 2.0, "c": 3.0})
    with pytest.raises(stats.SampleError, match=r"no group can be tested.*constant"):
        by_kind(data)


def test_labels_of_two_factors():
    labels = [(1, 2)] * 60 + [(3, 4)] * 65
    found = stats.normality_table(
        frame()[["width", "length"]].to_numpy(), ["henze_zirkler"], null="composite", by=labels, n_resamples=19, rng=0
    )
    assert found["group"].tolist() == [(1, 2), (3, 4), "within groups"]
