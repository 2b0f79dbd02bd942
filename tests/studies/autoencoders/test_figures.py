"""The figures of the measures against the epoch."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from slicednorm_studies.autoencoders import paper
from slicednorm_studies.autoencoders.errors import StudyError
from slicednorm_studies.autoencoders.settings import MODELS, Settings
from slicednorm_studies.autoencoders.table import METRICS, MODEL_TITLES, RunRecord

pytest.importorskip("seaborn", reason="seaborn is an extra")
from slicednorm_studies.autoencoders.figures import draw_metrics


def run(model="scwae", seed=0, epochs=4, data="mnist", factor=1.0, **settings):
    """Return a run whose measures are factor · (10 + seed + 1/epoch)."""
    epoch = np.arange(1, epochs + 1)
    values = dict.fromkeys(METRICS, factor * (10.0 + seed + 1.0 / epoch))
    metrics = pd.DataFrame({"epoch": epoch, **values, "pvalue_cvm": 0.5})
    chosen = Settings(model=model, data=data, seed=seed, epochs=epochs, **settings).resolved()
    return RunRecord(Path(f"{model}-{seed}"), chosen, {}, metrics, None, True)


def lines(axes):
    """Return the measured lines of a panel: not the paper's markers, not the line at zero."""
    return [line for line in axes.get_lines() if len(line.get_xdata()) > 2]


def paper_values(axes):
    return [line.get_ydata()[0] for line in axes.get_lines() if line.get_markerfacecolor() == "none"]


def png(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=50)
    return file.getvalue()


class TestDrawMetrics:
    def test_a_line_is_the_mean_and_its_band_the_sd(self):
        figure = draw_metrics([run(seed=seed) for seed in range(3)], "mnist")
        axes = figure.axes[0]
        (line,) = lines(axes)
        epoch = np.arange(1, 5)
        np.testing.assert_array_equal(line.get_xdata(), epoch)
        np.testing.assert_allclose(line.get_ydata(), 11.0 + 1.0 / epoch)
        (band,) = axes.collections
        heights = band.get_paths()[0].vertices[:, 1]
        assert heights.min() == pytest.approx(10.25)
        assert heights.max() == pytest.approx(13.0)

    def test_panels(self):
        figure = draw_metrics([run()], "mnist")
        assert [axes.get_ylabel() for axes in figure.axes] == [
            "reconstruction error",
            "sliced Wasserstein distance",
            "Mardia's skewness",
            "Mardia's kurtosis - D(D+2)",
        ]
        assert [axes.xaxis.label.get_visible() for axes in figure.axes] == [False, False, True, True]
        assert figure.axes[3].get_xlabel() == "epoch"
        assert figure.get_suptitle() == "MNIST, test set: one seed a model"

    def test_every_model_has_a_look_of_its_own_in_every_figure(self):
        looks = []
        for models in (MODELS, MODELS[3:5]):
            axes = draw_metrics([run(model) for model in models], "mnist").axes[0]
            drawn = lines(axes)
            assert len(drawn) == len(models)
            looks.append(
                {
                    model: (line.get_color(), line.get_marker(), str(line._dash_pattern))
                    for model, line in zip(models, drawn, strict=True)
                }
            )
        for part in zip(*looks[0].values(), strict=True):
            assert len(set(part)) == len(MODELS)
        assert all(looks[0][model] == look for model, look in looks[1].items())

    def test_legend_names_the_models_in_the_papers_order(self):
        figure = draw_metrics([run("vae"), run("swae"), run("scvmae")], "mnist")
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert labels == ["SWAE", "SCvMAE", "VAE", "Table 1 of the paper"]
        assert all(axes.get_legend() is None for axes in figure.axes)
        labels = [text.get_text() for text in draw_metrics([run(data="digits")], "digits").legends[0].get_texts()]
        assert labels == [MODEL_TITLES["scwae"]]

    def test_the_papers_values_lie_within_the_axis(self):
        figure = draw_metrics([run(model, data="cifar10") for model in ("swae", "scwae", "vae")], "cifar10")
        error, wasserstein, skewness, kurtosis = figure.axes
        measures = paper.TABLE_1["cifar10"]
        for axes, measure in [
            (error, "reconstruction_error"),
            (skewness, "mardia_skewness"),
            (kurtosis, "mardia_normalized_kurtosis"),
        ]:
            assert paper_values(axes) == [measures[measure][model] for model in ("swae", "scwae")]
            low, high = axes.get_ylim()
            assert all(low < value < high for value in paper_values(axes))
        assert paper_values(wasserstein) == []

    def test_one_model_far_off_does_not_flatten_the_others(self):
        figure = draw_metrics([run("swae"), run("ae", factor=1e4)], "mnist")
        assert [axes.get_yscale() for axes in figure.axes] == ["log", "log", "log", "symlog"]
        figure = draw_metrics([run("swae")], "mnist")
        assert [axes.get_yscale() for axes in figure.axes] == ["linear"] * 4

    def test_what_is_not_finite_or_negative_is_drawn_round(self):
        diverged = run("swae", factor=-1.0)
        diverged.metrics.loc[2:, "reconstruction_error"] = np.nan
        nothing = run("vae")
        nothing.metrics["mardia_skewness"] = np.nan
        assert png(draw_metrics([diverged, nothing], "mnist"))
        nothing.metrics[list(METRICS)] = np.nan
        assert png(draw_metrics([nothing], "mnist"))

    @pytest.mark.parametrize("epochs", [1, 2, 500])
    def test_epochs_are_whole_numbers(self, epochs):
        figure = draw_metrics([run(epochs=epochs)], "mnist")
        figure.canvas.draw()
        ticks = figure.axes[3].get_xticks()
        assert all(float(tick).is_integer() for tick in ticks)
        assert len(ticks) <= 12

    def test_seeds_of_unequal_number_and_length(self):
        runs = [run("swae", seed=0), run("swae", seed=1, epochs=2), run("vae")]
        figure = draw_metrics(runs, "mnist")
        assert figure.get_suptitle().endswith("mean ± sd over 1 to 2 seeds")
        np.testing.assert_allclose(lines(figure.axes[0])[0].get_ydata(), [11.5, 11.0, 10 + 1 / 3, 10.25])

    def test_settings_that_differ(self):
        with pytest.raises(StudyError, match="--latent-dim"):
            draw_metrics([run(seed=0, latent_dim=2), run(seed=1, latent_dim=3)], "mnist")

    def test_data_without_runs(self):
        with pytest.raises(StudyError, match="celeba"):
            draw_metrics([run()], "celeba")

    def test_the_callers_matplotlib_stays_as_it_is(self):
        import matplotlib
        import matplotlib.pyplot as plt

        before, figures = dict(matplotlib.rcParams), plt.get_fignums()
        draw_metrics([run(seed=0), run(seed=1)], "mnist")
        assert dict(matplotlib.rcParams) == before
        assert plt.get_fignums() == figures
