"""How things look: the same in every picture, told apart without colour, and on a dark ground as on a light one."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_PALETTE = sns.color_palette("colorblind")

# What was seen, what is the same under the null, and what is beside. Text and axes have the caller's own colours.
OBSERVED = _PALETTE[0]
NULL = (0.5, 0.5, 0.5)
OTHER = _PALETTE[1]

# The grey of what normal samples do: half transparent, it shows on white and on black.
BAND: dict[str, Any] = {"color": NULL, "alpha": 0.3, "linewidth": 0}


def axes_for(ax: Axes | None) -> Axes:
    """Return the Axes to draw on: the caller's, or pyplot's current one."""
    return plt.gca() if ax is None else ax


def finish(ax: Axes, *, title: str, xlabel: str, ylabel: str, legend: bool = True, headroom: float = 0.0) -> Axes:
    """Name what is drawn, with so much of the height above it for the legend, and return it."""
    if headroom:
        scale = ax.yaxis.get_transform()
        low, high = scale.transform(np.asarray(ax.get_ylim()))
        ax.set_ylim(top=float(scale.inverted().transform(np.asarray([high + headroom * (high - low)]))[0]))
    ax.set_title(title)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if legend:
        ax.legend(frameon=False, loc="upper left" if headroom else "best")
    sns.despine(ax=ax)
    return ax


def pvalue_text(pvalue: float | None) -> str:
    """Return a p-value in words."""
    if pvalue is None:
        return "no p-value"
    return f"p = {pvalue:.2g}" if pvalue < 0.1 else f"p = {pvalue:.2f}"
