"""Results in a notebook and as rows of a DataFrame."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from slicednorm import stats
from slicednorm.stats._results import TEST_COLUMNS

X = np.random.default_rng(1).standard_exponential((300, 3)) - 1.0


@pytest.fixture(scope="module")
def results():
    sliced = stats.sliced_test(X, "cvm", n_slices=8, n_resamples=19, rng=0)
    deviation = stats.deviation(X, sliced, names=["a<b", "b", "c"])
    return {
        "sliced": sliced,
        "classical": stats.energy(X, n_resamples=19, rng=0),
        "omnibus": stats.omnibus_test(X[:60], n_slices=8, n_resamples=19, rng=0),
        "pursuit": stats.pursuit_test(X[:60], n_slices=8, n_resamples=19, rng=0),
        "mardia": stats.mardia(X, n_resamples=19, rng=0),
        "direction": deviation.direction,
        "size": deviation.size,
        "deviation": deviation,
    }


NAMES = ("sliced", "classical", "omnibus", "pursuit", "mardia", "direction", "size", "deviation")


class Tags(HTMLParser):
    """Collects the text, and checks that tags are closed as they were opened."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.attributes = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.attributes.update(name for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    tags = Tags()
    tags.feed(html)
    tags.close()
    assert tags.open == []
    return tags


class TestHtml:
    @pytest.mark.parametrize("name", NAMES)
    def test_every_field_of_the_repr(self, results, name):
        result = results[name]
        tags = parsed(result._repr_html_())
        assert tags.text[0] == type(result).__name__
        assert {field.name for field in fields(result) if field.repr} <= set(tags.text)
        assert tags.attributes == {"style", "scope"}  # nothing from elsewhere

    @pytest.mark.parametrize("name", NAMES)
    def test_colours_are_the_notebooks(self, results, name):
        colours = re.findall(r"(?:color|background)[^:;\"]*: *([^;\"]+)", results[name]._repr_html_())
        assert set(colours) == {"inherit"}

    def test_arrays_by_shape(self, results):
        html = results["sliced"]._repr_html_()
        assert "&lt;float64 array of shape (19,)&gt;" in html
        assert len(html) < 4_000

    def test_escapes(self, results):
        html = results["deviation"]._repr_html_()
        assert "a&lt;b" in html
        assert "a<b" not in html
        html = replace(results["sliced"], title="<script>&")._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;&amp;" in html

    def test_results_within_results(self, results):
        html = results["deviation"]._repr_html_()
        assert html.count("<table>") == 3
        assert "DirectionResult" in html
        assert "loadings" in html


class TestFrame:
    @pytest.mark.parametrize("name", ["sliced", "classical", "omnibus", "pursuit", "direction", "size"])
    def test_one_row_of_scalars(self, results, name):
        result = results[name]
        frame = result.to_frame()
        assert frame.shape[0] == 1
        assert list(frame.index) == [result.test]
        for column in frame:
            value = getattr(result, column)
            assert not isinstance(value, (np.ndarray, tuple))
            assert (value is None and pd.isna(frame[column].iloc[0])) or frame[column].iloc[0] == value
        left = {field.name for field in fields(result)} - {*frame, "name", "calibration"}
        assert all(isinstance(getattr(result, column), (np.ndarray, tuple)) for column in left)

    def test_deviation_has_both_parts(self, results):
        result = results["deviation"]
        frame = result.to_frame()
        assert frame["direction_kind"].item() == result.direction.kind
        assert frame["size_rows"].item() == result.size.rows
        assert "sentences" not in frame
        assert len(frame) == 1

    def test_mardia_has_a_row_a_measure(self, results):
        result = results["mardia"]
        frame = result.to_frame()
        assert tuple(frame) == TEST_COLUMNS
        assert list(frame.index) == ["mardia_skewness", "mardia_kurtosis"]
        assert frame["statistic"].tolist() == [result.skewness, result.kurtosis]
        assert frame["pvalue"].tolist() == [result.skewness_pvalue, result.kurtosis_pvalue]
        assert frame["pvalue_stderr"].tolist() == [result.skewness_pvalue_stderr, result.kurtosis_pvalue_stderr]

    def test_mardia_by_limiting_laws(self):
        frame = stats.mardia(X).to_frame()
        assert frame["n_resamples"].isna().all()
        assert frame["pvalue_stderr"].isna().all()
        assert (frame["method"] == "asymptotic").all()

    @pytest.mark.parametrize("name", ["omnibus", "pursuit"])
    def test_members(self, results, name):
        result = results[name]
        assert isinstance(result, stats.CombinedTestResult)
        frame = result.members_frame()
        assert list(frame) == ["title", "statistic", "pvalue"]
        assert frame.index.tolist() == [member.name for member in result.members]
        assert frame["statistic"].tolist() == [member.statistic for member in result.members]
        assert frame.loc[result.driver, "pvalue"] == frame["pvalue"].min()
        # A mean is not above the largest; below the smallest it may be, by the tail of the pool.
        assert 0.0 < result.statistic <= frame["pvalue"].max()

    def test_results_stack(self, results):
        """A result without p-values has NaN for them, not None, which would make a column of objects."""
        without = stats.sliced_test(X, "ks", n_slices=8, method=None, rng=0)
        frame = pd.concat([results["sliced"].to_frame(), without.to_frame()])
        assert frame["pvalue"].dtype == np.float64
        assert np.isnan(frame.loc["ks", "pvalue"])


def test_pandas_is_loaded_by_frames_alone():
    code = """
import sys
import numpy as np
from slicednorm import stats
heavy = {"pandas", "statsmodels", "scipy.stats", "matplotlib", "torch"}
assert not heavy & set(sys.modules), "import"
result = stats.mardia(np.arange(12.0).reshape(6, 2), n_resamples=3, rng=0)
repr(result), result._repr_html_(), result.measures
assert not heavy & set(sys.modules), "shown"
result.to_frame()
assert "pandas" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
