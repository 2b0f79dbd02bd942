"""The paper's figures 3 and 4: the measures against the epoch, a line a model.

They are drawn with matplotlib's Agg on a figure of their own; pyplot's state and the caller's style do not change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from slicednorm.plots import set_scale

from . import paper
from .errors import StudyError
from .records import RunRecord
from .settings import DATA
from .table import MODEL_TITLES, comparable

_PANELS = {
    "reconstruction_error": "reconstruction error",
    "sliced_wasserstein": "sliced Wasserstein distance",
    "mardia_skewness": "Mardia's skewness",
    "mardia_normalized_kurtosis": "Mardia's kurtosis - D(D+2)",
}
_SIGNED = ("mardia_normalized_kurtosis",)

# A model looks alike in all figures: a colour that the colour-blind tell apart and, for grey, a dash and a marker.
_COLOURS = [*(sns.color_palette("colorblind")[index] for index in (0, 1, 2, 3, 4, 7, 5, 9)), (0.2, 0.2, 0.2)]
_DASHES = ["", (4, 1.5), (1, 1), (3, 1, 1, 1), (6, 2), (5, 1, 1, 1, 1, 1), (2, 1), (8, 1.5, 2, 1.5), (1, 2)]
_MARKERS = ["o", "s", "^", "D", "v", "P", "X", "<", ">"]
_MARKERS_A_LINE = 8
_LEGEND_COLUMNS = 6


def _by_model(values: Iterable[Any]) -> dict[str, Any]:
    return dict(zip(MODEL_TITLES.values(), values, strict=True))


def _draw_panel(axes: Axes, frame: pd.DataFrame, data: str, measure: str, models: list[str]) -> None:
    titles = [MODEL_TITLES[model] for model in models]
    colours, markers = _by_model(_COLOURS), _by_model(_MARKERS)
    sns.lineplot(
        frame,
        x="epoch",
        y=measure,
        hue="model",
        style="model",
        hue_order=titles,
        style_order=titles,
        palette=colours,
        dashes=_by_model(_DASHES),
        markers=markers,
        markevery=max(1, frame["epoch"].nunique() // _MARKERS_A_LINE),
        markersize=5,
        linewidth=1.4,
        errorbar="sd",
        err_kws={"alpha": 0.15, "linewidth": 0},
        ax=axes,
    )
    values = [frame[measure]]
    for model, title in zip(models, titles, strict=True):
        if (value := paper.reported(data, measure, model)) is not None:
            # Beside the right edge: the paper trained for longer, so the value belongs to none of the epochs.
            axes.plot(
                [1.03],
                [value],
                transform=axes.get_yaxis_transform(),
                clip_on=False,
                marker=markers[title],
                markersize=5,
                markerfacecolor="none",
                markeredgecolor=colours[title],
                linestyle="none",
            )
            values.append(pd.Series([value]))
    # One model that is far off must not flatten the lines of the others.
    set_scale(axes, pd.concat(values).to_numpy(), signed=measure in _SIGNED)
    if measure in _SIGNED:
        axes.axhline(0.0, color="black", linewidth=0.6, zorder=1)  # what it is expected to be under N(0, I)
    axes.set_ylabel(_PANELS[measure])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.grid(alpha=0.3, linewidth=0.6)
    sns.despine(ax=axes)


def _seeds(numbers: Sequence[int]) -> str:
    fewest, most = min(numbers), max(numbers)
    if most == 1:
        return "one seed a model"
    return f"mean ± sd over {most if fewest == most else f'{fewest} to {most}'} seeds"


def draw_metrics(runs: Iterable[RunRecord], data: str) -> Figure:
    """Draw reconstruction error, sliced Wasserstein distance and Mardia's two measures against the epoch.

    A line is the mean over the seeds and its band the standard deviation (divisor n - 1). The paper's final values,
    where it has some, stand as hollow markers beside the right edge.

    Parameters
    ----------
    runs : iterable of RunRecord
        Runs, as `find_runs` returns them; those of other data and those without metrics are left out.
    data : str
        The name of the data set.

    Raises
    ------
    StudyError
        If no run is of these data, or the runs of a model may not be averaged.
    """
    groups = {model: group for (found, model), group in comparable(runs).items() if found == data}
    if not groups:
        raise StudyError(f"no run of {data} has metrics; name a data set of which a run has some")
    models = list(groups)
    frame = pd.concat(
        [run.metrics.assign(model=MODEL_TITLES[model]) for model in models for run in groups[model]], ignore_index=True
    )
    figure = Figure(figsize=(9.0, 6.5), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True).flat
    for axes, measure in zip(panels, _PANELS, strict=True):
        _draw_panel(axes, frame, data, measure, models)
        handles, labels = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    if data in paper.TABLE_1:
        handles.append(Line2D([], [], linestyle="none", marker="o", markerfacecolor="none", markeredgecolor="black"))
        labels.append("Table 1 of the paper")
    columns = len(labels) if len(labels) <= _LEGEND_COLUMNS else math.ceil(len(labels) / 2)
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, handlelength=3.0, frameon=False)
    figure.align_ylabels()
    figure.suptitle(f"{DATA[data].title}, test set: {_seeds([len(group) for group in groups.values()])}")
    return figure
