"""The study's figure, from its table."""

from __future__ import annotations

from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pandas as pd

from .alternatives import ROTATED
from .evaluation import LEVEL, OMNIBUS, PURSUIT
from .grid import HEADLINE
from .tables import powers, single_names, title

# Tests that the figure names, with markers that are told apart without colour.
_SHOWN = {
    "mardia_kurtosis": "^",
    "doornik_hansen": "s",
    "bhep": "D",
    "energy": "v",
    PURSUIT: "X",
}


def figure(table: pd.DataFrame, path: Path) -> None:
    """Draw the power of the omnibus among the single tests, by rotated alternative, a panel a shape."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn as sns
    from matplotlib import pyplot as plt

    sns.set_theme(style="whitegrid", font_scale=0.9)
    colours = dict(zip(_SHOWN, sns.color_palette("colorblind", len(_SHOWN)), strict=True))
    by_shape = [powers(table, setting, ROTATED) for setting in HEADLINE]
    # Some alternatives need more columns than the first shape has.
    common = reduce(lambda one, other: one.union(other), (found.index for found in by_shape))
    mean = reduce(add, (found[OMNIBUS].reindex(common, fill_value=100.0) for found in by_shape))
    order = mean.sort_values().index
    titles = {law.name: law.title.removesuffix(", rotated") for law in ROTATED}
    drawn, axes = plt.subplots(1, len(HEADLINE), figsize=(13.0, 2.0 + 0.24 * len(order)), sharey=True, squeeze=False)
    for axis, setting, found in zip(axes[0], HEADLINE, by_shape, strict=True):
        places = np.flatnonzero(order.isin(found.index))
        here = order[places]
        found = found.loc[here]
        single = found[single_names(setting)]
        axis.hlines(
            places, single.min(axis=1), single.max(axis=1), color="0.82", linewidth=6, label="range of the single tests"
        )
        for test, marker in _SHOWN.items():
            sns.scatterplot(
                x=found[test].to_numpy(),
                y=places,
                marker=marker,
                s=34,
                facecolor="none",
                edgecolor=colours[test],
                linewidth=1.3,
                ax=axis,
                label=title(test, [setting]),
                legend=False,
                zorder=3,
            )
        part = setting.of(table)
        part = part[part["test"] == OMNIBUS].set_index("alternative").loc[here]
        centre = 100.0 * part["power"].to_numpy()
        reach = np.abs(100.0 * part[["low", "high"]].to_numpy().T - centre)
        axis.errorbar(
            centre, places, xerr=reach, fmt="o", color="black", markersize=5, capsize=0, label="omnibus", zorder=4
        )
        axis.set(xlim=(-2, 102), xlabel="power, %", title=f"n = {setting.n}, D = {setting.dim}", ylabel="")
        axis.axvline(100 * LEVEL, color="0.4", linewidth=0.8, linestyle="--")
        axis.grid(axis="y", visible=False)
        axis.set_ylim(-0.7, len(order) - 0.3)
    axes[0, 0].set_yticks(np.arange(len(order)), [titles[name] for name in order])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    drawn.tight_layout(rect=(0, 0.02, 1, 1))
    drawn.savefig(path, dpi=100)
    plt.close(drawn)
