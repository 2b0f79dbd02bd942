"""Pictures: they show what was computed, on the Axes they were given, and nothing lies over anything else."""

import os
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("seaborn")

import matplotlib
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from slicednorm import plots, stats

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left():
    yield
    plt.close("all")


def new_axes(width=4.2, height=3.2):
    return FigureCanvasAgg(Figure(figsize=(width, height), layout="constrained")).figure.subplots()


def sample(kind, n, dim=3):
    rng = np.random.default_rng(1)
    if kind == "cauchy":
        return rng.standard_cauchy((n, dim))
    x = rng.standard_normal((n, dim))
    return x if kind == "normal" else np.exp(0.5 * x)


KINDS = [("normal", 20), ("skewed", 20), ("cauchy", 300), ("normal", 1000), ("skewed", 8000)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}")
def results(request):
    x = sample(*request.param)
    test = stats.sliced_test(x, "cvm", null="composite", n_slices=16, n_resamples=39, rng=0)
    bands = stats.slice_bands(x, test, n_resamples=39)
    radii = stats.radius_band(x, null="composite", n_resamples=39, rng=0)
    direction = stats.least_normal_direction(x, test)
    return x, test, bands, radii, direction


PICTURES = {
    "slice_qq": lambda x, test, bands, radii, direction, ax: plots.slice_qq(bands, ax=ax),
    "slice_qq values": lambda x, test, bands, radii, direction, ax: plots.slice_qq(bands, show="values", ax=ax),
    "slice_qq widths": lambda x, test, bands, radii, direction, ax: plots.slice_qq(bands, show="widths", ax=ax),
    "mahalanobis_qq": lambda x, test, bands, radii, direction, ax: plots.mahalanobis_qq(radii, ax=ax),
    "slice_statistics": lambda x, test, bands, radii, direction, ax: plots.slice_statistics(bands, ax=ax),
    "null_distribution": lambda x, test, bands, radii, direction, ax: plots.null_distribution(test, ax=ax),
    "direction_histogram": lambda x, test, bands, radii, direction, ax: plots.direction_histogram(direction, x, ax=ax),
    "direction_loadings": lambda x, test, bands, radii, direction, ax: plots.direction_loadings(direction, ax=ax),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_named_and_nothing_lies_over_anything(results, name):
    ax, figures = new_axes(), plt.get_fignums()
    assert PICTURES[name](*results, ax=ax) is ax
    assert plt.get_fignums() == figures  # pyplot has nothing to do with an Axes of the caller's
    assert ax.get_title()
    assert ax.get_xlabel()
    assert ax.get_ylabel() or "loadings" in name
    ax.figure.canvas.draw()
    box = ax.figure.bbox
    texts = [ax.title, ax.xaxis.label, ax.yaxis.label]
    for text in (text for text in texts if text.get_text()):
        extent = text.get_window_extent()
        assert extent.x0 >= box.x0 - 1, text
        assert extent.x1 <= box.x1 + 1, text
    ticks = [t.get_window_extent() for t in ax.get_xticklabels() if t.get_text() and t.get_visible()]
    inside = sorted((t for t in ticks if t.x0 >= box.x0 and t.x1 <= box.x1), key=lambda t: t.x0)
    assert all(left.x1 <= right.x0 + 1 for left, right in pairwise(inside))
    if ax.get_legend() is not None:
        legend = ax.get_legend().get_window_extent()
        for line in ax.lines:
            points = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
            assert not legend.count_contains(points), (name, line.get_label())


def test_curves_are_those_of_the_results(results):
    _, _, bands, radii, _ = results
    ax = plots.slice_qq(bands, show="values", ax=new_axes())
    curves = {line.get_label(): line for line in ax.lines}
    np.testing.assert_array_equal(curves["the least normal slice"].get_ydata(), bands.qq.observed)
    np.testing.assert_array_equal(curves["the least normal slice"].get_xdata(), bands.qq.positions)
    edge = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (edge.min(), edge.max()) == (bands.qq.lower.min(), bands.qq.upper.max())
    ax = plots.mahalanobis_qq(radii, show="widths", ax=new_axes())
    shown = ax.lines[-1].get_ydata()
    assert bool(np.all(np.abs(shown) <= 1.0)) == radii.qq.inside


def test_the_scale_follows_the_number_of_rows():
    labels = []
    for n in (20, 1000, 8000):
        bands = stats.slice_bands(sample("normal", n), n_slices=4, n_resamples=19, rng=0)
        labels.append(plots.slice_qq(bands, ax=new_axes()).get_ylabel())
    assert labels[0] == "value of the slice"
    assert labels[1] == "value of the slice less the quantile"
    assert "half-widths" in labels[2]


def test_null_distributions_of_every_kind_of_test():
    x = sample("normal", 40)
    found = stats.henze_zirkler(x, n_resamples=39, rng=0)
    assert plots.null_distribution(found, ax=new_axes()).get_title() == f"Henze-Zirkler: p = {found.pvalue:.2f}"
    for test, title in ((stats.pursuit_test, "Least normal direction"), (stats.omnibus_test, "Several tests as one")):
        found = test(x, n_resamples=39, rng=0, null="composite")
        ax = plots.null_distribution(found, ax=new_axes())
        assert ax.get_xlabel() == "mean of the members' p-values (small speaks against normality)"
        assert ax.get_title() == f"{title}: p = {found.pvalue:.2g}"
    mardia = stats.mardia(x, n_resamples=39, rng=0)
    assert plots.null_distribution(mardia, measure="kurtosis", ax=new_axes()).get_xlabel() == "Mardia's kurtosis"
    for wrong in (lambda: plots.null_distribution(mardia), lambda: plots.null_distribution(found, measure="skewness")):
        with pytest.raises(ValueError, match="measure"):
            wrong()
    with pytest.raises(ValueError, match="no null distribution"):
        plots.null_distribution(stats.sliced_test(x, method=None, n_slices=4))


def test_the_statistic_and_its_pvalue_are_marked():
    result = stats.sliced_test(sample("skewed", 200), "cvm", n_slices=8, n_resamples=99, rng=0)
    ax = plots.null_distribution(result, ax=new_axes())
    (line,) = [c for c in ax.collections if c.get_label() == "the sample"]
    assert line.get_segments()[0][0][0] == result.statistic
    assert "p = 0.01" in ax.get_title()
    assert ax.get_xscale() == "log"  # it is far beyond all replicates
    heights = sum(patch.get_height() for patch in ax.patches)
    assert heights == 99


@pytest.mark.parametrize("kind", ["normal", "skewed"])
def test_a_formula_is_drawn_as_a_density(kind):
    result = stats.sliced_test(sample(kind, 200), "cvm", n_slices=8, rng=0)
    assert result.method == "analytic"
    ax = plots.null_distribution(result, ax=new_axes())
    (line,) = [c for c in ax.collections if c.get_label() == "the sample"]
    assert line.get_segments()[0][0][0] == result.statistic
    (area,) = [c for c in ax.collections if c.get_label() == "normal samples"]
    x, y = area.get_paths()[0].vertices.T
    upper = y > 0.0
    order = np.argsort(x[upper])
    assert np.trapezoid(y[upper][order], x[upper][order]) == pytest.approx(1.0, abs=0.01)
    assert ax.get_xscale() == ("log" if kind == "skewed" else "linear")


def test_the_parts_of_a_statistic_are_drawn_beside_those_of_normal_samples():
    x = sample("normal", 200)
    result = stats.sliced_test(x, "cvm", null="composite", n_slices=8, rng=0)
    ax = plots.components(result, ax=new_axes())
    assert [label.get_text().split(",")[0] for label in ax.get_yticklabels()] == ["skewness", "kurtosis", "rest"]
    widths = [patch.get_width() for patch in ax.patches]
    assert sum(widths[:3]) == pytest.approx(200 * result.statistic)
    assert sum(widths[3:]) == pytest.approx(200 * result.null.mean())
    with pytest.raises(ValueError, match="has no parts to draw"):
        plots.components(stats.sliced_test(x, "ks", n_slices=4, n_resamples=19))


def test_loadings_show_the_heaviest_columns_by_name():
    x = np.random.default_rng(0).standard_normal((300, 6))
    x[:, 4] = np.random.default_rng(1).exponential(size=300)
    found = stats.least_normal_direction(x, "cvm", null="composite", n_slices=8, rng=0)
    ax = plots.direction_loadings(found, names=list("abcdef"), most=2, ax=new_axes())
    assert ax.get_yticklabels()[0].get_text() == "e"
    assert ax.patches[0].get_width() == found.weights[4]
    assert "4 more left out" in ax.get_title()
    of_frame = stats.least_normal_direction(pd.DataFrame(x, columns=list("abcdef")), null="composite", rng=0)
    assert plots.direction_loadings(of_frame, ax=new_axes()).get_yticklabels()[0].get_text() == "e"
    with pytest.raises(ValueError, match="each of the 6 columns"):
        plots.direction_loadings(found, names=["a"])
    with pytest.raises(ValueError, match="has 2 columns"):
        plots.direction_histogram(found, x[:, :2])


def test_rows_far_out_are_counted_in_the_histogram():
    x = np.random.default_rng(0).standard_normal((200, 2))
    x[:3, 0] = 1e6
    found = stats.least_normal_direction(x, "w2", n_slices=8, rng=0)
    ax = plots.direction_histogram(found, x, ax=new_axes())
    assert "3 beyond the ends" in ax.get_xlabel()
    widths = [patch.get_width() * patch.get_height() for patch in ax.patches]
    assert sum(widths) == pytest.approx(1.0)


def test_history_of_pvalues_and_of_metrics():
    rows = [{"epoch": 1, "pvalue": 0.0, "rec": 3.0}, {"epoch": 2, "pvalue": 0.5, "rec": None}]
    ax = plots.history(rows, ax=new_axes())
    assert ax.get_yscale() == "log"
    assert np.all(ax.lines[0].get_ydata() > 0)
    ax = plots.history(rows, "rec", label="reconstruction error", ax=new_axes())
    assert (ax.get_yscale(), ax.get_ylabel(), len(ax.lines[0].get_xdata())) == ("linear", "reconstruction error", 1)
    with pytest.raises(ValueError, match="no column 'kl', only epoch, pvalue, rec"):
        plots.history(rows, "kl")
    for row in ({"epoch": 1, "pvalue": None}, {"epoch": "a", "pvalue": 0.1}):
        with pytest.raises(ValueError, match="numbers in both columns, 'epoch' and 'pvalue'"):
            plots.history([row])
    with pytest.raises(TypeError, match="frame must be a DataFrame"):
        plots.history("metrics.jsonl")
    with pytest.raises(ValueError, match="level"):
        plots.history(rows, level=2.0)


def test_results_of_the_wrong_kind_are_named():
    x = sample("normal", 30)
    test = stats.sliced_test(x, n_slices=4, n_resamples=19, rng=0)
    bands = stats.slice_bands(x, test, n_resamples=19)
    for call, words in (
        (lambda: plots.slice_qq(test), "stats.slice_bands, got SlicedTestResult"),
        (lambda: plots.mahalanobis_qq(bands), "stats.radius_band, got SliceBandsResult"),
        (lambda: plots.null_distribution(x), "result must be the result of a test, got ndarray"),
        (lambda: plots.direction_histogram(test, x), "least_normal_direction, got SlicedTestResult"),
        (lambda: plots.direction_loadings(test), "least_normal_direction, got SlicedTestResult"),
    ):
        with pytest.raises(TypeError, match=words):
            call()


def test_a_sample_that_is_nearly_constant_along_a_direction():
    x = np.random.default_rng(0).standard_normal((60, 2))
    x = np.column_stack([x, x[:, 0]])
    found = stats.least_normal_direction(x, "cvm", n_slices=16, rng=0)
    assert len(plots.direction_histogram(found, x, ax=new_axes()).patches) <= 80


def test_a_sample_is_drawn_by_its_options_and_a_result_takes_none():
    x = sample("normal", 30)
    options = {"n_slices": 4, "n_resamples": 19, "rng": 3}
    by_sample = plots.slice_qq(x, ax=new_axes(), **options)
    by_result = plots.slice_qq(stats.slice_bands(x, **options), ax=new_axes())
    np.testing.assert_array_equal(by_sample.lines[-1].get_ydata(), by_result.lines[-1].get_ydata())
    with pytest.raises(ValueError, match="n_slices: options go with a sample"):
        plots.slice_qq(stats.slice_bands(x, **options), n_slices=4)
    with pytest.raises(ValueError, match="show must be"):
        plots.slice_qq(x, show="worm", **options)


def test_without_a_display_or_an_axes(tmp_path):
    code = (
        "import numpy as np\nfrom slicednorm import plots\n"
        "plots.slice_qq(np.eye(30, 2), n_slices=4, n_resamples=19, rng=0).figure.savefig('out.png')"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MPLBACKEND")}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "out.png").stat().st_size > 1000
